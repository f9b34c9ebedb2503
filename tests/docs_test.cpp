// The code in docs/models.md and docs/adding-a-layer.md: it is here, it compiles, and it does what the pages say of it.
#include <doctest/doctest.h>

#include <xgrad/xgrad.hpp>
using namespace xgrad;

#include "tests/message_of.hpp"
#include "tests/nn/data/idx.hpp"
#include "tests/page.hpp"
#include "tests/temporary_folder.hpp"

#include <cmath>
#include <iostream>
#include <limits>
#include <optional>
#include <sstream>

namespace xgrad::nn {

/// x above 0, weight x below, with a slope for each channel of (N, C), or one for all.
///
/// Parameter: `weight` (channels), which starts as 1/4.
template <class T = float>
class PReLU : public Module<PReLU<T>, T> {
  public:
    /// @throws ValueError if there are no channels
    explicit PReLU(std::size_t channels = 1, double start = 0.25, Location at = Location::current()) {
        if (channels == 0) throw ValueError("PReLU: channels is 0", at);
        weight = Parameter<T>(Tensor<T>({channels}, static_cast<T>(start)));
    }

    Parameter<T> weight;
    XGRAD_MEMBERS(weight)

    /// @throws ShapeError if x is not (N, channels), unless there is one slope for all
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        if (weight.size() != 1 && (x.rank() != 2 || x.shape()[1] != weight.size())) {
            throw ShapeError("PReLU: the input is of shape " + to_string(x.shape()) + ", not (N, " + std::to_string(weight.size()) + ")", at);
        }
        const auto below = multiply<T>({weight, at}, {x, at});
        return where(greater(x, T(0), at), x, below, at);
    }
};

} // namespace xgrad::nn

namespace xgrad::nn {

struct LionOptions {
    double lr = 1e-4;
    double beta1 = 0.9;      ///< in [0, 1); of the mean that gives the direction
    double beta2 = 0.99;     ///< in [0, 1); of the mean that is remembered
    double weight_decay = 0; ///< shrinks the parameter, as AdamW's
};

/// Lion: with g the gradient,
///
///     x <- x - lr (sign(beta1 m + (1 - beta1) g) + weight_decay x),    m <- beta2 m + (1 - beta2) g.
template <class T = float>
class Lion final : public GroupedOptimizer<T, LionOptions, Lion<T>> {
  public:
    explicit Lion(const std::vector<Variable<T>>& parameters, const LionOptions& options = {}, Location at = Location::current())
        : Lion(std::vector<ParameterGroup<T, LionOptions>>{{parameters, options}}, at) {}
    explicit Lion(const std::vector<ParameterGroup<T, LionOptions>>& groups, Location at = Location::current())
        : GroupedOptimizer<T, LionOptions, Lion>("Lion", groups, at) {}

    static std::vector<OptionValue> values(const LionOptions& o) {
        return {{"beta1", o.beta1, 0, 1}, {"beta2", o.beta2, 0, 1}, {"weight_decay", o.weight_decay}};
    }
    static std::vector<const char*> state(const LionOptions&) { return {"exp_avg"}; }

  private:
    void update(const typename Optimizer<T>::Update& parameter, std::size_t group) const override {
        const LionOptions& o = this->options(group);
        const T lr = static_cast<T>(parameter.lr), decay = static_cast<T>(o.weight_decay);
        const T beta1 = static_cast<T>(o.beta1), beta2 = static_cast<T>(o.beta2);
        T* const mean = parameter.state[0];
        for (std::size_t i = 0; i < parameter.size; ++i) {
            T& x = parameter.value[i];
            const T g = parameter.grad[i], c = beta1 * mean[i] + (1 - beta1) * g;
            x -= lr * (static_cast<T>((c > 0) - (c < 0)) + decay * x);
            mean[i] = beta2 * mean[i] + (1 - beta2) * g;
        }
    }
};

} // namespace xgrad::nn

#include <xgrad/nn/loss_checks.hpp>

