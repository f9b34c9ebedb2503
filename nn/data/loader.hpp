/// @file
/// Data in mini-batches.
#pragma once

#include <xgrad/autodiff/variable.hpp>
#include <xgrad/nn/data/dataset.hpp>
#include <xgrad/ops/random.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

namespace xgrad::nn {

struct LoaderOptions {
    /// Examples in a batch; the last one may have fewer.
    std::size_t batch_size = 32;
    /// A new random order in every epoch.
    bool shuffle = true;
    /// Leave out the last batch if it has fewer examples than the others.
    bool drop_last = false;
};

/// Some of the examples: x is a constant; y an integer array if the targets are labels, else a constant.
template <class T, class Y>
struct Batch {
    Variable<T> x;
    std::conditional_t<std::integral<Y>, ArrayRef<Y>, Variable<T>> y;
};

/// Goes through data in mini-batches, every time in a new random order:
/// @code
/// nn::Loader loader(data, {.batch_size = 64});
/// for (auto [x, y] : loader) {               // an epoch; of data without targets: for (auto x : loader)
///   auto loss = cross_entropy(model(x), y);
///   ...
/// }
/// @endcode
/// The data are shared, not copied, and the memory of a batch comes from the pool.
///
/// A loader has a generator of its own, seeded by a number that it draws from the one it is given. So its orders are the same
/// for the same seed, whatever else draws from that.
template <class T, class Y = void>
class Loader {
  public:
    /// @throws ValueError if the batches have no size
    explicit Loader(Dataset<T, Y> data, const LoaderOptions& options = {}, Generator& generator = default_generator(),
                    Location at = Location::current());

    /// The number of batches in an epoch.
    std::size_t size() const noexcept;

    const Dataset<T, Y>& data() const noexcept { return data_; }
    const LoaderOptions& options() const noexcept { return options_; }

    class Iterator;
    /// Starts an epoch; or goes on with the one in which the state was that was set.
    Iterator begin();
    std::default_sentinel_t end() const noexcept { return {}; }

    /// Where it is: within an epoch, after the batch that was taken last. For checkpoints.
    std::string state() const;
    /// The next loop goes on where `state` was taken, with the same batches as that would have had, bit for bit.
    /// @throws ValueError if it is not what state() of a loader over as many examples, with the same options, returned; nothing
    /// is changed then
    void set_state(const std::string& state, Location at = Location::current());

  private:
    using Item = std::conditional_t<std::is_void_v<Y>, Variable<T>, Batch<T, std::conditional_t<std::is_void_v<Y>, T, Y>>>;

    /// Draws the order of an epoch.
    void shuffle();
    Item take(std::size_t batch, std::size_t epoch);

    Dataset<T, Y> data_;
    LoaderOptions options_;
    Generator generator_;
    /// As the generator was before it drew the order of this epoch.
    Generator epoch_start_;
    std::vector<std::size_t> order_;
    /// The first batch of this epoch that has not been taken.
    std::size_t next_ = 0;
    /// Epochs begun; tells a loop that another one has begun inside it.
    std::size_t epoch_ = 0;
    bool started_ = false; ///< there has been an epoch
    bool resumed_ = false; ///< the next loop goes on with it
};

/// Where a loop over a Loader is: an input iterator.
template <class T, class Y>
class Loader<T, Y>::Iterator {
  public:
    using value_type = Item;
    using difference_type = std::ptrdiff_t;

    Iterator(Loader& loader, std::size_t batch) : loader_(&loader), batch_(batch), epoch_(loader.epoch_) {}

    /// The batch, gathered anew at each call.
    /// @throws ValueError if another loop over the same loader has begun meanwhile
    Item operator*() const { return loader_->take(batch_, epoch_); }
    Iterator& operator++() noexcept {
        ++batch_;
        return *this;
    }
    void operator++(int) noexcept { ++batch_; }
    bool operator==(std::default_sentinel_t) const noexcept { return batch_ >= loader_->size(); }

  private:
    Loader* loader_;
    std::size_t batch_, epoch_;
};

extern template class Loader<float>;
extern template class Loader<float, std::int64_t>;
extern template class Loader<float, float>;
extern template class Loader<double>;
extern template class Loader<double, std::int64_t>;
extern template class Loader<double, double>;

} // namespace xgrad::nn
