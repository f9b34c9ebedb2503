// Splits: scikit-learn's folds, what all random ones satisfy, what is refused.
#include "tests/algorithms/model_selection/estimators.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/model_selection.hpp"

#include <xgrad/algorithms/model_selection/split.hpp>
#include <xgrad/ops/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;
namespace truth = xgrad::tests::reference::model_selection;

namespace {

using Integers = Array<std::int64_t>;

Integers labels_from(const std::vector<std::int64_t>& values) {
    Integers labels = Integers::from_shape({values.size()});
    std::copy(values.begin(), values.end(), labels.begin());
    return labels;
}

/// For each sample the split that it is the test of, if the tests are the parts of a partition and each split trains on the rest.
std::vector<std::size_t> fold_of(const std::vector<Split>& splits, std::size_t n) {
    std::vector<std::size_t> fold(n, SIZE_MAX);
    for (std::size_t k = 0; k < splits.size(); ++k) {
        std::vector<std::size_t> all = splits[k].train;
        all.insert(all.end(), splits[k].test.begin(), splits[k].test.end());
        std::sort(all.begin(), all.end());
        REQUIRE(all.size() == n);
        for (std::size_t i = 0; i < n; ++i) REQUIRE(all[i] == i);
        REQUIRE(std::is_sorted(splits[k].train.begin(), splits[k].train.end()));
        for (const std::size_t i : splits[k].test) {
            REQUIRE(fold[i] == SIZE_MAX);
            fold[i] = k;
        }
    }
    return fold;
}

/// How many of each label there are.
std::map<std::int64_t, std::size_t> counts(const Integers& y, const std::vector<std::size_t>& rows) {
    std::map<std::int64_t, std::size_t> result;
    for (const std::size_t i : rows) ++result[y(i)];
    return result;
}

} // namespace

TEST_CASE("KFold makes scikit-learn's folds") {
    CHECK(fold_of(KFold({.n_splits = 3}).split(6), 6) == truth::kfold_6_3);
    CHECK(fold_of(KFold({.n_splits = 4}).split(11), 11) == truth::kfold_11_4);
    CHECK(fold_of(KFold({.n_splits = 7}).split(10), 10) == truth::kfold_10_7);
    CHECK(KFold().split(10).size() == 5);
}

TEST_CASE("StratifiedKFold makes scikit-learn's folds") {
    const auto check = [](const std::vector<std::int64_t>& labels, std::size_t k, const std::vector<std::size_t>& folds) {
        CHECK(fold_of(StratifiedKFold({.n_splits = k}).split(labels_from(labels)), labels.size()) == folds);
    };
    check(truth::labels_sorted, 2, truth::stratified_sorted_2);
    check(truth::labels_sorted, 3, truth::stratified_sorted_3);
    check(truth::labels_sorted, 4, truth::stratified_sorted_4);
    check(truth::labels_mixed, 2, truth::stratified_mixed_2);
    check(truth::labels_mixed, 3, truth::stratified_mixed_3);
    check(truth::labels_mixed, 4, truth::stratified_mixed_4);
    check(truth::labels_small_class, 2, truth::stratified_small_class_2);
    check(truth::labels_small_class, 3, truth::stratified_small_class_3);
    check(truth::labels_small_class, 4, truth::stratified_small_class_4);
}

TEST_CASE("shuffled folds have the sizes of the others, and go by the seed") {
    const auto splits = KFold({.n_splits = 4, .shuffle = true, .random_state = 1}).split(11);
    const auto fold = fold_of(splits, 11);
    for (std::size_t k = 0; k < 4; ++k) CHECK(splits[k].test.size() == (k < 3 ? 3 : 2));
    CHECK(fold != truth::kfold_11_4);
    CHECK(splits == KFold({.n_splits = 4, .shuffle = true, .random_state = 1}).split(11));
    CHECK(splits != KFold({.n_splits = 4, .shuffle = true, .random_state = 2}).split(11));

    const Integers y = labels_from(truth::labels_mixed);
    const auto stratified = StratifiedKFold({.n_splits = 3, .shuffle = true, .random_state = 3}).split(y);
    const auto plain = StratifiedKFold({.n_splits = 3}).split(y);
    CHECK(fold_of(stratified, y.size()) != truth::stratified_mixed_3);
    for (std::size_t k = 0; k < 3; ++k) CHECK(counts(y, stratified[k].test) == counts(y, plain[k].test));
}

