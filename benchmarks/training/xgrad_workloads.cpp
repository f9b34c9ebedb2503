// The workloads in xgrad.
#include "workload.hpp"

#include <xgrad/ops/fuse.hpp>
#include <xgrad/xgrad.hpp>

namespace training::with_xgrad {

using namespace xgrad;

namespace {

Tensor<float> tensor(const Shape& shape, float low, float high, unsigned seed) {
    const std::vector<float> values = numbers(shape.size(), low, high, seed);
    Tensor<float> result(shape);
    std::copy(values.begin(), values.end(), result.begin());
    return result;
}

Variable<float> data(const Shape& shape, float low, float high, unsigned seed) { return {tensor(shape, low, high, seed), false}; }

Array<std::int64_t> classes_of(std::size_t count, long classes, unsigned seed) {
    const std::vector<long> values = labels(count, classes, seed);
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({count});
    std::copy(values.begin(), values.end(), result.begin());
    return result;
}

std::vector<std::span<float>> spans(const std::vector<Variable<float>>& parameters) {
    std::vector<std::span<float>> result;
    for (const auto& parameter : parameters) result.emplace_back(parameter.tensor().data(), parameter.size());
    return result;
}

/// A model, an optimizer, and a loss that is a function of the model.
template <class Model, class Optimizer, class Loss>
class Step final : public Training {
  public:
    Step(Model model, const typename Optimizer::Options& options, Loss loss)
        : model_(std::move(model)), optimizer_(model_.parameters(), options), loss_(std::move(loss)) {}
    double step() override {
        const auto loss = loss_(model_);
        optimizer_.zero_grad();
        loss.backward();
        optimizer_.step();
        return static_cast<double>(loss.item());
    }
    std::vector<std::span<float>> parameters() override { return spans(model_.parameters()); }

  private:
    Model model_;
    typename Optimizer::Type optimizer_;
    Loss loss_;
};

struct WithSGD {
    using Options = nn::SGDOptions;
    using Type = nn::SGD<float>;
};
struct WithAdam {
    using Options = nn::AdamOptions;
    using Type = nn::Adam<float>;
};

template <class Optimizer, class Model, class Loss>
std::unique_ptr<Training> make(Model model, const typename Optimizer::Options& options, Loss loss) {
    return std::make_unique<Step<Model, Optimizer, Loss>>(std::move(model), options, std::move(loss));
}

struct LeNet5 : nn::Module<LeNet5> {
    nn::Conv2d<> c1{1, 6, 5, {.padding = 2}}, c3{6, 16, 5};
    nn::Linear<> c5{16 * 5 * 5, 120}, f6{120, 84}, output{84, 10};
    XGRAD_MEMBERS(c1, c3, c5, f6, output)

    Variable<float> forward(const Variable<float>& x) {
        auto s2 = max_pool2d(relu(c1(x)), 2);
        auto s4 = max_pool2d(relu(c3(s2)), 2);
        return output(relu(f6(relu(c5(flatten(s4, 1))))));
    }
};

struct Tagger : nn::Module<Tagger> {
    nn::LSTM<> lstm{32, 128};
    nn::Linear<> head{128, 32};
    XGRAD_MEMBERS(lstm, head)

    Variable<float> forward(const Variable<float>& x) { return reshape(head(lstm(x).output), {32 * 32, 32}); }
};

struct VAE : nn::Module<VAE> {
    nn::Linear<> hidden{784, 400}, mean{400, 20}, log_variance{400, 20}, up{20, 400}, output{400, 784};
    XGRAD_MEMBERS(hidden, mean, log_variance, up, output)

    auto forward(const Variable<float>& x, const Variable<float>& noise) {
        const auto h = relu(hidden(x));
        const auto m = mean(h), v = log_variance(h);
        const auto z = m + exp(0.5f * v) * noise;
        return std::tuple{output(relu(up(z))), m, v};
    }
};

/// A generator and a discriminator, each with its optimizer.
class GAN final : public Training {
  public:
    double step() override {
        const auto fake = generator_(noise_);
        const auto real_loss = nn::binary_cross_entropy_with_logits(discriminator_(images_), ones_);
        const auto fake_loss = nn::binary_cross_entropy_with_logits(discriminator_(fake.detach()), zeros_);
        const auto d_loss = real_loss + fake_loss;
        d_optimizer_.zero_grad();
        d_loss.backward();
        d_optimizer_.step();
        const auto g_loss = nn::binary_cross_entropy_with_logits(discriminator_(fake), ones_);
        g_optimizer_.zero_grad();
        g_loss.backward();
        g_optimizer_.step();
        return static_cast<double>(d_loss.item() + g_loss.item());
    }
    std::vector<std::span<float>> parameters() override {
        auto all = spans(generator_.parameters());
        for (const auto& span : spans(discriminator_.parameters())) all.push_back(span);
        return all;
    }

