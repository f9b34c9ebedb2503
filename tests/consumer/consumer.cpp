// A program of a user: the derivative of x^2 + 3 y at (2, 1), and of an array; an estimator, with data that come with the library.
#include <xgrad/algorithms/algorithms.hpp>
#include <xgrad/xgrad.hpp>

#include <cstdio>

int main() {
    using namespace xgrad;
    const Variable x{2.0}, y{1.0};
    const auto [dx, dy] = grad(x * x + 3 * y, wrt(x, y));

    const Array<float> ones = xt::ones<float>({2, 3});
    const Variable v{ones};
    const Variable z = v * ones;
    z.backward({.seed = constant(ones)});

    const auto iris = algorithms::load_iris();
    algorithms::Pipeline model{algorithms::StandardScaler(), algorithms::KNeighborsClassifier()};
    const double score = model.fit(iris.X, iris.y).score(iris.X, iris.y);

    std::printf("%g %g %g %g\n", dx.item(), dy.item(), v.grad()(1, 2), score);
    return dx.item() == 4 && dy.item() == 3 && v.grad()(1, 2) == 1 && score > 0.9 ? 0 : 1;
}
