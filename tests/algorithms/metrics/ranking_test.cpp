// Curves of thresholds and the areas below them against scikit-learn's; the scores have ties.
#include "tests/algorithms/metrics/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/metrics.hpp"

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/metrics/ranking.hpp>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::array;
using tests::check_close;
using tests::matrix;
using tests::message_of;
namespace reference = xgrad::tests::reference::metrics;

namespace {

using Integers = Array<std::int64_t>;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

void check(const RocCurve& curve, const std::vector<double>& fpr, const std::vector<double>& tpr, const std::vector<double>& thresholds) {
    check_close(curve.fpr, fpr);
    check_close(curve.tpr, tpr);
    check_close(curve.thresholds, thresholds);
}

} // namespace

TEST_CASE("ROC curve: as scikit-learn") {
    const Integers y = array(reference::ranked_y);
    const Array<double> scores = array(reference::ranked_scores);
    check(roc_curve(y, scores), reference::roc_fpr, reference::roc_tpr, reference::roc_thresholds);
    check(roc_curve(y, scores, {.drop_intermediate = false}), reference::roc_all_fpr, reference::roc_all_tpr,
          reference::roc_all_thresholds);
    check(roc_curve(y, scores, {.pos_label = 0}), reference::roc_negative_fpr, reference::roc_negative_tpr,
          reference::roc_negative_thresholds);
    const RocCurve curve = roc_curve(y, scores);
    CHECK(auc(curve.fpr, curve.tpr) == doctest::Approx(reference::ranked_areas[0]).epsilon(1e-14));
    CHECK(roc_auc_score(y, scores) == doctest::Approx(reference::ranked_areas[0]).epsilon(1e-14));
}

TEST_CASE("ROC curve: by hand") {
    // Of the four pairs of a positive and a negative one, three are in order.
    CHECK(roc_auc_score({0, 0, 1, 1}, {0.1, 0.4, 0.35, 0.8}) == 0.75);
    // A tie is half in order; the labels may be any two.
    CHECK(roc_auc_score({7, -3}, {0.5, 0.5}) == 0.5);
    CHECK(roc_auc_score({7, -3}, {1, 0}) == 1);
    check(roc_curve({1, 1, 2, 2}, {0.1, 0.4, 0.35, 0.8}, {.pos_label = 2}), {0, 0, 0.5, 0.5, 1}, {0, 0.5, 0.5, 1, 1},
          {1.8, 0.8, 0.4, 0.35, 0.1});
    CHECK(auc({0, 1, 3}, {1, 3, 1}) == 6);
    CHECK(auc({3, 1, 0}, {1, 3, 1}) == 6);
}

TEST_CASE("precision-recall curve: as scikit-learn") {
    const Integers y = array(reference::ranked_y);
    const Array<double> scores = array(reference::ranked_scores);
    const PrecisionRecallCurve curve = precision_recall_curve(y, scores);
    check_close(curve.precision, reference::pr_precision);
    check_close(curve.recall, reference::pr_recall);
    check_close(curve.thresholds, reference::pr_thresholds);
    CHECK(average_precision_score(y, scores) == doctest::Approx(reference::ranked_areas[1]).epsilon(1e-14));
    CHECK(average_precision_score(y, scores, 0) == doctest::Approx(reference::ranked_areas[2]).epsilon(1e-14));
    // All positive: every prediction is right.
    CHECK(average_precision_score({1, 1}, {0.3, 0.2}) == 1);
}

