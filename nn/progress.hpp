/// @file
/// How far a training is, on a terminal or in a log.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace xgrad::nn {

/// What an output can show.
struct TerminalStyle {
    bool redraw = false;  ///< it is a terminal: a line can be drawn over
    bool unicode = false; ///< it shows characters beyond ASCII
    bool colour = false;
    std::size_t columns = 80;

    /// Of an output, from what it is and from the environment: TERM, NO_COLOR, LC_ALL, LC_CTYPE, LANG.
    static TerminalStyle of(std::FILE* out);
};

/// "4 s", "2 min 05 s", "3 h 07 min".
std::string format_duration(double seconds);

/// Numbers under their names, in order.
using NamedValues = std::vector<std::pair<std::string, double>>;

/// The progress line of a training: on a terminal a bar with the time left, drawn anew as the training goes on; in any case one plain line
/// for each epoch.
class Progress {
  public:
    /// @param steps  in an epoch
    Progress(std::size_t epochs, std::size_t steps, std::FILE* out, const TerminalStyle& style);
    /// In the style of the output.
    Progress(std::size_t epochs, std::size_t steps, std::FILE* out = stdout) : Progress(epochs, steps, out, TerminalStyle::of(out)) {}

    /// `epoch`, counted from 1, is at step `step` of it, with a loss of `loss` so far.
    void step(std::size_t epoch, std::size_t step, double loss);
    /// `epoch` is over; `values` are what is to be told of it.
    void epoch(std::size_t epoch, const NamedValues& values);
    /// Leaves the line as it is; what comes next begins on one of its own.
    void interrupt();

    /// The line at a step, as it would be drawn. @param seconds_left  negative while it is not known
    std::string format(std::size_t epoch, std::size_t step, const NamedValues& values, double seconds_left) const;

  private:
    using Clock = std::chrono::steady_clock;
    /// What is left at the pace since the first step that was seen.
    double seconds_left(std::size_t epoch, std::size_t step);
    void draw(const std::string& line, const char* end);

    std::size_t epochs_, steps_;
    std::FILE* out_;
    TerminalStyle style_;
    Clock::time_point start_ = Clock::now(), drawn_ = start_;
    double first_ = -1; ///< steps done when the clock started; a resumed training does not start at 0
    bool open_ = false; ///< a line has been begun and not ended
};

} // namespace xgrad::nn
