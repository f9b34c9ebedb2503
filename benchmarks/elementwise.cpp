// What recording and sweeping an elementwise operation costs, beside a plain loop over raw pointers compiled with the same
// flags: nanoseconds for forward and backward together, float, at 1, 1k, 64k and 1M elements. Run it by script/benchmark.
#include <xgrad/autodiff/backward.hpp>
#include <xgrad/ops/fuse.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

using namespace xgrad;

namespace {

constexpr int chain_length = 100;

std::vector<float> ramp(std::size_t n) {
    std::vector<float> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = 0.25f + 0.5f * static_cast<float>(i) / static_cast<float>(n);
    return values;
}

Variable<float> leaf(std::size_t n) {
    const std::vector<float> values = ramp(n);
    return Variable<float>(xt::xarray<float>(xt::adapt(values, {n})));
}

/// y = f(x) and the gradient of x, by the tape.
template <class F>
void tape(benchmark::State& state, F f) {
    const auto n = static_cast<std::size_t>(state.range(0));
    Variable<float> x = leaf(n);
    const auto seed = constant(xt::xarray<float>(xt::ones<float>({n})));
    for (auto _ : state) {
        f(x).backward({.seed = seed});
        benchmark::DoNotOptimize(x.tensor().data());
        x.zero_grad();
    }
}

/// The same for z = f(x, y) and both gradients.
template <class F>
void tape2(benchmark::State& state, F f) {
    const auto n = static_cast<std::size_t>(state.range(0));
    Variable<float> x = leaf(n), y = leaf(n);
    const auto seed = constant(xt::xarray<float>(xt::ones<float>({n})));
    for (auto _ : state) {
        f(x, y).backward({.seed = seed});
        benchmark::DoNotOptimize(x.tensor().data());
        x.zero_grad();
        y.zero_grad();
    }
}

/// value(x) in one plain loop, derivative(x, y) times the adjoint in another.
template <class Value, class Derivative>
void raw(benchmark::State& state, Value value, Derivative derivative) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const std::vector<float> x = ramp(n), g(n, 1.0f);
    std::vector<float> y(n), dx(n);
    for (auto _ : state) {
        for (std::size_t i = 0; i < n; ++i) y[i] = value(x[i]);
        benchmark::DoNotOptimize(y.data());
        benchmark::ClobberMemory();
        for (std::size_t i = 0; i < n; ++i) dx[i] = g[i] * derivative(x[i], y[i]);
        benchmark::DoNotOptimize(dx.data());
        benchmark::ClobberMemory();
    }
}

template <class Value, class DerivativeA, class DerivativeB>
void raw2(benchmark::State& state, Value value, DerivativeA da, DerivativeB db) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const std::vector<float> a = ramp(n), b = ramp(n), g(n, 1.0f);
    std::vector<float> y(n), ga(n), gb(n);
    for (auto _ : state) {
        for (std::size_t i = 0; i < n; ++i) y[i] = value(a[i], b[i]);
        benchmark::DoNotOptimize(y.data());
        benchmark::ClobberMemory();
        for (std::size_t i = 0; i < n; ++i) {
            ga[i] = g[i] * da(a[i], b[i]);
            gb[i] = g[i] * db(a[i], b[i]);
        }
        benchmark::DoNotOptimize(ga.data());
        benchmark::DoNotOptimize(gb.data());
        benchmark::ClobberMemory();
    }
}

/// One operation of size 1 among a hundred: what an operation adds to a graph.
template <class F>
void chain(benchmark::State& state, F f) {
    const Variable<float> x{0.5f};
    for (auto _ : state) {
        Variable<float> y = x;
        for (int i = 0; i < chain_length; ++i) y = f(y);
        benchmark::DoNotOptimize(grad(y, wrt(x))[0].tensor().data());
    }
}

