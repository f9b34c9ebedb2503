/// @file
/// Metrics of scores: what they are worth at every threshold from which on a sample is predicted positive (EDSF lectures: ROC and AUC
/// of an anomaly detector). Scores are probabilities or values of a decision function, of shape (samples).
#pragma once

#include <xgrad/algorithms/label_array.hpp>
#include <xgrad/algorithms/metrics/classification.hpp>

#include <optional>

namespace xgrad::algorithms {

/// Points (fpr, tpr) from (0, 0) to (1, 1), one for each threshold.
struct RocCurve {
    Array<double> fpr;        ///< false positives / all negatives, for scores >= threshold
    Array<double> tpr;        ///< true positives / all positives
    /// Descending; the first is the largest score + 1, which no sample reaches (from 2^53 on it may be that score, for want of digits).
    Array<double> thresholds;
};

struct RocCurveOptions {
    std::optional<std::int64_t> pos_label{}; ///< the positive label; the others are negative. 1, if all labels are in {0, 1} or {-1, 1}
    bool drop_intermediate = true;           ///< leave out points between two others on a line
};

/// The receiver operating characteristic.
/// @throws ShapeError unless y and scores are vectors of one length, of at least 1
/// @throws ValueError if a score is NaN or infinite, no sample is positive or none negative, or pos_label would have to be guessed
RocCurve roc_curve(const LabelArray& y, const Array<double>& scores, const RocCurveOptions& options = {},
                   Location at = Location::current());

/// The area under the curve through the points (x, y), by trapezoids.
/// @param x  ascending or descending
/// @throws ShapeError unless x and y are vectors of one length, of at least 2
/// @throws ValueError if a number is NaN or infinite, or x does not ascend or descend
double auc(const Array<double>& x, const Array<double>& y, Location at = Location::current());

/// How more than two classes are taken apart.
enum class RocAucMultiClass {
    ovr, ///< each against the rest
    ovo  ///< each against each other one. Hand, Till: A simple generalisation of the area under the ROC curve, 2001
};

struct RocAucOptions {
    RocAucMultiClass multi_class = RocAucMultiClass::ovr;
    Average average = Average::macro; ///< or weighted: by the classes' samples (ovr), by those of both classes (ovo)
};

/// The area under the ROC curve: how probably a positive sample has a larger score than a negative one.
/// @param y       labels; of two, the larger is the positive one
/// @param scores  of shape (samples), if there are two labels; or probabilities of shape (samples, classes), with a column for each
///                label in ascending order
/// @param options for probabilities only
/// @throws ShapeError unless the shapes are so
/// @throws ValueError if a score is NaN or infinite, there is one label only, probabilities do not sum to 1 or are not of as many
/// classes as there are labels, or the average is neither macro nor weighted
double roc_auc_score(const LabelArray& y, const Array<double>& scores, const RocAucOptions& options = {},
                     Location at = Location::current());

/// Precision and recall for each threshold, ascending, of scores >= threshold. A last point, (1, 0), has no threshold.
struct PrecisionRecallCurve {
    Array<double> precision;  ///< (thresholds + 1)
    Array<double> recall;     ///< (thresholds + 1), descending
    Array<double> thresholds; ///< the different scores, ascending
};

/// @param pos_label  as for the ROC curve
/// @throws ShapeError unless y and scores are vectors of one length, of at least 1
/// @throws ValueError if a score is NaN or infinite, no sample is positive, or pos_label would have to be guessed
PrecisionRecallCurve precision_recall_curve(const LabelArray& y, const Array<double>& scores,
                                            std::optional<std::int64_t> pos_label = {}, Location at = Location::current());

/// sum_k (recall_k - recall_k-1) precision_k, over the thresholds in descending order: the area under the precision-recall curve,
/// not interpolated.
/// @throws what precision_recall_curve() throws
double average_precision_score(const LabelArray& y, const Array<double>& scores, std::optional<std::int64_t> pos_label = {},
                               Location at = Location::current());

} // namespace xgrad::algorithms
