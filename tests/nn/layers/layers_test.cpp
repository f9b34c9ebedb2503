// Every layer against PyTorch: outputs, gradients of inputs and parameters, and buffers; see tests/reference/layers.py.
#include "tests/message_of.hpp"
#include "tests/reference/layers.hpp"

#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <map>

using namespace xgrad;
using tests::reference::Elements;
using tests::reference::LayerCall;
using tests::reference::LayerCase;

namespace {

template <class T>
Tensor<T> tensor_of(const Elements& from) {
    Tensor<T> tensor{Shape(from.shape)};
    REQUIRE(tensor.size() == from.elements.size());
    std::transform(from.elements.begin(), from.elements.end(), tensor.begin(), [](double x) { return static_cast<T>(x); });
    return tensor;
}

/// Whether all elements agree, relative to the largest: 1e-5 in float, 1e-10 in double.
template <class T>
bool agree(const Tensor<T>& got, const Elements& expected) {
    if (got.shape() != Shape(expected.shape)) return false;
    double scale = 1;
    for (const double x : expected.elements) scale = std::max(scale, std::abs(x));
    const double tolerance = scale * (std::is_same_v<T, float> ? 1e-5 : 1e-10);
    return std::equal(got.begin(), got.end(), expected.elements.begin(),
                      [&](T a, double b) { return std::abs(static_cast<double>(a) - b) <= tolerance; });
}

bool is_count(std::string_view name) {
    return name == "num_batches_tracked";
}

/// The adjoint of an output: 1 + i / 4 - n / 8.
template <class T>
Variable<T> adjoint(const Shape& shape) {
    Tensor<T> u(shape);
    for (std::size_t i = 0; i < u.size(); ++i) {
        u.data()[i] = static_cast<T>(1 + static_cast<double>(i) / 4 - static_cast<double>(u.size()) / 8);
    }
    return Variable<T>(u, false);
}

/// Calls a module on inputs and returns the outputs.
template <class T>
using Call = std::function<std::vector<Variable<T>>(std::initializer_list<Elements> given, const std::vector<Variable<T>>& inputs)>;

/// Makes each call of the case and compares.
template <class T>
void check(const LayerCase& reference, nn::ModuleBase& module, const Call<T>& call) {
    CAPTURE(reference.name);
    nn::StateDict state;
    for (const auto& [name, array] : reference.state) {
        if (is_count(name)) state[name] = tensor_of<std::int64_t>(array);
        else state[name] = tensor_of<T>(array);
    }
    module.load_state_dict(state); // strict: the names and the shapes are PyTorch's
    for (const LayerCall& expected : reference.calls) {
        std::vector<Variable<T>> inputs;
        for (const Elements& input : expected.inputs) inputs.emplace_back(tensor_of<T>(input), true);
        const std::vector<Variable<T>> outputs = call(expected.inputs, inputs);
        REQUIRE(outputs.size() == expected.outputs.size());
        Variable<T> total{T(0)};
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            CAPTURE(k);
            CHECK(agree(outputs[k].tensor(), expected.outputs.begin()[k]));
            total = total + sum(outputs[k] * adjoint<T>(outputs[k].shape()));
        }
        total.backward();
        for (std::size_t k = 0; k < expected.gradients.size(); ++k) {
            CAPTURE(k);
            Tensor<T> gradient(inputs[k].shape());
            std::copy(inputs[k].grad().begin(), inputs[k].grad().end(), gradient.begin());
            CHECK(agree(gradient, expected.gradients.begin()[k]));
        }
    }
    auto* const trained = dynamic_cast<nn::ModuleOf<T>*>(&module); // what has no parameters takes either element type
    const auto parameters = trained ? trained->named_parameters() : std::vector<std::pair<std::string, Variable<T>>>();
    REQUIRE(parameters.size() == reference.gradients.size());
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        const auto& [name, parameter] = parameters[k];
        CAPTURE(name);
        CHECK(name == reference.gradients.begin()[k].name);
        Tensor<T> gradient(parameter.shape());
        std::copy(parameter.grad().begin(), parameter.grad().end(), gradient.begin());
        CHECK(agree(gradient, reference.gradients.begin()[k].array));
    }
    const nn::StateDict after = module.state_dict();
    for (const auto& [name, array] : reference.buffers) {
        CAPTURE(name);
        if (is_count(name)) CHECK(*std::get<Tensor<std::int64_t>>(after.at(name)).data() == array.elements.begin()[0]);
        else CHECK(agree(std::get<Tensor<T>>(after.at(name)), array));
    }
}