TEST_CASE("area under the ROC curve of several classes: as scikit-learn") {
    const std::vector<std::size_t> kept(reference::iris_kept.begin(), reference::iris_kept.end());
    const Integers y = algorithms::detail::take_rows(array(reference::iris_y), kept);
    const Array<double> P = algorithms::detail::take_rows(matrix(reference::iris_probabilities, 3), kept);
    using enum RocAucMultiClass;
    check_close(std::vector{roc_auc_score(y, P), roc_auc_score(y, P, {.average = Average::weighted}),
                            roc_auc_score(y, P, {.multi_class = ovo}),
                            roc_auc_score(y, P, {.multi_class = ovo, .average = Average::weighted})},
                reference::iris_areas);
    // Two classes in two columns: the area is that of one.
    CHECK(roc_auc_score({0, 0, 1, 1}, {{0.9, 0.1}, {0.6, 0.4}, {0.65, 0.35}, {0.2, 0.8}}) == 0.75);
}

TEST_CASE("metrics of scores: bad input") {
    const Integers y{0, 1, 1}, none = Integers::from_shape({0});
    const Array<double> scores{0.1, 0.2, 0.3}, no_scores = Array<double>::from_shape({0});
    const auto check_all = [&]<class E>(const E*, const Integers& labels, const Array<double>& s) {
        CHECK_THROWS_AS(roc_curve(labels, s), E);
        CHECK_THROWS_AS(roc_auc_score(labels, s), E);
        CHECK_THROWS_AS(precision_recall_curve(labels, s), E);
        CHECK_THROWS_AS(average_precision_score(labels, s), E);
    };
    const ShapeError* const shape = nullptr;
    const ValueError* const value = nullptr;
    check_all(shape, y, {0.1, 0.2});
    check_all(shape, none, no_scores);
    check_all(value, y, {0.1, missing, 0.3});
    check_all(value, {0, 0, 0}, scores);
    check_all(value, {0, 1, 2}, scores);
    CHECK(message_of<ValueError>([&] { roc_curve({1, 1, 1}, scores); }) == "roc_curve: every label is the positive one, 1");
    CHECK(message_of<ValueError>([&] { roc_curve({0, 0, 0}, scores); }) == "roc_curve: no label is the positive one, 1");
    CHECK(message_of<ValueError>([&] { roc_curve({1, 2, 2}, scores); }) ==
          "roc_curve: the labels are not in {0, 1} or {-1, 1}; name the positive one as pos_label");
    CHECK_THROWS_AS(roc_curve({-1, 0, 1}, scores), ValueError);
    CHECK(roc_curve({-1, 1, 1}, scores).tpr(0) == 0);
    CHECK(message_of<ValueError>([&] { roc_auc_score({1, 1, 1}, scores); }) == "roc_auc_score: y holds 1 label; 2 are needed");
    CHECK(message_of<ValueError>([&] { roc_auc_score({0, 1, 2}, scores); }) ==
          "roc_auc_score: y holds 3 labels; scores must have shape (samples, classes)");

    const Array<double> P{{0.5, 0.5}, {0.3, 0.7}, {0.2, 0.8}};
    CHECK(message_of<ValueError>([&] { roc_auc_score({0, 1, 2}, P); }) == "roc_auc_score: y holds 3 labels, scores 2 classes");
    CHECK_THROWS_AS(roc_auc_score({0, 1}, P), ShapeError);
    CHECK_THROWS_AS(roc_auc_score(y, P, {.average = Average::micro}), ValueError);
    CHECK_THROWS_AS(roc_auc_score(y, {{0.5, 0.5}, {missing, 0.7}, {0.2, 0.8}}), ValueError);
    CHECK(message_of<ValueError>([&] { roc_auc_score(y, {{0.5, 0.5}, {0.5, 0.7}, {0.2, 0.8}}); }) ==
          "roc_auc_score: the probabilities of sample 1 sum to 1.200000");

    CHECK_THROWS_AS(auc({1}, {1}), ShapeError);
    CHECK_THROWS_AS(auc({1, 2}, {1, 2, 3}), ShapeError);
    CHECK_THROWS_AS(auc({1, 3, 2}, {1, 2, 3}), ValueError);
    CHECK_THROWS_AS(auc({1, missing}, {1, 2}), ValueError);
}
