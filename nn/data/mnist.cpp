#include <xgrad/nn/data/mnist.hpp>

#include <xgrad/nn/data/idx.hpp>

#include <algorithm>
#include <filesystem>

namespace xgrad::nn {

namespace {

std::string find_file(const std::string& folder, const std::string& stem, int rank, const Location& at) {
    // "train-images-idx3-ubyte", as published; some copies have a dot for the last hyphen but one.
    const std::string end = "idx" + std::to_string(rank) + "-ubyte";
    for (const char* const joint : {"-", "."}) {
        for (const char* const ending : {"", ".gz"}) {
            const std::filesystem::path path = std::filesystem::path(folder) / (stem + joint + end + ending);
            std::error_code ignored;
            if (std::filesystem::is_regular_file(path, ignored)) return path.string();
        }
    }
    throw FileError(folder + ": no file " + stem + "-" + end + " or " + stem + "-" + end + ".gz", at);
}

template <class T>
Dataset<T, std::int64_t> read_part(const std::string& folder, const std::string& name, const Location& at) {
    const std::string image_path = find_file(folder, name + "-images", 3, at);
    const std::string label_path = find_file(folder, name + "-labels", 1, at);
    const AnyArray images = read_idx(image_path, at);
    const AnyArray labels = read_idx(label_path, at);
    const auto check = [&](const std::string& path, const AnyArray& array, std::size_t rank) {
        if (array.type() == ElementType::uint8 && array.shape().rank() == rank) return;
        throw FileError(path + ": " + std::string(to_string(array.type())) + " of shape " + to_string(array.shape()) +
                            ", not uint8 with " + std::to_string(rank) + (rank == 1 ? " axis" : " axes"),
                        at);
    };
    check(image_path, images, 3);
    check(label_path, labels, 1);
    if (images.size() == 0) throw FileError(image_path + ": no images", at);
    if (labels.size() != images.shape()[0]) {
        throw FileError(label_path + ": " + std::to_string(labels.size()) + " labels for the " +
                            std::to_string(images.shape()[0]) + " images in " + image_path,
                        at);
    }
    const Tensor<std::int64_t> label = labels.tensor<std::int64_t>(at);
    const std::int64_t* const wrong = std::find_if(label.begin(), label.end(), [](std::int64_t l) { return l > 9; });
    if (wrong != label.end()) {
        throw FileError(label_path + ": label " + std::to_string(*wrong) + " at " + std::to_string(wrong - label.begin()) +
                            " is not 0 to 9",
                        at);
    }
    Tensor<T> pixels = images.tensor<T>(at);
    for (T& pixel : pixels) pixel /= 255;
    const Shape& shape = images.shape();
    return Dataset<T, std::int64_t>(pixels.reshaped({shape[0], 1, shape[1], shape[2]}), label, at);
}

} // namespace

template <class T>
TrainTest<T, std::int64_t> read_mnist(const std::string& folder, Location at) {
    TrainTest<T, std::int64_t> data{read_part<T>(folder, "train", at), read_part<T>(folder, "t10k", at)};
    const Shape &train = data.train.feature_tensor().shape(), &test = data.test.feature_tensor().shape();
    if (!std::equal(train.begin() + 1, train.end(), test.begin() + 1)) {
        throw FileError(folder + ": the images to train on are " + to_string(train) + ", those to test with " + to_string(test),
                        at);
    }
    return data;
}

template TrainTest<float, std::int64_t> read_mnist(const std::string&, Location);
template TrainTest<double, std::int64_t> read_mnist(const std::string&, Location);

} // namespace xgrad::nn
