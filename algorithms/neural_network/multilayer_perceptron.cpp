#include <xgrad/algorithms/neural_network/multilayer_perceptron.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/labels.hpp>
#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/layers/linear.hpp>
#include <xgrad/nn/loss.hpp>
#include <xgrad/nn/optim/adam.hpp>
#include <xgrad/nn/optim/lbfgs.hpp>
#include <xgrad/nn/optim/sgd.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/nn/penalty.hpp>
#include <xgrad/nn/sequential.hpp>
#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/hyperbolic.hpp>
#include <xgrad/ops/random.hpp>
#include <xgrad/ops/softmax.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace xgrad::algorithms {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// What the last layer's z turns into, and with it the loss.
enum class Output { identity, logistic, softmax };

/// What is to be learned.
struct Task {
    const char* method;
    Output output;
    std::size_t outputs;
    Tensor<double> X;                             ///< (samples, features)
    Tensor<double> targets;                       ///< (samples, 1): numbers, or the places of the labels among the classes
    const Array<std::int64_t>* classes = nullptr; ///< null: the targets are numbers

    std::size_t samples() const { return X.shape()[0]; }
    std::size_t features() const { return X.shape()[1]; }
};

void check_options(const char* method, const MLPOptions& o, std::size_t features, const Location& at) {
    const auto check = [&](const char* option, double value, double low, double high = infinity) {
        nn::detail::check_option(method, option, value, low, high, at);
    };
    constexpr double positive = std::numeric_limits<double>::min();
    for (std::size_t k = 0; k < o.hidden_layer_sizes.size(); ++k) {
        const std::size_t size = o.hidden_layer_sizes[k];
        const auto refuse = [&](const std::string& why) {
            throw ValueError(std::string(method) + ": hidden_layer_sizes[" + std::to_string(k) + "] is " + std::to_string(size) + why, at);
        };
        if (size == 0) refuse("; a layer has at least 1 neuron");
        constexpr std::size_t most_weights = (std::size_t{1} << 40) - 1; // beyond, there is no such memory
        const std::size_t inputs = k == 0 ? features : o.hidden_layer_sizes[k - 1];
        if (inputs > most_weights / size) {
            refuse(", which are too many weights for " + std::to_string(inputs) + (k == 0 ? " features" : " neurons before them"));
        }
    }
    check("alpha", o.alpha, 0);
    check("learning_rate_init", o.learning_rate_init, positive);
    check("power_t", o.power_t, 0);
    check("max_iter", static_cast<double>(o.max_iter), 1, std::numeric_limits<int>::max());
    check("tol", o.tol, -infinity);
    check("momentum", o.momentum, 0, 1);
    check("validation_fraction", o.validation_fraction, positive, 1);
    check("beta_1", o.beta_1, 0, 1);
    check("beta_2", o.beta_2, 0, 1);
    check("epsilon", o.epsilon, positive);
    check("n_iter_no_change", static_cast<double>(o.n_iter_no_change), 1);
    check("max_fun", static_cast<double>(o.max_fun), 1, std::numeric_limits<int>::max());
}

/// `to` becomes the transpose of the (rows, columns) matrix `from`.
void write_transpose(const double* from, std::size_t rows, std::size_t columns, double* to) {
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) to[j * rows + i] = from[i * columns + j];
    }
}

Variable<double> activate(MLPActivation activation, const Variable<double>& z) {
    switch (activation) {
    case MLPActivation::identity: return z;
    case MLPActivation::logistic: return sigmoid(z);
    case MLPActivation::tanh: return tanh(z);
    case MLPActivation::relu: break;
    }
    return relu(z);
}

