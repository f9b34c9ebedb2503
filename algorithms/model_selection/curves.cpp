#include <xgrad/algorithms/model_selection/curves.hpp>

#include <cmath>

namespace xgrad::algorithms::detail {

std::vector<std::size_t> absolute_sizes(const std::vector<double>& train_sizes, std::size_t most, const Location& at) {
    if (train_sizes.empty()) throw ValueError("learning_curve: there are no train_sizes", at);
    std::vector<std::size_t> sizes;
    for (const double size : train_sizes) {
        const double samples = size <= 1 ? std::max(1.0, std::floor(size * static_cast<double>(most))) : size;
        if (!(size > 0) || samples > static_cast<double>(most) || samples != std::floor(samples)) {
            throw ValueError("learning_curve: train_sizes has " + text_of(size) + "; it must be a share of the " + std::to_string(most) +
                                 " samples to train on, or a number of them",
                             at);
        }
        sizes.push_back(static_cast<std::size_t>(samples));
    }
    std::ranges::sort(sizes);
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    return sizes;
}

std::vector<std::vector<Split>> shortened(std::vector<Split> splits, const std::vector<std::size_t>& sizes, bool shuffle,
                                          std::uint64_t random_state) {
    if (shuffle) {
        Generator generator(random_state);
        for (Split& split : splits) generator.shuffle(split.train);
    }
    std::vector<std::vector<Split>> parts(sizes.size(), splits);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        for (Split& split : parts[i]) split.train.resize(sizes[i]);
    }
    return parts;
}

std::size_t smallest_training(const std::vector<Split>& splits) {
    return std::ranges::min(splits, {}, [](const Split& split) { return split.train.size(); }).train.size();
}

} // namespace xgrad::algorithms::detail
