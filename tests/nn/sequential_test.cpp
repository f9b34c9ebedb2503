#include "tests/message_of.hpp"

#include <xgrad/nn/layers/activation.hpp>
#include <xgrad/nn/layers/flatten.hpp>
#include <xgrad/nn/layers/linear.hpp>
#include <xgrad/nn/sequential.hpp>
#include <xgrad/nn/summary.hpp>
#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <sstream>

using namespace xgrad;

TEST_CASE("Sequential composes modules and functions, of either element type") {
    manual_seed(1);
    nn::Sequential model{nn::Linear<double>(3, 4), nn::Tanh(), [](const Variable<double>& x) { return square(x); },
                         nn::Linear<double>(4, 2, {.bias = false})};
    static_assert(std::same_as<decltype(model), nn::Sequential<double>>);
    static_assert(std::same_as<decltype(nn::Sequential{nn::Flatten(), nn::Linear(4, 2)}), nn::Sequential<float>>);
    static_assert(std::same_as<decltype(nn::Sequential{nn::ReLU()}), nn::Sequential<float>>);
    const Array<double> x = xt::linspace<double>(-1, 1, 6).reshape({2, 3});
    const auto& first = model.get<nn::Linear<double>>(0);
    const auto& last = model.get<nn::Linear<double>>(3);
    const auto expected = matmul(square(tanh(matmul(constant(x), first.weight, {.transpose_b = true}) + first.bias)), last.weight,
                                 {.transpose_b = true});
    const auto y = model(x);
    CHECK(y.shape() == Shape{2, 2});
    CHECK(xt::allclose(y.value(), expected.value(), 1e-14, 1e-14));
    CHECK(model.size() == 4);
    CHECK(model.parameters().size() == 3);
    CHECK(model.named_parameters().back().first == "3.weight");
    CHECK(model[1].type_name() == "Tanh");
    CHECK(model[2].type_name() == "Lambda");
    CHECK(tests::message_of<IndexError>([&] { model[4]; }) == "Sequential: there is no module 4 among 4");
    CHECK(tests::message_of<ValueError>([&] { model.get<nn::Linear<float>>(0); }) ==
          "Sequential: module 0 is a Linear of another type than asked for");
}

TEST_CASE("a copy of a Sequential is independent, and assignment keeps the parameters that others share") {
    nn::Sequential model{nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 1)};
    nn::Sequential copy = model;
    const auto shared = model.parameters();
    copy.get<nn::Linear<>>(0).weight.value() = 5.0F;
    CHECK(shared[0].value()(0, 0) != 5.0F);
    model = copy;
    CHECK(shared[0].value()(0, 0) == 5.0F);
    nn::Sequential other{nn::Linear(2, 2)};
    other = model;
    CHECK(other.size() == 3);
    CHECK(other.get<nn::Linear<>>(0).weight.value()(0, 0) == 5.0F);
    nn::Sequential<float> empty;
    const Variable<float> x{1.0F, 2.0F};
    CHECK(empty(x).value()(1) == 2.0F);
    nn::Sequential nested{model, nn::Sigmoid()};
    CHECK(nested.named_parameters()[2].first == "0.2.weight");
}

TEST_CASE("the layers of the notes' 784-16-16-10 network have 13,002 parameters") {
    nn::Sequential model{nn::Linear(784, 16), nn::Sigmoid(), nn::Linear(16, 16), nn::Sigmoid(), nn::Linear(16, 10), nn::Sigmoid()};
    model.get<nn::Linear<>>(2).eval(); // the mode of each module is put back
    const nn::Summary summary = nn::summary(model, {1, 784});
    CHECK(summary.parameters == 13002);
    CHECK(summary.trainable == 13002);
    REQUIRE(summary.rows.size() == 6);
    CHECK(summary.rows[0].parameters == 784 * 16 + 16);
    CHECK(summary.rows[0].outputs == std::vector<Shape>{{1, 16}});
    CHECK(summary.rows[4].path == "4");
    CHECK(summary.rows[5].type == "Sigmoid");
    CHECK_FALSE(model[2].is_training());
    CHECK(model[0].is_training());
    std::ostringstream out;
    out << summary;
    CHECK(out.str() == R"(Sequential
-------------------------------------
layer        output shape  parameters
-------------------------------------
0 (Linear)   (1, 16)           12,560
1 (Sigmoid)  (1, 16)                0
2 (Linear)   (1, 16)              272
3 (Sigmoid)  (1, 16)                0
4 (Linear)   (1, 10)              170
5 (Sigmoid)  (1, 10)                0
-------------------------------------
13,002 parameters
)");
}

TEST_CASE("the rows of a summary add up to all parameters") {
    struct Scaled : nn::Module<Scaled> {
        nn::Linear<> layer{3, 2};
        nn::Linear<>& again = layer;
        nn::Parameter<> scale{Tensor<float>({2}, 1.0F)};
        XGRAD_MEMBERS(layer, again, scale)
        auto forward(const Variable<float>& x) { return layer(x) * scale; }
    } model;
    const nn::Summary summary = nn::summary(model, {4, 3});
    REQUIRE(summary.rows.size() == 2);
    CHECK(summary.rows[0].parameters == 8);
    CHECK(summary.rows[1].path == "");
    CHECK(summary.rows[1].parameters == 2);
    CHECK(summary.parameters == 10);
}

TEST_CASE("a summary counts what is frozen and shared, and fails as the model does") {
    nn::Sequential model{nn::Linear(3, 3), nn::Linear(3, 3)};
    model[0].freeze();
    const nn::Summary summary = nn::summary(model, {2, 3});
    CHECK(summary.parameters == 24);
    CHECK(summary.trainable == 12);
    CHECK(summary.to_string().ends_with("24 parameters, 12 of them trained\n"));
    CHECK_THROWS_AS(nn::summary(model, {2, 4}), ShapeError);
    CHECK(model.is_training());
    nn::Linear layer(2, 2);
    CHECK(nn::summary(layer, {1, 2}).rows.size() == 1);
}
