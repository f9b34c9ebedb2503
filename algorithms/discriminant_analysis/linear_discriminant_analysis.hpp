/// @file
/// Linear discriminant analysis (EDSF lectures: Linear Discriminant Analysis).
///
/// The samples of each class k are taken to be normally distributed about a mean mu_k, with the same covariance matrix Sigma for
/// all. By Bayes' rule the logarithm of a class's probability is then, but for what all classes share, linear in x:
///
///     log P(k | x) = w_k' x + b_k + const,   w_k = Sigma^-1 mu_k,   b_k = -1/2 mu_k' Sigma^-1 mu_k + log P(k),
///
/// and of two classes, with the lectures' a = log P(1) / P(0),
///
///     P(1 | x) = sigmoid(w' x + b),   w = Sigma^-1 (mu_1 - mu_0),   b = 1/2 (mu_0' Sigma^-1 mu_0 - mu_1' Sigma^-1 mu_1) + a.
///
/// (The lectures' last line counts a to b.) All of it is calculated from the samples: mu_k is their mean, P(k) the share of the
/// class, and Sigma = 1/(m - K) sum_i (x_i - mu_k(i))(x_i - mu_k(i))', for m samples of K classes.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

struct LinearDiscriminantAnalysisOptions {
    std::vector<double> priors{};  ///< P(k) of each class, ascending as classes_; none: the classes' shares of the samples
    std::size_t n_components = 0;  ///< of transform(): up to min(features, classes - 1), and 0 for so many
    double tol = 1e-4;             ///< directions along which no class has a larger singular value are left out
    bool store_covariance = false; ///< keep covariance_
};

/// Classifies by linear discriminants, and projects onto the directions that tell the classes apart best. As
/// sklearn.discriminant_analysis.LinearDiscriminantAnalysis with solver="svd": Sigma is never formed, nor inverted. Where it is
/// singular, because of a constant column for instance, the directions without variance do not count.
class LinearDiscriminantAnalysis : public Classifier<LinearDiscriminantAnalysis> {
  public:
    using Options = LinearDiscriminantAnalysisOptions;
    explicit LinearDiscriminantAnalysis(const Options& options = {}) : options(options) {}

    LinearDiscriminantAnalysisOptions options;

    Array<double> coef_;                     ///< (classes, features): Sigma^-1 (mu_k - xbar_); of two classes w, (1, features)
    Array<double> intercept_;                ///< (classes): b_k, less what goes with it for all classes; of two b, (1)
    Array<double> means_;                    ///< (classes, features)
    Array<double> priors_;                   ///< (classes)
    Array<double> xbar_;                     ///< (features): the mean of the means, weighted by the priors
    Array<double> scalings_;                 ///< (features, rank): x - xbar_ times this are the coordinates of transform()
    Array<double> explained_variance_ratio_; ///< (components): the share of the variance between classes along each
    Array<double> covariance_;               ///< (features, features): the classes' (divided by n_k) by priors; empty unless stored

    /// @param X  (samples, features), of more samples than classes
    /// @param y  (samples): labels of at least 2 classes
    /// @throws ShapeError, ValueError also if no feature varies within the classes, an option is out of range, or X is so large or
    /// small that the model is beyond the range of a double
    LinearDiscriminantAnalysis& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// The most probable class of each sample.
    /// @throws NotFittedError, ShapeError, ValueError; so do the others
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;
    /// X coef_' + intercept_, (samples, classes): log P(k | x) but for what all classes share. Of two
    /// classes log P(1 | x) / P(0 | x), (samples).
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const;
    /// P(k | x), (samples, classes).
    Array<double> predict_proba(const Array<double>& X, Location at = Location::current()) const;
    /// log P(k | x), finite also where the probability is too small for a double.
    Array<double> predict_log_proba(const Array<double>& X, Location at = Location::current()) const;
    /// The coordinates along the components, (samples, components): fewer than n_components if the means' differences have a lower
    /// rank.
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;

  private:
    Array<double> log_proba(const char* method, const Array<double>& X, const Location& at) const;

    std::size_t components_ = 0; ///< that transform() returns
};

} // namespace xgrad::algorithms
