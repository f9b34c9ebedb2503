// What the digits example prints.
#include "examples/digits/report.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace digits;

TEST_CASE("confusion matrix") {
    const xgrad::Array<std::int64_t> labels{3, 3, 3, 8}, predictions{3, 3, 8, 8};
    const auto matrix = confusion_matrix(labels, predictions);
    CHECK(matrix(3, 3) == 2);
    CHECK(matrix(3, 8) == 1);
    CHECK(matrix(8, 8) == 1);
    CHECK(matrix(8, 3) == 0);
    const std::string text = format_confusion(matrix);
    CHECK(text.find("predicted   0  1  2  3  4  5  6  7  8  9   recognised\n") == 0);
    CHECK(text.find("digit 3     .  .  .  2  .  .  .  .  1  .       66.7 %\n") != text.npos);
    CHECK(text.find("digit 8     .  .  .  .  .  .  .  .  1  .      100.0 %\n") != text.npos);
    CHECK(text.find("digit 9     .  .  .  .  .  .  .  .  .  .\n") != text.npos);
}

TEST_CASE("images with their predictions") {
    Dataset data{.height = 2, .width = 4};
    data.images = {{0, 0.3F, 0.5F, 1, 1, 0.7F, 0, 0}, {1, 1, 1, 1, 0, 0, 0, 0}};
    data.labels = {7, 1};
    const xgrad::Array<std::int64_t> predictions{7, 2};
    CHECK(draw_images(data, predictions, {0}, xgrad::nn::TerminalStyle{}) == "  ..::##\n"
                                                          "##++\n"
                                                          "   7\n\n");
    CHECK(draw_images(data, predictions, {0, 1}, {.unicode = true}) == "  ░░▒▒██   ████████\n"
                                                                       "██▓▓\n"
                                                                       "   7       !! 2, is 1\n\n");
    CHECK(draw_images(data, predictions, {0}, {.colour = true}).find("\x1b[32m   7    \x1b[0m") != std::string::npos);
    CHECK(draw_images(data, predictions, {1}, {.colour = true}).find("\x1b[31m!! 2, is 1\x1b[0m") != std::string::npos);
}

TEST_CASE("large images are drawn at half their size") {
    Dataset data{.height = 28, .width = 28};
    data.images = xt::ones<float>({1, 784});
    data.labels = {1};
    const std::string text = draw_images(data, data.labels, {0}, xgrad::nn::TerminalStyle{});
    CHECK(text.substr(0, text.find('\n')) == std::string(28, '#'));
    CHECK(std::count(text.begin(), text.end(), '\n') == 14 + 2);
}
