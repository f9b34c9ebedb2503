#include <xgrad/algorithms/metrics/probability.hpp>

#include <xgrad/algorithms/metrics/labels.hpp>
#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace xgrad::algorithms {

namespace {

void check_probabilities(const char* metric, const Array<double>& probabilities, const Location& at) {
    for (const double p : probabilities) {
        if (!(p >= 0 && p <= 1)) throw ValueError(std::string(metric) + ": a probability is " + nn::detail::format_number(p), at);
    }
}

} // namespace

double log_loss(const LabelArray& y, const Array<double>& probabilities, const std::vector<std::int64_t>& labels, Location at) {
    const Shape shape = shape_of(probabilities, at);
    if (y.dimension() != 1 || y.size() == 0 || (shape.rank() != 1 && shape.rank() != 2) || shape[0] != y.size()) {
        throw ShapeError("log_loss: labels must have shape (samples) and probabilities (samples) or (samples, classes), not " +
                             to_string(shape_of<Array<std::int64_t>>(y, at)) + " and " + to_string(shape),
                         at);
    }
    std::vector<std::int64_t> classes = labels.empty() ? detail::distinct_labels(y) : labels;
    std::sort(classes.begin(), classes.end());
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
    const std::size_t columns = shape.rank() == 1 ? 2 : shape[1];
    if (classes.size() < 2 || classes.size() != columns) {
        throw ValueError("log_loss: " + std::string(labels.empty() ? "y holds " : "labels holds ") + std::to_string(classes.size()) +
                             (classes.size() == 1 ? " label" : " labels") + ", and the probabilities are of " + std::to_string(columns) +
                             " classes",
                         at);
    }
    check_probabilities("log_loss", probabilities, at);
    const std::vector<std::size_t> codes = detail::label_codes(y, classes);
    constexpr double eps = std::numeric_limits<double>::epsilon();
    double loss = 0;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        if (codes[i] == classes.size() || classes[codes[i]] != y.data()[i]) {
            throw ValueError("log_loss: the label " + std::to_string(y.data()[i]) + " is not among the labels given", at);
        }
        if (shape.rank() == 1) {
            const double p = std::clamp(probabilities.data()[i], eps, 1 - eps);
            loss -= std::log(codes[i] == 1 ? p : 1 - p);
            continue;
        }
        const double* const row = probabilities.data() + i * columns;
        double sum = 0, clipped = 0;
        for (std::size_t k = 0; k < columns; ++k) {
            sum += row[k];
            clipped += std::clamp(row[k], eps, 1 - eps);
        }
        if (std::abs(sum - 1) > 1e-5) {
            throw ValueError("log_loss: the probabilities of sample " + std::to_string(i) + " sum to " + std::to_string(sum), at);
        }
        loss -= std::log(std::clamp(row[codes[i]], eps, 1 - eps) / clipped);
    }
    return loss / static_cast<double>(codes.size());
}

double brier_score_loss(const LabelArray& y, const Array<double>& probabilities, std::optional<std::int64_t> pos_label,
                        Location at) {
    const Shape a = shape_of<Array<std::int64_t>>(y, at), b = shape_of(probabilities, at);
    if (a.rank() != 1 || a != b || a[0] == 0) {
        throw ShapeError("brier_score_loss: labels and probabilities must be vectors of one length, of at least 1, not of shapes " +
                             to_string(a) + " and " + to_string(b),
                         at);
    }
    check_probabilities("brier_score_loss", probabilities, at);
    const std::vector<std::int64_t> labels = detail::distinct_labels(y);
    if (labels.size() > 2) throw ValueError("brier_score_loss: y holds " + std::to_string(labels.size()) + " labels; 2 are possible", at);
    const bool only_negative = labels == std::vector<std::int64_t>{0} || labels == std::vector<std::int64_t>{-1};
    const std::int64_t positive = pos_label.value_or(only_negative ? 1 : labels.back());
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double error = (y.data()[i] == positive ? 1 : 0) - probabilities.data()[i];
        sum += error * error;
    }
    return sum / static_cast<double>(y.size());
}

} // namespace xgrad::algorithms
