#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace digits {

namespace {

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);
    return value ? value : "";
}

std::string repeat(std::string_view text, std::size_t count) {
    std::string repeated;
    for (std::size_t i = 0; i < count; ++i) repeated += text;
    return repeated;
}

/// The image's lines of characters: two to a pixel, as a character is about twice as high as wide. Images
/// wider than 16 pixels are shown at half their size.
std::vector<std::string> shade(const float* image, std::size_t height, std::size_t width,
                               const Style& style) {
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

Style Style::of_stdout() {
    Style style;
    if (isatty(STDOUT_FILENO) == 0 || environment("TERM") == "dumb") return style;
    style.redraw = true;
    style.colour = environment("NO_COLOR").empty();
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) { // the first one that is set decides
        const std::string_view value = environment(name);
        if (value.empty()) continue;
        style.unicode = value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
        break;
    }
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.columns = size.ws_col;
    return style;
}

std::string format_duration(double seconds) {
    const long s = std::lround(std::clamp(seconds, 0.0, 1e9));
    if (s < 60) return fmt::format("{} s", s);
    if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
    return fmt::format("{} h {:02} min", s / 3600, s % 3600 / 60);
}

std::string format_status(const Status& status, const Style& style) {
    constexpr std::size_t bar = 20;
    const std::size_t digits = std::to_string(status.epochs).size();
    std::string text = fmt::format("epoch {:>{}}/{}", status.epoch, digits, status.epochs);
    if (style.redraw) {
        const std::size_t filled = status.steps == 0 ? 0 : bar * status.step / status.steps;
        text +=
            fmt::format(" [{}{}]", repeat(style.unicode ? "█" : "=", filled), std::string(bar - filled, ' '));
    }
    text += fmt::format(" loss {:.4f}", status.loss);
    if (status.accuracy >= 0) text += fmt::format(", test accuracy {:.2f} %", 100 * status.accuracy);
    if (status.seconds_left >= 0) text += fmt::format(", {} left", format_duration(status.seconds_left));
    return text;
}

Progress::Progress(std::size_t epochs, std::size_t steps, const Style& style, std::FILE* out)
    : status_{.epoch = 1, .epochs = epochs, .step = 0, .steps = steps}, style_(style), out_(out) {}

void Progress::step(double loss) {
    loss_sum_ += loss;
    ++status_.step;
    if (!style_.redraw || Clock::now() - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = Clock::now();
    print("");
}

void Progress::epoch(double accuracy) {
    status_.accuracy = accuracy;
    print("\n");
    ++status_.epoch;
    status_.step = 0;
    loss_sum_ = 0;
}

double Progress::seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
}

void Progress::print(const char* end) {
    const auto steps = static_cast<double>(status_.steps);
    const double done = static_cast<double>(status_.epoch - 1) * steps + static_cast<double>(status_.step);
    status_.loss = loss_sum_ / static_cast<double>(status_.step);
    status_.seconds_left = seconds() * (static_cast<double>(status_.epochs) * steps - done) / done;
    fmt::print(out_, "{}{}{}{}", style_.redraw ? "\r" : "", format_status(status_, style_),
               style_.redraw ? "\x1b[K" : "", end);
    std::fflush(out_);
}

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
                        const std::vector<std::size_t>& rows, const Style& style) {
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
