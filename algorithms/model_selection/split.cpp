#include <xgrad/algorithms/model_selection/split.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/nn/data/split.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/random.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

namespace xgrad::algorithms {

namespace {

using Rows = std::vector<std::size_t>;

void check_folds(const std::string& method, std::size_t n_splits, const Location& at) {
    if (n_splits < 2) throw ValueError(method + ": n_splits is " + std::to_string(n_splits) + "; at least 2 folds are needed", at);
}

void check_repeats(const std::string& method, std::size_t n_repeats, const Location& at) {
    if (n_repeats == 0) throw ValueError(method + ": n_repeats is 0", at);
}

/// The splits of which sample i is the test of number fold[i].
std::vector<Split> splits_of(const Rows& fold, std::size_t n_splits) {
    std::vector<Split> splits(n_splits);
    for (std::size_t k = 0; k < n_splits; ++k) {
        for (std::size_t i = 0; i < fold.size(); ++i) (fold[i] == k ? splits[k].test : splits[k].train).push_back(i);
    }
    return splits;
}

/// Folds of the samples, consecutive ones or drawn by the generator, if there is one.
std::vector<Split> folds(const char* method, std::size_t n, std::size_t n_splits, Generator* generator, const Location& at) {
    check_folds(method, n_splits, at);
    if (n_splits > n) {
        throw ValueError(std::string(method) + ": n_splits is " + std::to_string(n_splits) + ", but there are " + std::to_string(n) +
                             " samples",
                         at);
    }
    Rows order(n), fold(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (generator) generator->shuffle(order);
    std::size_t next = 0;
    for (std::size_t k = 0; k < n_splits; ++k) {
        const std::size_t size = n / n_splits + (k < n % n_splits ? 1 : 0);
        for (std::size_t i = 0; i < size; ++i) fold[order[next++]] = k;
    }
    return splits_of(fold, n_splits);
}

/// Folds with each class's share: dealt out like cards to the samples sorted by class, which fixes how many of a class each fold
/// gets; the members of a class then go to the folds in their order, or drawn by the generator. The classes are sorted as they
/// first occur in y, so that without a generator the folds keep to y's order as far as can be.
std::vector<Split> stratified_folds(const char* method, const Array<std::int64_t>& y, std::size_t n_splits, Generator* generator,
                                    const Location& at) {
    check_folds(method, n_splits, at);
    const Shape shape = shape_of<Array<std::int64_t>>(y, at);
    if (shape.rank() != 1) throw ShapeError(std::string(method) + ": y must have shape (samples), not " + to_string(shape), at);
    std::map<std::int64_t, std::size_t> class_of;
    std::vector<Rows> members;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const auto [entry, is_new] = class_of.emplace(y(i), members.size());
        if (is_new) members.emplace_back();
        members[entry->second].push_back(i);
    }
    const auto has_enough = [&](const Rows& rows) { return rows.size() >= n_splits; };
    if (std::none_of(members.begin(), members.end(), has_enough)) {
        throw ValueError(std::string(method) + ": n_splits is " + std::to_string(n_splits) + ", but no class has as many members", at);
    }
    Rows fold(y.size());
    std::size_t dealt = 0;
    for (const Rows& rows : members) {
        Rows share(n_splits, 0);
        for (std::size_t i = 0; i < rows.size(); ++i) ++share[dealt++ % n_splits];
        Rows folds_of_class;
        for (std::size_t k = 0; k < n_splits; ++k) folds_of_class.insert(folds_of_class.end(), share[k], k);
        if (generator) generator->shuffle(folds_of_class);
        for (std::size_t i = 0; i < rows.size(); ++i) fold[rows[i]] = folds_of_class[i];
    }
    return splits_of(fold, n_splits);
}

void append(std::vector<Split>& all, std::vector<Split> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
}

/// Refuses what nn::train_test_split() cannot split, and a part with fewer samples than there are classes, which would be without some.
/// @param labels  to stratify by; null: not at all
void check_parts(const char* method, std::size_t n_samples, const Array<std::int64_t>* labels, double test_size, const Location& at) {
    const std::string option = std::string(method) + ": test_size is " + nn::detail::format_number(test_size);
    if (!(test_size > 0 && test_size < 1)) throw ValueError(option + ", not between 0 and 1", at);
    const double exact = test_size * static_cast<double>(n_samples);
    const auto n_test = static_cast<std::size_t>(std::ceil(exact - exact * 1e-12)); // as nn::train_test_split() rounds
    if (n_test >= n_samples) {
        throw ValueError(option + "; that leaves nothing of " + std::to_string(n_samples) +
                             (n_samples == 1 ? " sample" : " samples") + " to train on",
                         at);
    }
    if (!labels) return;
    std::map<std::int64_t, std::size_t> members;
    for (const std::int64_t label : *labels) ++members[label];
    for (const auto& [label, count] : members) {
        if (count < 2) throw ValueError(std::string(method) + ": label " + std::to_string(label) + " has 1 sample; 2 are needed", at);
    }
    const std::size_t n_train = n_samples - n_test, fewest = std::min(n_train, n_test);
    if (fewest < members.size()) {
        throw ValueError(option + "; that leaves " + std::to_string(fewest) + " of " + std::to_string(n_samples) + " samples to " +
                             (n_train < n_test ? "train on" : "test with") + ", fewer than the " + std::to_string(members.size()) +
                             " classes",
                         at);
    }
}

/// A split as nn::train_test_split() draws it; the examples that it splits are the samples' numbers.
/// @param labels  to stratify by; null: not at all
Split draw(std::size_t n_samples, const Array<std::int64_t>* labels, double test_size, bool shuffle, Generator& generator,
           const Location& at) {
    Tensor<double> numbers(Shape{n_samples});
    std::iota(numbers.begin(), numbers.end(), 0.0);
    const auto targets = labels ? evaluate<std::int64_t>(*labels, at) : Tensor<std::int64_t>(Shape{n_samples}, 0);
    const auto [train, test] = nn::train_test_split(nn::Dataset<double, std::int64_t>(std::move(numbers), targets, at),
                                                    {.test_fraction = test_size, .shuffle = shuffle, .stratify = labels != nullptr},
                                                    generator, at);
    const auto rows = [](const nn::Dataset<double, std::int64_t>& part) {
        return Rows(part.feature_tensor().begin(), part.feature_tensor().end());
    };
    return {rows(train), rows(test)};
}

std::vector<Split> draw_all(const char* method, std::size_t n_samples, const Array<std::int64_t>* labels,
                            const ShuffleSplitOptions& options, const Location& at) {
    check_parts(method, n_samples, labels, options.test_size, at);
    if (options.n_splits == 0) throw ValueError(std::string(method) + ": n_splits is 0", at);
    Generator generator(options.random_state);
    std::vector<Split> splits;
    for (std::size_t k = 0; k < options.n_splits; ++k) {
        splits.push_back(draw(n_samples, labels, options.test_size, true, generator, at));
    }
    return splits;
}

} // namespace

std::vector<Split> KFold::split(std::size_t n_samples, Location at) const {
    Generator generator(options.random_state);
    return folds("KFold.split", n_samples, options.n_splits, options.shuffle ? &generator : nullptr, at);
}

std::vector<Split> StratifiedKFold::split(const LabelArray& y, Location at) const {
    Generator generator(options.random_state);
    return stratified_folds("StratifiedKFold.split", y, options.n_splits, options.shuffle ? &generator : nullptr, at);
}

std::vector<Split> RepeatedKFold::split(std::size_t n_samples, Location at) const {
    check_repeats("RepeatedKFold.split", options.n_repeats, at);
    Generator generator(options.random_state);
    std::vector<Split> all;
    for (std::size_t r = 0; r < options.n_repeats; ++r) {
        append(all, folds("RepeatedKFold.split", n_samples, options.n_splits, &generator, at));
    }
    return all;
}

std::vector<Split> RepeatedStratifiedKFold::split(const LabelArray& y, Location at) const {
    check_repeats("RepeatedStratifiedKFold.split", options.n_repeats, at);
    Generator generator(options.random_state);
    std::vector<Split> all;
    for (std::size_t r = 0; r < options.n_repeats; ++r) {
        append(all, stratified_folds("RepeatedStratifiedKFold.split", y, options.n_splits, &generator, at));
    }
    return all;
}

std::vector<Split> LeaveOneOut::split(std::size_t n_samples, Location at) const {
    if (n_samples < 2) {
        throw ValueError("LeaveOneOut.split: n_samples is " + std::to_string(n_samples) + "; at least 2 samples are needed", at);
    }
    return folds("LeaveOneOut.split", n_samples, n_samples, nullptr, at);
}

std::vector<Split> ShuffleSplit::split(std::size_t n_samples, Location at) const {
    return draw_all("ShuffleSplit.split", n_samples, nullptr, options, at);
}

std::vector<Split> StratifiedShuffleSplit::split(const LabelArray& y, Location at) const {
    const Shape shape = shape_of<Array<std::int64_t>>(y, at);
    if (shape.rank() != 1) {
        throw ShapeError("StratifiedShuffleSplit.split: y must have shape (samples), not " + to_string(shape), at);
    }
    return draw_all("StratifiedShuffleSplit.split", y.size(), &y, options, at);
}

CrossValidator::CrossValidator(std::size_t n_splits)
    : split_([n_splits](std::size_t n_samples, const Array<std::int64_t>* labels, const Location& at) {
          return labels ? StratifiedKFold({.n_splits = n_splits}).split(*labels, at)
                        : KFold({.n_splits = n_splits}).split(n_samples, at);
      }) {}

CrossValidator::CrossValidator(std::vector<Split> splits)
    : split_([splits = std::move(splits)](std::size_t, const Array<std::int64_t>*, const Location&) { return splits; }) {}

const Array<std::int64_t>& CrossValidator::checked(const Array<std::int64_t>* labels, const Location& at) {
    if (!labels) throw ValueError("cv: the splits go by labels, but the targets are real numbers", at);
    return *labels;
}

std::vector<Split> CrossValidator::split(std::size_t n_samples, const Array<std::int64_t>* labels, Location at) const {
    std::vector<Split> splits = split_(n_samples, labels, at);
    if (splits.empty()) throw ValueError("cv: there are no splits", at);
    for (std::size_t k = 0; k < splits.size(); ++k) {
        for (const auto& [name, rows] : {std::pair{"train", &splits[k].train}, std::pair{"test", &splits[k].test}}) {
            const std::string part = "cv: the " + std::string(name) + " part of split " + std::to_string(k);
            if (rows->empty()) throw ValueError(part + " is empty", at);
            if (const std::size_t largest = *std::max_element(rows->begin(), rows->end()); largest >= n_samples) {
                throw IndexError(part + " names sample " + std::to_string(largest) + " of " + std::to_string(n_samples), at);
            }
        }
    }
    return splits;
}

template <class Y>
    requires(std::same_as<Y, double> || std::same_as<Y, std::int64_t>)
TrainTestArrays<Y> train_test_split(const Array<double>& X, const Array<Y>& y, const TrainTestOptions& options, Location at) {
    constexpr const char* method = "train_test_split";
    const Array<std::int64_t>* labels = nullptr;
    if constexpr (std::same_as<Y, double>) {
        detail::check_targets(method, X, y, at);
        if (options.stratify) throw ValueError("train_test_split: stratify needs labels, but the targets are real numbers", at);
    } else {
        detail::encode_labels(method, X, y, at, 1);
        if (options.stratify) labels = &y;
    }
    check_parts(method, X.shape(0), labels, options.test_size, at);
    Generator generator(options.random_state);
    const auto [train, test] = draw(X.shape(0), labels, options.test_size, options.shuffle, generator, at);
    return {detail::take_rows(X, train), detail::take_rows(X, test), detail::take_rows(y, train), detail::take_rows(y, test)};
}

template TrainTestArrays<double> train_test_split(const Array<double>&, const Array<double>&, const TrainTestOptions&, Location);
template TrainTestArrays<std::int64_t> train_test_split(const Array<double>&, const Array<std::int64_t>&, const TrainTestOptions&,
                                                        Location);

} // namespace xgrad::algorithms
