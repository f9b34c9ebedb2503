// What layers do beside their formulas: modes, options, errors.
#include "tests/message_of.hpp"

#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xgrad;
using tests::message_of;

namespace {

Variable<float> zeros(const Shape& shape) { return Variable<float>(Tensor<float>(shape, 0.0F), false); }

} // namespace

TEST_CASE("layers start in the ranges that PyTorch's start in, from the seed") {
    manual_seed(1);
    nn::Linear linear(64, 100);
    nn::Conv2d conv(4, 50, {3, 2}, {.groups = 2});
    nn::LSTM lstm(3, 25);
    const auto largest = [](const Variable<float>& x) {
        float most = 0;
        for (const float element : x.tensor()) most = std::max(most, std::abs(element));
        return most;
    };
    const auto fills = [&](const Variable<float>& x, double bound) {
        CHECK(largest(x) <= bound);
        CHECK(largest(x) > 0.9 * bound);
    };
    fills(linear.weight, 1.0 / 8);
    fills(linear.bias, 1.0 / 8);
    fills(conv.weight, 1 / std::sqrt(12.0));
    fills(lstm.cells[0].weight_ih, 0.2);
    fills(lstm.cells[0].bias_hh, 0.2);
    manual_seed(1);
    nn::Linear again(64, 100);
    CHECK(std::equal(again.weight.tensor().begin(), again.weight.tensor().end(), linear.weight.tensor().begin()));
    Generator generator(7), same(7);
    nn::Linear a(3, 3, {}, generator), b(3, 3, {}, same);
    CHECK(std::equal(a.bias.tensor().begin(), a.bias.tensor().end(), b.bias.tensor().begin()));
}

TEST_CASE("dropout draws anew in training and does nothing in evaluation") {
    nn::Dropout layer(0.5);
    const Variable<float> x(Array<float>(xt::ones<float>({1000})));
    manual_seed(1);
    const auto first = layer(x), second = layer(x);
    const auto ones = [](const Variable<float>& y) {
        std::size_t kept = 0;
        for (const float element : y.tensor()) kept += element == 2.0F;
        return kept;
    };
    CHECK(ones(first) > 420); // 500 within 5 standard deviations
    CHECK(ones(first) < 580);
    CHECK_FALSE(std::equal(first.tensor().begin(), first.tensor().end(), second.tensor().begin()));
    manual_seed(1);
    const auto again = layer(x);
    CHECK(std::equal(first.tensor().begin(), first.tensor().end(), again.tensor().begin()));
    layer.eval();
    CHECK(&layer(x).cell() == &x.cell());
    Generator own(3);
    nn::Dropout with_own(0.5, own);
    CHECK_FALSE(own != Generator(3));
    with_own(x);
    CHECK(own != Generator(3));
    CHECK(message_of<Error>([] { nn::Dropout(1.5); }) == "Dropout: p is 1.500000, not in [0, 1]");
}

TEST_CASE("dropout between the layers of a recurrent network is for training only") {
    nn::GRU gru(2, 8, {.layers = 2, .dropout = 0.9});
    const auto x = Variable<float>(random_normal<float>({5, 3, 2}), false);
    const auto differ = [&] {
        const auto a = gru(x).output, b = gru(x).output;
        return !std::equal(a.tensor().begin(), a.tensor().end(), b.tensor().begin());
    };
    CHECK(differ());
    gru.eval();
    CHECK_FALSE(differ());
}

TEST_CASE("a recurrent network goes on from the state it returned") {
    nn::LSTM lstm(2, 3, {.layers = 2});
    const auto x = Variable<float>(random_normal<float>({6, 2, 2}), false);
    const auto whole = lstm(x);
    const auto first = lstm(slice(x, {range(0, 4)}));
    const auto [output, state] = lstm(slice(x, {range(4, 6)}), first.state);
    const auto tail = slice(whole.output, {range(4, 6)});
    CHECK(std::equal(output.tensor().begin(), output.tensor().end(), tail.tensor().begin()));
    CHECK(std::equal(state.c.tensor().begin(), state.c.tensor().end(), whole.state.c.tensor().begin()));
}

