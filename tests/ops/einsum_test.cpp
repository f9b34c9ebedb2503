// einsum: NumPy's values and PyTorch's derivatives; what it is made of; errors that point at the fault.
#include <xgrad/ops/einsum.hpp>

#include <xgrad/autodiff/tape.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/einsum.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace xgrad;
using tests::message_of;
using tests::reference::as_variable;
using tests::reference::Case;
using tests::reference::Numbers;

namespace {

/// The operands of tests/reference/einsum.py beside the first.
template <class T>
Variable<T> operand(const Shape& shape, std::size_t s) {
    Tensor<T> x(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = (static_cast<T>((37 * i + 11 * s) % 19) - 9) / 8;
    return Variable<T>(std::move(x), false);
}

/// "ij,jk|3,4": the equation and the shapes of the operands beside x.
template <class T>
Variable<T> call(const std::string& text, const Variable<T>& x) {
    std::istringstream parts(text);
    std::string equation, part;
    std::getline(parts, equation, '|');
    std::vector<Variable<T>> operands{x};
    for (auto bars = std::count(text.begin(), text.end(), '|'); bars > 0; --bars) {
        part.clear();
        std::getline(parts, part, '|');
        Shape shape;
        std::istringstream extents(part);
        for (std::string extent; std::getline(extents, extent, ',');) shape.push_back(std::stoul(extent));
        operands.push_back(operand<T>(shape, operands.size()));
    }
    return square(einsum(equation, operands));
}

template <class T = double>
Variable<T> filled(const Shape& shape) {
    return Variable<T>(Tensor<T>(shape, T(1)), true);
}

std::vector<double> elements(const Variable<double>& x) {
    return std::vector<double>(x.tensor().begin(), x.tensor().end());
}

} // namespace

TEST_CASE_TEMPLATE("einsum agrees with NumPy, and its derivatives with PyTorch's", T, float, double) {
    int checked = 0;
    for (const Case& c : tests::reference::einsum_cases) {
        tests::reference::check<T>(c, call<T>);
        ++checked;
    }
    CHECK(checked == 59);
}

TEST_CASE("einsum takes arrays and numbers beside Variables") {
    const Variable x{1.0, 2.0, 3.0};
    const Array<double> a{{1, 0, 1}, {0, 2, 0}};
    CHECK(elements(einsum("ij,j->i", a, x)) == Numbers{4, 4});
    CHECK(elements(einsum("j,ij->i", x, a * 2.0)) == Numbers{8, 8});
    CHECK(elements(einsum(",i", 2.0, x)) == Numbers{2, 4, 6});
    CHECK(elements(einsum(std::string("i,i"), x, x)) == Numbers{14});
    const std::string_view equation = "i->";
    CHECK(elements(einsum(equation, x)) == Numbers{6});
    CHECK(einsum("", Variable{3.0}).item() == 3);
}

TEST_CASE("einsum of a product of matrices is one matmul, with nothing transposed") {
    const Variable<double> a = filled({2, 3}), b = filled({3, 4}), c = filled({4, 3});
    const auto operations = [](const auto& f) {
        const Tape tape;
        const auto y = f();
        std::string names;
        std::istringstream table(tape.table());
        for (std::string line; std::getline(table, line);) {
            for (const char* name : {"matmul", "permute", "multiply", "sum"}) {
                if (line.find(name) != std::string::npos) names += std::string(name) + " ";
            }
        }
        return names;
    };
    CHECK(operations([&] { return einsum("ij,jk->ik", a, b); }) == "matmul ");
    CHECK(operations([&] { return einsum("ij,jk->ki", a, b); }) == "matmul ");
    CHECK(operations([&] { return einsum("ij,kj->ik", a, c); }) == "matmul ");
    CHECK(operations([&] { return einsum("ji,kj->ki", b, c); }) == "matmul ");
}

TEST_CASE("einsum contracts first what takes the fewest multiplications") {
    // In the order of writing, the first product would have 10^9 elements.
    const Variable<double> a = filled({1000}), b = filled({1000000});
    CHECK(einsum("i,j,j->i", a, b, b).tensor().data()[999] == 1e6);
    CHECK(einsum("i,j,i,j->", a, b, a, b).item() == 1e9);
}

TEST_CASE("einsum: mistakes in the equation, with a mark below") {
    const Variable<double> m = filled({2, 3}), v = filled({3});
    CHECK(message_of<ValueError>([&] { einsum("ij,jk->ik", m); }) ==
          "einsum: the equation has 2 terms for 1 operand\n  ij,jk->ik\n       ^");
    CHECK(message_of<ValueError>([&] { einsum("ij->ik", m); }) ==
          "einsum: index 'k' of the result is in no operand\n  ij->ik\n       ^");
    CHECK(message_of<ValueError>([&] { einsum("ij->iji", m); }) ==
          "einsum: index 'i' is in the result twice\n  ij->iji\n        ^");
    CHECK(message_of<ValueError>([&] { einsum("i1", m); }) ==
          "einsum: '1' is not an index: indices are letters\n  i1\n   ^");
    CHECK(message_of<ValueError>([&] { einsum("ij-ji", m); }) ==
          "einsum: '-' is not an index: indices are letters\n  ij-ji\n    ^");
    CHECK(message_of<ValueError>([&] { einsum("ij->j->", m); }) ==
          "einsum: '-' is not an index: indices are letters\n  ij->j->\n       ^");
    CHECK(message_of<ValueError>([&] { einsum("ij->i,j", m); }) ==
          "einsum: ',' is not an index: indices are letters\n  ij->i,j\n       ^");
    CHECK(message_of<ValueError>([&] { einsum("ij,j..->", m, v); }) ==
          "einsum: an ellipsis has three dots\n  ij,j..->\n      ^");
    CHECK(message_of<ValueError>([&] { einsum("ij,..", m, v); }) ==
          "einsum: an ellipsis has three dots\n  ij,..\n     ^");
    CHECK(message_of<ValueError>([&] { einsum("...i...", m); }) ==
          "einsum: a second ... in one term\n  ...i...\n      ^");
    CHECK(message_of<ValueError>([&] { einsum("...j->j", m); }) ==
          "einsum: the result does not say where the axes of the operands' ... stand\n  ...j->j\n        ^");
    CHECK(message_of<ValueError>([] { einsum("i", std::vector<Variable<float>>{}); }) ==
          "einsum: the equation has 1 term for 0 operands\n  i\n   ^");
}

TEST_CASE("einsum: shapes that do not fit the equation, with a mark below") {
    const Variable<double> m = filled({2, 3}), v = filled({3}), four = filled({4});
    CHECK(message_of<ShapeError>([&] { einsum("ij,jk->ik", m, v); }) ==
          "einsum: the term has 2 indices for the 1 axis of operand 2, of shape (3)\n  ij,jk->ik\n     ^");
    CHECK(message_of<ShapeError>([&] { einsum("i", m); }) ==
          "einsum: the term has 1 index for the 2 axes of operand 1, of shape (2, 3)\n  i\n  ^");
    CHECK(message_of<ShapeError>([&] { einsum("...ijk", m); }) ==
          "einsum: the term has 3 indices for the 2 axes of operand 1, of shape (2, 3)\n  ...ijk\n  ^");
    CHECK(message_of<ShapeError>([&] { einsum("ij,j", m, four); }) ==
          "einsum: index 'j' has extent 3 in operand 1 and 4 in operand 2\n  ij,j\n     ^");
    CHECK(message_of<ShapeError>([&] { einsum("ii", m); }) ==
          "einsum: index 'i' has extent 2 and 3 in operand 1\n  ii\n   ^");
    CHECK(message_of<ShapeError>([&] { einsum("...,...", m, four); }) ==
          "einsum: axis -1 of the ellipsis has extent 3 in operand 1 and 4 in operand 2\n  ...,...\n      ^");
    const Variable<double> deep = filled({1, 1, 1, 1, 1});
    CHECK(message_of<ShapeError>([&] { einsum("abcde,fghij", deep, deep); }) ==
          "einsum: the result has more than 8 axes\n  abcde,fghij\n             ^");
    const Variable<double> eight = filled({1, 1, 1, 1, 1, 1, 1, 1});
    CHECK(message_of<ShapeError>([&] {
              einsum("abcdefgh,abcijklm,defijkno,ghlmno", eight, eight, eight, filled({1, 1, 1, 1, 1, 1}));
          }) == "einsum: an array on the way to the result has 10 axes, more than 8");
    const Variable<double> large = filled({1 << 20});
    CHECK(message_of<ShapeError>([&] { einsum("i,j,k", large, large, large); }).starts_with("einsum: "));
}
