#include "tests/message_of.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>


using namespace xgrad;

namespace {

struct Net : nn::Module<Net> {
    nn::Conv2d<> conv{1, 2, 3, {.padding = 1}};
    nn::BatchNorm2d<> norm{2};
    nn::LSTM<> lstm{8, 3, {.batch_first = true, .bidirectional = true}};
    nn::Linear<> output{6, 2};
    XGRAD_MEMBERS(conv, norm, lstm, output)

    /// @param x  (N, 1, 4, 4), whose rows are a sequence
    Variable<float> forward(const Variable<float>& x) {
        auto maps = relu(norm(conv(x)));
        auto rows = reshape(permute(maps, {0, 2, 1, 3}), {x.shape()[0], 4, 8});
        return output(slice(lstm(rows).output, {all(), -1}));
    }
};

} // namespace

TEST_CASE("a model comes back from its file, under PyTorch's names") {
    const tests::TemporaryFolder folder;
    const std::string path = folder / "model.safetensors";
    manual_seed(1);
    Net net;
    const auto x = Variable<float>(random_normal<float>({3, 1, 4, 4}), false);
    net(x); // the statistics have run
    nn::save(net, path);
    std::vector<std::string> names;
    for (const auto& [name, value] : nn::load_safetensors(path).tensors) names.push_back(name);
    CHECK(names == std::vector<std::string>{"conv.bias", "conv.weight", "lstm.bias_hh_l0", "lstm.bias_hh_l0_reverse", "lstm.bias_ih_l0",
                                            "lstm.bias_ih_l0_reverse", "lstm.weight_hh_l0", "lstm.weight_hh_l0_reverse",
                                            "lstm.weight_ih_l0", "lstm.weight_ih_l0_reverse", "norm.bias", "norm.num_batches_tracked",
                                            "norm.running_mean", "norm.running_var", "norm.weight", "output.bias", "output.weight"});
    Net other;
    const auto parameters = other.parameters();
    CHECK(nn::load(other, path).missing.empty());
    net.eval();
    other.eval();
    const auto y = net(x), z = other(x);
    CHECK(std::equal(y.tensor().begin(), y.tensor().end(), z.tensor().begin()));
    CHECK(&parameters[0].cell() == &other.conv.weight.cell());
}

TEST_CASE("a file that does not fit the model leaves it as it was") {
    const tests::TemporaryFolder folder;
    const std::string path = folder / "other.safetensors";
    nn::Linear layer(3, 2);
    nn::StateDict state = layer.state_dict();
    state.erase("bias");
    state["weights"] = Tensor<float>({1}, 0.0F);
    std::get<Tensor<float>>(state["weight"]).data()[0] = 77;
    nn::save_safetensors(path, state);
    const float before = layer.weight.value()(0, 0);
    CHECK(tests::message_of<ValueError>([&] { nn::load(layer, path); }) ==
          "load_state_dict: the state does not fit Linear:\n  \"bias\" is missing\n  \"weights\" is unexpected");
    CHECK(layer.weight.value()(0, 0) == before);
    CHECK(nn::load(layer, path, false).unexpected == std::vector<std::string>{"weights"});
    CHECK(layer.weight.value()(0, 0) == 77);
    nn::Linear<double> wide(3, 2);
    CHECK_THROWS_AS(nn::load(wide, path, false), ValueError);
    CHECK_THROWS_AS(nn::load(layer, path + ".not there"), nn::FileError);
}

TEST_CASE("the parts of a checkpoint do not mix") {
    nn::Checkpoint checkpoint;
    checkpoint.add("model", {{"a", Tensor<float>({1}, 1.0F)}, {"b.c", Tensor<double>({2}, 2.0)}});
    checkpoint.add("model2", {{"a", Tensor<std::int64_t>({1}, 3)}});
    CHECK(tests::message_of<ValueError>([&] { checkpoint.add("model.ema", {}); }) ==
          "Checkpoint: \"model.ema\" is no name for a part: it is empty or has a dot in it");
    checkpoint.text["note"] = "äöü\n";
    const tests::TemporaryFolder folder;
    const std::string path = folder / "checkpoint.safetensors";
    CHECK_FALSE(nn::Checkpoint::exists(path));
    checkpoint.save(path);
    CHECK(nn::Checkpoint::exists(path));
    const auto read = nn::Checkpoint::load(path);
    CHECK(read.part("model").size() == 2);
    CHECK(std::get<Tensor<double>>(read.part("model").at("b.c")).data()[1] == 2);
    CHECK(std::get<Tensor<std::int64_t>>(read.part("model2").at("a")).data()[0] == 3);
    CHECK(read.part("mode").empty());
    CHECK(read.text_of("note") == "äöü\n");
    CHECK(tests::message_of<ValueError>([&] { read.text_of("epoch"); }) == "Checkpoint: there is no text \"epoch\"");
}
