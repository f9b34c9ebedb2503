/// @file
/// Internal: how optimizers and schedules read a state dict.
#pragma once

#include <xgrad/autodiff/error.hpp>
#include <xgrad/nn/state_dict.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace xgrad::nn::detail {

/// Reads every entry of a state dict once, strictly: an entry that is missing, of another type or of another shape
/// throws when it is read, and one that was never read throws in finish(). Whoever reads all, then calls finish(), and
/// only then changes itself, is left as it was by a dict that does not fit.
class StateReader {
  public:
    /// @param owner  what reads, for the messages
    StateReader(const StateDict& state, std::string owner, const Location& at)
        : state_(state), owner_(std::move(owner)), at_(at) {}

    /// A copy of an array.
    /// @throws ValueError if there is none by this name, or its elements are of another type
    /// @throws ShapeError if it has another shape
    template <class T>
    Tensor<T> array(const std::string& key, const Shape& shape);

    /// A scalar.
    double number(const std::string& key) { return *array<double>(key, Shape{}).data(); }
    /// A scalar that counts something.
    /// @throws ValueError also if it is negative
    std::int64_t count(const std::string& key);

    /// @throws ValueError if an entry was not read; it names the first
    void finish() const;

  private:
    const StateDict& state_;
    std::string owner_;
    Location at_;
    std::set<std::string, std::less<>> read_;
};

/// A scalar, as StateReader reads it.
template <class T>
StateValue scalar(T value) {
    return Tensor<T>(Shape{}, value);
}

/// A number in a message, with as many digits as tell it from all others: "0.1", "-2", "1e-08", "nan".
std::string format_number(double value);

} // namespace xgrad::nn::detail
