/// @file
/// Einstein summation.
#pragma once

#include <xgrad/autodiff/operation.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xgrad {

/// What einsum() computes, as text, and where it was called.
class Equation {
  public:
    Equation(const char* text, Location at = Location::current()) : text_(text), at_(at) {}
    Equation(std::string_view text, Location at = Location::current()) : text_(text), at_(at) {}
    Equation(const std::string& text, Location at = Location::current()) : text_(text), at_(at) {}

    std::string_view text() const noexcept { return text_; }
    const Location& at() const noexcept { return at_; }

  private:
    std::string_view text_;
    Location at_;
};

namespace ops {

template <class T>
Variable<T> einsum(std::string_view equation, std::span<const Variable<T>> operands, const Location& at);

} // namespace ops

/// Sums of products by the indices of the operands' axes (numpy.einsum): `einsum("ij,jk->ik", a, b)` is the matrix product
/// c_ik = sum over j of a_ij b_jk.
///
/// - One letter, a to z or A to Z, names each axis; a comma stands between operands. Blanks are ignored.
/// - After `->` stand the axes of the result, in any order. The products are summed over all other indices. Without `->`
///   the result has the indices that occur just once, in alphabetical order (capitals first).
/// - An index that occurs twice in one operand runs along its diagonal: `"ii"` is the trace, `"ii->i"` the diagonal.
/// - `...` stands for all axes that no letter names. Those of several operands broadcast. Without `->` they come first in
///   the result; after it, `...` says where they stand, and has to if there are any.
/// - An axis of extent 1 is stretched to the other extent of its index.
///
/// | equation           | operands       | result                          |
/// |--------------------|----------------|---------------------------------|
/// | `"ij->ji"`         | a matrix       | its transpose                   |
/// | `"...ij,...jk"`    | two stacks     | their matrix products           |
/// | `"i,j->ij"`        | two vectors    | the outer product               |
/// | `"bi,ijk,bk->bj"`  | three arrays   | a bilinear map for each b       |
///
/// Operands are contracted in pairs, by matrix products, at each step the pair that takes the fewest multiplications and
/// the least memory.
/// @throws ValueError if the equation is malformed, or does not have as many terms as there are operands
/// @throws ShapeError if a term does not have as many letters as its operand axes, an index has several extents, or an array
///                    on the way would have more than Shape::max_rank axes
template <class... X>
    requires(sizeof...(X) > 0 && Operands<X...>)
Variable<element_of<X...>> einsum(Equation equation, const X&... operands) {
    using T = element_of<X...>;
    const std::array<Variable<T>, sizeof...(X)> all{Operand<T>(operands, equation.at()).variable()...};
    return ops::einsum<T>(equation.text(), all, equation.at());
}

/// @copydoc einsum(Equation, const X&...)
template <class T>
Variable<T> einsum(Equation equation, const std::vector<Variable<T>>& operands) {
    return ops::einsum<T>(equation.text(), operands, equation.at());
}

} // namespace xgrad
