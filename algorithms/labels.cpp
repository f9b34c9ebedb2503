#include <xgrad/algorithms/labels.hpp>

#include <algorithm>

namespace xgrad::algorithms::detail {

Array<std::int64_t> labels_of_largest(const Array<double>& scores, const Array<std::int64_t>& classes) {
    const std::size_t samples = scores.shape(0), columns = scores.dimension() == 1 ? 1 : scores.shape(1);
    Array<std::int64_t> labels = Array<std::int64_t>::from_shape({samples});
    for (std::size_t i = 0; i < samples; ++i) {
        const double* const row = scores.data() + i * columns;
        labels.data()[i] = classes.data()[columns == 1 ? row[0] > 0 : std::max_element(row, row + columns) - row];
    }
    return labels;
}

} // namespace xgrad::algorithms::detail
