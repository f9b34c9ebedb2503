#include <xgrad/nn/metric.hpp>

#include <algorithm>
#include <cmath>

namespace xgrad::nn::detail {

template <class T>
double accuracy(const Variable<T>& logits, const Tensor<std::int64_t>& labels, const Location& at) {
    if (logits.rank() != 2 || labels.shape() != Shape{logits.shape()[0]}) {
        throw ShapeError("accuracy: logits of shape " + to_string(logits.shape()) + " and labels of shape " +
                             to_string(labels.shape()) + ", not (N, classes) and (N)",
                         at);
    }
    const std::size_t rows = logits.shape()[0], classes = logits.shape()[1];
    if (logits.size() == 0) throw ValueError("accuracy: there are no predictions", at);
    std::size_t right = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const T* const row = logits.tensor().data() + i * classes;
        // A row with a NaN predicts nothing.
        const bool number = std::none_of(row, row + classes, [](T logit) { return std::isnan(logit); });
        right += number && std::max_element(row, row + classes) - row == labels.data()[i];
    }
    return static_cast<double>(right) / static_cast<double>(rows);
}

template double accuracy(const Variable<float>&, const Tensor<std::int64_t>&, const Location&);
template double accuracy(const Variable<double>&, const Tensor<std::int64_t>&, const Location&);

} // namespace xgrad::nn::detail
