/// @file
/// What the program prints: progress, the confusion matrix, images with their predictions. Plain lines of
/// ASCII, unless the output is a terminal that can do better.
#pragma once

#include "dataset.hpp"

#include <chrono>
#include <cstdio>
#include <string>

namespace digits {

/// What an output can show.
struct Style {
    bool redraw = false;  ///< a line can be drawn over
    bool unicode = false; ///< characters beyond ASCII
    bool colour = false;
    std::size_t columns = 80;

    /// Of stdout, from what it is and from the environment: TERM, NO_COLOR, LC_ALL, LC_CTYPE, LANG.
    static Style of_stdout();
};

/// "4 s", "2 min 05 s", "3 h 07 min".
std::string format_duration(double seconds);

/// How far the training is.
struct Status {
    std::size_t epoch = 0, epochs = 0; ///< the epoch at hand, counted from 1
    std::size_t step = 0, steps = 0;   ///< steps done in it
    double loss = 0;                   ///< mean over them
    double accuracy = -1;     ///< on the test images after the epoch before; negative before there is one
    double seconds_left = -1; ///< negative while it is not known
};

/// "epoch  3/40 [=====     ] loss 0.0812, test accuracy 96.94 %, 12 s left".
std::string format_status(const Status& status, const Style& style);

/// The progress line: drawn anew during an epoch in a terminal, one line for each epoch in any case.
class Progress {
  public:
    Progress(std::size_t epochs, std::size_t steps, const Style& style, std::FILE* out = stdout);

    /// One step is done.
    void step(double loss);
    /// One epoch is done.
    void epoch(double accuracy);
    /// Since the start.
    double seconds() const;

  private:
    using Clock = std::chrono::steady_clock;
    void print(const char* end);

    Status status_;
    double loss_sum_ = 0;
    Style style_;
    std::FILE* out_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point drawn_ = start_;
};

/// How often each digit (row) was taken for each (column).
xgrad::Array<std::int64_t> confusion_matrix(const xgrad::Array<std::int64_t>& labels,
                                            const xgrad::Array<std::int64_t>& predictions);

/// A table of the confusion matrix with the share of each digit that was recognised.
std::string format_confusion(const xgrad::Array<std::int64_t>& matrix);

/// Draws the images of the given rows side by side, each over its prediction; a wrong one is marked and shows
/// the label.
std::string draw_images(const Dataset& data, const xgrad::Array<std::int64_t>& predictions,
                        const std::vector<std::size_t>& rows, const Style& style);

} // namespace digits
