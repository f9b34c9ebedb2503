#include "tests/message_of.hpp"

#include <xgrad/nn/data/dataset.hpp>
#include <xgrad/nn/data/split.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

using namespace xgrad;
using namespace xgrad::nn;
using Rows = std::vector<std::size_t>;

namespace {

/// n examples (i, -i) with the labels that `label` gives them.
template <class F>
Dataset<float, std::int64_t> numbered(std::size_t n, const F& label) {
    Array<float> x = Array<float>::from_shape({n, 2});
    Array<std::int64_t> y = Array<std::int64_t>::from_shape({n});
    for (std::size_t i = 0; i < n; ++i) {
        x(i, 0) = static_cast<float>(i), x(i, 1) = -static_cast<float>(i);
        y(i) = label(i);
    }
    return {x, y};
}

/// Which of numbered() there are.
template <class T, class Y>
Rows rows_of(const Dataset<T, Y>& data) {
    const auto x = data.features();
    Rows rows;
    for (std::size_t i = 0; i < data.size(); ++i) rows.push_back(static_cast<std::size_t>(x(i, 0)));
    return rows;
}

Rows sorted(Rows rows, const Rows& more = {}, const Rows& still_more = {}) {
    rows.insert(rows.end(), more.begin(), more.end());
    rows.insert(rows.end(), still_more.begin(), still_more.end());
    std::sort(rows.begin(), rows.end());
    return rows;
}

Rows first(std::size_t n) {
    Rows rows(n);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    return rows;
}

std::map<std::int64_t, int> counts_of(const Dataset<float, std::int64_t>& data) {
    std::map<std::int64_t, int> counts;
    for (const std::int64_t label : data.targets()) ++counts[label];
    return counts;
}

} // namespace

TEST_CASE("a data set holds features and targets of as many rows") {
    const Array<float> x{{1, 2}, {3, 4}, {5, 6}};
    const Array<int> labels{0, 2, 1};
    const Dataset classified(x, labels);
    static_assert(std::is_same_v<decltype(classified), const Dataset<float, std::int64_t>>);
    CHECK(classified.size() == 3);
    CHECK(classified.features() == x);
    CHECK(classified.targets() == Array<std::int64_t>{0, 2, 1});

    const Array<double> targets = xt::arange<double>(0, 6).reshape({3, 2});
    const Dataset measured(Array<double>(x), targets);
    static_assert(std::is_same_v<decltype(measured), const Dataset<double, double>>);
    CHECK(measured.targets() == targets);

    const Dataset alone(2 * x);
    static_assert(std::is_same_v<decltype(alone), const Dataset<float>>);
    CHECK(alone.features()(2, 1) == 12);
    const Dataset<float, float> converted(xt::arange<double>(0, 3), labels);
    CHECK(converted.targets() == Array<float>{0, 2, 1});
    CHECK(Dataset<float, std::int64_t>().size() == 0);
    CHECK(Dataset<double>().size() == 0);
}

TEST_CASE("a data set refuses arrays that do not belong together") {
    const auto error = [](const auto& f) { return tests::message_of<ShapeError>(f); };
    const Array<float> x{{1, 2}, {3, 4}, {5, 6}};
    CHECK(error([&] { Dataset(x, Array<int>{1, 2}); }) ==
          "Dataset: features of shape (3, 2) and targets of shape (2): 3 and 2 examples");
    CHECK(error([&] { Dataset<float>(Array<float>(1.0F)); }) ==
          "Dataset: the features are a scalar; the first axis is the examples");
    CHECK(error([&] { Dataset(x, Array<float>(1.0F)); }) ==
          "Dataset: the targets are a scalar; the first axis is the examples");
    CHECK(error([&] { Dataset(x).reshaped({3}); }) ==
          "Dataset::reshaped: an example of (3, 2) has 2 elements, and the shape (3) has 3");
}

TEST_CASE("a data set's examples can be reshaped without a copy, and selected") {
    const auto data = numbered(4, [](std::size_t i) { return static_cast<std::int64_t>(i * 10); });
    CHECK(data.reshaped({1, 2}).feature_tensor().shape() == Shape{4, 1, 2});
    CHECK(data.reshaped({1, 2}).feature_tensor().data() == data.feature_tensor().data());
    const Rows rows{3, 0, 3};
    const auto some = data.select(rows);
    CHECK(some.features() == Array<float>{{3, -3}, {0, 0}, {3, -3}});
    CHECK(some.targets() == Array<std::int64_t>{30, 0, 30});
    CHECK(data.select({}).size() == 0);
    CHECK(Dataset(Array<float>{1, 2}).select(Rows{1}).features() == Array<float>{2});
    CHECK(tests::message_of<IndexError>([&] { data.select(Rows{0, 4}); }) == "Dataset::select: row 4 of 4");
}

