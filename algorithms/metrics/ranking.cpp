#include <xgrad/algorithms/metrics/ranking.hpp>

#include <xgrad/algorithms/metrics/labels.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace xgrad::algorithms {

namespace {

void check_finite(const char* metric, const char* name, const Array<double>& numbers, const Location& at) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!std::isfinite(numbers.data()[i])) {
            throw ValueError(std::string(metric) + ": " + name + " " + std::to_string(i) + " is not finite", at);
        }
    }
}

void check_scores(const char* metric, const Array<std::int64_t>& y, const Array<double>& scores, const Location& at) {
    const Shape a = shape_of<Array<std::int64_t>>(y, at), b = shape_of(scores, at);
    if (a.rank() != 1 || a != b || a[0] == 0) {
        throw ShapeError(std::string(metric) + ": labels and scores must be vectors of one length, of at least 1, not of shapes " +
                             to_string(a) + " and " + to_string(b),
                         at);
    }
    check_finite(metric, "score", scores, at);
}

std::int64_t positive_label(const char* metric, const Array<std::int64_t>& y, std::optional<std::int64_t> pos_label, const Location& at) {
    if (pos_label) return *pos_label;
    const std::vector<std::int64_t> labels = detail::distinct_labels(y);
    const auto all_in = [&](std::int64_t a, std::int64_t b) {
        return std::all_of(labels.begin(), labels.end(), [=](std::int64_t label) { return label == a || label == b; });
    };
    if (!all_in(0, 1) && !all_in(-1, 1)) {
        throw ValueError(std::string(metric) + ": the labels are not in {0, 1} or {-1, 1}; name the positive one as pos_label", at);
    }
    return 1;
}

/// For each different score, from the largest on, how many positive and how many negative samples have that or a larger one.
struct ThresholdCounts {
    explicit ThresholdCounts(std::vector<std::pair<double, bool>> samples) {
        std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
        double hits = 0, alarms = 0;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            (samples[i].second ? hits : alarms) += 1;
            if (i + 1 < samples.size() && samples[i + 1].first == samples[i].first) continue;
            true_positives.push_back(hits);
            false_positives.push_back(alarms);
            thresholds.push_back(samples[i].first);
        }
    }

    double positives() const { return true_positives.back(); }
    double negatives() const { return false_positives.back(); }

    /// Of the ROC curve.
    double area() const {
        double sum = 0, last_hits = 0, last_alarms = 0;
        for (std::size_t i = 0; i < thresholds.size(); ++i) {
            sum += (false_positives[i] - last_alarms) * (true_positives[i] + last_hits);
            last_hits = true_positives[i];
            last_alarms = false_positives[i];
        }
        return sum / 2 / (positives() * negatives());
    }

    std::vector<double> true_positives, false_positives, thresholds;
};

std::vector<std::pair<double, bool>> labelled(const Array<std::int64_t>& y, const Array<double>& scores, std::int64_t positive) {
    std::vector<std::pair<double, bool>> samples(y.size());
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = {scores.data()[i], y.data()[i] == positive};
    return samples;
}

Array<double> to_array(const std::vector<double>& numbers) {
    Array<double> result = Array<double>::from_shape({numbers.size()});
    std::copy(numbers.begin(), numbers.end(), result.data());
    return result;
}

} // namespace

RocCurve roc_curve(const LabelArray& y, const Array<double>& scores, const RocCurveOptions& options, Location at) {
    check_scores("roc_curve", y, scores, at);
    const std::int64_t positive = positive_label("roc_curve", y, options.pos_label, at);
    const ThresholdCounts counts(labelled(y, scores, positive));
    if (counts.positives() == 0 || counts.negatives() == 0) {
        throw ValueError("roc_curve: " + std::string(counts.positives() == 0 ? "no" : "every") + " label is the positive one, " +
                             std::to_string(positive),
                         at);
    }
    const std::vector<double>&hits = counts.true_positives, &alarms = counts.false_positives;
    std::vector<double> fpr{0}, tpr{0}, thresholds{counts.thresholds.front() + 1};
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const bool between = options.drop_intermediate && i > 0 && i + 1 < hits.size() &&
                             hits[i] - hits[i - 1] == hits[i + 1] - hits[i] && alarms[i] - alarms[i - 1] == alarms[i + 1] - alarms[i];
        if (between) continue;
        fpr.push_back(alarms[i] / counts.negatives());
        tpr.push_back(hits[i] / counts.positives());
        thresholds.push_back(counts.thresholds[i]);
    }
    return {to_array(fpr), to_array(tpr), to_array(thresholds)};
}

double auc(const Array<double>& x, const Array<double>& y, Location at) {
    const Shape a = shape_of(x, at), b = shape_of<Array<std::int64_t>>(y, at);
    if (a.rank() != 1 || a != b || a[0] < 2) {
        throw ShapeError("auc: x and y must be vectors of one length, of at least 2, not of shapes " + to_string(a) + " and " +
                             to_string(b),
                         at);
    }
    check_finite("auc", "x", x, at);
    check_finite("auc", "y", y, at);
    const bool ascends = std::is_sorted(x.begin(), x.end());
    if (!ascends && !std::is_sorted(x.begin(), x.end(), [](double p, double q) { return p > q; })) {
        throw ValueError("auc: x neither ascends nor descends", at);
    }
    double area = 0;
    for (std::size_t i = 1; i < x.size(); ++i) area += (x(i) - x(i - 1)) * (y(i) + y(i - 1)) / 2;
    return ascends ? area : -area;
}

