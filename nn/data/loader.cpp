#include <xgrad/nn/data/loader.hpp>

#include <algorithm>
#include <locale>
#include <numeric>
#include <span>
#include <sstream>
#include <utility>

namespace xgrad::nn {

template <class T, class Y>
Loader<T, Y>::Loader(Dataset<T, Y> data, const LoaderOptions& options, Generator& generator, Location at)
    : data_(std::move(data)), options_(options), order_(data_.size()) {
    if (options.batch_size == 0) throw ValueError("Loader: .batch_size = 0", at);
    generator_.seed(generator());
}

template <class T, class Y>
std::size_t Loader<T, Y>::size() const noexcept {
    const std::size_t full = data_.size() / options_.batch_size;
    return full + (!options_.drop_last && data_.size() % options_.batch_size > 0);
}

template <class T, class Y>
void Loader<T, Y>::shuffle() {
    epoch_start_ = generator_;
    started_ = true;
    // From the same start every time, so that the generator's state alone tells the order. In place: no allocation.
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    if (options_.shuffle) generator_.shuffle(order_);
}

template <class T, class Y>
typename Loader<T, Y>::Iterator Loader<T, Y>::begin() {
    ++epoch_;
    if (!std::exchange(resumed_, false)) {
        next_ = 0;
        shuffle();
    }
    return Iterator(*this, next_);
}

template <class T, class Y>
typename Loader<T, Y>::Item Loader<T, Y>::take(std::size_t batch, std::size_t epoch) {
    if (epoch != epoch_) throw ValueError("Loader: another loop over the same loader began inside this one", Location());
    const std::size_t first = batch * options_.batch_size;
    const std::span rows = std::span(order_).subspan(first, std::min(options_.batch_size, order_.size() - first));
    Variable<T> x(detail::gather_rows(data_.feature_tensor(), rows), false);
    next_ = batch + 1;
    if constexpr (std::is_void_v<Y>) {
        return x;
    } else if constexpr (std::integral<Y>) {
        return {std::move(x), ArrayRef<Y>(detail::gather_rows(data_.target_tensor(), rows))};
    } else {
        return {std::move(x), Variable<T>(detail::gather_rows(data_.target_tensor(), rows), false)};
    }
}

template <class T, class Y>
std::string Loader<T, Y>::state() const {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    // The end of an epoch is the start of the next.
    const bool within = started_ && next_ < size();
    text << data_.size() << ' ' << options_.batch_size << ' ' << options_.shuffle << ' ' << options_.drop_last << ' '
         << (within ? next_ : 0) << ' ' << (within ? epoch_start_ : generator_).state();
    return text.str();
}

template <class T, class Y>
void Loader<T, Y>::set_state(const std::string& state, Location at) {
    std::istringstream text(state);
    text.imbue(std::locale::classic());
    std::size_t examples = 0, batch_size = 0, next = 0;
    bool shuffled = false, drop_last = false;
    if (!(text >> examples >> batch_size >> shuffled >> drop_last >> next).ignore()) {
        throw ValueError("Loader::set_state: not the state of a loader", at);
    }
    const auto check = [&](const char* what, std::size_t theirs, std::size_t ours) {
        if (theirs == ours) return;
        throw ValueError(std::string("Loader::set_state: the state of a loader with ") + what + " " + std::to_string(theirs) +
                             ", not " + std::to_string(ours),
                         at);
    };
    check("examples", examples, data_.size());
    check(".batch_size", batch_size, options_.batch_size);
    check(".shuffle", shuffled, options_.shuffle);
    check(".drop_last", drop_last, options_.drop_last);
    if (next > size()) {
        throw ValueError("Loader::set_state: batch " + std::to_string(next) + " of " + std::to_string(size()), at);
    }
    Generator generator;
    generator.set_state(state.substr(std::min(state.size(), static_cast<std::size_t>(text.tellg()))));
    ++epoch_; // a loop that is under way has lost its place
    generator_ = generator;
    shuffle();
    next_ = next;
    resumed_ = true;
}

template class Loader<float>;
template class Loader<float, std::int64_t>;
template class Loader<float, float>;
template class Loader<double>;
template class Loader<double, std::int64_t>;
template class Loader<double, double>;

} // namespace xgrad::nn