TEST_CASE("a split takes every example once, the test's share rounded up") {
    const auto data = numbered(11, [](std::size_t i) { return static_cast<std::int64_t>(i) + 100; });
    Generator generator(1);
    const auto [train, test] = train_test_split(data, {.test_fraction = 0.2}, generator);
    CHECK(test.size() == 3);
    CHECK(sorted(rows_of(train), rows_of(test)) == first(11));
    CHECK(rows_of(train) != first(8));
    for (const auto& part : {train, test}) {
        for (std::size_t i = 0; i < part.size(); ++i) CHECK(part.targets()(i) == static_cast<std::int64_t>(rows_of(part)[i]) + 100);
    }
    Generator again(1);
    CHECK(rows_of(train_test_split(data, {.test_fraction = 0.2}, again).test) == rows_of(test));
    CHECK(rows_of(train_test_split(data, {.test_fraction = 0.2}, again).test) != rows_of(test));
    // 0.07 * 100 is more than 7 in floating point.
    CHECK(train_test_split(Dataset(xt::arange<double>(0, 100)), {.test_fraction = 0.07}).test.size() == 7);

    const auto parts = train_validation_test_split(data, {.test_fraction = 0.25, .validation_fraction = 0.1}, generator);
    CHECK(parts.test.size() == 3);
    CHECK(parts.validation.size() == 2);
    CHECK(sorted(rows_of(parts.train), rows_of(parts.validation), rows_of(parts.test)) == first(11));
}

TEST_CASE("a split that does not shuffle keeps the order") {
    const auto data = numbered(10, [](std::size_t) { return 0; });
    const auto parts = train_validation_test_split(
        data, {.test_fraction = 0.2, .validation_fraction = 0.3, .shuffle = false});
    CHECK(rows_of(parts.train) == Rows{0, 1, 2, 3, 4});
    CHECK(rows_of(parts.validation) == Rows{5, 6, 7});
    CHECK(rows_of(parts.test) == Rows{8, 9});
}

TEST_CASE("a stratified split gives each label its share of each part") {
    // 60, 30 and 10 of the labels 0, 1, 2, in that order.
    const auto data = numbered(100, [](std::size_t i) { return i < 60 ? 0 : i < 90 ? 1 : 2; });
    Generator generator(2);
    const auto [train, test] = train_test_split(data, {.test_fraction = 0.2, .stratify = true}, generator);
    using Counts = std::map<std::int64_t, int>;
    CHECK(counts_of(test) == Counts{{0, 12}, {1, 6}, {2, 2}});
    CHECK(counts_of(train) == Counts{{0, 48}, {1, 24}, {2, 8}});
    CHECK(sorted(rows_of(train), rows_of(test)) == first(100));
    // The labels are mixed: not those of 0 first.
    CHECK(std::any_of(test.targets().begin(), test.targets().begin() + 12, [](std::int64_t y) { return y != 0; }));

    const auto parts = train_validation_test_split(
        data, {.test_fraction = 0.1, .validation_fraction = 0.3, .stratify = true}, generator);
    CHECK(counts_of(parts.test) == Counts{{0, 6}, {1, 3}, {2, 1}});
    CHECK(counts_of(parts.validation) == Counts{{0, 18}, {1, 9}, {2, 3}});
    CHECK(sorted(rows_of(parts.train), rows_of(parts.validation), rows_of(parts.test)) == first(100));
    // Shares that are not whole: 3.5, 2.1 and 1.4 of 7, of which the largest remainder is rounded up.
    const auto uneven = numbered(10, [](std::size_t i) { return i < 5 ? 0 : i < 8 ? 1 : 2; });
    CHECK(counts_of(train_test_split(uneven, {.test_fraction = 0.7, .stratify = true}, generator).test) ==
          Counts{{0, 4}, {1, 2}, {2, 1}});
}

TEST_CASE("splits that cannot be made") {
    const auto error = [](const auto& f) { return tests::message_of<ValueError>(f); };
    const auto data = numbered(4, [](std::size_t i) { return i == 0 ? 1 : 0; });
    const Dataset alone(Array<float>{1, 2, 3});
    CHECK(error([&] { train_test_split(data, {.test_fraction = 1}); }) ==
          "train_test_split: .test_fraction = 1.000000 is not between 0 and 1");
    CHECK(error([&] { train_test_split(data, {.test_fraction = std::nan("")}); }) ==
          "train_test_split: .test_fraction = nan is not between 0 and 1");
    CHECK(error([&] { train_test_split(data, {.test_fraction = 0.9}); }) ==
          "train_test_split: nothing of 4 examples is left to train on");
    CHECK(error([&] { train_test_split(Dataset<float>()); }) == "train_test_split: nothing of 0 examples is left to train on");
    CHECK(error([&] { train_validation_test_split(data, {.validation_fraction = 0}); }) ==
          "train_validation_test_split: .validation_fraction = 0.000000 is not between 0 and 1");
    CHECK(error([&] { train_validation_test_split(data, {.test_fraction = 0.5, .validation_fraction = 0.5}); }) ==
          "train_validation_test_split: nothing of 4 examples is left to train on");
    CHECK(error([&] { train_test_split(data, {.stratify = true}); }) ==
          "train_test_split: label 1 has 1 examples, which 2 parts cannot share");
    CHECK(error([&] { train_test_split(data, {.shuffle = false, .stratify = true}); }) ==
          "train_test_split: .stratify needs .shuffle");
    CHECK(error([&] { train_test_split(alone, {.stratify = true}); }) == "train_test_split: .stratify needs labels");
    CHECK(error([&] { train_test_split(Dataset(xt::zeros<float>({4}), xt::zeros<int>({4, 2})), {.stratify = true}); }) ==
          "train_test_split: labels of shape (4, 2) cannot be stratified: there must be one for each example");
}
