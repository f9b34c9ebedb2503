#include "dataset.hpp"

#include <xgrad/nn/data/csv.hpp>
#include <xgrad/nn/data/mnist.hpp>
#include <xgrad/nn/data/split.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace digits {

namespace nn = xgrad::nn;

namespace {

using Examples = nn::Dataset<float, std::int64_t>;

/// @param data  images of shape (N, 1, height, width)
Dataset flatten(const Examples& data) {
    const xgrad::Shape& shape = data.feature_tensor().shape();
    Dataset flat{.height = shape[2], .width = shape[3]};
    flat.images = data.reshaped({flat.pixels()}).features();
    flat.labels = data.targets();
    return flat;
}

Split flatten(const nn::TrainTest<float, std::int64_t>& data) { return {flatten(data.train), flatten(data.test)}; }

} // namespace

Split read_digits(const std::string& path, double test_fraction, xgrad::Generator& generator) {
    constexpr std::size_t side = 8, darkest = 16;
    const nn::Table table = nn::read_csv(path);
    const std::size_t columns = table.columns.size();
    if (columns != side * side + 1) {
        throw nn::FileError(fmt::format("{}: {} columns, not {}: the pixels and the label", path, columns, side * side + 1), {});
    }
    const auto check = [&](std::size_t row, std::size_t column, double highest) {
        const double value = table.values(row, column);
        if (value >= 0 && value <= highest && value == static_cast<double>(static_cast<int>(value))) return;
        throw nn::FileError(fmt::format("{}: row {}, column {} ({}): {} is not a whole number from 0 to {}", path, row + 1,
                                        column + 1, table.columns[column], value, highest),
                            {});
    };
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t pixel = 0; pixel < side * side; ++pixel) check(row, pixel, darkest);
        check(row, side * side, classes - 1);
    }
    const std::string& label = table.columns.back();
    const Examples data(table.drop({label}).values / darkest, table.labels(label));
    return flatten(nn::train_test_split(data.reshaped({1, side, side}), {.test_fraction = test_fraction}, generator));
}

Split read_mnist(const std::string& folder) { return flatten(nn::read_mnist(folder)); }

} // namespace digits