/// The network to train, with these weights. Its modules are linear layers and, between them, activations.
nn::Sequential<double> model_of(const MLPNetwork& network, const Location& at) {
    nn::Sequential<double> model;
    Generator unused;
    for (std::size_t k = 0; k < network.coefs_.size(); ++k) {
        if (k > 0) model.append([activation = network.activation_](const Variable<double>& z) { return activate(activation, z); });
        const Array<double>&coef = network.coefs_[k], &intercept = network.intercepts_[k];
        nn::Linear<double> layer(coef.shape(0), coef.shape(1), {}, unused, at);
        write_transpose(coef.data(), coef.shape(0), coef.shape(1), layer.weight.tensor().data());
        std::copy_n(intercept.data(), intercept.size(), layer.bias.tensor().data());
        model.append(std::move(layer));
    }
    return model;
}

nn::Linear<double>& layer_of(nn::Sequential<double>& model, std::size_t k) {
    return model.get<nn::Linear<double>>(2 * k);
}

void save_weights(nn::Sequential<double>& model, MLPNetwork& network) {
    for (std::size_t k = 0; k < network.coefs_.size(); ++k) {
        const nn::Linear<double>& layer = layer_of(model, k);
        Array<double>&coef = network.coefs_[k], &intercept = network.intercepts_[k];
        write_transpose(layer.weight.tensor().data(), coef.shape(1), coef.shape(0), coef.data());
        std::copy_n(layer.bias.tensor().data(), intercept.size(), intercept.data());
    }
}

/// Weights to start from: those of `before` if they are to be gone on from, else random ones.
MLPNetwork start_of(const Task& task, const MLPOptions& o, const MLPNetwork& before, Generator& generator, const Location& at) {
    std::vector<std::size_t> sizes{task.features()};
    sizes.insert(sizes.end(), o.hidden_layer_sizes.begin(), o.hidden_layer_sizes.end());
    sizes.push_back(task.outputs);
    MLPNetwork network;
    network.n_layers_ = sizes.size();
    network.n_outputs_ = task.outputs;
    network.activation_ = o.activation;
    network.out_activation_ = task.output == Output::identity ? "identity" : task.output == Output::logistic ? "logistic" : "softmax";
    const bool warm = o.warm_start && !before.coefs_.empty();
    if (warm && (before.coefs_.size() != sizes.size() - 1 || before.intercepts_.size() != sizes.size() - 1)) {
        throw ShapeError(std::string(task.method) + ": warm_start goes on from " + std::to_string(before.coefs_.size()) + " coefs_ and " +
                             std::to_string(before.intercepts_.size()) + " intercepts_; the network has " +
                             std::to_string(sizes.size() - 1) + " layers of weights",
                         at);
    }
    const double factor = o.activation == MLPActivation::logistic ? 2 : 6;
    for (std::size_t k = 0; k + 1 < sizes.size(); ++k) {
        const auto take = [&](const char* name, const Array<double>* given, const Shape& shape) {
            if (given) {
                if (shape_of(*given, at) == shape) return *given;
                throw ShapeError(std::string(task.method) + ": warm_start goes on from " + name + "[" + std::to_string(k) + "] of shape " +
                                     to_string(shape_of(*given, at)) + ", not " + to_string(shape),
                                 at);
            }
            const double bound = std::sqrt(factor / static_cast<double>(sizes[k] + sizes[k + 1]));
            return Array<double>(ArrayRef<double>(random_uniform<double>(shape, -bound, bound, generator)));
        };
        network.coefs_.push_back(take("coefs_", warm ? &before.coefs_[k] : nullptr, {sizes[k], sizes[k + 1]}));
        network.intercepts_.push_back(take("intercepts_", warm ? &before.intercepts_[k] : nullptr, {sizes[k + 1]}));
    }
    return network;
}