void register_all() {
    const auto sizes = [](benchmark::internal::Benchmark* b) { b->Arg(1)->Arg(1 << 10)->Arg(1 << 16)->Arg(1 << 20); };
    const auto pair = [&](const std::string& name, auto ours, auto plain) {
        sizes(benchmark::RegisterBenchmark((name + "/tape").c_str(), ours));
        sizes(benchmark::RegisterBenchmark((name + "/raw").c_str(), plain));
    };
    using State = benchmark::State;
    pair("add", [](State& s) { tape2(s, [](auto& x, auto& y) { return x + y; }); },
         [](State& s) {
             raw2(s, [](float a, float b) { return a + b; }, [](float, float) { return 1.0f; }, [](float, float) { return 1.0f; });
         });
    pair("multiply", [](State& s) { tape2(s, [](auto& x, auto& y) { return x * y; }); },
         [](State& s) {
             raw2(s, [](float a, float b) { return a * b; }, [](float, float b) { return b; }, [](float a, float) { return a; });
         });
    pair("square", [](State& s) { tape(s, [](auto& x) { return square(x); }); },
         [](State& s) { raw(s, [](float x) { return x * x; }, [](float x, float) { return 2 * x; }); });
    pair("sqrt", [](State& s) { tape(s, [](auto& x) { return sqrt(x); }); },
         [](State& s) { raw(s, [](float x) { return std::sqrt(x); }, [](float, float y) { return 0.5f / y; }); });
    pair("relu", [](State& s) { tape(s, [](auto& x) { return relu(x); }); },
         [](State& s) { raw(s, [](float x) { return x > 0 ? x : 0; }, [](float x, float) { return x > 0 ? 1.0f : 0.0f; }); });
    pair("exp", [](State& s) { tape(s, [](auto& x) { return exp(x); }); },
         [](State& s) { raw(s, [](float x) { return std::exp(x); }, [](float, float y) { return y; }); });
    pair("tanh", [](State& s) { tape(s, [](auto& x) { return tanh(x); }); },
         [](State& s) { raw(s, [](float x) { return std::tanh(x); }, [](float, float y) { return 1 - y * y; }); });
    pair("fuse tanh(x y) sigmoid(x)",
         [](State& s) {
             tape2(s, [](auto& x, auto& y) { return fuse([](auto p, auto q) { return tanh(p * q) * sigmoid(p); }, x, y); });
         },
         [](State& s) {
             const auto sigma = [](float x) { return 1 / (1 + std::exp(-x)); };
             raw2(s, [=](float x, float y) { return std::tanh(x * y) * sigma(x); },
                  [=](float x, float y) {
                      const float t = std::tanh(x * y), q = sigma(x);
                      return (1 - t * t) * y * q + t * q * (1 - q);
                  },
                  [=](float x, float y) {
                      const float t = std::tanh(x * y);
                      return (1 - t * t) * x * sigma(x);
                  });
         });
    const auto one_of_many = [](const std::string& name, auto f) {
        benchmark::RegisterBenchmark((name + "/chain").c_str(), [f](State& s) { chain(s, f); })->Arg(1);
    };
    one_of_many("negative", [](const auto& y) { return -y; });
    one_of_many("exp", [](const auto& y) { return exp(y) ; });
    one_of_many("tanh", [](const auto& y) { return tanh(y); });
    one_of_many("square", [](const auto& y) { return square(y); });
}

/// Sets the tape's time beside the plain loop's.
class Table : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context&) override {
        std::printf("%-28s %9s %12s %12s %7s\n", "forward + backward, float", "elements", "xgrad [ns]", "raw [ns]", "ratio");
        return true;
    }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            // name/kind/size
            const std::string name = run.benchmark_name();
            const auto size_at = name.rfind('/'), kind_at = name.rfind('/', size_at - 1);
            const std::string kind = name.substr(kind_at + 1, size_at - kind_at - 1), size = name.substr(size_at + 1);
            const std::string op = name.substr(0, kind_at);
            const double ns = run.GetAdjustedRealTime();
            if (kind == "tape") {
                tape_[op + size] = ns;
            } else if (kind == "raw") {
                const double ours = tape_[op + size];
                std::printf("%-28s %9s %12.1f %12.1f %7.2f\n", op.c_str(), size.c_str(), ours, ns, ours / ns);
            } else {
                std::printf("%-28s %9s %12.1f   each, one of %d in a graph\n", op.c_str(), size.c_str(), ns / chain_length, chain_length);
            }
        }
        std::fflush(stdout);
    }

  private:
    std::map<std::string, double> tape_;
};

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    register_all();
    Table table;
    benchmark::RunSpecifiedBenchmarks(&table);
}