/// A layer of one input and one output.
template <class T, class Module>
void check_plain(const LayerCase& reference, Module module, bool training = true) {
    module.train(training);
    check<T>(reference, module, [&](const auto&, const auto& x) { return std::vector{module(x[0])}; });
}

template <class T, class Module>
void check_embedding(const LayerCase& reference, Module module) {
    check<T>(reference, module, [&](std::initializer_list<Elements> given, const auto&) {
        Array<std::int64_t> indices = Array<std::int64_t>::from_shape(
            std::vector<std::size_t>(given.begin()->shape));
        std::copy(given.begin()->elements.begin(), given.begin()->elements.end(), indices.begin());
        return std::vector{module(indices)};
    });
}

/// A recurrent layer, with the state that is given if there is one.
template <class T, class Module>
void check_recurrent(const LayerCase& reference, Module module) {
    check<T>(reference, module, [&](const auto&, const std::vector<Variable<T>>& x) -> std::vector<Variable<T>> {
        if constexpr (std::is_same_v<Module, nn::LSTM<T>>) {
            auto [output, state] = x.size() == 1 ? module(x[0]) : module(x[0], LSTMState<T>{x[1], x[2]});
            return {output, state.h, state.c};
        } else {
            auto [output, state] = x.size() == 1 ? module(x[0]) : module(x[0], x[1]);
            return {output, state};
        }
    });
}

