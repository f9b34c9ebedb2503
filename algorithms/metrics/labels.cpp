#include <xgrad/algorithms/metrics/labels.hpp>

#include <algorithm>
#include <string>

namespace xgrad::algorithms::detail {

namespace {

std::vector<std::int64_t> sorted_once(std::vector<std::int64_t> labels) {
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    return labels;
}

} // namespace

void check_label_pair(const char* metric, const Array<std::int64_t>& y, const Array<std::int64_t>& h, const Location& at) {
    const Shape a = shape_of(y, at), b = shape_of(h, at);
    if (a.rank() != 1 || a != b || a[0] == 0) {
        throw ShapeError(std::string(metric) + ": labels and predictions must be vectors of one length, of at least 1, not of shapes " +
                             to_string(a) + " and " + to_string(b),
                         at);
    }
}

std::vector<std::int64_t> distinct_labels(const Array<std::int64_t>& y) {
    return sorted_once({y.data(), y.data() + y.size()});
}

std::vector<std::int64_t> distinct_labels(const Array<std::int64_t>& y, const Array<std::int64_t>& h) {
    std::vector<std::int64_t> both(y.data(), y.data() + y.size());
    both.insert(both.end(), h.data(), h.data() + h.size());
    return sorted_once(std::move(both));
}

std::vector<std::size_t> label_codes(const Array<std::int64_t>& y, const std::vector<std::int64_t>& labels) {
    std::vector<std::size_t> codes(y.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
        codes[i] = static_cast<std::size_t>(std::lower_bound(labels.begin(), labels.end(), y.data()[i]) - labels.begin());
    }
    return codes;
}

} // namespace xgrad::algorithms::detail