TEST_CASE("repeated folds differ from repeat to repeat") {
    const auto splits = RepeatedKFold({.n_splits = 4, .n_repeats = 3}).split(11);
    REQUIRE(splits.size() == 12);
    std::vector<std::vector<std::size_t>> repeats;
    for (std::ptrdiff_t r = 0; r < 3; ++r) {
        repeats.push_back(fold_of({splits.begin() + 4 * r, splits.begin() + 4 * r + 4}, 11));
    }
    CHECK(repeats[0] != repeats[1]);
    CHECK(repeats[1] != repeats[2]);

    const Integers y = labels_from(truth::labels_mixed);
    const auto stratified = RepeatedStratifiedKFold({.n_splits = 3, .n_repeats = 2}).split(y);
    const auto plain = StratifiedKFold({.n_splits = 3}).split(y);
    REQUIRE(stratified.size() == 6);
    for (std::size_t k = 0; k < 6; ++k) CHECK(counts(y, stratified[k].test) == counts(y, plain[k % 3].test));
    CHECK(stratified[0] != stratified[3]);
}

TEST_CASE("leave one out") {
    const std::vector<Split> expected{{{1, 2}, {0}}, {{0, 2}, {1}}, {{0, 1}, {2}}};
    CHECK(LeaveOneOut().split(3) == expected);
}

TEST_CASE("random splits hold out the share, and each its own") {
    const auto splits = ShuffleSplit({.n_splits = 3, .test_size = 0.25}).split(11);
    REQUIRE(splits.size() == 3);
    for (const Split& split : splits) {
        CHECK(split.test.size() == 3); // 2.75, rounded up
        std::vector<std::size_t> all = split.train;
        all.insert(all.end(), split.test.begin(), split.test.end());
        std::sort(all.begin(), all.end());
        std::vector<std::size_t> numbers(11);
        std::iota(numbers.begin(), numbers.end(), std::size_t{0});
        CHECK(all == numbers);
    }
    CHECK(splits[0] != splits[1]);
    CHECK(splits[1] != splits[2]);

    Integers y = Integers::from_shape({20}); // 5 of 1, 15 of 4
    for (std::size_t i = 0; i < 20; ++i) y(i) = i % 4 == 0 ? 1 : 4;
    for (const Split& split : StratifiedShuffleSplit({.n_splits = 4, .test_size = 0.2, .random_state = 9}).split(y)) {
        CHECK(counts(y, split.test) == std::map<std::int64_t, std::size_t>{{1, 1}, {4, 3}});
        CHECK(counts(y, split.train) == std::map<std::int64_t, std::size_t>{{1, 4}, {4, 12}});
    }
}