template <class T>
void check_case(const LayerCase& reference) {
    using namespace nn;
    using Check = std::function<void(const LayerCase&)>;
    const auto plain = [](auto module) { return Check([module](const LayerCase& c) { check_plain<T>(c, module); }); };
    const auto evaluated = [](auto module) { return Check([module](const LayerCase& c) { check_plain<T>(c, module, false); }); };
    const auto embedding = [](auto module) { return Check([module](const LayerCase& c) { check_embedding<T>(c, module); }); };
    const auto recurrent = [](auto module) { return Check([module](const LayerCase& c) { check_recurrent<T>(c, module); }); };
    const auto bilinear = [](auto module) {
        return Check([module](const LayerCase& c) mutable {
            check<T>(c, module, [&](const auto&, const auto& x) { return std::vector{module(x[0], x[1])}; });
        });
    };
    const std::map<std::string, Check> checks = {
        {"Linear", plain(Linear<T>(3, 4))},
        {"Linear without bias, 3 axes", plain(Linear<T>(3, 2, {.bias = false}))},
        {"Bilinear", bilinear(Bilinear<T>(3, 2, 4))},
        {"Bilinear, 3 axes", bilinear(Bilinear<T>(2, 3, 2, {.bias = false}))},
        {"Conv1d", plain(Conv1d<T>(2, 3, 3, {.stride = 2, .padding = 1, .dilation = 2}))},
        {"Conv1d, 2 groups", plain(Conv1d<T>(4, 2, 2, {.groups = 2, .bias = false}))},
        {"Conv2d", plain(Conv2d<T>(2, 3, {3, 2}, {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}}))},
        {"Conv2d, 2 groups", plain(Conv2d<T>(4, 6, 2, {.groups = 2}))},
        {"Conv2d, depthwise", plain(Conv2d<T>(3, 3, 3, {.padding = 1, .groups = 3, .bias = false}))},
        {"ConvTranspose2d", plain(ConvTranspose2d<T>(2, 3, 3, {.stride = 2, .padding = 1, .output_padding = 1}))},
        {"ConvTranspose2d, 2 groups",
         plain(ConvTranspose2d<T>(4, 4, {2, 3}, {.stride = {1, 2}, .dilation = {2, 1}, .groups = 2, .bias = false}))},
        {"MaxPool2d", plain(MaxPool2d(2))},
        {"MaxPool2d, ceil mode", plain(MaxPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true}))},
        {"AvgPool2d", plain(AvgPool2d({2, 3}, {.stride = 1}))},
        {"AvgPool2d, ceil mode",
         plain(AvgPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}))},
        {"Upsample", plain(Upsample({2, 3}))},
        {"BatchNorm1d", plain(BatchNorm1d<T>(3))},
        {"BatchNorm1d, 3 axes", plain(BatchNorm1d<T>(2, {.eps = 1e-3, .momentum = 0.3}))},
        {"BatchNorm1d, evaluation", evaluated(BatchNorm1d<T>(3))},
        {"BatchNorm1d, without running statistics", evaluated(BatchNorm1d<T>(2, {.track_running_stats = false}))},
        {"BatchNorm2d", plain(BatchNorm2d<T>(2))},
        {"BatchNorm2d, mean of all batches", plain(BatchNorm2d<T>(2, {.momentum = {}, .affine = false}))},
        {"BatchNorm2d, evaluation", evaluated(BatchNorm2d<T>(2))},
        {"LayerNorm", plain(LayerNorm<T>(5))},
        {"LayerNorm, 2 axes", plain(LayerNorm<T>(Shape{2, 3}, {.eps = 1e-2, .affine = false}))},
        {"Dropout, evaluation", evaluated(Dropout(0.7))},
        {"Embedding", embedding(Embedding<T>(5, 3))},
        {"Embedding, padding", embedding(Embedding<T>(4, 2, {.padding_idx = 1}))},
        {"Flatten", plain(Flatten())},
        {"ReLU", plain(ReLU())},
        {"Sigmoid", plain(Sigmoid())},
        {"LogSigmoid", plain(LogSigmoid())},
        {"Tanh", plain(Tanh())},
        {"Softplus", plain(Softplus())},
        {"Softsign", plain(Softsign())},
        {"SELU", plain(SELU())},
        {"GELU", plain(GELU())},
        {"SiLU", plain(SiLU())},
        {"LeakyReLU", plain(LeakyReLU(0.2))},
        {"ELU", plain(ELU(0.7))},
        {"Hardtanh", plain(Hardtanh(-0.5, 0.25))},
        {"Softmax", plain(Softmax(1))},
        {"LogSoftmax", plain(LogSoftmax(-1))},
        {"RNN", recurrent(RNN<T>(3, 2))},
        {"RNN, relu, 2 layers, bidirectional",
         recurrent(RNN<T>(2, 2, {.layers = 2, .activation = RNNActivation::relu, .bidirectional = true}))},
        {"LSTM", recurrent(LSTM<T>(3, 2))},
        {"LSTM, 2 layers, bidirectional, batch first",
         recurrent(LSTM<T>(2, 2, {.layers = 2, .batch_first = true, .bidirectional = true}))},
        {"LSTM without bias", recurrent(LSTM<T>(2, 3, {.bias = false, .batch_first = true}))},
        {"GRU", recurrent(GRU<T>(3, 2))},
        {"GRU, 2 layers, bidirectional", recurrent(GRU<T>(2, 2, {.layers = 2, .bidirectional = true}))},
    };
    const auto found = checks.find(reference.name);
    REQUIRE_MESSAGE(found != checks.end(), "no module for ", reference.name);
    found->second(reference);
}

} // namespace

TEST_CASE_TEMPLATE("every layer agrees with PyTorch", T, float, double) {
    CHECK(std::size(tests::reference::layer_cases) == 50);
    for (const LayerCase& reference : tests::reference::layer_cases) check_case<T>(reference);
}
