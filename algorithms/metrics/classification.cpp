#include <xgrad/algorithms/metrics/classification.hpp>

#include <xgrad/algorithms/metrics/labels.hpp>
#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <iomanip>
#include <numeric>
#include <sstream>
#include <utility>

namespace xgrad::algorithms {

double accuracy_score(const LabelArray& y, const LabelArray& h, Location at) {
    detail::check_label_pair("accuracy_score", y, h, at);
    std::size_t right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) right += y.data()[i] == h.data()[i];
    return static_cast<double>(right) / static_cast<double>(y.size());
}

std::string ConfusionMatrix::to_string() const {
    const std::size_t n = labels.size();
    const std::string total = "n=" + std::to_string(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    std::vector<std::string> rows, columns;
    std::size_t width = total.size();
    for (const std::int64_t label : labels) {
        rows.push_back("Actual: " + std::to_string(label));
        columns.push_back("Predicted: " + std::to_string(label));
        width = std::max(width, rows.back().size());
    }
    std::ostringstream table;
    const auto put = [&](std::size_t size) -> std::ostream& { return table << std::setw(static_cast<int>(size)); };
    put(width) << std::left << total;
    for (const std::string& column : columns) table << "  " << column;
    table << "\n";
    for (std::size_t i = 0; i < n; ++i) {
        put(width) << std::left << rows[i];
        for (std::size_t j = 0; j < n; ++j) put(columns[j].size() + 2) << std::right << counts(i, j);
        table << "\n";
    }
    return table.str();
}

std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix) {
    return out << matrix.to_string();
}

ConfusionMatrix confusion_matrix(const LabelArray& y, const LabelArray& h, const std::vector<std::int64_t>& labels,
                                 Location at) {
    detail::check_label_pair("confusion_matrix", y, h, at);
    ConfusionMatrix result{labels.empty() ? detail::distinct_labels(y, h) : labels, {}};
    const std::size_t n = result.labels.size();
    // Labels may be given in any order: they are looked up in ascending order, and `place` says where each stands.
    std::vector<std::size_t> place(n);
    std::iota(place.begin(), place.end(), std::size_t{0});
    std::sort(place.begin(), place.end(), [&](std::size_t a, std::size_t b) { return result.labels[a] < result.labels[b]; });
    std::vector<std::int64_t> ascending;
    for (const std::size_t i : place) ascending.push_back(result.labels[i]);
    const auto twice = std::adjacent_find(ascending.begin(), ascending.end());
    if (twice != ascending.end()) throw ValueError("confusion_matrix: labels names " + std::to_string(*twice) + " twice", at);

    const std::vector<std::size_t> rows = detail::label_codes(y, ascending), columns = detail::label_codes(h, ascending);
    const auto is_counted = [&](std::size_t code, std::int64_t label) { return code < n && ascending[code] == label; };
    result.counts = Array<std::int64_t>::from_shape({n, n});
    std::fill_n(result.counts.data(), n * n, 0);
    bool any = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!is_counted(rows[i], y.data()[i])) continue;
        any = true;
        if (is_counted(columns[i], h.data()[i])) ++result.counts.data()[place[rows[i]] * n + place[columns[i]]];
    }
    if (!any) throw ValueError("confusion_matrix: none of the labels to count occurs in y", at);
    return result;
}

namespace {

/// What is counted of a class, or of several together.
struct Counts {
    std::int64_t hits = 0;      ///< predicted rightly
    std::int64_t predicted = 0; ///< predicted at all
    std::int64_t actual = 0;    ///< samples of the class

    double precision(double zero_division) const { return ratio(hits, predicted, zero_division); }
    double recall(double zero_division) const { return ratio(hits, actual, zero_division); }
    double f1(double zero_division) const {
        const double p = precision(zero_division), r = recall(zero_division);
        return p + r == 0 ? 0 : 2 * p * r / (p + r);
    }

  private:
    static double ratio(std::int64_t a, std::int64_t b, double zero_division) {
        return b == 0 ? zero_division : static_cast<double>(a) / static_cast<double>(b);
    }
};

/// The classes that occur in y or h, and the counts of each.
struct CountedLabels {
    CountedLabels(const char* metric, const Array<std::int64_t>& y, const Array<std::int64_t>& h, double zero_division,
                  const Location& at) {
        if (zero_division != 0 && zero_division != 1) {
            throw ValueError(std::string(metric) + ": zero_division is " + nn::detail::format_number(zero_division) +
                                 "; it must be 0 or 1",
                             at);
        }
        detail::check_label_pair(metric, y, h, at);
        labels = detail::distinct_labels(y, h);
        counts.resize(labels.size());
        const std::vector<std::size_t> actual = detail::label_codes(y, labels), predicted = detail::label_codes(h, labels);
        for (std::size_t i = 0; i < actual.size(); ++i) {
            ++counts[actual[i]].actual;
            ++counts[predicted[i]].predicted;
            counts[actual[i]].hits += actual[i] == predicted[i];
        }
    }