/// The last layer's z for the rows of X, handed to use(first row, z) in parts that stay in the cache.
template <class F>
void for_outputs(const MLPNetwork& network, const double* X, std::size_t samples, const F& use) {
    const NoGrad no_grad;
    constexpr std::size_t part = 512;
    for (std::size_t begin = 0; begin < samples; begin += part) {
        const std::size_t rows = std::min(part, samples - begin);
        const double* input = X + begin * network.coefs_.front().shape(0);
        Variable<double> a;
        for (std::size_t k = 0; k < network.coefs_.size(); ++k) {
            const std::size_t inputs = network.coefs_[k].shape(0), outputs = network.coefs_[k].shape(1);
            Tensor<double> z(Shape{rows, outputs});
            ops::gemm<double>({input, rows, inputs}, {network.coefs_[k].data(), inputs, outputs}, 0, z.data(),
                              network.intercepts_[k].data());
            a = Variable<double>(std::move(z), false);
            if (k + 1 < network.coefs_.size()) a = activate(network.activation_, a);
            input = a.tensor().data();
        }
        use(begin, a);
    }
}

/// The mean of the samples' losses.
Variable<double> loss_of(Output output, const Variable<double>& z, const Tensor<double>& targets, const Location& at) {
    if (output == Output::softmax) {
        Tensor<std::int64_t> labels(Shape{targets.size()});
        std::transform(targets.begin(), targets.end(), labels.begin(), [](double place) { return static_cast<std::int64_t>(place); });
        return ops::cross_entropy(z, std::move(labels), Reduction::mean, at);
    }
    const Variable<double> t(targets, false);
    return output == Output::logistic ? binary_cross_entropy_with_logits(z, t, Reduction::mean, at)
                                      : nn::squared_error(z, t, Reduction::mean, at);
}

/// The last layer's z, of shape (samples, outputs).
Array<double> outputs_of(const MLPNetwork& network, const double* X, std::size_t samples) {
    Array<double> outputs = Array<double>::from_shape({samples, network.n_outputs_});
    for_outputs(network, X, samples, [&](std::size_t begin, const Variable<double>& z) {
        std::copy_n(z.tensor().data(), z.size(), outputs.data() + begin * network.n_outputs_);
    });
    return outputs;
}

/// R^2 or the accuracy on a task's samples.
double score_of(const Task& task, const MLPNetwork& network, const Location& at) {
    Array<double> outputs = outputs_of(network, task.X.data(), task.samples());
    if (task.classes) {
        Array<std::int64_t> labels = Array<std::int64_t>::from_shape({task.samples()});
        std::transform(task.targets.begin(), task.targets.end(), labels.begin(),
                       [&](double place) { return task.classes->data()[static_cast<std::size_t>(place)]; });
        return accuracy_score(labels, detail::labels_of_largest(outputs, *task.classes), at);
    }
    outputs.reshape({task.samples()});
    Array<double> targets = outputs;
    std::copy_n(task.targets.data(), targets.size(), targets.data());
    return r2_score(targets, outputs, at);
}

Tensor<double> rows_of(const Tensor<double>& matrix, const std::vector<std::size_t>& rows) {
    const std::size_t columns = matrix.shape()[1];
    Tensor<double> result(Shape{rows.size(), columns});
    for (std::size_t i = 0; i < rows.size(); ++i) std::copy_n(matrix.data() + rows[i] * columns, columns, result.data() + i * columns);
    return result;
}

