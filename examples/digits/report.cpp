#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace digits {

namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string repeated;
    for (std::size_t i = 0; i < count; ++i) repeated += text;
    return repeated;
}

/// The image's lines of characters: two to a pixel, as a character is about twice as high as wide. Images
/// wider than 16 pixels are shown at half their size.
std::vector<std::string> shade(const float* image, std::size_t height, std::size_t width,
                               const xgrad::nn::TerminalStyle& style) {
    constexpr std::array unicode{" ", "░", "▒", "▓", "█"};
    constexpr std::array ascii{" ", ".", ":", "+", "#"};
    const auto& shades = style.unicode ? unicode : ascii;
    const std::size_t scale = width > 16 ? 2 : 1;
    std::vector<std::string> lines;
    for (std::size_t row = 0; row + scale <= height; row += scale) {
        std::string line;
        for (std::size_t column = 0; column + scale <= width; column += scale) {
            float ink = 0;
            for (std::size_t i = 0; i < scale; ++i) {
                for (std::size_t j = 0; j < scale; ++j) ink += image[(row + i) * width + column + j];
            }
            const auto level = static_cast<std::size_t>(ink / static_cast<float>(scale * scale) * 4.99F);
            line += repeat(shades[std::min(level, shades.size() - 1)], 2);
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace

xgrad::Array<std::int64_t> confusion_matrix(const xgrad::Array<std::int64_t>& labels,
                                            const xgrad::Array<std::int64_t>& predictions) {
    xgrad::Array<std::int64_t> matrix = xt::zeros<std::int64_t>({classes, classes});
    for (std::size_t i = 0; i < labels.size(); ++i) ++matrix(labels(i), predictions(i));
    return matrix;
}

std::string format_confusion(const xgrad::Array<std::int64_t>& matrix) {
    const std::int64_t largest = *std::max_element(matrix.begin(), matrix.end());
    const std::size_t width = std::max<std::size_t>(3, std::to_string(largest).size() + 1);
    std::string text = "predicted ";
    for (std::size_t column = 0; column < classes; ++column) text += fmt::format("{:>{}}", column, width);
    text += "   recognised\n";
    for (std::size_t row = 0; row < classes; ++row) {
        text += fmt::format("digit {}   ", row);
        std::int64_t total = 0;
        for (std::size_t column = 0; column < classes; ++column) {
            const std::int64_t count = matrix(row, column);
            total += count;
            text += count == 0 ? fmt::format("{:>{}}", '.', width) : fmt::format("{:>{}}", count, width);
        }
        if (total > 0) {
            text += fmt::format("   {:8.1f} %",
                                100 * static_cast<double>(matrix(row, row)) / static_cast<double>(total));
        }
        text += '\n';
    }
    return text;
}

std::string draw_images(const Dataset& data, const xgrad::Array<std::int64_t>& predictions,
                        const std::vector<std::size_t>& rows, const xgrad::nn::TerminalStyle& style) {
    constexpr std::size_t gap = 3;
    const std::size_t width = 2 * (data.width > 16 ? data.width / 2 : data.width);
    const std::size_t per_line = std::max<std::size_t>(1, (style.columns + gap) / (width + gap));
    std::string text;
    for (std::size_t first = 0; first < rows.size(); first += per_line) {
        const std::size_t last = std::min(first + per_line, rows.size());
        std::vector<std::string> lines;
        std::string captions;
        for (std::size_t i = first; i < last; ++i) {
            const float* const image = data.images.data() + rows[i] * data.pixels();
            const std::vector<std::string> drawn = shade(image, data.height, data.width, style);
            lines.resize(drawn.size());
            for (std::size_t k = 0; k < drawn.size(); ++k) lines[k] += drawn[k] + std::string(gap, ' ');

            const std::int64_t label = data.labels(rows[i]), prediction = predictions(rows[i]);
            const bool right = prediction == label;
            const std::string caption =
                right ? fmt::format("{}", prediction) : fmt::format("{}, is {}", prediction, label);
            if (style.colour) captions += right ? "\x1b[32m" : "\x1b[31m";
            captions += fmt::format("{:^{}}", right ? caption : "!! " + caption, width);
            if (style.colour) captions += "\x1b[0m";
            captions += std::string(gap, ' ');
        }
        lines.push_back(std::move(captions));
        for (const std::string& line : lines) text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        text += '\n';
    }
    return text;
}

} // namespace digits
