/// @file
/// Images of handwritten digits and their labels, and how they come in batches.
#pragma once

#include "file.hpp"

#include <xgrad/autodiff/array.hpp>

#include <iterator>
#include <random>
#include <utility>
#include <vector>

namespace digits {

/// The labels are the digits 0 to 9.
inline constexpr std::size_t classes = 10;

/// Labelled images.
struct Dataset {
    xgrad::Array<float> images{};        ///< (size, height * width), from 0 (paper) to 1 (ink)
    xgrad::Array<std::int64_t> labels{}; ///< (size), from 0 to 9
    std::size_t height = 0, width = 0;   ///< of an image

    std::size_t size() const { return labels.size(); }
    std::size_t pixels() const { return height * width; }
};

struct Split {
    Dataset train, test;
};

/// The 8 x 8 digits in a CSV file of 64 columns of pixels, 0 to 16, and one of labels.
/// @throws DataError if it cannot be read or holds anything else
Dataset read_digits(const std::filesystem::path& path);

/// MNIST: the four IDX files in a folder, plain or gzipped, by the names under which they are published.
/// @throws DataError if one cannot be read, or does not match the others
Split read_mnist(const std::filesystem::path& folder);

/// Shuffles the images and sets a fraction of them aside for the test.
Split split(const Dataset& data, double test_fraction, std::mt19937_64& random);

/// Takes the rows `rows[0..count)` of `data`, in their order, into arrays that are used again.
void take_rows(const Dataset& data, const std::size_t* rows, std::size_t count, Dataset& into);

/// Goes through a data set in batches, in a new random order each time:
/// @code
/// for (const Dataset& batch : batches.shuffle(random)) ...
/// @endcode
class Batches {
  public:
    /// @param size  images in a batch; the last one may have fewer
    Batches(const Dataset& data, std::size_t size);

    /// The number of batches.
    std::size_t count() const { return (order_.size() + size_ - 1) / size_; }

    Batches& shuffle(std::mt19937_64& random);

    class Iterator {
      public:
        explicit Iterator(Batches& batches) : batches_(&batches) { fill(); }
        const Dataset& operator*() const { return batches_->batch_; }
        Iterator& operator++() {
            first_ += batches_->size_;
            fill();
            return *this;
        }
        bool operator==(std::default_sentinel_t) const { return first_ >= batches_->order_.size(); }

      private:
        void fill();

        Batches* batches_;
        std::size_t first_ = 0;
    };
    Iterator begin() { return Iterator(*this); }
    std::default_sentinel_t end() const { return {}; }

  private:
    const Dataset& data_;
    std::size_t size_;
    std::vector<std::size_t> order_;
    Dataset batch_;
};

} // namespace digits
