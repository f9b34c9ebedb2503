// embedding: PyTorch's values and derivatives, also of padding; indices that are out of range.
#include <xgrad/ops/embedding.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/shape.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/normalization.hpp"

#include <doctest/doctest.h>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Case;

TEST_CASE("embedding agrees with PyTorch") {
    int checked = 0;
    for (const Case& c : tests::reference::normalization_cases) {
        if (c.call != "embedding" && c.call != "padded") continue;
        const auto call = [](const std::string& text, const auto& x) {
            const Array<int> indices{{0, 3, 1}, {3, 3, 0}};
            const auto weight = reshape(x, {4, 2});
            return square(text == "padded" ? embedding(indices, weight, 3) : embedding(indices, weight));
        };
        tests::reference::check<double>(c, call);
        tests::reference::check<float>(c, call);
        ++checked;
    }
    CHECK(checked == 2);
}

TEST_CASE_TEMPLATE("embedding: the padding gets no gradient, whoever else uses the weight", T, float, double) {
    const auto weight = as_variable<T>({3, 2}, {1, 2, 3, 4, 5, 6}, true);
    const auto seed = as_variable<T>({2, 2}, {1, 2, 3, 4}, false);
    const Array<int> indices{1, 2};
    const auto padded = embedding(indices, weight, -2);
    CHECK(agree(padded, {3, 4, 5, 6}));
    CHECK(agree(grad(padded, wrt(weight), {.seed = seed})[0], {0, 0, 0, 0, 3, 4}));
    // The adjoint of the weight holds something already when that of the lookup arrives; then the other way round.
    CHECK(agree(grad(embedding(indices, weight, 1) + embedding(indices, weight), wrt(weight), {.seed = seed})[0],
                {0, 0, 1, 2, 6, 8}));
    CHECK(agree(grad(embedding(indices, weight) + embedding(indices, weight, 1), wrt(weight), {.seed = seed})[0],
                {0, 0, 1, 2, 6, 8}));
    // The caller's seed is not written to.
    const auto whole = embedding(Array<int>{0, 1, 2}, weight, 0);
    const auto ones = as_variable<T>({3, 2}, {1, 1, 1, 1, 1, 1}, false);
    CHECK(agree(grad(whole, wrt(weight), {.seed = ones})[0], {0, 0, 1, 1, 1, 1}));
    CHECK(agree(ones, {1, 1, 1, 1, 1, 1}));
}

TEST_CASE("embedding takes indices of any shape and type") {
    const auto weight = as_variable<float>({3, 2}, {1, 2, 3, 4, 5, 6}, true);
    CHECK(embedding(Array<std::uint8_t>{{0, 1}, {2, 2}}, weight).shape() == Shape{2, 2, 2});
    CHECK(embedding(Array<std::int64_t>(2), weight).shape() == Shape{2});
    CHECK(agree(embedding({2, 0}, weight), {5, 6, 1, 2}));
    CHECK(embedding(Array<int>::from_shape({0, 4}), weight).shape() == Shape{0, 4, 2});
    // More rows than memory could hold, had they elements.
    const Variable<float> rows(Tensor<float>(Shape{std::size_t{1} << 43, 0}), true);
    const auto y = embedding({5, -1 + (std::int64_t{1} << 43)}, rows, 5);
    const auto seed = as_variable<float>({2, 0}, {}, true);
    CHECK(grad(y, wrt(rows), {.seed = seed, .create_graph = true})[0].shape() == rows.shape());
}

TEST_CASE("embedding names the index that is out of range, and where it stands") {
    const auto weight = as_variable<double>({3, 2}, {1, 2, 3, 4, 5, 6}, true);
    CHECK(message_of<IndexError>([&] { embedding(Array<int>{{0, 1}, {2, 3}}, weight); }) ==
          "embedding: index 3 at position (1, 1) is out of range for a weight of shape (3, 2)");
    CHECK(message_of<IndexError>([&] { embedding({0, -1}, weight); }) ==
          "embedding: index -1 at position (1) is out of range for a weight of shape (3, 2)");
    CHECK(message_of<IndexError>([&] { embedding(Array<std::uint64_t>{~std::uint64_t{0}}, weight); })
              .starts_with("embedding: index "));
    CHECK(message_of<IndexError>([&] { embedding({0}, as_variable<double>({0, 2}, {}, true)); }) ==
          "embedding: index 0 at position (0) is out of range for a weight of shape (0, 2)");
    CHECK(message_of<IndexError>([&] { embedding({0}, weight, 3); }) ==
          "embedding: padding_idx 3 is out of range for a weight of shape (3, 2)");
    CHECK_THROWS_AS(embedding({0}, weight, -4), IndexError);
    CHECK(message_of<ShapeError>([&] { embedding({0}, Variable{1.0, 2.0}); }) ==
          "embedding: the weight must have shape (V, D), not (2)");
}
