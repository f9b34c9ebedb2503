/// @file
/// Metrics of predicted labels. Throughout, y are the labels and h the predictions (hypotheses), both of shape (samples).
#pragma once

#include <xgrad/algorithms/label_array.hpp>
#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace xgrad::algorithms {

/// The share of predictions that are right.
/// @param y,h  labels and predictions, of shape (samples)
/// @throws ShapeError unless both are vectors of one length, of at least 1
double accuracy_score(const LabelArray& y, const LabelArray& h, Location at = Location::current());

/// How often each label is predicted as which (Sehayek 2.7). With the labels 0 and 1, counts is {{true negatives, false positives},
/// {false negatives, true positives}}.
struct ConfusionMatrix {
    std::vector<std::int64_t> labels; ///< of the rows and of the columns
    Array<std::int64_t> counts;       ///< (labels, labels): of the samples with the row's label, those predicted as the column's

    /// The table as the notes draw it:
    ///
    ///     n=192      Predicted: 0  Predicted: 1
    ///     Actual: 0           118            12
    ///     Actual: 1            47            15
    std::string to_string() const;
};

/// Prints the table.
std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix);

/// @param labels  those to count, in this order; samples that have, or are predicted as, another are left out. Empty: all that occur
/// in y or h, ascending
/// @throws ShapeError unless y and h are vectors of one length, of at least 1
/// @throws ValueError if a label is named twice, or none of them occurs in y
ConfusionMatrix confusion_matrix(const LabelArray& y, const LabelArray& h, const std::vector<std::int64_t>& labels = {},
                                 Location at = Location::current());

/// How scores of several classes become one.
enum class Average {
    binary,  ///< the score of one class of two
    micro,   ///< the score of all classes' counts together
    macro,   ///< the mean of the classes' scores
    weighted ///< their mean, weighted by how many samples they have
};

struct ClassScoreOptions {
    Average average = Average::binary;
    std::int64_t pos_label = 1; ///< the class that counts with Average::binary
    double zero_division = 0;   ///< the score where there is nothing to divide by: 0 or 1
};

/// True positives / all predicted positives.
/// @throws ShapeError unless y and h are vectors of one length, of at least 1
/// @throws ValueError if the average is binary and there are more than two labels, or two others than pos_label; or zero_division is
/// neither 0 nor 1
double precision_score(const LabelArray& y, const LabelArray& h, const ClassScoreOptions& options = {},
                       Location at = Location::current());

/// True positives / all positives.
/// @throws what precision_score() throws
double recall_score(const LabelArray& y, const LabelArray& h, const ClassScoreOptions& options = {},
                    Location at = Location::current());

/// 2 precision recall / (precision + recall), the harmonic mean; 0 if both are 0.
/// @throws what precision_score() throws
double f1_score(const LabelArray& y, const LabelArray& h, const ClassScoreOptions& options = {},
                Location at = Location::current());

/// The scores of each class.
struct ClassScores {
    std::vector<std::int64_t> labels;         ///< those that occur in y or h, ascending
    std::vector<double> precision, recall, f1;
    std::vector<std::int64_t> support;        ///< how many samples have the label
};

/// @throws ShapeError unless y and h are vectors of one length, of at least 1
/// @throws ValueError if zero_division is neither 0 nor 1
ClassScores class_scores(const LabelArray& y, const LabelArray& h, double zero_division = 0,
                         Location at = Location::current());

/// A table, for people: precision, recall, F1 and support of each class; accuracy; the macro and weighted means.
/// @param target_names  of the labels that occur, ascending; if none are given, the labels
/// @param digits        after the decimal point
/// @throws ShapeError unless y and h are vectors of one length, of at least 1
/// @throws ValueError unless there is a name for each label, and digits is in [0, 17]
std::string classification_report(const LabelArray& y, const LabelArray& h,
                                  const std::vector<std::string>& target_names = {}, int digits = 2,
                                  Location at = Location::current());

} // namespace xgrad::algorithms
