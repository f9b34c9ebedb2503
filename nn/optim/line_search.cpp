#include <xgrad/nn/optim/line_search.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace xgrad::nn::detail {

namespace {

constexpr int most_evaluations = 25;
constexpr double sufficient_decrease = 1e-4, curvature = 0.9;

/// The minimum, within [low, high], of the cubic through two points with their slopes; the middle if there is none.
template <class T>
double cubic_minimum(const LinePoint<T>& a, const LinePoint<T>& b, double low, double high) {
    const LinePoint<T>& left = a.t <= b.t ? a : b;
    const LinePoint<T>& right = a.t <= b.t ? b : a;
    const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
    const double d2 = std::sqrt(d1 * d1 - a.slope * b.slope); // NaN if there is no minimum
    const double minimum =
        right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
    return std::isfinite(minimum) ? std::clamp(minimum, low, high) : (low + high) / 2;
}

} // namespace

template <class T>
LineSearch<T> strong_wolfe(const std::function<LinePoint<T>(double)>& evaluate, const LinePoint<T>& start, double t,
                           double longest, double tolerance) {
    const auto decreases = [&](const LinePoint<T>& p) { // false for a NaN
        return p.loss <= start.loss + sufficient_decrease * p.t * start.slope;
    };
    const auto is_flat = [&](const LinePoint<T>& p) { return std::abs(p.slope) <= -curvature * start.slope; };

    // Longer and longer steps, until a minimum lies between the last two.
    LinePoint<T> previous = start, current = evaluate(t);
    int evaluations = 1, iteration = 0;
    while (decreases(current) && !(iteration > 1 && current.loss >= previous.loss)) {
        if (is_flat(current)) return {std::move(current), evaluations};
        if (current.slope >= 0) break;
        const double next =
            cubic_minimum(previous, current, current.t + 0.01 * (current.t - previous.t), 10 * current.t);
        previous = std::exchange(current, evaluate(next));
        ++evaluations;
        if (++iteration == most_evaluations) {
            previous = start;
            break;
        }
    }

    // Between them, keeping the one with the lower loss and a minimum on the side of the other.
    std::array<LinePoint<T>, 2> bracket{std::move(previous), std::move(current)};
    std::size_t low = bracket[1].loss < bracket[0].loss ? 1 : 0; // the first if the other is NaN
    bool made_no_progress = false;
    while (iteration < most_evaluations) {
        const auto [least, most] = std::minmax(bracket[0].t, bracket[1].t);
        const double width = most - least, margin = 0.1 * width;
        if (width * longest < tolerance) break;
        t = cubic_minimum(bracket[0], bracket[1], least, most);
        // Near an end twice in a row, or at it: a tenth of the way from there.
        const bool is_near = std::min(most - t, t - least) < margin;
        if (is_near && (made_no_progress || t >= most || t <= least)) {
            t = std::abs(t - most) < std::abs(t - least) ? most - margin : least + margin;
            made_no_progress = false;
        } else {
            made_no_progress = is_near;
        }
        LinePoint<T> point = evaluate(t);
        ++evaluations;
        ++iteration;
        LinePoint<T>& high = bracket[1 - low];
        if (!decreases(point) || point.loss >= bracket[low].loss) {
            high = std::move(point);
            low = bracket[1].loss < bracket[0].loss ? 1 : 0;
            continue;
        }
        if (is_flat(point)) return {std::move(point), evaluations};
        if (point.slope * (high.t - bracket[low].t) >= 0) high = bracket[low];
        bracket[low] = std::move(point);
    }
    return {std::move(bracket[low]), evaluations};
}

template LineSearch<float> strong_wolfe(const std::function<LinePoint<float>(double)>&, const LinePoint<float>&, double,
                                        double, double);
template LineSearch<double> strong_wolfe(const std::function<LinePoint<double>(double)>&, const LinePoint<double>&,
                                         double, double, double);

} // namespace xgrad::nn::detail
