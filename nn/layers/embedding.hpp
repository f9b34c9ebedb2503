/// @file
/// Embedding: a vector for each of a number of things.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/embedding.hpp>
#include <xgrad/ops/random.hpp>

namespace xgrad::nn {

/// How Embedding is made.
struct EmbeddingOptions {
    /// A row that starts as zeros and gets no gradient: for what fills up sequences of unequal length.
    std::optional<std::ptrdiff_t> padding_idx = {};
};

/// Looks up rows of a matrix, from an integer array of shape S to (S..., features); see embedding().
///
/// Parameter: `weight` (entries, features), drawn from the standard normal distribution.
template <class T = float>
class Embedding : public Module<Embedding<T>, T> {
  public:
    /// @throws ValueError if `entries` or `features` is 0
    /// @throws IndexError if `padding_idx` is out of range
    Embedding(std::size_t entries, std::size_t features, const EmbeddingOptions& options = {},
              Generator& generator = default_generator(), Location at = Location::current());

    Parameter<T> weight;
    XGRAD_MEMBERS(weight)

    /// @throws IndexError if an index is out of range
    Variable<T> forward(const Indices& indices, const Location& at);

  private:
    std::optional<std::ptrdiff_t> padding_idx_;
};

extern template class Embedding<float>;
extern template class Embedding<double>;

} // namespace xgrad::nn
