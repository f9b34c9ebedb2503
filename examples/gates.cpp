// The gates AND, OR and XOR by every model of the notes that can hold them, and by those that cannot: a threshold unit, least squares
// (week 41 prints its thetas), logistic regression, the perceptron, and a network with a hidden layer.
#include <xgrad/algorithms/algorithms.hpp>

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

using namespace xgrad;
using namespace xgrad::algorithms;

namespace {

const Array<double> X{{0, 0}, {0, 1}, {1, 0}, {1, 1}};

/// "0 1 1 0".
template <class Numbers>
std::string text_of(const Numbers& numbers, const char* format) {
    std::string text;
    for (const auto number : numbers) {
        char buffer[32];
        const auto x = static_cast<double>(number);
        std::snprintf(buffer, sizeof buffer, format, std::abs(x) < 1e-9 ? 0.0 : x); // no "-0.00" from rounding
        text += (text.empty() ? "" : " ") + std::string(buffer);
    }
    return text;
}

void learn(const char* name, const Array<std::int64_t>& gate) {
    LinearRegression line;
    line.fit(X, Array<double>(gate));
    LogisticRegression logistic;
    logistic.fit(X, gate);
    Perceptron perceptron({.max_iter = 100, .tol = -std::numeric_limits<double>::infinity()});
    perceptron.fit(X, gate);
    MLPClassifier network({.hidden_layer_sizes = {4}, .activation = MLPActivation::tanh, .solver = MLPSolver::lbfgs, .random_state = 1});
    network.fit(X, gate);

    std::printf("%-4s                  %s\n", name, text_of(gate, "%6.0f").c_str());
    std::printf("  least squares       %s   theta %.2f, %s\n", text_of(line.predict(X), "%6.2f").c_str(), line.intercept_,
                text_of(line.coef_, "%.2f").c_str());
    std::printf("  logistic regression %s   right: %.2f\n", text_of(logistic.predict(X), "%6.0f").c_str(), logistic.score(X, gate));
    std::printf("  perceptron          %s   mistakes: %zu in %zu epochs\n", text_of(perceptron.predict(X), "%6.0f").c_str(),
                perceptron.mistakes_, perceptron.n_iter_);
    std::printf("  hidden layer        %s\n", text_of(network.predict(X), "%6.0f").c_str());
}

} // namespace

int main() {
    const ThresholdLogicUnit AND({1, 1}, 1.5), OR({1, 1}, 1);
    std::printf("threshold units: AND %s, OR %s\n\n", text_of(AND.predict(X), "%.0f").c_str(), text_of(OR.predict(X), "%.0f").c_str());
    learn("AND", {0, 0, 0, 1});
    learn("OR", {0, 1, 1, 1});
    learn("XOR", {0, 1, 1, 0});
}