/// Moves a share of the samples, the same of each class, to a task of their own. Every class keeps a sample.
Task hold_out(Task& task, double share, Generator& generator, const Location& at) {
    const std::size_t samples = task.samples();
    std::vector<std::size_t> order = generator.permutation(samples), kept, held;
    const auto code_of = [&](std::size_t sample) { return static_cast<std::size_t>(task.targets.data()[sample]); };
    std::vector<std::size_t> left; // of each class, to train on
    if (task.classes) {
        left.resize(task.classes->size());
        for (const std::size_t sample : order) ++left[code_of(sample)];
        if (const auto single = std::find(left.begin(), left.end(), std::size_t{1}); single != left.end()) {
            throw ValueError(std::string(task.method) + ": early_stopping holds out samples of each class, but class " +
                                 std::to_string(task.classes->data()[single - left.begin()]) + " has a single one",
                             at);
        }
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return code_of(a) < code_of(b); });
    }
    // Rounded up, but not for the error of the product: 0.07 * 100 is above 7.
    const double exact = share * static_cast<double>(samples);
    const auto count = static_cast<std::size_t>(std::ceil(exact - exact * 1e-12));
    // Every (samples / count)th.
    for (std::size_t i = 0; i < samples; ++i) {
        bool is_held = (i + 1) * count / samples > i * count / samples;
        if (is_held && task.classes) {
            std::size_t& rest = left[code_of(order[i])];
            is_held = rest > 1;
            rest -= is_held;
        }
        (is_held ? held : kept).push_back(order[i]);
    }
    const std::size_t fewest = task.classes ? task.classes->size() : 2; // R^2 of one sample says nothing
    if (held.size() < fewest || kept.empty()) {
        throw ValueError(std::string(task.method) + ": of " + std::to_string(samples) + " samples, early_stopping holds out " +
                             std::to_string(held.size()) + " with validation_fraction = " + nn::detail::format_number(share) +
                             "; at least " + std::to_string(fewest) + " are to be held out, and 1 kept",
                         at);
    }
    std::sort(kept.begin(), kept.end());
    Task validation{task.method, task.output, task.outputs, rows_of(task.X, held), rows_of(task.targets, held), task.classes};
    task.X = rows_of(task.X, kept);
    task.targets = rows_of(task.targets, kept);
    return validation;
}

/// Minimises a loss over a network's parameters.
class Training {
  public:
    Training(Task& task, const MLPOptions& options, MLPNetwork& network, Generator& generator, const Location& at)
        : task_(task), o_(options), network_(network), generator_(generator), at_(at),
          model_(model_of(network, at)) {
        for (std::size_t k = 0; k < network.coefs_.size(); ++k) weights_.push_back(layer_of(model_, k).weight);
    }

    void run() {
        const EnableGrad recording;
        const Tape tape; // what the caller has recorded stays apart
        if (o_.solver == MLPSolver::lbfgs) {
            by_lbfgs();
        } else {
            by_epochs();
        }
    }

  private:
    Variable<double> loss(const Tensor<double>& X, const Tensor<double>& targets) {
        const Variable<double> mean = loss_of(task_.output, model_(Variable<double>(X, false), at_), targets, at_);
        if (o_.alpha == 0) return mean;
        const double weight = o_.alpha / (2 * static_cast<double>(X.shape()[0]));
        return add<double>({mean, at_}, {multiply<double>({nn::l2_penalty(weights_, at_), at_}, {weight, at_}), at_});
    }

    void check_finite(double loss) const {
        if (std::isfinite(loss)) return;
        throw ValueError(std::string(task_.method) + ": the loss is not finite after iteration " + std::to_string(network_.n_iter_) +
                             "; scale X, or choose a smaller learning_rate_init",
                         at_);
    }

    void by_lbfgs() {
        const nn::LBFGSOptions options{.max_iter = static_cast<int>(o_.max_iter),
                                       .max_eval = static_cast<int>(o_.max_fun),
                                       .tolerance_grad = std::max(o_.tol, 0.0),
                                       .history_size = 10};
        nn::LBFGS<double> optimizer(model_.parameters(), options, at_);
        optimizer.step(
            [&] {
                optimizer.zero_grad();
                const Variable<double> value = loss(task_.X, task_.targets);
                value.backward({}, at_);
                return value;
            },
            at_);
        network_.n_iter_ = static_cast<std::size_t>(*std::get<Tensor<std::int64_t>>(optimizer.state_dict().at("n_iter")).data());
        network_.t_ = network_.n_iter_ * task_.samples();
        network_.loss_ = network_.best_loss_ = no_grad([&] { return loss(task_.X, task_.targets).item(at_); });
        check_finite(network_.loss_);
        save_weights(model_, network_);
    }

