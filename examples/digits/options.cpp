#include "options.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace digits {

Options parse_options(int argc, char** argv) {
    Options options;
    options.data = XGRAD_DATA_DIR "/digits.csv";
    options.hidden = {256, 128};
    CLI::App app{"Trains a multilayer perceptron to recognise handwritten digits."};
    const auto positive = CLI::Range(std::size_t{1}, std::size_t{1'000'000});
    auto* const data =
        app.add_option("--data", options.data, "CSV file of 8 x 8 digits")->capture_default_str();
    app.add_option("--mnist", options.mnist, "folder of MNIST's four IDX files, plain or .gz")
        ->excludes(data);
    app.add_option("--epochs", options.epochs, "passes through the training images [40; MNIST: 10]")
        ->check(positive);
    app.add_option("--batch", options.batch, "images in a step [32; MNIST: 128]")->check(positive);
    app.add_option("--lr", options.lr, "learning rate at the start [adam: 0.002; sgd: 0.05]")
        ->check(CLI::PositiveNumber);
    app.add_option("--hidden", options.hidden, "widths of the hidden layers, as in 256,128")
        ->delimiter(',')
        ->check(positive)
        ->capture_default_str();
    app.add_option("--optimizer", options.optimizer, "adam or sgd")
        ->check(CLI::IsMember({"adam", "sgd"}))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "seed of everything that is random")->capture_default_str();
    app.add_option("--require-accuracy", options.require_accuracy, "fail if the test accuracy stays below")
        ->check(CLI::Range(0.0, 1.0));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    const bool mnist = !options.mnist.empty();
    if (options.epochs == 0) options.epochs = mnist ? 10 : 40;
    if (options.batch == 0) options.batch = mnist ? 128 : 32;
    if (options.lr == 0) options.lr = options.optimizer == "adam" ? 0.002 : 0.05;
    return options;
}

} // namespace digits
