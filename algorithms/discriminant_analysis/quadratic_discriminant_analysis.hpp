/// @file
/// Quadratic discriminant analysis (EDSF lectures: Linear Discriminant Analysis, "this classifier is called QDA").
///
/// The samples of each class k are taken to be normally distributed with a mean mu_k and a covariance matrix Sigma_k of its own,
///
///     P(x | k) = exp(-1/2 (x - mu_k)' Sigma_k^-1 (x - mu_k)) / sqrt((2 pi)^D |Sigma_k|),
///
/// and by Bayes' rule P(k | x) = P(x | k) P(k) / sum_l P(x | l) P(l). Where two are equal is a quadric. The parameters are
/// calculated from the samples: mu_k is the mean of those of the class, Sigma_k = 1/(n_k - 1) sum (x - mu_k)(x - mu_k)', and P(k)
/// the class's share.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

struct QuadraticDiscriminantAnalysisOptions {
    std::vector<double> priors{};  ///< P(k) of each class, ascending as classes_; none: the classes' shares of the samples
    double reg_param = 0;          ///< r in [0, 1]: the covariance matrices become (1 - r) Sigma_k + r I
    double tol = 1e-4;             ///< a class does not vary along directions whose singular value is not larger
    bool store_covariance = false; ///< keep covariance_
};

/// Classifies by the densities of normal distributions, one for each class. As
/// sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis, but for classes whose covariance matrix is singular, because of a
/// constant column or of fewer samples than features: without `reg_param` they have no density, and fit() throws; with it, also the
/// directions without variance count.
class QuadraticDiscriminantAnalysis : public Classifier<QuadraticDiscriminantAnalysis> {
  public:
    using Options = QuadraticDiscriminantAnalysisOptions;
    explicit QuadraticDiscriminantAnalysis(const Options& options = {}) : options(options) {}

    QuadraticDiscriminantAnalysisOptions options;

    Array<double> means_;      ///< (classes, features)
    Array<double> priors_;     ///< (classes)
    Array<double> rotations_;  ///< (classes, features, features): the axes of each class, one in each column
    Array<double> scalings_;   ///< (classes, features): the variance along each
    Array<double> covariance_; ///< (classes, features, features); empty unless stored

    /// @param X  (samples, features)
    /// @param y  (samples): labels of at least 2 classes, with at least 2 samples of each
    /// @throws ShapeError, ValueError also if a class does not vary along all directions by more than tol, or an option is out of range
    QuadraticDiscriminantAnalysis& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// The most probable class of each sample.
    /// @throws NotFittedError, ShapeError, ValueError; so do the others
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;
    /// log P(x | k) P(k) + D/2 log(2 pi), (samples, classes); of two classes log P(1 | x) / P(0 | x), (samples).
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const;
    /// P(k | x), (samples, classes).
    Array<double> predict_proba(const Array<double>& X, Location at = Location::current()) const;
    /// log P(k | x), finite also where the probability is too small for a double.
    Array<double> predict_log_proba(const Array<double>& X, Location at = Location::current()) const;

  private:
    Array<double> log_densities(const char* method, const Array<double>& X, const Location& at) const;
};

} // namespace xgrad::algorithms
