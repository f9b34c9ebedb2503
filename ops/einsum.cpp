#include <xgrad/ops/einsum.hpp>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/region.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/transpose.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace xgrad {

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// Indices

/// An index: a letter's place in the alphabet of capitals and small letters, or the axis of an ellipsis, counted from
/// the last.
using Label = std::uint8_t;
constexpr Label letters = 52, label_count = letters + Shape::max_rank;

/// A set of indices, one bit for each.
using LabelSet = std::uint64_t;
constexpr LabelSet bit(Label label) noexcept {
    return LabelSet{1} << label;
}

bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
Label label_of(char letter) noexcept {
    return static_cast<Label>(letter <= 'Z' ? letter - 'A' : letter - 'a' + 26);
}
std::string name_of(Label label) {
    if (label >= letters) return "axis -" + std::to_string(label - letters + 1) + " of the ellipsis";
    return std::string("index '") + static_cast<char>(label < 26 ? 'A' + label : 'a' + label - 26) + "'";
}

/// The indices of some axes, in order.
class Labels {
  public:
    const Label* begin() const noexcept { return labels_.data(); }
    const Label* end() const noexcept { return labels_.data() + size_; }
    std::size_t size() const noexcept { return size_; }
    void push_back(Label label) noexcept { labels_[size_++] = label; }
    bool has(Label label) const noexcept { return std::find(begin(), end(), label) != end(); }
    std::size_t position(Label label) const noexcept {
        return static_cast<std::size_t>(std::find(begin(), end(), label) - begin());
    }
    LabelSet set() const noexcept {
        LabelSet set = 0;
        for (const Label label : *this) set |= bit(label);
        return set;
    }
    /// Those that are in `set`.
    Labels in(LabelSet set) const noexcept {
        Labels result;
        for (const Label label : *this) {
            if (set & bit(label)) result.push_back(label);
        }
        return result;
    }
    /// These and then `others`. Two operands' axes fit.
    friend Labels operator+(Labels a, const Labels& b) noexcept {
        for (const Label label : b) a.push_back(label);
        return a;
    }
    friend bool operator==(const Labels& a, const Labels& b) noexcept {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

  private:
    std::array<Label, 2 * Shape::max_rank> labels_;
    std::size_t size_ = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// The equation

/// The equation with what is known of its indices: reading it checks it against the operands' shapes.
class Notation {
  public:
    Notation(std::string_view text, std::size_t operands, const Location& at) : text_(text), at_(at) {
        extents_.fill(1);
        const std::size_t arrow = text.find("->");
        inputs_ = text.substr(0, arrow);
        explicit_ = arrow != std::string_view::npos;
        const auto terms = static_cast<std::size_t>(std::count(inputs_.begin(), inputs_.end(), ',')) + 1;
        if (terms != operands) {
            fail("the equation has " + std::to_string(terms) + (terms == 1 ? " term" : " terms") + " for " +
                     std::to_string(operands) + (operands == 1 ? " operand" : " operands"),
                 inputs_.size());
        }
    }

    std::size_t extent(Label label) const noexcept { return extents_[label]; }

    /// Reads the next operand's term.
    Labels read_operand(const Shape& shape) {
        ++operand_;
        const std::size_t first = next_, last = std::min(text_.find(',', first), inputs_.size());
        next_ = last + 1;
        const auto [count, has_ellipsis] = scan(first, last);
        if (has_ellipsis ? count > shape.rank() : count != shape.rank()) {
            fail<ShapeError>("the term has " + std::to_string(count) + (count == 1 ? " index" : " indices") +
                                 " for the " + std::to_string(shape.rank()) + (shape.rank() == 1 ? " axis" : " axes") +
                                 " of operand " + std::to_string(operand_) + ", of shape " + to_string(shape),
                             first);
        }
        Labels term;
        for (std::size_t i = first; i < last; ++i) {
            if (text_[i] == '.') {
                const std::size_t axes = shape.rank() - count;
                ellipsis_axes_ = std::max(ellipsis_axes_, axes);
                for (std::size_t k = axes; k-- > 0;) add_axis(term, static_cast<Label>(letters + k), shape, i);
                i += 2;
            } else if (is_letter(text_[i])) {
                add_axis(term, label_of(text_[i]), shape, i);
            }
        }
        return term;
    }

    /// Reads the result's term, after those of all operands.
    Labels read_result() {
        Labels result;
        const std::size_t first = inputs_.size() + 2;
        const auto add_ellipsis = [&](std::size_t place) {
            for (std::size_t k = ellipsis_axes_; k-- > 0;)
                add_result_axis(result, static_cast<Label>(letters + k), place);
        };
        if (!explicit_) {
            add_ellipsis(text_.size());
            for (Label label = 0; label < letters; ++label) {
                if (once_ & bit(label)) add_result_axis(result, label, text_.size());
            }
            return result;
        }
        const bool has_ellipsis = scan(first, text_.size()).has_ellipsis;
        if (ellipsis_axes_ > 0 && !has_ellipsis) {
            fail("the result does not say where the axes of the operands' ... stand", first);
        }
        for (std::size_t i = first; i < text_.size(); ++i) {
            if (text_[i] == '.') {
                add_ellipsis(i);
                i += 2;
            } else if (is_letter(text_[i])) {
                const Label label = label_of(text_[i]);
                if (!(seen_ & bit(label))) fail(name_of(label) + " of the result is in no operand", i);
                if (result.has(label)) fail(name_of(label) + " is in the result twice", i);
                add_result_axis(result, label, i);
            }
        }
        return result;
    }

  private:
    struct Scan {
        std::size_t count = 0; ///< letters
        bool has_ellipsis = false;
    };
    /// Looks for what has no place in a term.
    Scan scan(std::size_t first, std::size_t last) const {
        Scan found;
        for (std::size_t i = first; i < last; ++i) {
            if (is_letter(text_[i])) {
                ++found.count;
            } else if (text_.substr(i, 3) == "..." && i + 3 <= last) {
                if (found.has_ellipsis) fail("a second ... in one term", i);
                found.has_ellipsis = true;
                i += 2;
            } else if (text_[i] == '.') {
                fail("an ellipsis has three dots", i);
            } else if (text_[i] != ' ') {
                fail(std::string("'") + text_[i] + "' is not an index: indices are letters", i);
            }
        }
        return found;
    }

    /// The next axis of an operand is `label`, named at `place`.
    void add_axis(Labels& term, Label label, const Shape& shape, std::size_t place) {
        const std::size_t extent = shape[term.size()];
        if (term.has(label)) {
            const std::size_t before = shape[term.position(label)];
            if (extent != before) throw_extents(label, before, "", extent, place);
        } else if (extents_[label] == 1) {
            extents_[label] = extent;
            owner_[label] = operand_;
        } else if (extent != 1 && extent != extents_[label]) {
            throw_extents(label, extents_[label], " in operand " + std::to_string(owner_[label]), extent, place);
        }
        once_ = seen_ & bit(label) ? once_ & ~bit(label) : once_ | bit(label);
        seen_ |= bit(label);
        term.push_back(label);
    }

    void add_result_axis(Labels& result, Label label, std::size_t place) const {
        if (result.size() == Shape::max_rank) {
            fail<ShapeError>("the result has more than " + std::to_string(Shape::max_rank) + " axes", place);
        }
        result.push_back(label);
    }

    [[noreturn]] void throw_extents(Label label, std::size_t before, const std::string& where, std::size_t extent,
                                    std::size_t place) const {
        fail<ShapeError>(name_of(label) + " has extent " + std::to_string(before) + where + " and " +
                             std::to_string(extent) + " in operand " + std::to_string(operand_),
                         place);
    }

    /// Shows the equation, and below it where the fault is.
    template <class E = ValueError>
    [[noreturn]] void fail(const std::string& what, std::size_t place) const {
        throw E("einsum: " + what + "\n  " + std::string(text_) + "\n  " + std::string(place, ' ') + "^", at_);
    }

    std::string_view text_, inputs_;
    Location at_;
    bool explicit_ = false;
    std::size_t next_ = 0; ///< where the next term begins
    std::size_t operand_ = 0, ellipsis_axes_ = 0;
    LabelSet seen_ = 0, once_ = 0;
    std::array<std::size_t, label_count> extents_, owner_{}; ///< of an index, and the operand that has it
};

// ---------------------------------------------------------------------------------------------------------------------
// Terms and their products

template <class T>
struct Term {
    Variable<T> x;
    Labels labels; ///< no two alike
};

/// Memory of the pool, so that a training step does not allocate.
template <class U>
struct PoolAllocator {
    using value_type = U;
    PoolAllocator() = default;
    template <class V>
    PoolAllocator(const PoolAllocator<V>&) noexcept {}
    U* allocate(std::size_t n) { return static_cast<U*>(detail::pool.allocate(n * sizeof(U))); }
    void deallocate(U* memory, std::size_t n) noexcept { detail::pool.deallocate(memory, n * sizeof(U)); }
    friend bool operator==(PoolAllocator, PoolAllocator) noexcept { return true; }
};
template <class T>
using Terms = std::vector<Term<T>, PoolAllocator<Term<T>>>;

/// An operand whose indices differ: diagonals are taken, and axes that are stretched left out.
template <class T>
Term<T> distinct(const Variable<T>& x, const Labels& term, const Notation& notation, const Location& at) {
    const ops::Region all = ops::whole(x.shape());
    ops::Region region;
    region.offset = all.offset;
    Labels kept;
    bool diagonal = false;
    for (std::size_t axis = 0; axis < term.size(); ++axis) {
        const Label label = *(term.begin() + axis);
        if (x.shape()[axis] != notation.extent(label)) continue;
        const std::size_t position = kept.position(label);
        if (position == kept.size()) {
            kept.push_back(label);
            region.shape.push_back(x.shape()[axis]);
            region.strides[position] = all.strides[axis];
        } else {
            region.strides[position] += all.strides[axis];
            diagonal = true;
        }
    }
    if (diagonal) return {ops::select(x, region, "diagonal", at), kept};
    return {kept.size() == term.size() ? x : reshape(x, region.shape, at), kept};
}

/// The indices that the result or another factor than `a` and `b` has.
template <class T>
LabelSet needed_outside(const Terms<T>& factors, const Labels& result, std::size_t a, std::size_t b) {
    LabelSet needed = result.set();
    for (std::size_t k = 0; k < factors.size(); ++k) {
        if (k != a && k != b) needed |= factors[k].labels.set();
    }
    return needed;
}

/// x with its axes in the given order.
template <class T>
Variable<T> ordered(const Term<T>& factor, const Labels& order, const Location& at) {
    Axes axes;
    for (const Label label : order) axes.push_back(static_cast<std::ptrdiff_t>(factor.labels.position(label)));
    return permute(factor.x, axes, at);
}

/// A factor as a stack of matrices.
template <class T>
struct Matrices {
    Variable<T> x;
    bool transposed;
};

/// Contracts pairs of factors.
template <class T>
class Product {
  public:
    Product(const Notation& notation, const Labels& result, const Location& at)
        : notation_(notation), result_(result), at_(at) {}

    /// The multiplications that a pair takes and the elements of what comes of it.
    double cost(const Term<T>& a, const Term<T>& b, LabelSet needed) const {
        const LabelSet all = a.labels.set() | b.labels.set();
        return volume(all) + volume(all & needed);
    }

    /// The extents of axes.
    /// @throws ShapeError if there are more than an array can have
    Shape shape_of(const Labels& labels) const {
        if (labels.size() > Shape::max_rank) {
            throw ShapeError("einsum: an array on the way to the result has " + std::to_string(labels.size()) +
                                 " axes, more than " + std::to_string(Shape::max_rank),
                             at_);
        }
        Shape shape;
        for (const Label label : labels) shape.push_back(notation_.extent(label));
        return shape;
    }

    /// The product, summed over the indices of both that are not `needed`.
    Term<T> operator()(const Term<T>& left, const Term<T>& right, LabelSet needed) const {
        const LabelSet both = left.labels.set() & right.labels.set();
        const Labels of_left = left.labels.in(~both), of_right = right.labels.in(~both);
        // The rows are the indices that the result names first.
        const bool swap = of_left.size() > 0 && of_right.size() > 0 &&
                          result_.position(*of_right.begin()) < result_.position(*of_left.begin());
        const Term<T>& a = swap ? right : left;
        const Term<T>& b = swap ? left : right;

        const Labels batch = a.labels.in(both & needed), inner = a.labels.in(both & ~needed);
        const Labels rows = a.labels.in(~both), columns = b.labels.in(~both);
        const Labels labels = batch + rows + columns;
        const Shape shape = shape_of(labels);
        const std::size_t m = size_of(rows), n = size_of(columns), k = size_of(inner);
        check_size(shape, "einsum", at_);
        ops::check_product_size("einsum", m, n, k, shape, at_);

        const auto [x, transpose_x] = matrices(a, batch, rows, inner);
        const auto [y, transpose_y] = matrices(b, batch, inner, columns);
        // With nothing to sum, a broadcast does for all of a stack what one product would do for each of its matrices.
        const Variable<T> product =
            inner.size() == 0 && batch.size() > 0
                ? reshape(x, Shape{size_of(batch), m, 1}, at_) * reshape(y, Shape{size_of(batch), 1, n}, at_)
                : matmul(x, y, {.transpose_a = transpose_x, .transpose_b = transpose_y}, at_);
        return {reshape(product, shape, at_), labels};
    }

  private:
    double volume(LabelSet set) const {
        double volume = 1; // a number that does not overflow
        for (; set != 0; set &= set - 1) {
            volume *= static_cast<double>(notation_.extent(static_cast<Label>(std::countr_zero(set))));
        }
        return volume;
    }

    std::size_t size_of(const Labels& labels) const {
        std::size_t size = 1;
        for (const Label label : labels) size *= notation_.extent(label);
        return size;
    }

    /// The factor as a stack of (rows, columns) matrices, or of their transposes if that is how it lies in memory.
    Matrices<T> matrices(const Term<T>& factor, const Labels& batch, const Labels& rows, const Labels& columns) const {
        const bool transposed = factor.labels != batch + rows + columns && factor.labels == batch + columns + rows;
        const Variable<T> x = transposed ? factor.x : ordered(factor, batch + rows + columns, at_);
        Shape shape;
        if (batch.size() > 0) shape.push_back(size_of(batch));
        shape.push_back(size_of(transposed ? columns : rows));
        shape.push_back(size_of(transposed ? rows : columns));
        return {reshape(x, shape, at_), transposed};
    }

    const Notation& notation_;
    const Labels& result_;
    Location at_;
};

} // namespace

template <class T>
Variable<T> ops::einsum(std::string_view equation, std::span<const Variable<T>> operands, const Location& at) {
    Notation notation(equation, operands.size(), at);
    Terms<T> factors;
    factors.reserve(operands.size());
    for (const Variable<T>& operand : operands) factors.push_back({operand, notation.read_operand(operand.shape())});
    const Labels result = notation.read_result();
    const Product<T> product(notation, result, at);
    check_size(product.shape_of(result), "einsum", at);

    for (Term<T>& factor : factors) factor = distinct(factor.x, factor.labels, notation, at);
    for (std::size_t k = 0; k < factors.size(); ++k) { // sums that no other factor takes part in
        const Labels summed = factors[k].labels.in(~needed_outside(factors, result, k, k));
        if (summed.size() == 0) continue;
        Axes axes;
        for (const Label label : summed) axes.push_back(static_cast<std::ptrdiff_t>(factors[k].labels.position(label)));
        factors[k] = {sum(factors[k].x, axes, false, at), factors[k].labels.in(~summed.set())};
    }
    while (factors.size() > 1) {
        std::size_t a = 0, b = 1;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < factors.size() && factors.size() > 2; ++i) {
            for (std::size_t j = i + 1; j < factors.size(); ++j) {
                const double cost = product.cost(factors[i], factors[j], needed_outside(factors, result, i, j));
                if (cost >= least) continue;
                least = cost;
                a = i;
                b = j;
            }
        }
        factors[a] = product(factors[a], factors[b], needed_outside(factors, result, a, b));
        factors.erase(factors.begin() + static_cast<std::ptrdiff_t>(b));
    }
    return ordered(factors[0], result, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> ops::einsum(std::string_view, std::span<const Variable<T>>, const Location&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad
