#include "tests/message_of.hpp"

#include <xgrad/nn/layers/activation.hpp>
#include <xgrad/nn/layers/flatten.hpp>
#include <xgrad/nn/layers/linear.hpp>
#include <xgrad/nn/sequential.hpp>
#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <optional>

using namespace xgrad;

namespace {

struct Net : nn::Module<Net> {
    nn::Linear<> hidden{3, 4}, output{4, 2};
    XGRAD_MEMBERS(hidden, output)

    auto forward(const Variable<float>& x) { return output(tanh(hidden(x))); }
};

struct Outer : nn::Module<Outer> {
    Net first;
    std::vector<nn::Linear<>> more{nn::Linear(2, 2), nn::Linear(2, 2)};
    nn::Parameter<> scale{Tensor<float>({2}, 1.0F)}, absent;
    nn::Buffer<> seen{Tensor<float>({2}, 0.0F)};
    std::int64_t calls = 0;
    XGRAD_MEMBERS(first, more, scale, absent, seen, calls)

    auto forward(const Variable<float>& x, const Variable<float>& y) {
        ++calls;
        auto z = first(x);
        for (auto& layer : more) z = layer(z);
        return std::tuple{z * scale, y * scale};
    }
};

template <class M>
std::vector<std::string> names_of(M& module) {
    std::vector<std::string> names;
    for (const auto& [name, parameter] : module.named_parameters()) names.push_back(name);
    return names;
}

Array<float> ones(const std::vector<std::size_t>& shape) { return xt::ones<float>(shape); }

template <class T>
bool same_elements(const Variable<T>& a, const Variable<T>& b) {
    return a.shape() == b.shape() && std::equal(a.tensor().begin(), a.tensor().end(), b.tensor().begin());
}

std::string what_of(const auto& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

} // namespace

TEST_CASE("a module's parameters have the paths of its members, in their order") {
    Net net;
    CHECK(names_of(net) == std::vector<std::string>{"hidden.weight", "hidden.bias", "output.weight", "output.bias"});
    CHECK(net.parameters().size() == 4);
    CHECK(net.parameters([](std::string_view name) { return name.ends_with("weight"); }).size() == 2);

    Outer outer;
    CHECK(names_of(outer) == std::vector<std::string>{"first.hidden.weight", "first.hidden.bias", "first.output.weight",
                                                      "first.output.bias", "more.0.weight", "more.0.bias", "more.1.weight",
                                                      "more.1.bias", "scale"});
    REQUIRE(outer.named_buffers().size() == 1);
    CHECK(outer.named_buffers()[0].first == "seen");
    CHECK(&outer.named_buffers()[0].second.cell() == &outer.seen.cell());
    const nn::StateDict state = outer.state_dict();
    CHECK(state.size() == 11);
    CHECK(state.contains("seen"));
    CHECK(state.contains("calls"));
    std::vector<std::string> paths;
    for (const auto& [path, module] : outer.named_modules()) paths.push_back(path + ":" + module->type_name());
    CHECK(paths == std::vector<std::string>{":Outer", "first:Net", "first.hidden:Linear", "first.output:Linear", "more.0:Linear",
                                            "more.1:Linear"});
}

TEST_CASE("a module takes Variables and arrays, several of them, and returns what its author likes") {
    Outer outer;
    const auto [a, b] = outer(ones({5, 3}), ones({5, 2}));
    CHECK(a.shape() == Shape{5, 2});
    CHECK(b.shape() == Shape{5, 2});
    CHECK(outer.calls == 1);
    outer(constant<float>(ones({5, 3})), ones({5, 2}));
    CHECK(outer.calls == 2);
}

TEST_CASE("a copy of a module has parameters of its own; moving it keeps them") {
    Net net;
    Net copy = net;
    const auto parameters = net.parameters();
    CHECK(same_elements<float>(copy.hidden.weight, net.hidden.weight));
    copy.hidden.weight.value() = 7.0F;
    CHECK(net.hidden.weight.value()(0, 0) != 7.0F);

    // Assigned in place: whoever shares the parameters sees it.
    net = copy;
    CHECK(parameters[0].value()(0, 0) == 7.0F);
    CHECK(&parameters[0].cell() == &net.hidden.weight.cell());
    copy.hidden.weight.value() = 8.0F;
    CHECK(net.hidden.weight.value()(0, 0) == 7.0F);

    Net moved = std::move(net);
    CHECK(&parameters[0].cell() == &moved.hidden.weight.cell());
    std::vector<Net> nets(3, moved);
    CHECK(same_elements<float>(nets[2].output.bias, moved.output.bias));
    CHECK(&nets[1].output.bias.cell() != &nets[2].output.bias.cell());
}

TEST_CASE("a parameter that forward uses and no list names is an error, whatever it is a member of") {
    struct ForgottenModule : nn::Module<ForgottenModule> {
        nn::Linear<> hidden{3, 4}, output{4, 2};
        XGRAD_MEMBERS(hidden)
        auto forward(const Variable<float>& x) { return output(hidden(x)); }
    };
    struct ForgottenParameter : nn::Module<ForgottenParameter> {
        nn::Parameter<> scale{Tensor<float>({3}, 1.0F)};
        auto forward(const Variable<float>& x) { return x * scale; }
    };
    struct ForgottenVariable : nn::Module<ForgottenVariable> {
        Variable<float> scale{2.0F};
        auto forward(const Variable<float>& x) { return x * scale; }
    };
    struct InContainer : nn::Module<InContainer> {
        std::vector<nn::Linear<>> layers{nn::Linear(3, 3)};
        auto forward(const Variable<float>& x) { return layers[0](x); }
    };
    struct Around : nn::Module<Around> {
        ForgottenParameter inner;
        XGRAD_MEMBERS(inner)
        auto forward(const Variable<float>& x) { return inner(x); }
    };
    const auto x = ones({2, 3});
    CHECK(what_of([&] { ForgottenModule()(x); })
              .starts_with("ForgottenModule: forward() uses a parameter of shape (2, 4) that is not listed"));
    CHECK(what_of([&] { ForgottenParameter()(x); }).find("shape (3)") != std::string::npos);
    CHECK(what_of([&] { ForgottenVariable()(x); }).find("shape ()") != std::string::npos);
    CHECK(what_of([&] { InContainer()(x); }).find("shape (3, 3)") != std::string::npos);
    CHECK(what_of([&] { Around()(x); }).find("shape (3)") != std::string::npos);

    // An input is no parameter, and what was detached is not trained.
    struct Detached : nn::Module<Detached> {
        nn::Parameter<> scale{Tensor<float>({3}, 1.0F)};
        auto forward(const Variable<float>& x) { return x * scale.detach(); }
    };
    CHECK_NOTHROW(Detached()(Variable<float>(x)));
    // Without recording nothing is trained, and the check waits for the first call that records.
    ForgottenParameter forgotten;
    no_grad([&] { CHECK_NOTHROW(forgotten(x)); });
    CHECK_THROWS_AS(forgotten(x), GraphError);
}

TEST_CASE("a leaf that forward makes, and what the result does not depend on, are no forgotten parameters") {
    // As a physics-informed network does: the derivative with respect to the input is part of the result.
    struct Derivative : nn::Module<Derivative> {
        nn::Linear<> layer{1, 1};
        XGRAD_MEMBERS(layer)
        auto forward(const Variable<float>& x) {
            const Variable<float> t(x.tensor().clone(), true);
            const auto [dt] = grad(sum(tanh(layer(t))), wrt(t), {.create_graph = true});
            return dt;
        }
    } derivative;
    CHECK_NOTHROW(derivative(ones({3, 1})));
    struct Teacher : nn::Module<Teacher> {
        nn::Linear<> student{2, 2};
        std::vector<nn::Linear<>> teacher{nn::Linear(2, 2)}; // not trained here, and not listed
        XGRAD_MEMBERS(student)
        auto forward(const Variable<float>& x) { return student(x) - teacher[0](x).detach(); }
    } teacher;
    CHECK_NOTHROW(teacher(ones({3, 2})));
    // Arguments that hold no Variables do not keep the check from seeing.
    struct Forgetful : nn::Module<Forgetful> {
        Variable<float> scale{2.0F};
        auto forward(const Variable<float>& x, const std::string&, const std::optional<Variable<float>>&) { return x * scale; }
    } forgetful;
    CHECK_THROWS_AS(forgetful(ones({2}), std::string("name"), std::optional<Variable<float>>()), GraphError);
}

TEST_CASE("members may be in arrays, optionals and behind pointers") {
    struct Holder : nn::Module<Holder> {
        std::array<nn::Linear<>, 2> pair{nn::Linear(1, 1), nn::Linear(1, 1)};
        std::optional<nn::Linear<>> maybe, none;
        std::shared_ptr<nn::Linear<>> shared = std::make_shared<nn::Linear<>>(1, 1);
        XGRAD_MEMBERS(pair, maybe, none, shared)
        auto forward(const Variable<float>& x) { return x; }
    } holder;
    holder.maybe.emplace(1, 1, nn::LinearOptions{.bias = false});
    CHECK(names_of(holder) == std::vector<std::string>{"pair.0.weight", "pair.0.bias", "pair.1.weight", "pair.1.bias", "maybe.weight",
                                                       "shared.weight", "shared.bias"});
}

TEST_CASE("an error in forward names the module within the model, and the place of the call") {
    Net net;
    const auto wrong = ones({2, 5});
    // A library's layer passes on where it was called, which here is Net's forward.
    const std::string what = what_of([&] { net(wrong); });
    CHECK(what.starts_with("linear: "));
    CHECK(what.find("\n  in Net.hidden (Linear), called at module_test.cpp:") != std::string::npos);

    nn::Linear layer(3, 4);
    CHECK(what_of([&] { layer(wrong); }).find("\n  in Linear, called at module_test.cpp:") != std::string::npos);

    nn::Sequential model{nn::Linear(3, 4), nn::ReLU(), nn::Sequential{nn::Linear(5, 6), nn::Sigmoid()}};
    const std::string nested = what_of([&] { model(ones({2, 3})); });
    CHECK(nested.find("\n  in Sequential.2.0 (Linear), called at module_test.cpp:") != std::string::npos);
    // Caught and thrown anew, every error names its own module.
    CHECK(what_of([&] { model(wrong); }).find("\n  in Sequential.0 (Linear), called at") != std::string::npos);

    Outer outer;
    outer.more[1] = nn::Linear(3, 3);
    CHECK(what_of([&] { outer(ones({2, 3}), ones({2, 2})); }).find("\n  in Outer.more.1 (Linear), called at") != std::string::npos);
}

TEST_CASE("an error that forward caught leaves no trace in the next one") {
    struct Careful : nn::Module<Careful> {
        nn::Linear<> first{2, 2}, second{3, 3};
        XGRAD_MEMBERS(first, second)
        auto forward(const Variable<float>& x) {
            CHECK_THROWS_AS(first(x), ShapeError);
            return second(second(x) * Array<float>{1, 2}); // does not broadcast, in forward itself
        }
    };
    CHECK(what_of([&] { Careful()(ones({4, 3})); }).find("\n  in Careful, called at") != std::string::npos);
}

TEST_CASE("training, evaluation and freezing reach every module below") {
    Outer outer;
    CHECK(outer.is_training());
    outer.eval();
    CHECK_FALSE(outer.first.hidden.is_training());
    CHECK_FALSE(outer.more[1].is_training());
    outer.first.train();
    CHECK(outer.first.output.is_training());
    CHECK_FALSE(outer.is_training());

    Net net;
    net.hidden.freeze();
    const auto loss = sum(net(ones({2, 3})));
    loss.backward();
    CHECK_FALSE(net.hidden.weight.has_grad());
    CHECK(net.output.weight.has_grad());
    net.unfreeze();
    sum(net(ones({2, 3}))).backward();
    CHECK(net.hidden.weight.has_grad());
}

TEST_CASE("evaluation for a while leaves every module in the mode it was in") {
    Outer outer;
    outer.first.output.eval();
    {
        const nn::EvalMode eval(outer);
        CHECK_FALSE(outer.is_training());
        CHECK_FALSE(outer.first.hidden.is_training());
    }
    CHECK(outer.is_training());
    CHECK(outer.first.hidden.is_training());
    CHECK_FALSE(outer.first.output.is_training());
}

TEST_CASE("Variables in a vector are inputs like others") {
    struct Sum : nn::Module<Sum> {
        nn::Parameter<> scale{Tensor<float>({2}, 1.0F)};
        XGRAD_MEMBERS(scale)
        auto forward(const std::vector<Variable<float>>& parts) { return (parts[0] + parts[1]) * scale; }
    } model;
    std::size_t inputs = 0;
    model.on_forward([&](const nn::ForwardCall& call) { inputs = call.inputs.size(); });
    CHECK_NOTHROW(model(std::vector{Variable<float>{1.0F, 2.0F}, Variable<float>{3.0F, 4.0F}}));
    CHECK(inputs == 2);
}

TEST_CASE("a state dictionary is a copy that load_state_dict takes back in place") {
    Outer outer;
    outer.seen.value() = 3.0F;
    outer.calls = 41;
    const nn::StateDict state = outer.state_dict();
    const float before = outer.scale.value()(0);
    outer.scale.value() = 9.0F;
    outer.seen.value() = 4.0F;
    outer.calls = 0;
    CHECK(std::get<Tensor<float>>(state.at("scale")).data()[0] == before);
    const auto parameters = outer.parameters();
    CHECK(outer.load_state_dict(state).missing.empty());
    CHECK(outer.scale.value()(0) == before);
    CHECK(outer.seen.value()(1) == 3.0F);
    CHECK(outer.calls == 41);
    CHECK(&parameters.back().cell() == &outer.scale.cell());
}

TEST_CASE("a state that does not fit is refused key by key, and nothing is changed") {
    Net net;
    const auto before = net.state_dict();
    nn::StateDict state = net.state_dict();
    for (float& element : std::get<Tensor<float>>(state["hidden.weight"])) element = 5;
    state.erase("hidden.bias");
    state["output.bias"] = Tensor<float>({3}, 0.0F);
    state["output.weight"] = Tensor<double>({2, 4}, 0.0);
    state["extra"] = Tensor<float>({1}, 0.0F);
    CHECK(tests::message_of<ValueError>([&] { net.load_state_dict(state); }) ==
          "load_state_dict: the state does not fit Net:\n"
          "  \"output.weight\" is (2, 4) of double, not (2, 4) of float\n"
          "  \"output.bias\" is (3) of float, not (2) of float\n"
          "  \"hidden.bias\" is missing\n"
          "  \"extra\" is unexpected");
    CHECK(net.hidden.weight.value()(0, 0) == *std::get<Tensor<float>>(before.at("hidden.weight")).data());

    state["output.bias"] = before.at("output.bias");
    state["output.weight"] = before.at("output.weight");
    const nn::Mismatch mismatch = net.load_state_dict(state, false);
    CHECK(mismatch.missing == std::vector<std::string>{"hidden.bias"});
    CHECK(mismatch.unexpected == std::vector<std::string>{"extra"});
    CHECK(net.hidden.weight.value()(0, 0) == 5);
}

TEST_CASE("hooks see what goes into a module and what comes out, until they are removed") {
    Net net;
    std::vector<std::string> calls;
    const std::size_t id = net.hidden.on_forward([&](const nn::ForwardCall& call) {
        calls.push_back(call.module.type_name() + to_string(call.input().shape()) + to_string(call.output().shape()));
    });
    net.on_forward([&](const nn::ForwardCall& call) { calls.push_back(call.module.type_name()); });
    net(ones({2, 3}));
    CHECK(calls == std::vector<std::string>{"Linear(2, 3)(2, 4)", "Net"});
    net.hidden.remove_hook(id);
    net(ones({2, 3}));
    CHECK(calls.size() == 3);
    // What is removed twice is not another one, and a copy has none.
    net.hidden.on_forward([&](const nn::ForwardCall&) { calls.push_back("again"); });
    net.hidden.remove_hook(id);
    net(ones({2, 3}));
    CHECK(calls.size() == 5);
    Net copy = net;
    copy(ones({2, 3}));
    CHECK(calls.size() == 5);
    copy = net;
    Net moved = std::move(net);
    moved(ones({2, 3}));
    CHECK(calls.size() == 7);

    Outer outer;
    std::size_t outputs = 0;
    outer.on_forward([&](const nn::ForwardCall& call) { outputs = call.outputs.size() + 10 * call.inputs.size(); });
    outer(ones({2, 3}), ones({2, 2}));
    CHECK(outputs == 22);
}

TEST_CASE("a shared parameter is listed once, by its first name") {
    struct Tied : nn::Module<Tied> {
        nn::Linear<> layer{2, 2};
        nn::Linear<>& again() { return layer; }
        std::vector<nn::Member> members() override {
            std::vector<nn::Member> list;
            nn::detail::add_member(list, "a", layer);
            nn::detail::add_member(list, "b", layer);
            return list;
        }
        auto forward(const Variable<float>& x) { return layer(layer(x)); }
    };
    Tied tied;
    CHECK(names_of(tied) == std::vector<std::string>{"a.weight", "a.bias"});
    CHECK(tied.state_dict().size() == 4);
}
