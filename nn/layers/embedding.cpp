#include <xgrad/nn/layers/embedding.hpp>

#include <xgrad/nn/layers/layer_init.hpp>

#include <algorithm>

namespace xgrad::nn {

template <class T>
Embedding<T>::Embedding(std::size_t entries, std::size_t features, const EmbeddingOptions& options, Generator& generator, Location at)
    : padding_idx_(options.padding_idx) {
    detail::check_extents("Embedding", {{"entries", entries}, {"features", features}}, at);
    weight = Parameter<T>(random_normal<T>({entries, features}, 0, 1, generator));
    if (!padding_idx_) return;
    const auto count = static_cast<std::ptrdiff_t>(entries);
    if (*padding_idx_ < -count || *padding_idx_ >= count) {
        throw IndexError("Embedding: padding_idx is " + std::to_string(*padding_idx_) + ", not in [-" + std::to_string(entries) + ", " +
                             std::to_string(entries) + ")",
                         at);
    }
    const auto row = static_cast<std::size_t>(*padding_idx_ < 0 ? *padding_idx_ + count : *padding_idx_);
    std::fill_n(weight.tensor().data() + row * features, features, T(0));
}

template <class T>
Variable<T> Embedding<T>::forward(const Indices& indices, const Location& at) {
    return embedding<T>(indices, weight, padding_idx_, at);
}

template class Embedding<float>;
template class Embedding<double>;

} // namespace xgrad::nn
