#include "dataset.hpp"

#include "csv.hpp"
#include "idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace digits {

namespace fs = std::filesystem;
using xgrad::Array;

namespace {

/// An array of `shape`, which is the one it has, or uninitialised.
template <class T>
void resize(Array<T>& array, std::initializer_list<std::size_t> shape) {
    if (!std::equal(shape.begin(), shape.end(), array.shape().begin(), array.shape().end())) {
        array.resize(std::vector<std::size_t>(shape));
    }
}

fs::path find_mnist(const fs::path& folder, const std::string& stem, int rank) {
    // "train-images-idx3-ubyte", as published; some copies have a dot for the last hyphen but one.
    for (const char* const joint : {"-", "."}) {
        for (const char* const ending : {"", ".gz"}) {
            fs::path path = folder / fmt::format("{}{}idx{}-ubyte{}", stem, joint, rank, ending);
            if (fs::is_regular_file(path)) return path;
        }
    }
    throw DataError(fmt::format("{}: no file {}-idx{}-ubyte or {}-idx{}-ubyte.gz", folder.string(), stem,
                                rank, stem, rank));
}

Dataset read_mnist_part(const fs::path& folder, const std::string& name) {
    const fs::path image_path = find_mnist(folder, name + "-images", 3);
    const fs::path label_path = find_mnist(folder, name + "-labels", 1);
    const Array<std::uint8_t> images = read_idx(image_path);
    const Array<std::uint8_t> labels = read_idx(label_path);
    if (images.dimension() != 3) {
        throw DataError(fmt::format("{}: {} axes, not 3: images, rows, columns", image_path.string(),
                                    images.dimension()));
    }
    if (labels.dimension() != 1) {
        throw DataError(fmt::format("{}: {} axes, not 1", label_path.string(), labels.dimension()));
    }
    if (images.size() == 0) throw DataError(fmt::format("{}: no images", image_path.string()));
    if (labels.size() != images.shape(0)) {
        throw DataError(fmt::format("{}: {} labels for the {} images in {}", label_path.string(),
                                    labels.size(), images.shape(0), image_path.string()));
    }
    const auto wrong =
        std::find_if(labels.begin(), labels.end(), [](std::uint8_t label) { return label >= classes; });
    if (wrong != labels.end()) {
        const auto index = wrong - labels.begin();
        throw DataError(fmt::format("{}: offset {}: label {}, which is not 0 to 9", label_path.string(),
                                    8 + index, *wrong));
    }

    Dataset data{.height = images.shape(1), .width = images.shape(2)};
    resize(data.images, {images.shape(0), data.pixels()});
    resize(data.labels, {labels.size()});
    std::transform(images.begin(), images.end(), data.images.begin(),
                   [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255; });
    std::copy(labels.begin(), labels.end(), data.labels.begin());
    return data;
}

} // namespace

Dataset read_digits(const fs::path& path) {
    constexpr std::size_t side = 8, darkest = 16;
    const Table table = read_csv(path);
    const std::size_t rows = table.values.shape(0);
    const std::size_t columns = table.values.shape(1);
    if (columns != side * side + 1) {
        throw DataError(fmt::format("{}:1: {} columns, not {}: the pixels and the label", path.string(),
                                    columns, side * side + 1));
    }
    Dataset data{.height = side, .width = side};
    resize(data.images, {rows, side * side});
    resize(data.labels, {rows});
    for (std::size_t row = 0; row < rows; ++row) {
        const auto whole_number = [&](std::size_t column, double highest) {
            const double value = table.values(row, column);
            if (!(value >= 0 && value <= highest && value == static_cast<double>(static_cast<int>(value)))) {
                throw DataError(fmt::format("{}:{}: column {} ({}): {} is not a whole number from 0 to {}",
                                            path.string(), row + 2, column + 1, table.columns[column], value,
                                            highest));
            }
            return static_cast<int>(value);
        };
        for (std::size_t pixel = 0; pixel < side * side; ++pixel) {
            data.images(row, pixel) = static_cast<float>(whole_number(pixel, darkest)) / darkest;
        }
        data.labels(row) = whole_number(side * side, classes - 1);
    }
    return data;
}

Split read_mnist(const fs::path& folder) {
    Split data{read_mnist_part(folder, "train"), read_mnist_part(folder, "t10k")};
    if (data.train.height != data.test.height || data.train.width != data.test.width) {
        throw DataError(fmt::format("{}: the images to train on are {} x {}, those to test on {} x {}",
                                    folder.string(), data.train.height, data.train.width, data.test.height,
                                    data.test.width));
    }
    return data;
}

Split split(const Dataset& data, double test_fraction, std::mt19937_64& random) {
    std::vector<std::size_t> order(data.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    const auto held_out = static_cast<std::size_t>(test_fraction * static_cast<double>(data.size()));
    Split parts;
    take_rows(data, order.data(), held_out, parts.test);
    take_rows(data, order.data() + held_out, data.size() - held_out, parts.train);
    return parts;
}

void take_rows(const Dataset& data, const std::size_t* rows, std::size_t count, Dataset& into) {
    const std::size_t pixels = data.pixels();
    into.height = data.height;
    into.width = data.width;
    resize(into.images, {count, pixels});
    resize(into.labels, {count});
    for (std::size_t i = 0; i < count; ++i) {
        std::copy_n(data.images.data() + rows[i] * pixels, pixels, into.images.data() + i * pixels);
        into.labels(i) = data.labels(rows[i]);
    }
}

Batches::Batches(const Dataset& data, std::size_t size) : data_(data), size_(size), order_(data.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
}

Batches& Batches::shuffle(std::mt19937_64& random) {
    std::shuffle(order_.begin(), order_.end(), random);
    return *this;
}

void Batches::Iterator::fill() {
    const std::size_t size = batches_->order_.size();
    if (first_ >= size) return;
    take_rows(batches_->data_, batches_->order_.data() + first_, std::min(batches_->size_, size - first_),
              batches_->batch_);
}

} // namespace digits
