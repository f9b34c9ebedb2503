#include <xgrad/algorithms/metrics/classification.hpp>

#include <string>

namespace xgrad::algorithms {

namespace {

void check_pair(const char* metric, const Array<std::int64_t>& y, const Array<std::int64_t>& h, const Location& at) {
    const Shape a = shape_of(y, at), b = shape_of(h, at);
    if (a.rank() != 1 || a != b || a[0] == 0) {
        throw ShapeError(std::string(metric) + ": labels and predictions must be vectors of one length, of at least 1, not of shapes " +
                             to_string(a) + " and " + to_string(b),
                         at);
    }
}

} // namespace

double accuracy_score(const Array<std::int64_t>& y, const Array<std::int64_t>& h, Location at) {
    check_pair("accuracy_score", y, h, at);
    std::size_t right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) right += y.data()[i] == h.data()[i];
    return static_cast<double>(right) / static_cast<double>(y.size());
}

} // namespace xgrad::algorithms
