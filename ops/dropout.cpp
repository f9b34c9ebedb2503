#include <xgrad/ops/dropout.hpp>

#include <cstdint>
#include <string>

namespace xgrad {

namespace {

/// 1 for each element that is kept, and 0 for the others.
using KeptMask = Tensor<std::uint8_t>;

/// An element is dropped if 32 random bits are below p 2^32, rounded.
KeptMask draw(const Shape& shape, double p, Generator& generator) {
    KeptMask kept(shape);
    const auto limit = static_cast<std::uint64_t>(p * 0x1p32 + 0.5);
    const std::size_t n = kept.size();
    for (std::size_t i = 0; i < n; i += 2) {
        const std::uint64_t bits = generator();
        kept.data()[i] = (bits & 0xffffffff) >= limit;
        if (i + 1 < n) kept.data()[i + 1] = (bits >> 32) >= limit;
    }
    return kept;
}

/// Elements that are dropped are 0 whatever they were, infinity and NaN included.
template <class T>
void drop(const T* from, const std::uint8_t* kept, std::size_t n, T scale, T* to) {
    for (std::size_t i = 0; i < n; ++i) {
        const T scaled = from[i] * scale;
        to[i] = kept[i] ? scaled : T(0);
    }
}

template <class T>
Variable<T> dropped(const Variable<T>& x, const KeptMask& kept, T scale, const Location& at);

/// The operation is linear, and its own transpose.
template <class T>
class Dropout final : public Operation<T> {
  public:
    Dropout(KeptMask kept, T scale) : Operation<T>(Saves::nothing), kept_(std::move(kept)), scale_(scale) {}
    const char* name() const noexcept override { return "dropout"; }

    void vjp(Pullback<T>& p) const override { p.add(0, dropped(p.grad(), kept_, scale_, p.at())); }

    void backward(Pullback<T>& p) const override {
        const T* const g = p.adjoint().data();
        const std::uint8_t* const kept = kept_.data();
        const auto [to, fresh] = p.target(0, false); // compilers vectorise the loops only if memory does not overlap
        if (fresh) return drop(g, kept, kept_.size(), scale_, to);
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            const T scaled = g[i] * scale_;
            to[i] += kept[i] ? scaled : T(0);
        }
    }

  private:
    KeptMask kept_;
    T scale_;
};

template <class T>
Variable<T> dropped(const Variable<T>& x, const KeptMask& kept, T scale, const Location& at) {
    Tensor<T> y(x.shape());
    drop(x.tensor().data(), kept.data(), kept.size(), scale, y.data());
    return record<T>("dropout", std::move(y), {&x}, at, [&] { return new Dropout<T>(kept, scale); });
}

} // namespace

template <class T>
Variable<T> dropout(const Variable<T>& x, double p, Generator& generator, Location at) {
    if (!(p >= 0 && p <= 1)) {
        throw ValueError("dropout: the probability must be in [0, 1], but is " + std::to_string(p), at);
    }
    if (p == 0) return x;
    return dropped(x, draw(x.shape(), p, generator), p < 1 ? static_cast<T>(1 / (1 - p)) : T(0), at);
}

template Variable<float> dropout(const Variable<float>&, double, Generator&, Location);
template Variable<double> dropout(const Variable<double>&, double, Generator&, Location);

} // namespace xgrad
