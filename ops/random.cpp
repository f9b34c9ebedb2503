#include <xgrad/ops/random.hpp>

#include <xgrad/autodiff/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <sstream>

namespace xgrad {

struct Generator::Engine {
    std::mt19937_64 twister;
};

Generator::Generator(std::uint64_t seed) : engine_(new Engine{std::mt19937_64(seed)}) {}

Generator::Generator(const Generator& other)
    : engine_(new Engine(*other.engine_)), second_normal_(other.second_normal_), has_second_normal_(other.has_second_normal_) {}

Generator& Generator::operator=(const Generator& other) {
    *engine_ = *other.engine_;
    second_normal_ = other.second_normal_;
    has_second_normal_ = other.has_second_normal_;
    return *this;
}

Generator::~Generator() = default;

bool Generator::operator==(const Generator& other) const {
    return engine_->twister == other.engine_->twister && second_normal_ == other.second_normal_ &&
           has_second_normal_ == other.has_second_normal_;
}

Generator::result_type Generator::operator()() {
    return engine_->twister();
}

double Generator::normal() {
    if (has_second_normal_) {
        has_second_normal_ = false;
        return second_normal_;
    }
    double u, v, square;
    do {
        u = 2 * uniform() - 1;
        v = 2 * uniform() - 1;
        square = u * u + v * v;
    } while (square >= 1 || square == 0);
    const double factor = std::sqrt(-2 * std::log(square) / square);
    second_normal_ = v * factor;
    has_second_normal_ = true;
    return u * factor;
}

std::uint64_t Generator::below(std::uint64_t n) {
    if (n == 0) throw ValueError("Generator::below: there is no number below 0", Location());
    // The high half of a 128-bit product is uniform once the few low halves that would favour some numbers are drawn again.
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>((*this)()) * n;
    if (static_cast<std::uint64_t>(product) < n) {
        const std::uint64_t unfair = (0 - n) % n;
        while (static_cast<std::uint64_t>(product) < unfair) product = static_cast<Wide>((*this)()) * n;
    }
    return static_cast<std::uint64_t>(product >> 64);
}

void Generator::shuffle(std::span<std::size_t> numbers) {
    for (std::size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[below(i)]);
}

std::vector<std::size_t> Generator::permutation(std::size_t n) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(order);
    return order;
}

std::string Generator::state() const {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << engine_->twister << ' ' << has_second_normal_ << ' ' << std::hexfloat << (has_second_normal_ ? second_normal_ : 0.0);
    return text.str();
}

void Generator::set_state(const std::string& state) {
    std::istringstream text(state);
    text.imbue(std::locale::classic());
    Generator read;
    std::string second; // operator>> for double does not read hexfloat
    if (!(text >> read.engine_->twister >> read.has_second_normal_ >> second) || !(text >> std::ws).eof()) {
        throw ValueError("Generator::set_state: not the state of a generator", Location());
    }
    char* end = nullptr;
    read.second_normal_ = std::strtod(second.c_str(), &end);
    if (*end != '\0') throw ValueError("Generator::set_state: not the state of a generator", Location());
    *this = read;
}

Generator& default_generator() {
    thread_local Generator generator;
    return generator;
}

void manual_seed(std::uint64_t seed) { default_generator().seed(seed); }

template <class T>
Tensor<T> random_uniform(const Shape& shape, T low, T high, Generator& generator) {
    if (!(low <= high) || !std::isfinite(high - low)) {
        throw ValueError("random_uniform: [" + std::to_string(low) + ", " + std::to_string(high) + ") is no range", Location());
    }
    Tensor<T> result(shape);
    const T last = low < high ? std::nextafter(high, low) : low; // rounding may reach `high`, which is excluded
    for (T& element : result) element = std::min(low + (high - low) * static_cast<T>(generator.uniform()), last);
    return result;
}

template <class T>
Tensor<T> random_normal(const Shape& shape, T mean, T standard_deviation, Generator& generator) {
    if (!std::isfinite(mean) || !(standard_deviation >= 0) || !std::isfinite(standard_deviation)) {
        throw ValueError("random_normal: the mean is " + std::to_string(mean) + " and the standard deviation " +
                             std::to_string(standard_deviation),
                         Location());
    }
    Tensor<T> result(shape);
    for (T& element : result) element = static_cast<T>(mean + standard_deviation * generator.normal());
    return result;
}

template Tensor<float> random_uniform(const Shape&, float, float, Generator&);
template Tensor<double> random_uniform(const Shape&, double, double, Generator&);
template Tensor<float> random_normal(const Shape&, float, float, Generator&);
template Tensor<double> random_normal(const Shape&, double, double, Generator&);

} // namespace xgrad
