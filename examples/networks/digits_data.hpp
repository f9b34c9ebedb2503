/// @file
/// The data of the programs in this folder: MNIST if its folder is given on the command line, else the 8 x 8 digits in data/digits.csv.
#pragma once

#include <xgrad/nn/data/csv.hpp>
#include <xgrad/nn/data/mnist.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

namespace networks {

using Digits = xgrad::nn::TrainTest<float, std::int64_t>;

/// What a program is to reach, as a share of the test images. A short run on the small digits shows that it learns at all.
struct Goal {
    double mnist, digits;
};

/// Which digits the command line asks for.
struct Choice {
    std::string folder; ///< of MNIST; empty for the small digits
    bool mnist() const { return !folder.empty(); }
};

/// Images (N, 1, height, width) from 0 (paper) to 1 (ink), and their labels.
inline Digits read_digits(const Choice& choice) {
    using namespace xgrad;
    if (choice.mnist()) return nn::read_mnist(choice.folder);
    const nn::Table table = nn::read_csv(XGRAD_DATA_DIR "/digits.csv");
    nn::Dataset data(Array<float>(table.drop({"label"}).values / 16), table.labels("label"));
    Generator generator(0);
    return nn::train_test_split(data.reshaped({1, 8, 8}), {.test_fraction = 0.2, .stratify = true}, generator);
}

/// Runs `train`, which returns the accuracy on the test images, and says whether it is what the program promises.
template <class F>
int run(int argc, char** argv, const Goal& goal, F train) {
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        std::printf("usage: %s [FOLDER OF MNIST]\n", argv[0]);
        return std::string_view(argv[1]) == "--help" ? 0 : 2;
    }
    try {
        const Choice choice{argc == 2 ? argv[1] : ""};
        const double accuracy = train(choice), least = choice.mnist() ? goal.mnist : goal.digits;
        std::printf("test accuracy %.2f %%, at least %.2f %% promised\n", 100 * accuracy, 100 * least);
        return accuracy >= least ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}

} // namespace networks
