// Metrics of predicted labels against scikit-learn's, and the table of the notes.
#include "tests/algorithms/metrics/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/metrics.hpp"

#include <xgrad/algorithms/metrics/classification.hpp>

#include <sstream>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::array;
using tests::check_close;
using tests::message_of;
namespace reference = xgrad::tests::reference::metrics;

namespace {

using Integers = Array<std::int64_t>;

bool equals(const Integers& counts, const std::vector<std::int64_t>& expected) {
    return std::equal(counts.begin(), counts.end(), expected.begin(), expected.end());
}

std::vector<double> scores(const Integers& y, const Integers& h, const ClassScoreOptions& options) {
    return {precision_score(y, h, options), recall_score(y, h, options), f1_score(y, h, options)};
}

std::vector<double> together(std::vector<std::vector<double>> parts) {
    std::vector<double> result;
    for (const auto& part : parts) result.insert(result.end(), part.begin(), part.end());
    return result;
}

} // namespace

TEST_CASE("confusion matrix: the table of the notes") {
    // Sehayek 2.7: of 192 patients, 118 true negatives, 12 false positives, 47 false negatives, 15 true positives.
    Integers y = Integers::from_shape({192}), h = Integers::from_shape({192});
    for (std::size_t i = 0; i < 192; ++i) {
        y(i) = i >= 118 + 12;
        h(i) = (i >= 118 && i < 118 + 12) || i >= 118 + 12 + 47;
    }
    const ConfusionMatrix matrix = confusion_matrix(y, h);
    CHECK(matrix.labels == std::vector<std::int64_t>{0, 1});
    CHECK(matrix.counts == Integers{{118, 12}, {47, 15}});
    std::ostringstream text;
    text << matrix;
    CHECK(text.str() == "n=192      Predicted: 0  Predicted: 1\n"
                        "Actual: 0           118            12\n"
                        "Actual: 1            47            15\n");
    CHECK(accuracy_score(y, h) == 133. / 192);
    CHECK(precision_score(y, h) == 15. / 27);
    CHECK(recall_score(y, h) == 15. / 62);
    CHECK(f1_score(y, h) == doctest::Approx(30. / 89).epsilon(1e-15)); // 2 TP / (2 TP + FP + FN)
}

TEST_CASE("confusion matrix: as scikit-learn") {
    const Integers y = array(reference::classes_y), h = array(reference::classes_h);
    const ConfusionMatrix all = confusion_matrix(y, h);
    CHECK(all.labels == std::vector<std::int64_t>{-1, 3, 5, 8});
    CHECK(equals(all.counts, reference::classes_matrix));
    CHECK(all.to_string() == "n=10        Predicted: -1  Predicted: 3  Predicted: 5  Predicted: 8\n"
                             "Actual: -1              0             1             1             0\n"
                             "Actual: 3               0             3             1             0\n"
                             "Actual: 5               0             1             2             1\n"
                             "Actual: 8               0             0             0             0\n");
    const ConfusionMatrix two = confusion_matrix(y, h, {5, 3});
    CHECK(two.labels == std::vector<std::int64_t>{5, 3});
    CHECK(equals(two.counts, reference::classes_matrix_of_two));
    CHECK(message_of<ValueError>([&] { confusion_matrix(y, h, {5, 3, 5}); }) == "confusion_matrix: labels names 5 twice");
    CHECK(message_of<ValueError>([&] { confusion_matrix(y, h, {8, 9}); }) == "confusion_matrix: none of the labels to count occurs in y");
}

TEST_CASE("precision, recall, F1: as scikit-learn") {
    const Integers binary_y = array(reference::binary_y), binary_h = array(reference::binary_h);
    check_close(together({scores(binary_y, binary_h, {}), scores(binary_y, binary_h, {.pos_label = 0})}), reference::binary_scores);

    const Integers y = array(reference::classes_y), h = array(reference::classes_h);
    check_close(together({scores(y, h, {.average = Average::micro}), scores(y, h, {.average = Average::macro}),
                          scores(y, h, {.average = Average::weighted})}),
                reference::average_scores);
    check_close(scores(y, h, {.average = Average::macro, .zero_division = 1}), reference::zero_division_scores);

    const ClassScores each = class_scores(y, h);
    CHECK(each.labels == std::vector<std::int64_t>{-1, 3, 5, 8});
    check_close(together({each.precision, each.recall, each.f1, {each.support.begin(), each.support.end()}}), reference::class_scores);

    const Integers zeros{0, 0, 0};
    check_close(together({scores(zeros, zeros, {}), scores(zeros, zeros, {.zero_division = 1})}), reference::negative_scores);
}

TEST_CASE("classification report: as scikit-learn") {
    CHECK(classification_report(array(reference::classes_y), array(reference::classes_h)) == reference::report);
    CHECK(classification_report(array(reference::binary_y), array(reference::binary_h), {"no", "a name longer than others"}, 4) ==
          reference::named_report);
    CHECK(message_of<ValueError>([] { classification_report({0, 1}, {0, 1}, {"a"}); }) == "classification_report: 1 names for 2 labels");
    CHECK_THROWS_AS(classification_report({0, 1}, {0, 1}, {}, -1), ValueError);
}

TEST_CASE("classification metrics: bad input") {
    CHECK(message_of<ValueError>([] { precision_score({0, 1}, {0, 1}, {.zero_division = 1e-9}); }) ==
          "precision_score: zero_division is 1e-09; it must be 0 or 1");
    const Integers none = Integers::from_shape({0});
    CHECK_THROWS_AS(accuracy_score({0, 1}, {0, 1, 1}), ShapeError);
    CHECK_THROWS_AS(accuracy_score(none, none), ShapeError);
    CHECK_THROWS_AS(confusion_matrix({0, 1}, {0, 1, 1}), ShapeError);
    CHECK_THROWS_AS(confusion_matrix(Integers{{0, 1}, {1, 0}}, Integers{{0, 1}, {1, 0}}), ShapeError);
    CHECK_THROWS_AS(confusion_matrix(none, none), ShapeError);
    CHECK_THROWS_AS(class_scores({0, 1}, {0}), ShapeError);
    for (const auto score : {precision_score, recall_score, f1_score}) {
        const Location here = Location::current();
        CHECK_THROWS_AS(score({0, 1}, {0, 1, 1}, {}, here), ShapeError);
        CHECK_THROWS_AS(score(none, none, {}, here), ShapeError);
        CHECK_THROWS_AS(score({0, 1}, {0, 1}, {.zero_division = 0.5}, here), ValueError);
        CHECK(message_of<ValueError>([&] { score({0, 1, 2}, {0, 1, 1}, {}, here); })
                  .ends_with(": average is binary, and there are 3 labels; choose another"));
        CHECK(message_of<ValueError>([&] { score({0, 1}, {0, 1}, {.pos_label = 2}, here); })
                  .ends_with(": pos_label is 2, and the labels are 0 and 1"));
    }
}
