#include <xgrad/nn/data/dataset.hpp>

#include <algorithm>
#include <string>

namespace xgrad::nn {

template <class T>
Tensor<T> detail::gather_rows(const Tensor<T>& from, std::span<const std::size_t> rows) {
    Shape shape = from.shape();
    const std::size_t width = shape.product(1, shape.rank());
    shape[0] = rows.size();
    Tensor<T> to(shape);
    T* next = to.data();
    for (const std::size_t row : rows) next = std::copy_n(from.data() + row * width, width, next);
    return to;
}

template <class T, class Y>
Dataset<T, Y>::Dataset() : features_(Shape{0}) {
    if constexpr (!std::is_void_v<Y>) targets_ = Tensor<Y>(Shape{0});
}

template <class T, class Y>
Dataset<T, Y>::Dataset(Tensor<T> features, detail::Targets<Y> targets, Location at)
    : features_(std::move(features)), targets_(std::move(targets)) {
    const Shape& x = features_.shape();
    if (!features_ || x.rank() == 0) throw ShapeError("Dataset: the features are a scalar; the first axis is the examples", at);
    if constexpr (!std::is_void_v<Y>) {
        const Shape& y = targets_.shape();
        if (!targets_ || y.rank() == 0) {
            throw ShapeError("Dataset: the targets are a scalar; the first axis is the examples", at);
        }
        if (x[0] != y[0]) {
            throw ShapeError("Dataset: features of shape " + to_string(x) + " and targets of shape " + to_string(y) + ": " +
                                 std::to_string(x[0]) + " and " + std::to_string(y[0]) + " examples",
                             at);
        }
    }
}

template <class T, class Y>
Dataset<T, Y> Dataset<T, Y>::reshaped(const Shape& example, Location at) const {
    Shape shape{size()};
    for (const std::size_t extent : example) shape.push_back(extent, at);
    check_size(shape, "Dataset::reshaped", at);
    const Shape& old = features_.shape();
    if (shape.product(1, shape.rank()) != old.product(1, old.rank())) {
        throw ShapeError("Dataset::reshaped: an example of " + to_string(old) + " has " +
                             std::to_string(old.product(1, old.rank())) + " elements, and the shape " + to_string(example) +
                             " has " + std::to_string(example.size()),
                         at);
    }
    return Dataset(features_.reshaped(shape), targets_, at);
}

template <class T, class Y>
Dataset<T, Y> Dataset<T, Y>::select(std::span<const std::size_t> rows, Location at) const {
    for (const std::size_t row : rows) {
        if (row >= size()) {
            throw IndexError("Dataset::select: row " + std::to_string(row) + " of " + std::to_string(size()), at);
        }
    }
    Tensor<T> features = detail::gather_rows(features_, rows);
    if constexpr (std::is_void_v<Y>) return Dataset(std::move(features), {}, at);
    else return Dataset(std::move(features), detail::gather_rows(targets_, rows), at);
}

template Tensor<float> detail::gather_rows(const Tensor<float>&, std::span<const std::size_t>);
template Tensor<double> detail::gather_rows(const Tensor<double>&, std::span<const std::size_t>);
template Tensor<std::int64_t> detail::gather_rows(const Tensor<std::int64_t>&, std::span<const std::size_t>);
template class Dataset<float>;
template class Dataset<float, std::int64_t>;
template class Dataset<float, float>;
template class Dataset<double>;
template class Dataset<double, std::int64_t>;
template class Dataset<double, double>;

} // namespace xgrad::nn
