// The workloads in libtorch.
#include "workload.hpp"

#include <torch/torch.h>

namespace training::with_torch {

namespace nn = torch::nn;
namespace F = torch::nn::functional;
using torch::Tensor;

namespace {

Tensor data(at::IntArrayRef shape, float low, float high, unsigned seed) {
    Tensor result = torch::empty(shape);
    const std::vector<float> values = numbers(static_cast<std::size_t>(result.numel()), low, high, seed);
    std::copy(values.begin(), values.end(), result.data_ptr<float>());
    return result;
}

Tensor classes_of(std::size_t count, long classes, unsigned seed) {
    const std::vector<long> values = labels(count, classes, seed);
    Tensor result = torch::empty({static_cast<long>(count)}, torch::kInt64);
    std::copy(values.begin(), values.end(), result.data_ptr<long>());
    return result;
}

std::vector<std::span<float>> spans(const std::vector<Tensor>& parameters) {
    std::vector<std::span<float>> result;
    for (const Tensor& parameter : parameters) result.emplace_back(parameter.data_ptr<float>(), static_cast<std::size_t>(parameter.numel()));
    return result;
}

template <class Model, class Optimizer, class Options, class Loss>
class Step final : public Training {
  public:
    Step(Model model, const Options& options, Loss loss) : model_(model), optimizer_(model->parameters(), options), loss_(std::move(loss)) {}
    double step() override {
        const Tensor loss = loss_(model_);
        optimizer_.zero_grad();
        loss.backward();
        optimizer_.step();
        return loss.item<double>();
    }
    std::vector<std::span<float>> parameters() override { return spans(model_->parameters()); }

  private:
    Model model_;
    Optimizer optimizer_;
    Loss loss_;
};

template <class Optimizer, class Model, class Options, class Loss>
std::unique_ptr<Training> make(Model model, const Options& options, Loss loss) {
    return std::make_unique<Step<Model, Optimizer, Options, Loss>>(std::move(model), options, std::move(loss));
}

struct LeNet5Impl : nn::Module {
    nn::Conv2d c1 = register_module("c1", nn::Conv2d(nn::Conv2dOptions(1, 6, 5).padding(2)));
    nn::Conv2d c3 = register_module("c3", nn::Conv2d(nn::Conv2dOptions(6, 16, 5)));
    nn::Linear c5 = register_module("c5", nn::Linear(400, 120)), f6 = register_module("f6", nn::Linear(120, 84)),
               output = register_module("output", nn::Linear(84, 10));
    Tensor forward(const Tensor& x) {
        const Tensor s2 = torch::max_pool2d(torch::relu(c1(x)), 2);
        const Tensor s4 = torch::max_pool2d(torch::relu(c3(s2)), 2);
        return output(torch::relu(f6(torch::relu(c5(s4.flatten(1))))));
    }
};
TORCH_MODULE(LeNet5);

struct TaggerImpl : nn::Module {
    nn::LSTM lstm = register_module("lstm", nn::LSTM(32, 128));
    nn::Linear head = register_module("head", nn::Linear(128, 32));
    Tensor forward(const Tensor& x) { return head(std::get<0>(lstm(x))).reshape({32 * 32, 32}); }
};
TORCH_MODULE(Tagger);

struct VAEImpl : nn::Module {
    nn::Linear hidden = register_module("hidden", nn::Linear(784, 400)), mean = register_module("mean", nn::Linear(400, 20)),
               log_variance = register_module("log_variance", nn::Linear(400, 20)), up = register_module("up", nn::Linear(20, 400)),
               output = register_module("output", nn::Linear(400, 784));
    std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& x, const Tensor& noise) {
        const Tensor h = torch::relu(hidden(x));
        const Tensor m = mean(h), v = log_variance(h);
        const Tensor z = m + torch::exp(0.5 * v) * noise;
        return {output(torch::relu(up(z))), m, v};
    }
};
TORCH_MODULE(VAE);

class GAN final : public Training {
  public:
    double step() override {
        const Tensor fake = generator_->forward(noise_);
        const Tensor real_loss = F::binary_cross_entropy_with_logits(discriminator_->forward(images_), ones_);
        const Tensor fake_loss = F::binary_cross_entropy_with_logits(discriminator_->forward(fake.detach()), zeros_);
        const Tensor d_loss = real_loss + fake_loss;
        d_optimizer_.zero_grad();
        d_loss.backward();
        d_optimizer_.step();
        const Tensor g_loss = F::binary_cross_entropy_with_logits(discriminator_->forward(fake), ones_);
        g_optimizer_.zero_grad();
        g_loss.backward();
        g_optimizer_.step();
        return d_loss.item<double>() + g_loss.item<double>();
    }
    std::vector<std::span<float>> parameters() override {
        auto all = spans(generator_->parameters());
        for (const auto& span : spans(discriminator_->parameters())) all.push_back(span);
        return all;
    }

  private:
    nn::Sequential generator_{nn::Linear(64, 128), nn::ReLU(), nn::Linear(128, 784), nn::Tanh()};
    nn::Sequential discriminator_{nn::Linear(784, 128), nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)), nn::Linear(128, 1)};
    torch::optim::Adam g_optimizer_{generator_->parameters(), torch::optim::AdamOptions(2e-4)};
    torch::optim::Adam d_optimizer_{discriminator_->parameters(), torch::optim::AdamOptions(2e-4)};
    Tensor noise_ = data({64, 64}, -1, 1, 1), images_ = data({64, 784}, -1, 1, 2);
    Tensor ones_ = torch::ones({64, 1}), zeros_ = torch::zeros({64, 1});
};

} // namespace