namespace {

/// Of each class against the rest.
double ovr_area(const std::vector<std::size_t>& codes, const Array<double>& scores, bool weighted) {
    const std::size_t classes = scores.shape(1);
    double sum = 0, weights = 0;
    std::vector<std::pair<double, bool>> samples(codes.size());
    for (std::size_t k = 0; k < classes; ++k) {
        for (std::size_t i = 0; i < codes.size(); ++i) samples[i] = {scores.data()[i * classes + k], codes[i] == k};
        const ThresholdCounts counts(samples);
        const double weight = weighted ? counts.positives() : 1;
        sum += weight * counts.area();
        weights += weight;
    }
    return sum / weights;
}

/// Of each pair of classes, among their samples: the mean of both classes' areas.
double ovo_area(const std::vector<std::size_t>& codes, const Array<double>& scores, bool weighted) {
    const std::size_t classes = scores.shape(1);
    double sum = 0, weights = 0;
    const auto area = [&](std::size_t positive, std::size_t negative) {
        std::vector<std::pair<double, bool>> samples;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            if (codes[i] == positive || codes[i] == negative) {
                samples.emplace_back(scores.data()[i * classes + positive], codes[i] == positive);
            }
        }
        return std::pair(ThresholdCounts(samples).area(), static_cast<double>(samples.size()));
    };
    for (std::size_t a = 0; a < classes; ++a) {
        for (std::size_t b = a + 1; b < classes; ++b) {
            const auto [first, count] = area(a, b);
            const double weight = weighted ? count : 1;
            sum += weight * (first + area(b, a).first) / 2;
            weights += weight;
        }
    }
    return sum / weights;
}

} // namespace

double roc_auc_score(const LabelArray& y, const Array<double>& scores, const RocAucOptions& options, Location at) {
    const std::string metric = "roc_auc_score: ";
    if (scores.dimension() != 2) {
        check_scores("roc_auc_score", y, scores, at);
        const std::vector<std::int64_t> labels = detail::distinct_labels(y);
        if (labels.size() == 2) return ThresholdCounts(labelled(y, scores, labels.back())).area();
        throw ValueError(metric + "y holds " + std::to_string(labels.size()) +
                             (labels.size() == 1 ? " label; 2 are needed" : " labels; scores must have shape (samples, classes)"),
                         at);
    }
    const std::size_t classes = scores.shape(1);
    if (y.dimension() != 1 || y.size() != scores.shape(0) || y.size() == 0) {
        throw ShapeError(metric + "labels must have shape (samples) and scores (samples, classes), not " +
                             to_string(shape_of<Array<std::int64_t>>(y, at)) +
                             " and " + to_string(shape_of(scores, at)),
                         at);
    }
    const std::vector<std::int64_t> labels = detail::distinct_labels(y);
    if (labels.size() < 2 || labels.size() != classes) {
        throw ValueError(metric + "y holds " + std::to_string(labels.size()) + " labels, scores " + std::to_string(classes) + " classes",
                         at);
    }
    check_finite("roc_auc_score", "score", scores, at);
    for (std::size_t i = 0; i < y.size(); ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < classes; ++k) sum += scores(i, k);
        if (std::abs(sum - 1) > 1e-5) {
            throw ValueError(metric + "the probabilities of sample " + std::to_string(i) + " sum to " + std::to_string(sum), at);
        }
    }
    if (options.average != Average::macro && options.average != Average::weighted) {
        throw ValueError(metric + "average must be macro or weighted", at);
    }
    const std::vector<std::size_t> codes = detail::label_codes(y, labels);
    const bool weighted = options.average == Average::weighted;
    return options.multi_class == RocAucMultiClass::ovr ? ovr_area(codes, scores, weighted) : ovo_area(codes, scores, weighted);
}

PrecisionRecallCurve precision_recall_curve(const LabelArray& y, const Array<double>& scores,
                                            std::optional<std::int64_t> pos_label, Location at) {
    check_scores("precision_recall_curve", y, scores, at);
    const std::int64_t positive = positive_label("precision_recall_curve", y, pos_label, at);
    const ThresholdCounts counts(labelled(y, scores, positive));
    if (counts.positives() == 0) {
        throw ValueError("precision_recall_curve: no label is the positive one, " + std::to_string(positive), at);
    }
    std::vector<double> precision, recall;
    for (std::size_t i = counts.thresholds.size(); i-- > 0;) {
        precision.push_back(counts.true_positives[i] / (counts.true_positives[i] + counts.false_positives[i]));
        recall.push_back(counts.true_positives[i] / counts.positives());
    }
    precision.push_back(1);
    recall.push_back(0);
    return {to_array(precision), to_array(recall), to_array({counts.thresholds.rbegin(), counts.thresholds.rend()})};
}

double average_precision_score(const LabelArray& y, const Array<double>& scores, std::optional<std::int64_t> pos_label,
                               Location at) {
    const PrecisionRecallCurve curve = precision_recall_curve(y, scores, pos_label, at);
    double sum = 0;
    for (std::size_t i = 0; i < curve.thresholds.size(); ++i) sum += (curve.recall(i) - curve.recall(i + 1)) * curve.precision(i);
    return sum;
}

} // namespace xgrad::algorithms
