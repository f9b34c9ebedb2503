/// @file
/// Gradient descent: what changes the parameters once backward() has accumulated their gradients.
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace digits {

using Parameters = std::vector<xgrad::Variable<float>>;

/// A method of gradient descent.
class Optimizer {
  public:
    virtual ~Optimizer() = default;

    /// Moves every parameter against its gradient, in place, and forgets the gradient. Allocates nothing.
    virtual void step(float rate) = 0;
};

/// Stochastic gradient descent with momentum: v <- momentum v + g, x <- x - rate v.
class Sgd : public Optimizer {
  public:
    explicit Sgd(Parameters parameters, float momentum = 0.9F);
    void step(float rate) override;

  private:
    Parameters parameters_;
    std::vector<xgrad::Array<float>> velocity_;
    float momentum_;
};

/// Adam (Kingma and Ba, 2015): the mean m and the uncentred variance v of the gradients, averaged
/// exponentially and corrected for their start at zero, give x <- x - rate m / (sqrt(v) + epsilon).
class Adam : public Optimizer {
  public:
    explicit Adam(Parameters parameters, float beta1 = 0.9F, float beta2 = 0.999F, float epsilon = 1e-8F);
    void step(float rate) override;

  private:
    Parameters parameters_;
    std::vector<xgrad::Array<float>> mean_, variance_;
    float beta1_, beta2_, epsilon_;
    int steps_ = 0;
};

/// @param name  "sgd" or "adam"
std::unique_ptr<Optimizer> make_optimizer(std::string_view name, Parameters parameters);

} // namespace digits