TEST_CASE("batch norm's statistics run in training only, and a copy has its own") {
    nn::BatchNorm1d layer(2);
    const Variable<float> x(Array<float>{{1, 2}, {3, 6}});
    nn::BatchNorm1d copy = layer;
    layer(x);
    CHECK(layer.num_batches_tracked == 1);
    CHECK(layer.running_mean.value()(1) == doctest::Approx(0.4));
    CHECK(copy.running_mean.value()(1) == 0);
    layer.eval();
    layer(x);
    CHECK(layer.num_batches_tracked == 1);
    // An evaluation that is differentiated after the statistics went on still has the old ones.
    const auto y = sum(layer(x));
    layer.train();
    layer(x);
    CHECK_NOTHROW(y.backward());
}

TEST_CASE_TEMPLATE("radial basis units are bumps around their centres, and all of them can be trained", T, float, double) {
    nn::RadialBasis<T> layer(Array<T>{{0, 0}, {1, 2}}, 0.5);
    const Array<T> x{{0, 0}, {1, 1}, {1, 2}};
    const auto y = layer(x);
    const double tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-14;
    const double expected[] = {1, std::exp(-10.0), std::exp(-4.0), std::exp(-2.0), std::exp(-10.0), 1};
    REQUIRE(y.shape() == Shape{3, 2});
    for (std::size_t i = 0; i < 6; ++i) CHECK(static_cast<double>(y.tensor().data()[i]) == doctest::Approx(expected[i]).epsilon(tolerance));
    if constexpr (std::is_same_v<T, double>) {
        const auto model = [&](const Variable<double>& c, const Variable<double>& s) {
            const auto difference = expand_dims(constant(x), 1) - c;
            return sum(exp(-0.5 * sum(square(difference), -1) * exp(-2.0 * s)));
        };
        const auto [dc, ds] = grad(sum(layer(x)), wrt(layer.centers, layer.log_sigma));
        const auto [c, s] = grad(model(layer.centers, layer.log_sigma), wrt(layer.centers, layer.log_sigma));
        CHECK(xt::allclose(dc.value(), c.value(), 1e-12, 1e-14));
        CHECK(xt::allclose(ds.value(), s.value(), 1e-12, 1e-14));
        CHECK(gradcheck(model, wrt(Variable<double>(layer.centers), Variable<double>(layer.log_sigma)), {.order = 2}).passed);
    }
    CHECK(message_of<Error>([] { nn::RadialBasis<T>(Array<T>{1, 2}, 1.0); }) == "RadialBasis: the centers are of shape (2), not a matrix");
    CHECK(message_of<Error>([] { nn::RadialBasis<T>(Array<T>{{1, 2}}, 0.0); }) == "RadialBasis: sigma is 0.000000");
    CHECK(message_of<Error>([&] { layer(Array<T>{1, 2}); }) == "RadialBasis: the input is of shape (2), not (N, 2)");
}