TEST_CASE("train_test_split keeps samples and targets together") {
    Array<double> X = Array<double>::from_shape({20, 2}), t = Array<double>::from_shape({20});
    Integers y = Integers::from_shape({20});
    for (std::size_t i = 0; i < 20; ++i) {
        X(i, 0) = static_cast<double>(i), X(i, 1) = -X(i, 0), t(i) = 0.5 * X(i, 0);
        y(i) = static_cast<std::int64_t>(i % 4);
    }
    const auto [X_train, X_test, t_train, t_test] = train_test_split(X, t, {.test_size = 0.3});
    CHECK(X_train.shape(0) == 14);
    CHECK(X_test.shape(0) == 6);
    std::vector<double> all(t_train.begin(), t_train.end());
    all.insert(all.end(), t_test.begin(), t_test.end());
    CHECK_FALSE(std::is_sorted(all.begin(), all.end()));
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i < 20; ++i) CHECK(all[i] == t(i));
    for (std::size_t i = 0; i < 14; ++i) CHECK((X_train(i, 0) == 2 * t_train(i) && X_train(i, 1) == -2 * t_train(i)));
    for (std::size_t i = 0; i < 6; ++i) CHECK((X_test(i, 0) == 2 * t_test(i) && X_test(i, 1) == -2 * t_test(i)));

    const auto stratified = train_test_split(X, y, {.test_size = 0.2, .stratify = true, .random_state = 4});
    for (std::int64_t label = 0; label < 4; ++label) CHECK(std::count(stratified.y_test.begin(), stratified.y_test.end(), label) == 1);
    CHECK(stratified.X_test == train_test_split(X, y, {.test_size = 0.2, .stratify = true, .random_state = 4}).X_test);
    CHECK(stratified.X_test != train_test_split(X, y, {.test_size = 0.2, .stratify = true, .random_state = 5}).X_test);

    const auto in_order = train_test_split(X, y, {.test_size = 0.25, .shuffle = false});
    CHECK(in_order.X_test(0, 0) == 15);
    CHECK(in_order.y_test == Integers{3, 0, 1, 2, 3});
}

TEST_CASE("what cannot be split") {
    CHECK(message_of<ValueError>([] { KFold({.n_splits = 1}).split(5); }) ==
          "KFold.split: n_splits is 1; at least 2 folds are needed");
    CHECK(message_of<ValueError>([] { KFold({.n_splits = 5}).split(3); }) == "KFold.split: n_splits is 5, but there are 3 samples");
    CHECK(message_of<ValueError>([] { StratifiedKFold({.n_splits = 3}).split({1, 1, 0, 0}); }) ==
          "StratifiedKFold.split: n_splits is 3, but no class has as many members");
    CHECK(message_of<ShapeError>([] { StratifiedKFold().split(Integers{{1, 1}, {0, 0}}); }) ==
          "StratifiedKFold.split: y must have shape (samples), not (2, 2)");
    CHECK(message_of<ValueError>([] { RepeatedKFold({.n_repeats = 0}).split(9); }) == "RepeatedKFold.split: n_repeats is 0");
    CHECK(message_of<ValueError>([] { RepeatedStratifiedKFold({.n_splits = 0}).split({1, 2}); }) ==
          "RepeatedStratifiedKFold.split: n_splits is 0; at least 2 folds are needed");
    CHECK(message_of<ValueError>([] { LeaveOneOut().split(1); }) ==
          "LeaveOneOut.split: n_samples is 1; at least 2 samples are needed");
    for (const double size : {0.0, 1.0, -0.5, 2.0, std::numeric_limits<double>::quiet_NaN()}) {
        CHECK(message_of<ValueError>([&] { ShuffleSplit({.test_size = size}).split(9); }).starts_with("ShuffleSplit.split: test_size is"));
    }
    CHECK(message_of<ValueError>([] { ShuffleSplit({.test_size = 1.5}).split(9); }) ==
          "ShuffleSplit.split: test_size is 1.5, not between 0 and 1");
    CHECK_THROWS_AS(ShuffleSplit({.n_splits = 0}).split(9), ValueError);
    CHECK_THROWS_AS(ShuffleSplit({.test_size = 0.99}).split(3), ValueError); // none to train on
    CHECK_THROWS_AS(StratifiedShuffleSplit().split({1, 1, 1, 2}), ValueError);
    CHECK_THROWS_AS(StratifiedShuffleSplit().split(Integers{{1, 1}, {1, 2}}), ShapeError);

    const Array<double> X = column({1, 2, 3, 4});
    CHECK(message_of<ShapeError>([&] { train_test_split(X, Integers{1, 2, 1}); }) == "train_test_split: X has 4 samples, y 3");
    CHECK(message_of<ValueError>([&] { train_test_split(X, Array<double>{1, 2, 3, 4}, {.stratify = true}); })
              .starts_with("train_test_split: stratify needs labels"));
    CHECK(message_of<ValueError>([&] { train_test_split(X, Integers{1, 2, 2, 2}, {.stratify = true}); }) ==
          "train_test_split: label 1 has 1 sample; 2 are needed");
}