    std::unique_ptr<nn::Optimizer<double>> optimizer() {
        const auto parameters = model_.parameters();
        if (o_.solver == MLPSolver::adam) {
            return std::make_unique<nn::Adam<double>>(
                parameters, nn::AdamOptions{.lr = o_.learning_rate_init, .beta1 = o_.beta_1, .beta2 = o_.beta_2, .eps = o_.epsilon}, at_);
        }
        return std::make_unique<nn::SGD<double>>(
            parameters,
            nn::SGDOptions{.lr = o_.learning_rate_init, .momentum = o_.momentum, .nesterov = o_.nesterovs_momentum && o_.momentum > 0},
            at_);
    }

    /// One pass over the samples. @returns the mean loss
    double epoch(nn::Optimizer<double>& optimizer) {
        const std::size_t samples = task_.samples(), features = task_.features();
        const std::size_t batch = std::min(o_.batch_size == 0 ? 200 : o_.batch_size, samples);
        if (o_.shuffle) generator_.shuffle(order_);
        double sum = 0;
        for (std::size_t begin = 0; begin < samples; begin += batch) {
            const std::size_t rows = std::min(batch, samples - begin);
            Tensor<double> X(Shape{rows, features}), targets(Shape{rows, 1});
            for (std::size_t i = 0; i < rows; ++i) {
                const std::size_t from = order_[begin + i];
                std::copy_n(task_.X.data() + from * features, features, X.data() + i * features);
                targets.data()[i] = task_.targets.data()[from];
            }
            const Variable<double> value = loss(X, targets);
            optimizer.zero_grad();
            value.backward({}, at_);
            optimizer.step();
            sum += value.item(at_) * static_cast<double>(rows);
        }
        return sum / static_cast<double>(samples);
    }

    void by_epochs() {
        Task held{};
        if (o_.early_stopping) held = hold_out(task_, o_.validation_fraction, generator_, at_);
        order_.resize(task_.samples());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        const auto optimizer = this->optimizer();
        const bool adapts = o_.solver == MLPSolver::sgd && o_.learning_rate == MLPLearningRate::adaptive;
        const bool decays = o_.solver == MLPSolver::sgd && o_.learning_rate == MLPLearningRate::invscaling;

        MLPNetwork& n = network_;
        std::vector<Array<double>> best_coefs = n.coefs_, best_intercepts = n.intercepts_;
        n.best_loss_ = infinity;
        std::size_t without_progress = 0;
        while (n.n_iter_ < o_.max_iter) {
            n.loss_ = epoch(*optimizer);
            ++n.n_iter_;
            n.t_ += task_.samples();
            n.loss_curve_.push_back(n.loss_);
            check_finite(n.loss_);

            bool progress = n.loss_ <= n.best_loss_ - o_.tol;
            n.best_loss_ = std::min(n.best_loss_, n.loss_);
            if (o_.early_stopping) {
                save_weights(model_, n);
                const double score = score_of(held, n, at_);
                n.validation_scores_.push_back(score);
                progress = score >= n.best_validation_score_ + o_.tol;
                if (score > n.best_validation_score_) {
                    n.best_validation_score_ = score;
                    best_coefs = n.coefs_;
                    best_intercepts = n.intercepts_;
                }
            }
            without_progress = progress ? 0 : without_progress + 1;
            if (decays) optimizer->set_learning_rate(o_.learning_rate_init / std::pow(static_cast<double>(n.t_ + 1), o_.power_t), at_);
            if (without_progress > o_.n_iter_no_change) {
                const double rate = optimizer->learning_rate();
                if (!adapts || rate <= 1e-6) break;
                optimizer->set_learning_rate(rate / 5, at_);
                without_progress = 0;
            }
        }
        if (o_.early_stopping) {
            n.coefs_ = std::move(best_coefs);
            n.intercepts_ = std::move(best_intercepts);
        } else {
            save_weights(model_, n);
        }
    }

