#include "tests/message_of.hpp"
#include "tests/nn/data/idx.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/nn/data/mnist.hpp>

#include <doctest/doctest.h>

#include <cstdlib>

using namespace xgrad;
using namespace xgrad::nn;
using std::string_literals::operator""s;
using tests::idx;

TEST_CASE("mnist: the four files of a folder") {
    const tests::TemporaryFolder folder;
    const auto error = [&] {
        return tests::message_of<FileError>([&] { read_mnist(folder.path()); }).substr(folder.path().size());
    };
    CHECK(error() == ": no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz");
    folder.write("train-images-idx3-ubyte", idx({2, 1, 2}, "\x00\xff\x33\x66"s));
    folder.write("train-labels-idx1-ubyte", idx({2}, "\x07\x02"));
    folder.write("t10k-images.idx3-ubyte", idx({1, 1, 2}, "ab"));
    folder.write("t10k-labels-idx1-ubyte", idx({1}, "\x09"));
    const auto [train, test] = read_mnist(folder.path());
    CHECK(train.features() == Array<float>{{{{0, 1}}}, {{{0.2F, 0.4F}}}});
    CHECK(train.targets() == Array<std::int64_t>{7, 2});
    CHECK(train.reshaped({2}).features() == Array<float>{{0, 1}, {0.2F, 0.4F}});
    CHECK(test.size() == 1);
    CHECK(test.targets() == Array<std::int64_t>{9});
    CHECK(read_mnist<double>(folder.path()).train.features()(1, 0, 0, 0) == 0.2);

    folder.write("t10k-images.idx3-ubyte", idx({1, 2, 1}, "ab"));
    CHECK(error() == ": the images to train on are (2, 1, 1, 2), those to test with (1, 1, 2, 1)");
    folder.write("t10k-labels-idx1-ubyte", idx({1}, "\x0a"));
    CHECK(error() == "/t10k-labels-idx1-ubyte: label 10 at 0 is not 0 to 9");
    folder.write("train-labels-idx1-ubyte", idx({3}, "\x07\x02\x01"));
    CHECK(error() == "/train-labels-idx1-ubyte: 3 labels for the 2 images in " + (folder / "train-images-idx3-ubyte"));
    folder.write("train-labels-idx1-ubyte", idx({2, 1}, "\x07\x02"));
    CHECK(error() == "/train-labels-idx1-ubyte: uint8 of shape (2, 1), not uint8 with 1 axis");
    folder.write("train-labels-idx1-ubyte", idx({0}, ""));
    folder.write("train-images-idx3-ubyte", "\0\0\x0b\x03\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0"s);
    CHECK(error() == "/train-images-idx3-ubyte: int16 of shape (1, 1, 1), not uint8 with 3 axes");
    folder.write("train-images-idx3-ubyte", idx({0, 1, 2}, ""));
    CHECK(error() == "/train-images-idx3-ubyte: no images");
}

TEST_CASE("mnist: the real files, where they are") {
    const char* const folder = std::getenv("XGRAD_MNIST");
    if (!folder) {
        MESSAGE("skipped: set XGRAD_MNIST to the folder with MNIST's files");
        return;
    }
    const auto [train, test] = read_mnist(folder);
    CHECK(train.feature_tensor().shape() == Shape{60'000, 1, 28, 28});
    CHECK(test.feature_tensor().shape() == Shape{10'000, 1, 28, 28});
    CHECK(train.targets()(0) == 5); // the first training image is the well-known 5, the first test image a 7
    CHECK(test.targets()(0) == 7);
}
