#include <xgrad/nn/progress.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace xgrad::nn {

namespace {

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);
    return value ? value : "";
}

template <class... A>
std::string print(const char* format, A... arguments) {
    char buffer[64];
    const int length = std::snprintf(buffer, sizeof buffer, format, arguments...);
    return {buffer, std::min(sizeof buffer - 1, static_cast<std::size_t>(std::max(length, 0)))};
}

} // namespace

TerminalStyle TerminalStyle::of(std::FILE* out) {
    TerminalStyle style;
    const int file = fileno(out);
    if (file < 0 || isatty(file) == 0 || environment("TERM") == "dumb") return style;
    style.redraw = true;
    style.colour = environment("NO_COLOR").empty();
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) { // the first one that is set decides
        const std::string_view value = environment(name);
        if (value.empty()) continue;
        style.unicode = value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
        break;
    }
    winsize size{};
    if (ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.columns = size.ws_col;
    return style;
}

std::string format_duration(double seconds) {
    const long s = std::lround(std::clamp(seconds, 0.0, 1e9));
    if (s < 60) return print("%ld s", s);
    if (s < 3600) return print("%ld min %02ld s", s / 60, s % 60);
    return print("%ld h %02ld min", s / 3600, s % 3600 / 60);
}

Progress::Progress(std::size_t epochs, std::size_t steps, std::FILE* out, const TerminalStyle& style)
    : epochs_(epochs), steps_(steps), out_(out), style_(style) {}

std::string Progress::format(std::size_t epoch, std::size_t step, const NamedValues& values, double seconds_left) const {
    constexpr std::size_t bar = 20;
    const int width = static_cast<int>(std::to_string(epochs_).size());
    std::string text = print("epoch %*zu/%zu", width, epoch, epochs_);
    if (style_.redraw) {
        const std::size_t filled = steps_ == 0 ? 0 : bar * std::min(step, steps_) / steps_;
        text += " [";
        for (std::size_t i = 0; i < bar; ++i) text += i >= filled ? " " : style_.unicode ? "█" : "=";
        text += "]";
    }
    for (const auto& [name, value] : values) text.append(&value == &values[0].second ? " " : ", ").append(name).append(print(" %.4g", value));
    if (seconds_left >= 0) text.append(", ").append(format_duration(seconds_left)).append(" left");
    return text;
}

double Progress::seconds_left(std::size_t epoch, std::size_t step) {
    const double steps = static_cast<double>(steps_), done = static_cast<double>(epoch - 1) * steps + static_cast<double>(step);
    if (first_ < 0) first_ = done - 1;
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    return seconds / std::max(done - first_, 1.0) * (static_cast<double>(epochs_) * steps - done);
}

void Progress::step(std::size_t epoch, std::size_t step, double loss) {
    const double left = seconds_left(epoch, step);
    if (!style_.redraw || Clock::now() - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = Clock::now();
    draw(format(epoch, step, {{"loss", loss}}, left), "");
}

void Progress::epoch(std::size_t epoch, const NamedValues& values) {
    const double left = seconds_left(epoch, steps_);
    draw(format(epoch, steps_, values, epoch < epochs_ ? left : -1), "\n");
}

void Progress::interrupt() {
    if (open_) draw("", "\n");
}

void Progress::draw(const std::string& line, const char* end) {
    std::string text;
    if (style_.redraw && !line.empty()) text = "\r" + line + "\x1b[K";
    else text = line;
    text += end;
    std::fputs(text.c_str(), out_);
    std::fflush(out_);
    open_ = *end == '\0';
}

} // namespace xgrad::nn