  private:
    nn::Sequential<float> generator_{nn::Linear(64, 128), nn::ReLU(), nn::Linear(128, 784), nn::Tanh()};
    nn::Sequential<float> discriminator_{nn::Linear(784, 128), nn::LeakyReLU(0.2), nn::Linear(128, 1)};
    nn::Adam<float> g_optimizer_{generator_.parameters(), {.lr = 2e-4}}, d_optimizer_{discriminator_.parameters(), {.lr = 2e-4}};
    Variable<float> noise_ = data({64, 64}, -1, 1, 1), images_ = data({64, 784}, -1, 1, 2);
    Variable<float> ones_{Tensor<float>({64, 1}, 1.0F), false}, zeros_{Tensor<float>({64, 1}, 0.0F), false};
};

} // namespace

std::unique_ptr<Training> sigmoid_network() {
    nn::Sequential model{nn::Linear(784, 16), nn::Sigmoid(), nn::Linear(16, 16), nn::Sigmoid(), nn::Linear(16, 10), nn::Sigmoid()};
    return make<WithSGD>(std::move(model), {.lr = 0.1}, [x = data({32, 784}, 0, 1, 1), y = data({32, 10}, 0, 1, 2)](auto& model) {
        return nn::squared_error(model(x), y);
    });
}

std::unique_ptr<Training> relu_network(std::size_t batch) {
    nn::Sequential model{nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 512), nn::ReLU(), nn::Linear(512, 10)};
    return make<WithAdam>(std::move(model), {}, [x = data({batch, 784}, 0, 1, 1), y = classes_of(batch, 10, 2)](auto& model) {
        return nn::cross_entropy(model(x), y);
    });
}

std::unique_ptr<Training> lenet5() {
    return make<WithSGD>(LeNet5(), {.lr = 0.01, .momentum = 0.9},
                         [x = data({64, 1, 28, 28}, 0, 1, 1), y = classes_of(64, 10, 2)](auto& model) {
                             return nn::cross_entropy(model(x), y);
                         });
}

std::unique_ptr<Training> lstm() {
    return make<WithAdam>(Tagger(), {}, [x = data({32, 32, 32}, -1, 1, 1), y = classes_of(32 * 32, 32, 2)](auto& model) {
        return nn::cross_entropy(model(x), y);
    });
}

std::unique_ptr<Training> vae() {
    return make<WithAdam>(VAE(), {}, [x = data({128, 784}, 0, 1, 1), noise = data({128, 20}, -1, 1, 2)](auto& model) {
        const auto [logits, mean, log_variance] = model(x, noise);
        return nn::binary_cross_entropy_with_logits(logits, x, Reduction::sum) / 128.0f + nn::kl_standard_normal(mean, log_variance);
    });
}

std::unique_ptr<Training> gan() { return std::make_unique<GAN>(); }

std::unique_ptr<Training> autoencoder(std::size_t batch) {
    nn::Sequential model{nn::Linear(30, 100), nn::Tanh(), nn::Linear(100, 100), nn::Tanh(), nn::Linear(100, 15), nn::Tanh(),
                         nn::Linear(15, 100), nn::Tanh(), nn::Linear(100, 100), nn::Tanh(), nn::Linear(100, 30)};
    return make<WithAdam>(std::move(model), {}, [x = data({batch, 30}, -1, 1, 1)](auto& model) { return nn::mse_loss(model(x), x); });
}

std::unique_ptr<Training> logistic_regression() {
    return make<WithSGD>(nn::Linear(30, 1), {.lr = 0.1}, [x = data({569, 30}, -1, 1, 1), y = data({569, 1}, 0, 1, 2)](auto& model) {
        return nn::binary_cross_entropy_with_logits(model(x), y);
    });
}

std::unique_ptr<Training> scalar_formula() {
    return formula([x = Variable<float>(0.5f)] {
        const auto y = sqrt(square(x) + exp(square(x)));
        return static_cast<double>(grad(y, wrt(x))[0].item());
    });
}

std::unique_ptr<Training> array_formula() {
    constexpr std::size_t n = 1 << 20;
    const auto leaf = [](unsigned seed) { return Variable<float>(tensor({n}, -1, 1, seed), true); };
    return formula([x = leaf(1), w = leaf(2), b = leaf(3)] {
        const auto y = mean(tanh(x * w + b) * sigmoid(x));
        const auto [dx, dw, db] = grad(y, wrt(x, w, b));
        return static_cast<double>(y.item()) + static_cast<double>(dx.tensor().data()[5]);
    });
}

std::unique_ptr<Training> array_formula_fused() {
    constexpr std::size_t n = 1 << 20;
    const auto leaf = [](unsigned seed) { return Variable<float>(tensor({n}, -1, 1, seed), true); };
    return formula([x = leaf(1), w = leaf(2), b = leaf(3)] {
        const auto f = [](auto x, auto w, auto b) { return tanh(x * w + b) * sigmoid(x); };
        const auto y = fuse_mean(f, x, w, b);
        const auto [dx, dw, db] = grad(y, wrt(x, w, b));
        return static_cast<double>(y.item()) + static_cast<double>(dx.tensor().data()[5]);
    });
}

std::unique_ptr<Training> rosenbrock_hessian() {
    return formula([x = Array<float>(xt::linspace<float>(-1, 1, 10))] {
        const auto rosenbrock = [](const auto& x) {
            const auto a = slice(x, {range(0, 9)}), b = slice(x, {range(1, 10)});
            return sum(100.0f * square(b - square(a)) + square(1.0f - a));
        };
        const auto H = hessian(rosenbrock)(x);
        return static_cast<double>(H.tensor().data()[0]);
    });
}

std::unique_ptr<Training> single_operation() {
    return formula([x = Variable<float>(0.5f)]() mutable {
        x.zero_grad();
        const auto y = exp(x);
        y.backward();
        return static_cast<double>(y.item());
    });
}

} // namespace training::with_xgrad