std::unique_ptr<Training> sigmoid_network() {
    nn::Sequential model{nn::Linear(784, 16), nn::Sigmoid(), nn::Linear(16, 16), nn::Sigmoid(), nn::Linear(16, 10), nn::Sigmoid()};
    return make<torch::optim::SGD>(model, torch::optim::SGDOptions(0.1),
                                   [x = data({32, 784}, 0, 1, 1), y = data({32, 10}, 0, 1, 2)](auto& model) {
                                       return 0.5 * (model->forward(x) - y).square().sum(1).mean();
                                   });
}

std::unique_ptr<Training> relu_network() {
    nn::Sequential model{nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 512), nn::ReLU(), nn::Linear(512, 10)};
    return make<torch::optim::Adam>(model, torch::optim::AdamOptions(1e-3),
                                    [x = data({128, 784}, 0, 1, 1), y = classes_of(128, 10, 2)](auto& model) {
                                        return F::cross_entropy(model->forward(x), y);
                                    });
}

std::unique_ptr<Training> lenet5() {
    return make<torch::optim::SGD>(LeNet5(), torch::optim::SGDOptions(0.01).momentum(0.9),
                                   [x = data({64, 1, 28, 28}, 0, 1, 1), y = classes_of(64, 10, 2)](auto& model) {
                                       return F::cross_entropy(model->forward(x), y);
                                   });
}

std::unique_ptr<Training> lstm() {
    return make<torch::optim::Adam>(Tagger(), torch::optim::AdamOptions(1e-3),
                                    [x = data({32, 32, 32}, -1, 1, 1), y = classes_of(32 * 32, 32, 2)](auto& model) {
                                        return F::cross_entropy(model->forward(x), y);
                                    });
}

std::unique_ptr<Training> vae() {
    return make<torch::optim::Adam>(VAE(), torch::optim::AdamOptions(1e-3),
                                    [x = data({128, 784}, 0, 1, 1), noise = data({128, 20}, -1, 1, 2)](auto& model) {
                                        const auto [logits, mean, log_variance] = model->forward(x, noise);
                                        const auto options = F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kSum);
                                        const Tensor kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean();
                                        return F::binary_cross_entropy_with_logits(logits, x, options) / 128.0 + kl;
                                    });
}

std::unique_ptr<Training> gan() { return std::make_unique<GAN>(); }

std::unique_ptr<Training> autoencoder() {
    nn::Sequential model{nn::Linear(30, 100), nn::Tanh(), nn::Linear(100, 100), nn::Tanh(), nn::Linear(100, 15), nn::Tanh(),
                         nn::Linear(15, 100), nn::Tanh(), nn::Linear(100, 100), nn::Tanh(), nn::Linear(100, 30)};
    return make<torch::optim::Adam>(model, torch::optim::AdamOptions(1e-3),
                                    [x = data({2048, 30}, -1, 1, 1)](auto& model) { return F::mse_loss(model->forward(x), x); });
}

std::unique_ptr<Training> logistic_regression() {
    return make<torch::optim::SGD>(nn::Linear(30, 1), torch::optim::SGDOptions(0.1),
                                   [x = data({569, 30}, -1, 1, 1), y = data({569, 1}, 0, 1, 2)](auto& model) {
                                       return F::binary_cross_entropy_with_logits(model->forward(x), y);
                                   });
}

std::unique_ptr<Training> scalar_formula() {
    return formula([x = torch::full({}, 0.5f).requires_grad_()] {
        const Tensor y = torch::sqrt(torch::square(x) + torch::exp(torch::square(x)));
        return torch::autograd::grad({y}, {x})[0].item<double>();
    });
}

std::unique_ptr<Training> array_formula() {
    constexpr long n = 1 << 20;
    const auto leaf = [](unsigned seed) { return data({n}, -1, 1, seed).requires_grad_(); };
    return formula([x = leaf(1), w = leaf(2), b = leaf(3)] {
        const Tensor y = torch::mean(torch::tanh(x * w + b) * torch::sigmoid(x));
        const auto gradients = torch::autograd::grad({y}, {x, w, b});
        return y.item<double>() + static_cast<double>(gradients[0].data_ptr<float>()[5]);
    });
}

std::unique_ptr<Training> rosenbrock_hessian() {
    return formula([point = torch::linspace(-1, 1, 10)] {
        const Tensor x = point.detach().requires_grad_();
        const Tensor a = x.slice(0, 0, 9), b = x.slice(0, 1, 10);
        const Tensor y = (100.0 * torch::square(b - torch::square(a)) + torch::square(1.0 - a)).sum();
        const Tensor g = torch::autograd::grad({y}, {x}, {}, true, true)[0];
        std::vector<Tensor> rows;
        for (long i = 0; i < 10; ++i) rows.push_back(torch::autograd::grad({g[i]}, {x}, {}, true)[0]);
        return torch::stack(rows).data_ptr<float>()[0];
    });
}

std::unique_ptr<Training> single_operation() {
    return formula([x = torch::full({}, 0.5f).requires_grad_()]() mutable {
        x.mutable_grad() = Tensor();
        const Tensor y = torch::exp(x);
        y.backward();
        return y.item<double>();
    });
}

} // namespace training::with_torch
