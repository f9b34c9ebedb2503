/// @file
/// Internal: all parameters as one vector, for the methods that move them together.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>

namespace xgrad::nn::detail {

/// Parameters in a row.
template <class T>
class FlatParameters {
  public:
    /// @throws ValueError if there are none, one is empty, not a leaf, or given twice
    FlatParameters(const char* optimizer, const std::vector<Variable<T>>& parameters, const Location& at);

    const std::vector<Variable<T>>& parameters() const noexcept { return parameters_; }
    /// The number of elements in all.
    std::size_t size() const noexcept { return size_; }

    void zero_grad();
    /// The elements in a row.
    Tensor<T> values() const;
    /// Sets them again, but for those of frozen parameters.
    void assign(const Tensor<T>& values);
    /// The gradients in a row, zero where there is none.
    Tensor<T> gradients() const;
    /// Sets the elements to origin + t direction, but for those of frozen parameters.
    void move(const Tensor<T>& origin, double t, const Tensor<T>& direction);

  private:
    std::vector<Variable<T>> parameters_;
    std::size_t size_ = 0;
};

} // namespace xgrad::nn::detail
