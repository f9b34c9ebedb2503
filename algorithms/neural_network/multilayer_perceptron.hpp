/// @file
/// Multilayer perceptrons as estimators, on top of nn.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <limits>
#include <string>
#include <vector>

namespace xgrad::algorithms {

/// What the hidden neurons do: z, 1 / (1 + e^-z), tanh(z), max(0, z).
enum class MLPActivation { identity, logistic, tanh, relu };
/// nn::LBFGS on all samples, or nn::SGD or nn::Adam on batches of them.
enum class MLPSolver { lbfgs, sgd, adam };
/// How the learning rate of sgd goes on: it stays; it is learning_rate_init / (t + 1)^power_t after t samples; it is divided by 5
/// whenever training would end, until it is 1e-6 or less.
enum class MLPLearningRate { constant, invscaling, adaptive };

struct MLPOptions {
    std::vector<std::size_t> hidden_layer_sizes{100}; ///< neurons in each hidden layer
    MLPActivation activation = MLPActivation::relu;
    MLPSolver solver = MLPSolver::adam;
    double alpha = 1e-4;        ///< the weight of the squares of the weights in the loss
    std::size_t batch_size = 0; ///< 0: 200, or all samples if they are fewer
    MLPLearningRate learning_rate = MLPLearningRate::constant;
    double learning_rate_init = 1e-3;
    double power_t = 0.5;
    std::size_t max_iter = 200; ///< epochs; iterations of lbfgs
    bool shuffle = true;        ///< the samples, before each epoch
    std::uint64_t random_state = 0;
    /// Training ends when the loss of an epoch (the validation score, with early_stopping) has not become better than the best so far
    /// by this much in more than `n_iter_no_change` epochs in a row; minus infinity: never. That of lbfgs ends when no derivative is
    /// larger.
    double tol = 1e-4;
    bool warm_start = false; ///< start from coefs_ and intercepts_, where there are any, whether they were learned or set
    double momentum = 0.9;   ///< of sgd
    bool nesterovs_momentum = true;
    bool early_stopping = false;      ///< hold out samples, and in the end keep the weights that predict them best; not with lbfgs
    double validation_fraction = 0.1; ///< of the samples that are held out, rounded up; of each class the same
    double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8; ///< of adam
    std::size_t n_iter_no_change = 10;
    std::size_t max_fun = 15000; ///< evaluations of the loss by lbfgs
};

/// What a multilayer perceptron learns.
struct MLPNetwork {
    std::vector<Array<double>> coefs_;      ///< the weights of each layer, of shape (inputs, outputs)
    std::vector<Array<double>> intercepts_; ///< the biases of each layer, of shape (outputs)
    std::vector<double> loss_curve_;        ///< the mean loss of each epoch; empty after lbfgs
    double loss_ = 0;                       ///< the last one
    double best_loss_ = 0;                  ///< the least one
    std::size_t n_iter_ = 0;                ///< epochs; iterations of lbfgs
    std::size_t t_ = 0;                     ///< samples seen in training
    std::size_t n_layers_ = 0;              ///< with those of inputs and outputs
    std::size_t n_outputs_ = 0;
    MLPActivation activation_ = MLPActivation::relu; ///< of the hidden neurons
    std::string out_activation_;            ///< "identity", "logistic" or "softmax"
    std::vector<double> validation_scores_; ///< R^2 or accuracy after each epoch, with early_stopping
    double best_validation_score_ = -std::numeric_limits<double>::infinity();
};

/// A network of fully connected layers that tells classes apart. With a_0 = x, the layers k = 1 ... L compute
///
///     z_k = a_(k-1) W_k + b_k,    a_k = g(z_k),
///
/// the last with 1 / (1 + e^-z) in place of g for two classes, one output, and softmax for more, one for each. On a batch of m samples the
/// loss is the mean cross-entropy plus alpha / (2m) sum_k |W_k|^2. The weights start uniform in ± sqrt(6 / (inputs + outputs)), with the
/// logistic function in ± sqrt(2 / (inputs + outputs)) (Glorot and Bengio, 2010), the biases too. The layers, losses and optimizers are
/// those of nn, and the tape takes the derivatives.
///
/// Derivations, "Multi-layer Perceptron" and "Backpropagation" (there the sigmoid is printed with e^z for e^-z; and with
/// delta = (t - y) y (1 - y) the weights add eta delta a); Week 41, "Adding Neural Networks"; EDSF lectures, "Multilayer perceptron".
///
/// As scikit-learn's MLPClassifier, with these differences: adam adds epsilon after the correction of the bias, as Kingma and Ba do, and a
/// learning rate that changes multiplies the whole of the momentum; every fit() counts its epochs from 0; a fit() that ends at max_iter
/// does not warn, but n_iter_ tells.
class MLPClassifier : public Classifier<MLPClassifier>, public MLPNetwork {
  public:
    using Options = MLPOptions;

    explicit MLPClassifier(const MLPOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError if X and y do not fit, there are fewer than two classes, or an option is out of range; with
    /// warm_start if coefs_ and intercepts_ do not fit; with early_stopping if a class has a single sample, which cannot be both held
    /// out and trained on, or fewer samples are held out than there are classes
    /// @throws ValueError if training diverges
    MLPClassifier& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// The probability of each class, of shape (samples, classes).
    Array<double> predict_proba(const Array<double>& X, Location at = Location::current()) const;
    /// The most probable labels, of shape (samples).
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

    MLPOptions options;
};

/// A network of fully connected layers that predicts numbers: as MLPClassifier, but its one output is z_L itself, and the loss the mean of
/// 1/2 (z - y)^2 instead of the cross-entropy. As scikit-learn's MLPRegressor.
class MLPRegressor : public Regressor<MLPRegressor>, public MLPNetwork {
  public:
    using Options = MLPOptions;

    explicit MLPRegressor(const MLPOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError if X and y do not fit, or an option is out of range; with warm_start if coefs_ and intercepts_ do
    /// not fit
    /// @throws ValueError if training diverges
    MLPRegressor& fit(const Array<double>& X, const Array<double>& y, Location at = Location::current());

    /// Of shape (samples).
    Array<double> predict(const Array<double>& X, Location at = Location::current()) const;

    MLPOptions options;
};

} // namespace xgrad::algorithms