TEST_CASE("a split that leaves nothing, or no sample for some class, names its function and option") {
    CHECK(message_of<ValueError>([] { ShuffleSplit().split(1); }) ==
          "ShuffleSplit.split: test_size is 0.1; that leaves nothing of 1 sample to train on");
    CHECK(message_of<ValueError>([] { StratifiedShuffleSplit().split({1, 1, 1, 2}); }) ==
          "StratifiedShuffleSplit.split: label 2 has 1 sample; 2 are needed");
    const Array<double> X = column({1, 2, 3, 4, 5, 6, 7, 8});
    const Integers y{0, 0, 1, 1, 2, 2, 3, 3};
    CHECK(message_of<ValueError>([&] { train_test_split(X, y, {.test_size = 0.9}); }) ==
          "train_test_split: test_size is 0.9; that leaves nothing of 8 samples to train on");
    // scikit-learn refuses these, too.
    CHECK(message_of<ValueError>([&] { StratifiedShuffleSplit({.n_splits = 1, .test_size = 0.75}).split(y); }) ==
          "StratifiedShuffleSplit.split: test_size is 0.75; that leaves 2 of 8 samples to train on, fewer than the 4 classes");
    CHECK(message_of<ValueError>([&] { StratifiedShuffleSplit({.n_splits = 1, .test_size = 0.1}).split(y); }) ==
          "StratifiedShuffleSplit.split: test_size is 0.1; that leaves 1 of 8 samples to test with, fewer than the 4 classes");
    CHECK(message_of<ValueError>([&] { train_test_split(X, y, {.test_size = 0.1, .stratify = true}); }) ==
          "train_test_split: test_size is 0.1; that leaves 1 of 8 samples to test with, fewer than the 4 classes");
    CHECK(counts(y, StratifiedShuffleSplit({.n_splits = 1, .test_size = 0.5}).split(y).at(0).train).size() == 4);
    CHECK(train_test_split(X, y, {.test_size = 0.1}).X_test.shape(0) == 1);
}

TEST_CASE("a cross-validator is a number of folds, a splitter or splits") {
    const Integers y = labels_from(truth::labels_mixed);
    const std::size_t n = y.size();
    CHECK(CrossValidator(3).split(n, nullptr) == KFold({.n_splits = 3}).split(n));
    CHECK(CrossValidator(3).split(n, &y) == StratifiedKFold({.n_splits = 3}).split(y));
    CHECK(CrossValidator(KFold({.n_splits = 3})).split(n, &y) == KFold({.n_splits = 3}).split(n));
    CHECK(CrossValidator(StratifiedKFold({.n_splits = 4})).split(n, &y) == StratifiedKFold({.n_splits = 4}).split(y));
    CHECK(CrossValidator(LeaveOneOut()).split(4, nullptr) == LeaveOneOut().split(4));
    const std::vector<Split> splits{{{0, 1}, {2}}, {{2, 1}, {0}}};
    CHECK(CrossValidator(splits).split(3, nullptr) == splits);

    CHECK(message_of<ValueError>([&] { CrossValidator(StratifiedKFold()).split(n, nullptr); }) ==
          "cv: the splits go by labels, but the targets are real numbers");
    CHECK(message_of<IndexError>([&] { CrossValidator(splits).split(2, nullptr); }) ==
          "cv: the test part of split 0 names sample 2 of 2");
    CHECK(message_of<ValueError>([&] { CrossValidator(std::vector<Split>{{{0}, {}}}).split(2, nullptr); }) ==
          "cv: the test part of split 0 is empty");
    CHECK(message_of<ValueError>([&] { CrossValidator(std::vector<Split>{}).split(2, nullptr); }) == "cv: there are no splits");
}