    /// The mean of the classes' scores.
    template <class Score>
    double mean(const Score& score, bool weighted) const {
        double sum = 0, weights = 0;
        for (const Counts& c : counts) {
            const double weight = weighted ? static_cast<double>(c.actual) : 1;
            sum += weight * score(c);
            weights += weight;
        }
        return sum / weights;
    }

    /// The counts of all classes together.
    Counts total() const {
        Counts sum;
        for (const Counts& c : counts) {
            sum.hits += c.hits;
            sum.predicted += c.predicted;
            sum.actual += c.actual;
        }
        return sum;
    }

    std::vector<std::int64_t> labels;
    std::vector<Counts> counts;
};

/// @param score  of the counts
template <class Score>
double class_score(const char* metric, const Array<std::int64_t>& y, const Array<std::int64_t>& h, const ClassScoreOptions& options,
                   const Score& score, const Location& at) {
    const CountedLabels counted(metric, y, h, options.zero_division, at);
    if (options.average == Average::micro) return score(counted.total());
    if (options.average != Average::binary) return counted.mean(score, options.average == Average::weighted);
    if (counted.labels.size() > 2) {
        throw ValueError(std::string(metric) + ": average is binary, and there are " + std::to_string(counted.labels.size()) +
                             " labels; choose another",
                         at);
    }
    const auto found = std::find(counted.labels.begin(), counted.labels.end(), options.pos_label);
    if (found != counted.labels.end()) return score(counted.counts[static_cast<std::size_t>(found - counted.labels.begin())]);
    if (counted.labels.size() == 2) {
        throw ValueError(std::string(metric) + ": pos_label is " + std::to_string(options.pos_label) + ", and the labels are " +
                             std::to_string(counted.labels[0]) + " and " + std::to_string(counted.labels[1]),
                         at);
    }
    return score(Counts{}); // all is negative
}

} // namespace

double precision_score(const LabelArray& y, const LabelArray& h, const ClassScoreOptions& options, Location at) {
    return class_score("precision_score", y, h, options, [&](const Counts& c) { return c.precision(options.zero_division); }, at);
}

double recall_score(const LabelArray& y, const LabelArray& h, const ClassScoreOptions& options, Location at) {
    return class_score("recall_score", y, h, options, [&](const Counts& c) { return c.recall(options.zero_division); }, at);
}

double f1_score(const LabelArray& y, const LabelArray& h, const ClassScoreOptions& options, Location at) {
    return class_score("f1_score", y, h, options, [&](const Counts& c) { return c.f1(options.zero_division); }, at);
}

ClassScores class_scores(const LabelArray& y, const LabelArray& h, double zero_division, Location at) {
    CountedLabels counted("class_scores", y, h, zero_division, at);
    ClassScores result;
    result.labels = std::move(counted.labels);
    for (const Counts& c : counted.counts) {
        result.precision.push_back(c.precision(zero_division));
        result.recall.push_back(c.recall(zero_division));
        result.f1.push_back(c.f1(zero_division));
        result.support.push_back(c.actual);
    }
    return result;
}

std::string classification_report(const LabelArray& y, const LabelArray& h, const std::vector<std::string>& target_names,
                                  int digits, Location at) {
    if (digits < 0 || digits > 17) throw ValueError("classification_report: digits is " + std::to_string(digits), at);
    const CountedLabels counted("classification_report", y, h, 0, at);
    std::vector<std::string> names = target_names;
    if (names.empty()) {
        for (const std::int64_t label : counted.labels) names.push_back(std::to_string(label));
    }
    if (names.size() != counted.labels.size()) {
        throw ValueError("classification_report: " + std::to_string(names.size()) + " names for " + std::to_string(counted.labels.size()) +
                             " labels",
                         at);
    }
    std::size_t width = std::string("weighted avg").size();
    for (const std::string& name : names) width = std::max(width, name.size());

    std::ostringstream report;
    report << std::fixed << std::setprecision(digits);
    const auto put_name = [&](const std::string& name) { report << std::setw(static_cast<int>(width)) << name << " "; };
    const auto put = [&](const auto& cell) { report << " " << std::setw(9) << cell; };
    const auto add_scores = [&](const std::string& name, double precision, double recall, double f1, std::int64_t support) {
        put_name(name);
        for (const double score : {precision, recall, f1}) put(score);
        put(support);
        report << "\n";
    };
    put_name("");
    for (const char* const heading : {"precision", "recall", "f1-score", "support"}) put(heading);
    report << "\n\n";
    for (std::size_t i = 0; i < names.size(); ++i) {
        const Counts& c = counted.counts[i];
        add_scores(names[i], c.precision(0), c.recall(0), c.f1(0), c.actual);
    }
    report << "\n";
    const Counts total = counted.total();
    put_name("accuracy");
    for (int blank = 0; blank < 2; ++blank) put("");
    put(total.recall(0));
    put(total.actual);
    report << "\n";
    for (const bool weighted : {false, true}) {
        add_scores(weighted ? "weighted avg" : "macro avg", counted.mean([](const Counts& c) { return c.precision(0); }, weighted),
                   counted.mean([](const Counts& c) { return c.recall(0); }, weighted),
                   counted.mean([](const Counts& c) { return c.f1(0); }, weighted), total.actual);
    }
    return report.str();
}

} // namespace xgrad::algorithms
