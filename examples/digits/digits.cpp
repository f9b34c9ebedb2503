// Recognises handwritten digits with a multilayer perceptron, written out over xgrad's Variables.
#include "dataset.hpp"
#include "options.hpp"
#include "report.hpp"

#include <xgrad/xgrad.hpp>

#include <fmt/format.h>

#include <memory>
#include <numeric>

using namespace xgrad;
using namespace digits;

namespace {

/// A multilayer perceptron: h_0 = x, h_l = relu(h_{l-1} W_l^T + b_l); the last layer, without relu, gives the
/// logits.
class Perceptron {
  public:
    /// Biases are zero. Weights are drawn from N(0, 2 / inputs), which keeps the variance of the signal from
    /// layer to layer (He et al., 2015).
    /// @param widths  of the input, the hidden layers and the output
    Perceptron(const std::vector<std::size_t>& widths, Generator& generator) {
        for (std::size_t l = 1; l < widths.size(); ++l) {
            const std::size_t inputs = widths[l - 1], outputs = widths[l];
            const float deviation = std::sqrt(2 / static_cast<float>(inputs));
            layers_.push_back({Variable<float>(random_normal<float>({outputs, inputs}, 0, deviation, generator), true),
                               Variable<float>(Tensor<float>(Shape{outputs}, 0), true)});
        }
    }

    Variable<float> operator()(const Variable<float>& x) const {
        Variable<float> h = x;
        for (std::size_t l = 0; l + 1 < layers_.size(); ++l) h = relu(linear(h, layers_[l].W, layers_[l].b));
        return linear(h, layers_.back().W, layers_.back().b);
    }

    std::vector<Variable<float>> parameters() const {
        std::vector<Variable<float>> all;
        for (const Layer& layer : layers_) all.insert(all.end(), {layer.W, layer.b});
        return all;
    }

  private:
    struct Layer {
        Variable<float> W, b; // y = x W^T + b
    };
    std::vector<Layer> layers_;
};

/// The digit of each image: the largest logit.
Array<std::int64_t> predict(const Perceptron& model, const Array<float>& images) {
    return no_grad([&] { return argmax(model(constant(images)), 1); });
}

double accuracy(const Perceptron& model, const Dataset& data) {
    const Array<std::int64_t> predictions = predict(model, data.images);
    const auto right = std::inner_product(predictions.begin(), predictions.end(), data.labels.begin(),
                                          std::size_t{0}, std::plus<>(), std::equal_to<>());
    return static_cast<double>(right) / static_cast<double>(data.size());
}

std::unique_ptr<nn::Optimizer<float>> make_optimizer(const Options& options,
                                                     const std::vector<Variable<float>>& parameters) {
    if (options.optimizer == "sgd") {
        return std::make_unique<nn::SGD<float>>(parameters, nn::SGDOptions{.lr = options.lr, .momentum = 0.9});
    }
    return std::make_unique<nn::Adam<float>>(parameters, nn::AdamOptions{.lr = options.lr});
}

/// Minimises the cross-entropy of the softmax over the model's logits.
void train(const Perceptron& model, const Split& data, const Options& options, Generator& generator,
           const nn::TerminalStyle& style) {
    const auto optimizer = make_optimizer(options, model.parameters());
    nn::CosineAnnealingLR schedule(*optimizer, static_cast<std::int64_t>(options.epochs));
    nn::Loader batches(nn::Dataset(data.train.images, data.train.labels), {.batch_size = options.batch}, generator);
    nn::Progress progress(options.epochs, batches.size(), stdout, style);
    for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
        double loss_sum = 0;
        std::size_t step = 0;
        for (const auto& [images, labels] : batches) {
            const auto loss = cross_entropy(model(images), labels);
            optimizer->zero_grad();
            loss.backward();
            optimizer->step();
            loss_sum += loss.item();
            ++step;
            progress.step(epoch, step, loss_sum / static_cast<double>(step));
        }
        schedule.step();
        progress.epoch(epoch, {{"loss", loss_sum / static_cast<double>(step)}, {"test accuracy", accuracy(model, data.test)}});
    }
}

/// The first few images that were recognised and the first few that were not.
std::vector<std::size_t> pick(const Dataset& data, const Array<std::int64_t>& predictions,
                              std::size_t count) {
    std::vector<std::size_t> right, wrong;
    for (std::size_t i = 0; i < data.size(); ++i) {
        auto& rows = predictions(i) == data.labels(i) ? right : wrong;
        if (rows.size() < count) rows.push_back(i);
    }
    right.insert(right.end(), wrong.begin(), wrong.end());
    return right;
}

int run(const Options& options) {
    Generator generator(options.seed);
    const Split data = options.mnist.empty() ? read_digits(options.data, 0.2, generator) : read_mnist(options.mnist);
    std::vector<std::size_t> widths = options.hidden;
    widths.insert(widths.begin(), data.train.pixels());
    widths.push_back(classes);
    fmt::print("{} images to train on, {} to test, {} x {} pixels; layers {}\n", data.train.size(),
               data.test.size(), data.train.height, data.train.width, fmt::join(widths, " - "));

    const auto style = nn::TerminalStyle::of(stdout);
    const Perceptron model(widths, generator);
    train(model, data, options, generator, style);

    const Array<std::int64_t> predictions = predict(model, data.test.images);
    const double reached = accuracy(model, data.test);
    fmt::print("\n{}\n{}", format_confusion(confusion_matrix(data.test.labels, predictions)),
               draw_images(data.test, predictions, pick(data.test, predictions, 4), style));
    fmt::print("test accuracy {:.2f} %\n", 100 * reached);
    if (reached < options.require_accuracy) {
        fmt::print(stderr, "digits: that is below the {:.2f} % required\n", 100 * options.require_accuracy);
        return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    try {
        return run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "digits: {}\n", error.what());
        return 1;
    }
}