    Task& task_;
    const MLPOptions& o_;
    MLPNetwork& network_;
    Generator& generator_;
    const Location& at_;
    nn::Sequential<double> model_;
    std::vector<Variable<double>> weights_; ///< those of the penalty
    std::vector<std::size_t> order_;        ///< of the samples in an epoch
};

MLPNetwork train(Task& task, const MLPOptions& options, const MLPNetwork& before, const Location& at) {
    check_options(task.method, options, task.features(), at);
    Generator generator(options.random_state);
    MLPNetwork network = start_of(task, options, before, generator, at);
    Training(task, options, network, generator, at).run();
    for (const auto* arrays : {&network.coefs_, &network.intercepts_}) {
        for (const Array<double>& a : *arrays) {
            if (!std::all_of(a.begin(), a.end(), [](double w) { return std::isfinite(w); })) {
                throw ValueError(std::string(task.method) +
                                     ": a weight is not finite after training; scale X, or choose a smaller learning_rate_init",
                                 at);
            }
        }
    }
    return network;
}

} // namespace

MLPClassifier& MLPClassifier::fit(const Array<double>& X, const LabelArray& y, Location at) {
    const char* const method = "MLPClassifier.fit";
    auto [classes, codes] = detail::encode_labels(method, X, y, at);
    if (options.warm_start && is_fitted() && classes != classes_) {
        throw ValueError("MLPClassifier.fit: warm_start goes on from other labels than those of y", at);
    }
    const bool binary = classes.size() == 2;
    Task task{method, binary ? Output::logistic : Output::softmax, binary ? 1 : classes.size(), evaluate<double>(X, at),
              Tensor<double>(Shape{X.shape(0), 1}), &classes};
    std::copy(codes.begin(), codes.end(), task.targets.begin());
    const std::size_t features = X.shape(1); // X may be among what is learned, and gone after the next line
    static_cast<MLPNetwork&>(*this) = train(task, options, *this, at);
    classes_ = std::move(classes);
    n_features_in_ = features;
    return *this;
}

Array<double> MLPClassifier::predict_proba(const Array<double>& X, Location at) const {
    detail::check_features("MLPClassifier.predict_proba", n_features_in_, X, at);
    const std::size_t classes = classes_.size();
    Array<double> probabilities = Array<double>::from_shape({X.shape(0), classes});
    for_outputs(*this, X.data(), X.shape(0), [&](std::size_t begin, const Variable<double>& z) {
        double* to = probabilities.data() + begin * classes;
        if (classes == 2) {
            const Variable<double> positive = sigmoid(z, at);
            for (const double p : positive.tensor()) {
                *to++ = 1 - p;
                *to++ = p;
            }
        } else {
            const Variable<double> p = softmax(z, 1, at);
            std::copy_n(p.tensor().data(), p.size(), to);
        }
    });
    return probabilities;
}

Array<std::int64_t> MLPClassifier::predict(const Array<double>& X, Location at) const {
    detail::check_features("MLPClassifier.predict", n_features_in_, X, at);
    return detail::labels_of_largest(outputs_of(*this, X.data(), X.shape(0)), classes_);
}

MLPRegressor& MLPRegressor::fit(const Array<double>& X, const Array<double>& y, Location at) {
    const char* const method = "MLPRegressor.fit";
    detail::check_targets(method, X, y, at);
    Task task{method, Output::identity, 1, evaluate<double>(X, at), evaluate<double>(y, at).reshaped({y.size(), 1})};
    const std::size_t features = X.shape(1); // X may be among what is learned, and gone after the next line
    static_cast<MLPNetwork&>(*this) = train(task, options, *this, at);
    n_features_in_ = features;
    return *this;
}

Array<double> MLPRegressor::predict(const Array<double>& X, Location at) const {
    detail::check_features("MLPRegressor.predict", n_features_in_, X, at);
    Array<double> predicted = outputs_of(*this, X.data(), X.shape(0));
    predicted.reshape({X.shape(0)});
    return predicted;
}

} // namespace xgrad::algorithms
