#include <xgrad/algorithms/metrics/regression.hpp>

#include <cmath>
#include <string>

namespace xgrad::algorithms {

namespace {

void check_pair(const char* metric, const Array<double>& y, const Array<double>& h, std::size_t fewest, const Location& at) {
    const Shape a = shape_of(y, at), b = shape_of(h, at);
    if (a.rank() != 1 || a != b || a[0] < fewest) {
        throw ShapeError(std::string(metric) + ": targets and predictions must be vectors of one length, of at least " +
                             std::to_string(fewest) + ", not of shapes " + to_string(a) + " and " + to_string(b),
                         at);
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (!std::isfinite(y.data()[i])) throw ValueError(std::string(metric) + ": target " + std::to_string(i) + " is not finite", at);
        if (!std::isfinite(h.data()[i])) {
            throw ValueError(std::string(metric) + ": prediction " + std::to_string(i) + " is not finite", at);
        }
    }
}

double mean_square(const Array<double>& y, const Array<double>& h) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += (y.data()[i] - h.data()[i]) * (y.data()[i] - h.data()[i]);
    return sum / static_cast<double>(y.size());
}

} // namespace

double mean_absolute_error(const Array<double>& y, const Array<double>& h, Location at) {
    check_pair("mean_absolute_error", y, h, 1, at);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += std::abs(y.data()[i] - h.data()[i]);
    return sum / static_cast<double>(y.size());
}

double mean_squared_error(const Array<double>& y, const Array<double>& h, Location at) {
    check_pair("mean_squared_error", y, h, 1, at);
    return mean_square(y, h);
}

double root_mean_squared_error(const Array<double>& y, const Array<double>& h, Location at) {
    check_pair("root_mean_squared_error", y, h, 1, at);
    return std::sqrt(mean_square(y, h));
}

double r2_score(const Array<double>& y, const Array<double>& h, Location at) {
    check_pair("r2_score", y, h, 2, at);
    double mean = 0, residual = 0, total = 0;
    for (const double target : y) mean += target;
    mean /= static_cast<double>(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
        residual += (y.data()[i] - h.data()[i]) * (y.data()[i] - h.data()[i]);
        total += (y.data()[i] - mean) * (y.data()[i] - mean);
    }
    if (!std::isfinite(total)) throw ValueError("r2_score: the variance of the targets is beyond the range of a double", at);
    if (!std::isfinite(residual)) throw ValueError("r2_score: the squared errors are beyond the range of a double", at);
    if (total == 0) return residual == 0 ? 1 : 0;
    return 1 - residual / total;
}

} // namespace xgrad::algorithms
