/// @file
/// What came of each epoch of a training.
#pragma once

#include <xgrad/autodiff/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace xgrad::nn {

/// One row for each epoch: the loss, the metrics, the learning rate. Not a number stands for what was not measured.
class History {
  public:
    History() = default;
    /// @param columns  their names
    explicit History(std::vector<std::string> columns) : columns_(std::move(columns)) {}

    const std::vector<std::string>& columns() const noexcept { return columns_; }
    const std::vector<std::vector<double>>& rows() const noexcept { return rows_; }
    /// The number of epochs.
    std::size_t size() const noexcept { return rows_.size(); }
    bool empty() const noexcept { return rows_.empty(); }

    /// Appends an epoch. @throws ShapeError if it has not a value for each column
    void append(std::vector<double> row, Location at = Location::current());

    /// A column: `history["val_loss"].back()`. @throws IndexError if there is none of this name; it names those there are
    std::vector<double> operator[](std::string_view column) const;

    /// The table as CSV: a line of names, a line for each epoch, 17 digits.
    std::string to_csv() const;
    /// Writes the table as CSV. @throws FileError if it cannot be written
    void save_csv(const std::string& path, Location at = Location::current()) const;

    /// Draws columns over the epochs with gnuplot, as SVG or PNG by the ending of `path`.
    /// @param columns  all whose names contain "loss", if none are named
    /// @throws ValueError if there is nothing to draw, or the ending is another
    /// @throws FileError if gnuplot is not installed or fails
    void plot(const std::string& path, const std::vector<std::string>& columns = {}, Location at = Location::current()) const;

    bool interrupted = false;     ///< by Ctrl-C
    bool stopped_early = false;   ///< because the monitored value did not improve, or a callback asked for it
    std::size_t best_epoch = 0;   ///< counted from 1; 0 if none was chosen

  private:
    std::size_t column(std::string_view name) const;

    std::vector<std::string> columns_;
    std::vector<std::vector<double>> rows_;
};

} // namespace xgrad::nn