namespace xgrad::nn {

/// log cosh(h - y), elementwise.
/// @throws ShapeError if the shapes differ
/// @throws ValueError if the mean is to be taken of nothing
template <class T>
Variable<T> log_cosh_loss(const Variable<T>& input, const Variable<T>& target, Reduction reduction = Reduction::mean,
                          Location at = Location::current()) {
    detail::check_same_shape("log_cosh_loss", "input", input.shape(), "target", target.shape(), at);
    detail::check_mean("log_cosh_loss", reduction, input.size(), input.shape(), at);
    // |d| + log(1 + exp(-2 |d|)) - log 2: cosh itself would overflow.
    const auto distance = abs(subtract<T>({input, at}, {target, at}), at);
    const auto correction = softplus(multiply<T>({distance, at}, {T(-2), at}), at);
    return detail::reduced(subtract<T>({add<T>({distance, at}, {correction, at}), at}, {T(std::log(2.0)), at}), reduction, at);
}

} // namespace xgrad::nn

namespace {

/// What is printed while it lives.
class Printed {
  public:
    Printed() : before_(std::cout.rdbuf(text_.rdbuf())) {}
    ~Printed() { std::cout.rdbuf(before_); }
    Printed(const Printed&) = delete;
    Printed& operator=(const Printed&) = delete;
    std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::streambuf* before_;
};

std::string what_of(const auto& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// A message without the place, up to and including "called at".
std::string without_place(const std::string& what) { return what.substr(0, what.find("called at ") + 10); }

Array<float> ones(const std::vector<std::size_t>& shape) { return xt::ones<float>(shape); }

bool same(const Variable<float>& a, const Variable<float>& b) {
    return a.shape() == b.shape() && std::equal(a.tensor().begin(), a.tensor().end(), b.tensor().begin());
}

struct Residual : nn::Module<Residual> {
    nn::Linear<> first{64, 64}, second{64, 64};
    XGRAD_MEMBERS(first, second)

    Variable<float> forward(const Variable<float>& x) { return x + second(relu(first(x))); }
};

struct Tower : nn::Module<Tower> {
    std::vector<Residual> blocks = std::vector<Residual>(3);
    std::optional<nn::Dropout> dropout = nn::Dropout(0.1);
    nn::Parameter<> scale{xt::ones<float>({64})};
    nn::Buffer<> offset{xt::zeros<float>({64})};
    XGRAD_MEMBERS(blocks, dropout, scale, offset)

    Variable<float> forward(Variable<float> x) {
        for (auto& block : blocks) x = block(x);
        if (dropout) x = (*dropout)(x);
        return x * scale + offset;
    }
};

struct Pair : nn::Module<Pair> {
    nn::Linear<> left{8, 4}, right{6, 4};
    XGRAD_MEMBERS(left, right)

    auto forward(const Variable<float>& a, const Variable<float>& b) {
        auto u = left(a), v = right(b);
        return std::tuple{nn::cosine_similarity(u, v), u, v};
    }
};

struct Forgetful : nn::Module<Forgetful> {
    nn::Linear<> hidden{3, 4}, output{4, 2};
    XGRAD_MEMBERS(hidden)
    auto forward(const Variable<float>& x) { return output(hidden(x)); }
};

} // namespace

TEST_CASE("docs/models.md: all of it at once, fit, saving, checkpoints") {
    const tests::TemporaryFolder folder;
    const tests::InFolder here(folder.path());
    std::filesystem::create_directory_symlink(XGRAD_SOURCE_DIR "/data", "data");
    manual_seed(1);
    const nn::Table table = nn::read_csv("data/digits.csv");
    const nn::Dataset data(Array<float>(table.drop({"label"}).values / 16), table.labels("label"));
    const auto digits = nn::train_test_split(data, {.test_fraction = 0.2, .stratify = true});

    nn::Sequential model{nn::Linear(64, 128), nn::ReLU(), nn::Linear(128, 10)};
    nn::Adam optimizer(model.parameters(), {.lr = 1e-2});
    nn::Loader loader(digits.train, {.batch_size = 64});

    for (int epoch = 0; epoch < 5; ++epoch) {
        for (auto [x, y] : loader) {
            auto loss = nn::cross_entropy(model(x), y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    model.eval();
    const double score = no_grad([&] { return nn::accuracy(model(digits.test.features()), digits.test.targets()); });
    CHECK(score > 0.93);

    const auto cross_entropy = [](const auto& logits, const auto& labels) { return nn::cross_entropy(logits, labels); };
    nn::CosineAnnealingLR cosine(optimizer, 6);
    const nn::History history = nn::fit(model, cross_entropy, optimizer, loader,
                                        {.epochs = 6,
                                         .metrics = {{"accuracy", nn::accuracy}},
                                         .validation = digits.test,
                                         .patience = 3,
                                         .clip_norm = 5,
                                         .schedule = &cosine,
                                         .on_epoch = {[](auto& now) { now.stop = now.loss < 1e-3; }},
                                         .checkpoint = "training.safetensors",
                                         .resume = true});

    const double last = history["val_accuracy"].back();
    history.save_csv("history.csv");
    CHECK(history.size() <= 6);
    CHECK(last > 0.93);
    CHECK(nn::Checkpoint::exists("history.csv"));

    nn::save(model, "model.safetensors");
    nn::load(model, "model.safetensors");

    nn::Checkpoint checkpoint;
    checkpoint.add("model", model.state_dict());
    checkpoint.add("optimizer", optimizer.state_dict());
    checkpoint.add("schedule", cosine.state_dict());
    checkpoint.text["loader"] = loader.state();
    checkpoint.text["generator"] = default_generator().state();
    checkpoint.save("mine.safetensors");

    const auto before = model.state_dict();
    optimizer.set_learning_rate(0.1);
    for (auto [x, y] : loader) {
        auto loss = nn::cross_entropy(model(x), y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        break;
    }
    const auto elements_of = [](const nn::StateDict& state) {
        const auto& bias = std::get<Tensor<float>>(state.at("2.bias"));
        return std::vector(bias.begin(), bias.end());
    };
    CHECK(elements_of(model.state_dict()) != elements_of(before));
    const auto saved = nn::Checkpoint::load("mine.safetensors");
    model.load_state_dict(saved.part("model"));
    optimizer.load_state_dict(saved.part("optimizer"));
    cosine.load_state_dict(saved.part("schedule"));
    loader.set_state(saved.text_of("loader"));
    default_generator().set_state(saved.text_of("generator"));
    CHECK(elements_of(model.state_dict()) == elements_of(before));
    CHECK(optimizer.learning_rate() != 0.1);
}

TEST_CASE("docs/models.md: models") {
    manual_seed(1);
    nn::Sequential net{nn::Conv2d(1, 8, 3), [](const Variable<float>& x) { return square(x); }, nn::MaxPool2d(2),
                       nn::Flatten(), nn::Linear(8 * 3 * 3, 10)};
    const auto images = ones({2, 1, 8, 8});
    CHECK(net(images).shape() == Shape{2, 10});

    Tower tower;
    CHECK(tower(ones({2, 64})).shape() == Shape{2, 64});
    CHECK(tower.parameters().size() == 13);
    CHECK(tower.state_dict().contains("blocks.0.first.weight"));
    CHECK(tower.state_dict().contains("offset"));

    const auto a = ones({5, 8}), b = ones({5, 6});
    Pair pair;
    auto [similarity, u, v] = pair(a, b);
    CHECK(similarity.shape() == Shape{5});
    CHECK(u.shape() == v.shape());
    CHECK(nn::summary(pair, a, b).parameters == 64);

    Residual one;
    Residual two = one;            // parameters of its own, the same numbers
    auto shared = one.parameters();
    one = two;                     // in place: whoever shares its parameters sees it
    Residual three = std::move(one); // takes the parameters along
    CHECK(same(three.first.weight, two.first.weight));
    CHECK(&shared[0].cell() == &three.first.weight.cell());

    Shape pooled;
    Printed printed;
    for (auto& [name, parameter] : two.named_parameters()) std::cout << name << ' ' << to_string(parameter.shape()) << '\n';
    const auto weights = two.parameters([](auto name) { return name.ends_with("weight"); });
    two.first.weight.value() = 0.5f * two.first.weight.value();
    CHECK(printed.text() == "first.weight (64, 64)\nfirst.bias (64)\nsecond.weight (64, 64)\nsecond.bias (64)\n");
    CHECK(weights.size() == 2);
    CHECK_FALSE(same(three.first.weight, two.first.weight));

    net.eval();                             // dropout lets everything through, batch norm uses its running statistics
    net.train();                            // as it was made
    net.get<nn::Conv2d<>>(0).freeze();      // no gradient, no step
    net.unfreeze();                         // all of it
    net.get<nn::Linear<>>(4).bias.freeze(); // one parameter
    CHECK(net.get<nn::Conv2d<>>(0).weight.requires_grad());
    CHECK_FALSE(net.get<nn::Linear<>>(4).bias.requires_grad());

    const auto hook = net[2].on_forward([&](const nn::ForwardCall& call) { pooled = call.output().shape(); });
    net(images);
    net[2].remove_hook(hook);
    CHECK(pooled == Shape{2, 8, 3, 3});

    Printed table;
    nn::Sequential notes{nn::Linear(784, 16), nn::Sigmoid(), nn::Linear(16, 16), nn::Sigmoid(), nn::Linear(16, 10), nn::Sigmoid()};
    std::cout << nn::summary(notes, {1, 784});
    CHECK(table.text().find("13,002") != std::string::npos);
    CHECK_MESSAGE(tests::page_shows("docs/models.md", "```\n" + table.text() + "```\n"), table.text());

    for (const auto& weight : notes.parameters([](auto name) { return name.ends_with("weight"); })) {
        nn::init::xavier_normal(weight, nn::init::gain(nn::init::Nonlinearity::sigmoid));
    }
    nn::init::kaiming_uniform(net.get<nn::Conv2d<>>(0).weight, {.nonlinearity = nn::init::Nonlinearity::relu});
    nn::init::constant(net.get<nn::Linear<>>(4).bias, 0.01);
    CHECK(net.get<nn::Linear<>>(4).bias.value()(9) == 0.01F);
}

TEST_CASE("docs/models.md: errors") {
    Forgetful forgetful;
    const std::string forgotten = without_place(what_of([&] { forgetful(ones({2, 3})); }));
    CHECK_MESSAGE(tests::page_shows("docs/models.md", "```\n" + forgotten + "model.cpp:12\n```\n"), forgotten);

    nn::Sequential model{nn::Linear(784, 784), nn::ReLU(), nn::Linear(512, 10)};
    const std::string wrong = without_place(what_of([&] { model(ones({32, 784})); }));
    CHECK_MESSAGE(tests::page_shows("docs/models.md", "```\n" + wrong + "model.cpp:41\n```\n"), wrong);
}

TEST_CASE("docs/models.md: penalties, optimizers, schedules, clipping") {
    manual_seed(2);
    nn::Sequential model{nn::Linear(4, 3), nn::Tanh(), nn::Linear(3, 1)}, net = model;
    const auto weights = model.parameters([](auto name) { return name.ends_with("weight"); });
    const auto x = ones({6, 4}), y = ones({6, 1});
    const float lambda = 0.1F, m = 6;
    auto cost = nn::squared_error(model(x), y) + lambda / (2 * m) * nn::l2_penalty(weights); // ridge; l1_penalty: lasso
    cost.backward();
    CHECK(cost.item() > nn::squared_error(model(x), y).item());

    nn::SGD sgd({{net.parameters([](auto name) { return name.ends_with("weight"); }), {.lr = 0.1, .momentum = 0.9, .weight_decay = 1e-4}},
                 {net.parameters([](auto name) { return name.ends_with("bias"); }), {.lr = 0.1, .momentum = 0.9}}});
    CHECK(sgd.groups() == 2);
    CHECK(sgd.parameters().size() == 4);
    const double validation_loss = 1;

    nn::LambdaLR schedule(sgd, [](double epoch) { return epoch < 5 ? 0.2 * (epoch + 1) : std::pow(0.9, epoch - 5); });
    schedule.step();
    CHECK(schedule.epoch() == 1);
    CHECK(sgd.learning_rate(1) == 0.1 * 0.4);
    nn::AdamW adamw(net.parameters(), {.lr = 1e-3});
    nn::ReduceLROnPlateau plateau(adamw, {.factor = 0.5, .patience = 3});
    plateau.step(validation_loss);
    adamw.set_learning_rate(1e-4);
    CHECK(adamw.learning_rate() == 1e-4);
    CHECK(plateau.best() == 1);

    sum(net(10 * x)).backward();
    nn::clip_grad_norm(sgd.parameters(), 1);    // of all gradients together; returns the norm before
    nn::clip_grad_value(sgd.parameters(), 0.5); // of each element
    for (const auto& parameter : sgd.parameters()) {
        for (const float g : parameter.grad()) CHECK(std::abs(g) <= 0.5F);
    }

    const Array<double> X{{1, 0}, {0, 1}, {1, 1}, {2, 1}};
    Array<double> Y{3, 4, 6, 8}; // 2 a + 3 b + 1, exactly
    Y.reshape({4, 1});
    nn::Linear<double> line(2, 1);
    nn::LBFGS lbfgs(line.parameters());
    lbfgs.step([&] {
        lbfgs.zero_grad();
        auto loss = nn::mse_loss(line(X), Y);
        loss.backward();
        return loss;
    });
    CHECK(line.weight.value()(0, 0) == doctest::Approx(2).epsilon(1e-3));

    line.weight.value() = 0.0;
    nn::Newton newton(line.parameters());
    newton.step([&] { return nn::mse_loss(line(X), Y); });
    CHECK(line.weight.value()(0, 1) == doctest::Approx(3).epsilon(1e-9));
    CHECK(line.bias.value()(0) == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("docs/models.md: data") {
    using std::string_literals::operator""s;
    const tests::TemporaryFolder folder;
    const tests::InFolder here(folder.path());
    std::string csv = "length,width,species\n";
    for (int i = 0; i < 15; ++i) csv += std::to_string(i) + "," + std::to_string(i % 4) + (i % 2 == 0 ? ",setosa\n" : ",virginica\n");
    folder.write("iris.csv", csv);
    nn::write_npy("x.npy", Array<double>(xt::ones<double>({3, 2})));
    nn::write_npz("arrays.npz", {{"y", Array<std::int64_t>{1, 2}}});
    std::filesystem::create_directory("mnist");
    for (const char* part : {"train", "t10k"}) {
        folder.write("mnist/"s + part + "-images-idx3-ubyte", tests::idx({2, 28, 28}, std::string(2 * 784, '\xff')));
        folder.write("mnist/"s + part + "-labels-idx1-ubyte", tests::idx({2}, "\x07\x02"));
    }
    const nn::Table flowers = nn::read_csv("iris.csv", {.text_columns = {"species"}}); // flowers.classes has the texts
    const auto measures = flowers.select({"length", "width"}).values;                  // Array<double>, (rows, 2)
    const auto species = flowers.labels("species");                                    // Array<std::int64_t>
    const Array<float> images = nn::read_idx("mnist/train-images-idx3-ubyte").as<float>();
    const Array<double> x = nn::read_npy("x.npy").as<double>();
    const nn::Npz arrays = nn::read_npz("arrays.npz"); // by name: arrays.at("y").as<std::int64_t>()
    const auto mnist = nn::read_mnist("mnist");        // .train and .test, images (N, 1, 28, 28) from 0 to 1
    CHECK(flowers.classes[2] == std::vector<std::string>{"setosa", "virginica"});
    CHECK(measures.shape(1) == 2);
    CHECK(images.shape(0) == 2);
    CHECK(arrays.at("y").as<std::int64_t>()(1) == 2);

    const nn::Dataset labelled(measures, species);                      // Dataset<double, std::int64_t>
    const nn::Dataset<float, float> regression(x, x);                   // converted to the types that are named
    const auto flat = mnist.train.reshaped({784});                      // (N, 784), for a linear layer
    const auto parts = nn::train_validation_test_split(labelled, {.test_fraction = 0.2, .validation_fraction = 0.2, .stratify = true});
    CHECK(regression.size() == 3);
    CHECK(flat.features().shape(1) == 784);
    CHECK(parts.train.size() == 9);
    CHECK(parts.validation.size() == 3);

    Printed printed;
    nn::Loader batches(parts.train, {.batch_size = 2, .drop_last = true});
    for (auto [features, labels] : batches) std::cout << to_string(features.shape()) << ' ' << labels(0) << '\n';
    const std::string text = printed.text();
    CHECK(std::count(text.begin(), text.end(), '\n') == 4);
    CHECK(text.starts_with("(2, 2) "));

    const auto moons = nn::make_moons(200, {.noise = 0.1}); // Dataset<float, std::int64_t>
    CHECK(moons.size() == 200);

    folder.write("iris.csv", "length,width,species\n5.1,3.5,setosa\n4.9,,setosa\n");
    const std::string missing = without_place(what_of([&] { nn::read_csv("iris.csv", {.text_columns = {"species"}}); }));
    CHECK_MESSAGE(tests::page_shows("docs/models.md", "```\n" + missing + "model.cpp:8\n```\n"), missing);
}

TEST_CASE("docs: every layer, optimizer and schedule is in its table") {
    const auto check = [](const std::string& folder, const std::string& page, std::size_t least) {
        std::string text;
        for (const std::string& line : tests::lines_of(XGRAD_SOURCE_DIR "/docs/" + page)) text += line + "\n";
        std::size_t classes = 0;
        for (const auto& file : std::filesystem::directory_iterator(XGRAD_SOURCE_DIR "/nn/" + folder)) {
            if (file.path().extension() != ".hpp") continue;
            bool internal = false;
            for (const std::string& line : tests::lines_of(file.path().string())) {
                if (line == "namespace detail {") internal = true;
                if (line == "} // namespace detail") internal = false;
                const bool is_class = line.starts_with("class ") && line.find(" : public ") != line.npos;
                const std::size_t begin = is_class ? 6 : line.starts_with("XGRAD_ACTIVATION(") ? 17 : 0;
                if (begin == 0 || internal) continue;
                const std::string name = line.substr(begin, line.find_first_of(" ,", begin) - begin);
                if (name == "Optimizer" || name == "GroupedOptimizer") continue; // what the others derive from
                ++classes;
                CHECK_MESSAGE((text.find("`" + name + "`") != text.npos || text.find("`" + name + "(") != text.npos), name, " is not in ", page);
            }
        }
        CHECK(classes >= least);
    };
    check("layers", "layers.md", 32);
    check("optim", "models.md", 11);
}

TEST_CASE("docs/adding-a-layer.md: the layer") {
    nn::PReLU<double> layer(2);
    const Variable<double> x{{-2.0, -4.0}, {3.0, 0.0}};
    CHECK(layer(x).value() == Array<double>{{-0.5, -1}, {3, 0}});
    CHECK(layer.state_dict().contains("weight"));
    CHECK(nn::PReLU<double>()(x).value()(0, 1) == -1);
    CHECK(gradcheck([&](auto x) { return layer(x); }, wrt(Variable{{-2.0, -4.0}, {3.0, 0.5}}), {.order = 2}));
    CHECK(tests::message_of<ShapeError>([&] { layer.forward(Variable<double>{1.0, 2.0, 3.0}, Location()); }) ==
          "PReLU: the input is of shape (3), not (N, 2)");
    CHECK_THROWS_AS(nn::PReLU<float>(0), ValueError);

    nn::Sequential model{nn::Linear(3, 2), nn::PReLU(2)};
    sum(model(ones({4, 3}))).backward();
    CHECK(model.named_parameters().back().first == "1.weight");
}

TEST_CASE("docs/adding-a-layer.md: the optimizer") {
    Variable x{1.0, -2.0, 0.0};
    nn::Lion optimizer(std::vector{x}, {.lr = 0.25, .beta1 = 0.5, .beta2 = 0.75, .weight_decay = 0.5});
    const auto step = [&](double sign) {
        optimizer.zero_grad();
        (sign * sum(square(x))).backward();
        optimizer.step();
    };
    step(1); // gradient 2, -4, 0; means 0.5, -1, 0
    CHECK(x.value() == Array<double>{1 - 0.25 * 1.5, -2 + 0.25 * 2, 0});
    const double a = 0.625;
    step(-1); // gradient -2 a; the direction 0.25 - a is below 0
    CHECK(x.value()(0) == a - 0.25 * (-1 + 0.5 * a));
    CHECK(std::get<Tensor<double>>(optimizer.state_dict().at("state.0.exp_avg")).data()[0] == 0.75 * 0.5 - 0.25 * 2 * a);
    CHECK_THROWS_AS(nn::Lion(std::vector{x}, {.beta1 = 1}), ValueError);
}

TEST_CASE("docs/adding-a-layer.md: the loss") {
    const Variable<double> h{0.5, -1000.0, 2.0}, y{0.25, 1000.0, 2.0};
    const auto losses = nn::log_cosh_loss(h, y, Reduction::none).value();
    CHECK(losses(0) == doctest::Approx(std::log(std::cosh(0.25))).epsilon(1e-12));
    CHECK(losses(1) == doctest::Approx(2000 - std::log(2.0)).epsilon(1e-15));
    CHECK(losses(2) == doctest::Approx(0).epsilon(1e-15));
    const auto [dh] = grad(nn::log_cosh_loss(h, y, Reduction::sum), wrt(h));
    CHECK(dh.value()(0) == doctest::Approx(std::tanh(0.25)).epsilon(1e-12));
    CHECK(dh.value()(1) == -1);
    CHECK(dh.value()(2) == 0);
    CHECK_THROWS_AS(nn::log_cosh_loss(h, Variable<double>{1.0}), ShapeError);
}

TEST_CASE("docs/models.md and docs/adding-a-layer.md: their C++ is the code above") {
    CHECK(tests::check_code_of_page("docs/models.md", "tests/docs_test.cpp") >= 25);
    CHECK(tests::check_code_of_page("docs/adding-a-layer.md", "tests/docs_test.cpp") >= 8);
}