TEST_CASE("layers refuse extents and options that make no sense") {
    CHECK(message_of<Error>([] { nn::Linear(0, 3); }) == "Linear: inputs is 0");
    CHECK(message_of<Error>([] { nn::Bilinear(1, 2, 0); }) == "Bilinear: outputs is 0");
    CHECK(message_of<Error>([] { nn::Conv1d(0, 1, 3); }) == "Conv1d: in_channels is 0");
    CHECK(message_of<Error>([] { nn::Conv2d(3, 4, 0); }) == "Conv2d: the kernel is 0 x 0");
    CHECK(message_of<Error>([] { nn::Conv2d(3, 4, 1, {.groups = 2}); }) == "Conv2d: 3 channels in and 4 out do not divide into 2 groups");
    CHECK(message_of<Error>([] { nn::ConvTranspose2d(3, 4, 1, {.groups = 0}); }) ==
          "ConvTranspose2d: 3 channels in and 4 out do not divide into 0 groups");
    CHECK(message_of<Error>([] { nn::BatchNorm2d(0); }) == "BatchNorm2d: channels is 0");
    CHECK(message_of<Error>([] { nn::BatchNorm1d(2, {.momentum = 2}); }) == "BatchNorm1d: momentum is 2.000000, not in [0, 1]");
    CHECK(message_of<Error>([] { nn::BatchNorm1d(2, {.eps = -1}); }) == "BatchNorm1d: eps is -1.000000");
    CHECK(message_of<Error>([] { nn::LayerNorm(2, {.eps = NAN}); }).starts_with("LayerNorm: eps is "));
    CHECK(message_of<Error>([] { nn::LayerNorm(Shape{}); }) == "LayerNorm: there is no axis to normalise over");
    CHECK(message_of<Error>([] { nn::Embedding(0, 3); }) == "Embedding: entries is 0");
    CHECK(message_of<Error>([] { nn::Embedding(4, 3, {.padding_idx = 4}); }) == "Embedding: padding_idx is 4, not in [-4, 4)");
    CHECK(message_of<Error>([] { nn::LSTM(3, 2, {.layers = 0}); }) == "LSTM: layers is 0");
    CHECK(message_of<Error>([] { nn::RNN(3, 2, {.dropout = -1}); }) == "RNN: dropout is -1.000000, not in [0, 1]");
    // Before gigabytes are asked for.
    CHECK_THROWS_AS(nn::Linear(std::size_t{1} << 40, std::size_t{1} << 40), ShapeError);
}

TEST_CASE("layers refuse inputs of other shapes") {
    nn::Bilinear bilinear(2, 3, 1);
    CHECK(message_of<Error>([&] { bilinear(zeros({4, 2}), zeros({5, 3})); }) ==
          "Bilinear: the inputs are of shapes (4, 2) and (5, 3), not (..., 2) and (..., 3)");
    nn::BatchNorm2d norm(3);
    CHECK(message_of<Error>([&] { norm(zeros({2, 3, 4})); }) == "BatchNorm2d: the input is of shape (2, 3, 4), not (N, C, H, W) with C = 3");
    nn::BatchNorm1d norm1(3);
    CHECK(message_of<Error>([&] { norm1(zeros({2, 4})); }) == "BatchNorm1d: the input is of shape (2, 4), not (N, C) or (N, C, L) with C = 3");
    nn::LSTM lstm(3, 2, {.batch_first = true});
    CHECK(message_of<Error>([&] { lstm(zeros({5, 3})); }) == "LSTM: the input is of shape (5, 3), not (N, L, 3)");
    CHECK(message_of<Error>([&] { lstm(zeros({5, 0, 3})); }) == "LSTM: the sequences have no elements");
    CHECK(message_of<Error>([&] { lstm(zeros({5, 4, 3}), LSTMState<float>{zeros({1, 5, 2}), zeros({1, 4, 2})}); }) ==
          "LSTM: the state is of shape (1, 4, 2), not (1, 5, 2)");
    CHECK(message_of<GraphError>([&] { lstm(zeros({5, 4, 3}), LSTMState<float>{}); }) == "LSTM: the state is an empty Variable");
    nn::Embedding embedding(4, 2);
    CHECK_THROWS_AS(embedding(Array<int>{1, 4}), IndexError);
    CHECK(embedding(Array<int>{{1, 3, 0}}).shape() == Shape{1, 3, 2});
}

TEST_CASE("layers take batches of nothing where that has a meaning") {
    CHECK(nn::Linear(3, 2)(zeros({0, 3})).shape() == Shape{0, 2});
    CHECK(nn::Bilinear(3, 2, 4)(zeros({0, 3}), zeros({0, 2})).shape() == Shape{0, 4});
    CHECK(nn::Conv2d(1, 2, 3)(zeros({0, 1, 5, 5})).shape() == Shape{0, 2, 3, 3});
    CHECK(nn::LSTM(3, 2)(zeros({4, 0, 3})).output.shape() == Shape{4, 0, 2});
    CHECK(nn::Flatten()(zeros({0, 2, 3})).shape() == Shape{0, 6});
}
