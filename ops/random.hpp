/// @file
/// Random numbers. Everything random in xgrad draws from a Generator: the calling thread's default one, which manual_seed()
/// sets, or one that it was given. The same seed gives the same numbers, on every machine but for the last bits that its logarithm may leave in normal ones.
#pragma once

#include <xgrad/autodiff/tensor.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace xgrad {

/// A stream of random numbers: the engine is std::mt19937_64, whose numbers the standard fixes; the distributions are our own,
/// because the standard leaves theirs open. Usable where the standard asks for a UniformRandomBitGenerator.
class Generator {
  public:
    using result_type = std::uint64_t;

    explicit Generator(std::uint64_t seed = 0);
    Generator(const Generator& other);
    Generator& operator=(const Generator& other);
    ~Generator();

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }
    /// 64 random bits.
    result_type operator()();

    /// Uniform in [0, 1): a multiple of 2^-53.
    double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
    /// Of the standard normal distribution (Marsaglia and Bray's polar method, which gives two at a time; the second waits for
    /// the next call).
    double normal();
    /// Uniform in {0, ..., n - 1}, without bias (Lemire 2019).
    /// @throws ValueError if n is 0
    std::uint64_t below(std::uint64_t n);
    /// Puts numbers into random order, in place (Fisher and Yates). std::shuffle leaves it open which.
    void shuffle(std::span<std::size_t> numbers);
    /// The numbers 0 to n - 1 in random order.
    std::vector<std::size_t> permutation(std::size_t n);

    /// Starts the stream that belongs to `seed`.
    void seed(std::uint64_t seed) { *this = Generator(seed); }
    /// Where in its stream it stands, as text; for checkpoints.
    std::string state() const;
    /// Goes on where `state` was taken.
    /// @throws ValueError if it is not what state() returned; nothing is changed then
    void set_state(const std::string& state);

    bool operator==(const Generator& other) const;

  private:
    /// Elsewhere, because <random> takes longer to compile than the operations together.
    struct Engine;
    std::unique_ptr<Engine> engine_;
    double second_normal_ = 0;
    bool has_second_normal_ = false;
};

/// The generator that the calling thread uses where none is given. It starts from seed 0 in every thread.
Generator& default_generator();

/// Seeds the calling thread's default generator.
void manual_seed(std::uint64_t seed);

/// Elements uniform in [low, high).
/// @tparam T  float or double
/// @throws ValueError if low > high, or the range or an end of it is not finite
template <class T>
Tensor<T> random_uniform(const Shape& shape, T low, T high, Generator& generator = default_generator());

/// Elements of the normal distribution.
/// @tparam T  float or double
/// @throws ValueError if the mean is not finite, or the standard deviation negative or not finite
template <class T>
Tensor<T> random_normal(const Shape& shape, T mean = 0, T standard_deviation = 1,
                        Generator& generator = default_generator());

} // namespace xgrad
