/// @file
/// The support vector machine with kernels (Sehayek 2.10, "non linear SVM").
///
/// What no line separates may be separable with further dimensions: by w' phi(x) + b, with phi into a space of many. It suffices to
/// know the products k(x, z) = phi(x)' phi(z), the kernel:
///
///     linear   x'z                              rbf      exp(-gamma |x - z|^2)
///     poly     (gamma x'z + coef0)^degree       sigmoid  tanh(gamma x'z + coef0)
///
/// (the sigmoid is not a product in any space for all gamma and coef0). With y = 1 or -1, w and b minimise
///
///     1/2 |w|^2 + C sum_i max(0, 1 - y_i f(x_i)),   f(x) = w' phi(x) + b,
///
/// and w = sum_i beta_i phi(x_i), where the beta_i solve the dual problem: to maximise
///
///     sum_i y_i beta_i - 1/2 sum_ij beta_i beta_j k(x_i, x_j)   with   0 <= y_i beta_i <= C   and   sum_i beta_i = 0.
///
/// The samples whose beta_i is not 0 are the support vectors: those on the lines f = 1 and f = -1, or within, or on the wrong side.
/// (The notes call the lines themselves so.) The margin between the lines is 2 / |w|.
///
/// The dual problem is solved by sequential minimal optimisation: two of the beta_i at a time, the pair by second-order information,
/// until the conditions of optimality hold to `tol`. Kernel rows are computed by matrix products, many at a time, for a working set of
/// the samples that violate the conditions most, among which the pairs are taken; rows that may be needed again are kept.
///
/// Of K classes there is a machine for each pair, and the class that most of them vote for is predicted.
///
/// Platt: Fast training of support vector machines using sequential minimal optimization, 1999. Fan, Chen, Lin: Working set selection
/// using second order information for training support vector machines, 2005. Joachims: Making large-scale SVM learning practical,
/// 1999. Wen, Shi, Li, He, Chen: ThunderSVM, 2018.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <functional>
#include <string>
#include <vector>

namespace xgrad::algorithms {

enum class Kernel { linear, poly, rbf, sigmoid };

/// The gamma of kernels: a number, or how it follows from X.
struct Gamma {
    enum Rule {
        scale,     ///< 1 / (features * variance of all elements of X)
        automatic, ///< 1 / features
        number,
    };

    Gamma(Rule rule) : rule(rule) {}
    Gamma(double value) : rule(number), value(value) {}

    Rule rule;
    double value = 0; ///< if it is a number
};

/// "scale", "auto", or the number.
std::string to_string(const Gamma& gamma);

/// What SVC.decision_function() returns of three classes or more.
enum class DecisionFunctionShape {
    ovr, ///< a number for each class: its votes, and less than a vote by how far it was ahead or behind
    ovo, ///< one for each pair of classes (0, 1), (0, 2), ..., (1, 2), ...: f(x), positive for the first of the two
};

struct SVCOptions {
    double C = 1; ///< what a unit of loss costs; above 0
    Kernel kernel = Kernel::rbf;
    int degree = 3;             ///< of poly; at least 1
    Gamma gamma = Gamma::scale; ///< of poly, rbf and sigmoid; above 0
    double coef0 = 0;           ///< of poly and sigmoid
    double tol = 1e-3;          ///< by how much y f(x) may miss 1 on either side, the two largest misses taken together
    double cache_size = 200;    ///< megabytes for rows of the kernel, for each machine that is trained at a time
    int max_iter = -1;          ///< changes of a pair; -1: no limit but 10 million, or 100 for each sample if that is more
    DecisionFunctionShape decision_function_shape = DecisionFunctionShape::ovr;
};

/// Classifies by the boundary of the largest margin in the kernel's space. As sklearn.svm.SVC. Nothing is random.
class SVC : public Classifier<SVC> {
  public:
    using Options = SVCOptions;
    explicit SVC(const SVCOptions& options = {}) : options(options) {}

    SVCOptions options;

    // Of V support vectors and P = K (K - 1) / 2 pairs of K classes:
    Array<std::int64_t> support_;   ///< (V): the rows of X that are support vectors, class by class
    Array<double> support_vectors_; ///< (V, features)
    Array<std::int64_t> n_support_; ///< (K): how many of each class
    Array<double> dual_coef_;       ///< (K - 1, V): the beta of a vector of class k with each of the other classes, in their order
    Array<double> intercept_;       ///< (P): b of each pair
    Array<double> coef_;            ///< (P, features): w of each pair if the kernel is linear; else empty
    Array<double> margin_;          ///< (P): 2 / |w| of each pair, in the kernel's space
    Array<std::int64_t> n_iter_;    ///< (P): changes of a pair of beta
    double gamma_ = 0;              ///< the kernel's gamma

    /// @param X  (samples, features), which should be scaled
    /// @param y  (samples): labels of at least 2 classes
    /// @throws ShapeError, ValueError also if an option is out of range, or X is so large or small that the kernel's values are not
    /// finite
    SVC& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// f(x), positive for the second of two classes, (samples); of more what options.decision_function_shape says, (samples, K) or
    /// (samples, P).
    /// @throws NotFittedError, ShapeError, ValueError; so does predict()
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const;
    /// The class that most pairs vote for; the first of equal ones.
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

  private:
    /// What is done with f(x) of each pair, (count, P), for `count` samples from the first.
    using Use = std::function<void(std::size_t first, std::size_t count, const double* decisions)>;
    void for_each_block(const char* method, const Array<double>& X, const Location& at, const Use& use) const;

    Kernel kernel_ = Kernel::rbf; ///< that it was fitted with, as are these:
    int degree_ = 0;
    double coef0_ = 0;
    std::vector<double> centre_; ///< (features): what is subtracted from samples, which changes nothing but rounding errors
};

} // namespace xgrad::algorithms
