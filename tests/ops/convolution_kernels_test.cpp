// The three sums of a convolution against the plain loops that define them: tiles of every size, windows of every kind.
#include <xgrad/ops/convolution_kernels.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

using namespace xgrad;
using ops::ConvolutionExtents;
using ops::Role;
using ops::Slide;

namespace {

/// Calls `term(input, weight, output)` with the positions of the elements in each term of the trilinear form.
template <class Term>
void for_each_term(const ConvolutionExtents& e, const Term& term) {
    const auto& [h, w] = e.windows;
    const auto inside = [](std::ptrdiff_t pixel, const Slide& slide) {
        return pixel >= 0 && pixel < static_cast<std::ptrdiff_t>(slide.extent);
    };
    for (std::size_t n = 0; n < e.samples * e.groups; ++n) {
        for (std::size_t o = 0; o < e.out; ++o) {
            for (std::size_t c = 0; c < e.in; ++c) {
                for (std::size_t i = 0; i < h.kernel; ++i) {
                    for (std::size_t j = 0; j < w.kernel; ++j) {
                        for (std::size_t u = 0; u < h.places; ++u) {
                            for (std::size_t v = 0; v < w.places; ++v) {
                                const std::ptrdiff_t y = h.pixel(u, i), x = w.pixel(v, j);
                                if (!inside(y, h) || !inside(x, w)) continue;
                                const std::size_t pixel =
                                    static_cast<std::size_t>(y) * w.extent + static_cast<std::size_t>(x);
                                term((n * e.in + c) * e.windows.pixels() + pixel,
                                     (((n % e.groups * e.out + o) * e.in + c) * h.kernel + i) * w.kernel + j,
                                     (n * e.out + o) * e.windows.places() + u * w.places + v);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Small integers: sums of their products are exact in float too, whatever the order.
template <class T>
std::vector<T> integers(std::size_t size, std::size_t seed) {
    std::vector<T> result(size);
    for (std::size_t i = 0; i < size; ++i) result[i] = static_cast<T>((i * 37 + seed) % 7) - 3;
    return result;
}

/// Computes each array's derivative fresh, with a bias, and added to what is there.
template <class T>
void check(const ConvolutionExtents& e) {
    const Slide &h = e.windows.h, &w = e.windows.w;
    INFO(std::string(std::is_same_v<T, float> ? "float" : "double"), ": groups ", e.groups, ", in ", e.in, ", out ", e.out);
    INFO("extents, kernel, stride, padding, dilation of the height: ", h.extent, " ", h.kernel, " ", h.stride, " ",
         h.padding, " ", h.dilation);
    INFO("and of the width: ", w.extent, " ", w.kernel, " ", w.stride, " ", w.padding, " ", w.dilation);
    const std::array<std::vector<T>, 3> arrays{integers<T>(e.size(Role::input), 1), integers<T>(e.size(Role::weight), 2),
                                               integers<T>(e.size(Role::output), 3)};
    const std::vector<T> &x = arrays[0], &weight = arrays[1], &y = arrays[2];
    std::array<std::vector<T>, 3> expected;
    for (std::size_t role = 0; role < 3; ++role) expected[role].resize(arrays[role].size());
    for_each_term(e, [&](std::size_t input, std::size_t tap, std::size_t output) {
        expected[0][input] += weight[tap] * y[output];
        expected[1][tap] += x[input] * y[output];
        expected[2][output] += x[input] * weight[tap];
    });
    for (const Role role : {Role::input, Role::weight, Role::output}) {
        const auto index = static_cast<std::size_t>(role);
        INFO("role ", index);
        std::array<const T*, 3> others{x.data(), weight.data(), y.data()};
        others[index] = nullptr;
        std::vector<T> result(arrays[index].size(), T(99));
        ops::contract<T>(e, role, others, nullptr, result.data(), true);
        CHECK(result == expected[index]);

        result = arrays[index];
        ops::contract<T>(e, role, others, nullptr, result.data(), false);
        std::vector<T> sum = arrays[index];
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += expected[index][i];
        CHECK(result == sum);

        if (role == Role::weight) continue;
        const std::size_t channels = e.groups * (role == Role::input ? e.in : e.out);
        const std::size_t pixels = result.size() / (e.samples * channels);
        const std::vector<T> bias = integers<T>(channels, 4);
        std::fill(result.begin(), result.end(), T(99));
        ops::contract<T>(e, role, others, bias.data(), result.data(), true);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = expected[index][i] + bias[i / pixels % channels];
        CHECK(result == sum);
    }
}

Slide slide(std::size_t extent, std::size_t kernel, std::size_t stride = 1, std::size_t padding = 0,
            std::size_t dilation = 1) {
    const std::size_t places = (extent + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
    return {extent, kernel, stride, padding, dilation, places};
}

} // namespace

TEST_CASE_TEMPLATE("the sums of a convolution in tiles of every size", T, float, double) {
    const std::vector<std::size_t> places{1, 2, 7, 8, 9, 16, 17, 31, 50, 65, 81, 112, 128, 140};
    for (std::size_t out = 1; out <= 10; ++out) {
        for (std::size_t kernel = 2; kernel <= 7; ++kernel) {
            const std::size_t width = places[(out * 5 + kernel) % places.size()] + kernel - 1;
            check<T>({1, 1, 1, out, {slide(1, 1), slide(width, kernel)}});
        }
        for (const std::size_t width : places) check<T>({1, 1, 1, out, {slide(1, 1), slide(width + 2, 3)}});
    }
}

TEST_CASE_TEMPLATE("the sums of a convolution of many channels", T, float, double) {
    check<T>({2, 1, 50, 3, {slide(4, 2), slide(5, 2)}}); // more than a tile reads at a time, in two parts
    check<T>({1, 1, 3, 50, {slide(4, 2), slide(5, 2)}}); // and so for the transpose
    check<T>({1, 1, 2, 2, {slide(14, 13), slide(15, 13)}}); // one channel alone is more
    check<T>({1, 1, 90, 70, {slide(3, 3), slide(4, 3)}}); // the weight's partial sums exceed the cache
    check<T>({2, 2, 6, 5, {slide(3, 1), slide(4, 1)}}); // a product of matrices
}

TEST_CASE_TEMPLATE("the sums of a convolution with every kind of window", T, float, double) {
    for (const std::size_t stride : {1, 2, 3}) {
        for (const std::size_t dilation : {1, 2, 3}) {
            for (const std::size_t padding : {0, 1, 3}) {
                check<T>({2, 2, 2, 1, {slide(8, 3, stride, padding, dilation), slide(7, 2, 1, 0, 1)}});
                check<T>({1, 1, 2, 3, {slide(4, 2, 1, 1, 1), slide(9, 3, stride, padding, dilation)}});
                check<T>({1, 1, 1, 2, {slide(9, 1, stride, padding), slide(7, 4, 1, padding, dilation > 1 ? 2 : 1)}});
            }
        }
    }
    check<T>({1, 1, 2, 2, {slide(41, 3, 1, 0, 20), slide(5, 2)}}); // the taps far apart
    check<T>({2, 2, 3, 2, {slide(9, 5, 2, 2), slide(8, 4, 3, 1, 2)}}); // strides along both axes
    check<T>({1, 1, 2, 3, {slide(10, 4, 4), slide(7, 3, 2, 1)}});
    check<T>({1, 1, 2, 2, {slide(1, 3, 2, 1), slide(2, 4, 3, 1)}}); // images smaller than a stride
    // Fewer places than there is room for, as a transposed convolution with output_padding has them.
    Slide fewer = slide(9, 3, 2, 1, 1);
    --fewer.places;
    check<T>({1, 1, 2, 2, {fewer, fewer}});
    fewer = slide(9, 3, 1, 1, 2);
    --fewer.places;
    check<T>({1, 1, 2, 2, {fewer, fewer}});
}

TEST_CASE_TEMPLATE("the sums of a convolution of so many samples that each has a lane", T, float, double) {
    for (const std::size_t samples : {6, 13, 16, 31, 33}) {
        for (std::size_t out = 1; out <= 10; ++out)
            check<T>({samples, 1, 2, out, {slide(5 + out % 3, 3, 1, 1), slide(3 + out, 3, 1, out % 2)}});
        for (const std::size_t stride : {1, 2, 3}) {
            for (const std::size_t dilation : {1, 2, 3}) {
                for (const std::size_t padding : {0, 1, 3}) {
                    check<T>({samples, 2, 2, 1, {slide(8, 3, stride, padding, dilation), slide(7, 2, 1, 0, 1)}});
                    check<T>({samples, 1, 1, 3, {slide(4, 2, 1, 1, 1), slide(9, 3, stride, padding, dilation)}});
                    check<T>({samples, 1, 1, 2, {slide(9, 1, stride, padding), slide(7, 4, 1, padding, dilation > 1 ? 2 : 1)}});
                }
            }
        }
        check<T>({samples, 3, 2, 3, {slide(9, 5, 2, 2), slide(8, 4, 3, 1, 2)}});
        check<T>({samples, 1, 2, 2, {slide(1, 3, 2, 1), slide(2, 4, 3, 1)}});
        check<T>({samples, 1, 2, 2, {slide(2, 3, 1, 4), slide(2, 3, 1, 4)}}); // rows of places beside the image
        Slide fewer = slide(9, 3, 2, 1, 1);
        --fewer.places;
        check<T>({samples, 1, 2, 2, {fewer, fewer}});
    }
}
