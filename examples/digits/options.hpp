/// @file
/// What the command line says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace digits {

struct Options {
    std::string data;                ///< CSV file of the 8 x 8 digits
    std::string mnist;               ///< folder of MNIST's files, to be used instead
    std::vector<std::size_t> hidden; ///< widths of the hidden layers
    std::string optimizer = "adam";  ///< adam or sgd
    std::size_t epochs = 0;          ///< passes through the training images
    std::size_t batch = 0;           ///< images in a step
    double lr = 0;                   ///< learning rate at the start; it falls to zero along a cosine
    std::uint64_t seed = 1;          ///< of everything that is random
    double require_accuracy = 0;     ///< fail if the test accuracy stays below
};

/// The options on the command line. Prints the help or what is wrong, and ends the program, if that is what
/// they ask for.
Options parse_options(int argc, char** argv);

} // namespace digits
