#include <xgrad/nn/data/npy.hpp>

#include <xgrad/nn/data/source.hpp>
#include <xgrad/nn/data/text.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace xgrad::nn {

namespace {

using detail::in_quotes;
using detail::Source;

constexpr std::string_view magic = "\x93NUMPY";

struct Descr {
    std::string_view code; ///< without the byte order
    ElementType type;
};

constexpr Descr descrs[]{{"b1", ElementType::boolean}, {"u1", ElementType::uint8},   {"i1", ElementType::int8},
                         {"i2", ElementType::int16},   {"i4", ElementType::int32},   {"i8", ElementType::int64},
                         {"f4", ElementType::float32}, {"f8", ElementType::float64}};

/// What the header says.
struct Header {
    std::optional<ElementType> type;
    std::endian order = std::endian::native;
    std::optional<bool> fortran_order;
    std::optional<Shape> shape;
};

/// Reads the header's dictionary, a Python literal: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderReader {
  public:
    /// @param end  where in the file the header ends
    HeaderReader(const Source& file, std::size_t start, std::size_t end) : file_(file), next_(start), end_(end) {}

    Header read() {
        expect('{');
        while (!accept('}')) {
            const std::size_t start = next_;
            const std::string_view key = text();
            expect(':');
            if (key == "descr" && !header_.type) read_descr();
            else if (key == "fortran_order" && !header_.fortran_order) read_fortran_order();
            else if (key == "shape" && !header_.shape) read_shape();
            else file_.fail(start, in_quotes(key) + " is there twice, or does not belong there");
            if (!accept(',') && peek() != '}') fail("a comma or } is missing");
        }
        if (peek() != '\0') fail("something follows the dictionary");
        if (!header_.type) fail("there is no 'descr'");
        if (!header_.fortran_order) fail("there is no 'fortran_order'");
        if (!header_.shape) fail("there is no 'shape'");
        return header_;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const { file_.fail(next_, "header: " + what); }

    /// The next character that is no white space; 0 at the end.
    char peek() {
        while (next_ < end_ && std::string_view(" \t\n").find(file_.bytes[next_]) < 3) ++next_;
        return next_ < end_ ? file_.bytes[next_] : '\0';
    }
    bool accept(char c) {
        if (peek() != c || next_ == end_) return false;
        ++next_;
        return true;
    }
    void expect(char c) {
        if (!accept(c)) fail(std::string("a ") + c + " is missing");
    }
    /// A text in quotes of either kind.
    std::string_view text() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') fail("a text is missing");
        const std::size_t start = ++next_;
        while (next_ < end_ && file_.bytes[next_] != quote) ++next_;
        if (next_ == end_) fail("a quote opens and does not close");
        return file_.bytes.substr(start, next_++ - start);
    }
    std::string_view word() {
        peek();
        const std::size_t start = next_;
        while (next_ < end_ && std::isalnum(static_cast<unsigned char>(file_.bytes[next_]))) ++next_;
        return file_.bytes.substr(start, next_ - start);
    }

    void read_descr() {
        if (peek() == '[') fail("structured elements, which are not read");
        const std::size_t start = next_;
        const std::string_view descr = text();
        const char order = descr.empty() ? '\0' : descr[0];
        const auto* const found = std::find_if(std::begin(descrs), std::end(descrs), [&](const Descr& d) {
            return descr.substr(std::min<std::size_t>(descr.size(), 1)) == d.code && (order != '|' || size_of(d.type) == 1);
        });
        if (found == std::end(descrs) || std::string_view("<>|=").find(order) == std::string_view::npos) {
            file_.fail(start, "elements of type " + in_quotes(descr) + ", which is not read");
        }
        header_.type = found->type;
        if (order == '<') header_.order = std::endian::little;
        if (order == '>') header_.order = std::endian::big;
    }
    void read_fortran_order() {
        const std::string_view value = word();
        if (value != "True" && value != "False") fail("True or False is missing");
        header_.fortran_order = value == "True";
    }
    void read_shape() {
        header_.shape.emplace();
        expect('(');
        while (!accept(')')) {
            std::string_view digits = word();
            if (digits.ends_with('L')) digits.remove_suffix(1); // Python 2's mark of a long integer
            std::size_t extent = 0;
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), extent);
            if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) fail("an extent is missing");
            if (header_.shape->rank() == Shape::max_rank) {
                fail("more than " + std::to_string(Shape::max_rank) + " axes, which are not read");
            }
            header_.shape->push_back(extent, file_.at);
            if (!accept(',') && peek() != ')') fail("a comma or ) is missing");
        }
    }

    const Source& file_;
    std::size_t next_, end_;
    Header header_;
};

/// The elements of a column-major array in row-major order.
std::string to_row_major(std::string_view bytes, const Shape& shape, std::size_t width) {
    std::string result(bytes.size(), '\0');
    std::array<std::size_t, Shape::max_rank> index{}, stride{};
    std::size_t size = width;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        stride[axis] = size;
        size *= shape[axis];
    }
    std::size_t from = 0;
    for (std::size_t to = 0; to < bytes.size(); to += width) {
        std::memcpy(result.data() + to, bytes.data() + from, width);
        for (std::size_t axis = shape.rank(); axis-- > 0;) {
            from += stride[axis];
            if (++index[axis] < shape[axis]) break;
            from -= stride[axis] * std::exchange(index[axis], 0);
        }
    }
    return result;
}

} // namespace

AnyArray parse_npy(std::string_view bytes, std::string_view name, Location at) {
    const Source file{bytes, name, at};
    if (!bytes.starts_with(magic)) file.fail(0, "not an NPY file: it does not start with \\x93NUMPY");
    file.require(magic.size(), 2, "version");
    const std::uint64_t version = file.number(magic.size(), 1, std::endian::little);
    if (version < 1 || version > 3 || bytes[magic.size() + 1] != 0) {
        file.fail(magic.size(), "version " + std::to_string(version) + "." +
                                    std::to_string(file.number(magic.size() + 1, 1, std::endian::little)) +
                                    "; 1.0, 2.0 and 3.0 are read");
    }
    const std::size_t length_at = magic.size() + 2, length_size = version == 1 ? 2 : 4;
    file.require(length_at, length_size, "length of the header");
    const std::size_t start = length_at + length_size, length = file.number(length_at, length_size, std::endian::little);
    file.require(start, length, "header");
    const Header header = HeaderReader(file, start, start + length).read();

    const std::string_view data = bytes.substr(start + length);
    const std::size_t width = size_of(*header.type);
    const std::optional<std::size_t> size = detail::byte_size(*header.shape, width);
    if (!size || *size != data.size()) {
        file.fail(start + length, "an array of " + std::string(to_string(*header.type)) + " of shape " +
                                      to_string(*header.shape) + " needs " +
                                      (size ? std::to_string(*size) + " bytes" : "more bytes than there can be") + ", and " +
                                      std::to_string(data.size()) + " follow");
    }
    if (*header.fortran_order && header.shape->rank() > 1) {
        return AnyArray(*header.type, *header.shape, to_row_major(data, *header.shape, width), header.order);
    }
    return AnyArray(*header.type, *header.shape, data, header.order);
}

AnyArray read_npy(const std::string& path, Location at) { return parse_npy(read_file(path, unpacked_limit, at), path, at); }

namespace {

/// All that comes before the elements.
std::string format_header(const AnyArray& array) {
    const auto is_type = [&](const Descr& d) { return d.type == array.type(); };
    const std::string code(std::find_if(std::begin(descrs), std::end(descrs), is_type)->code);
    const char order = size_of(array.type()) == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
    std::string shape = to_string(array.shape());
    if (array.shape().rank() == 1) shape.replace(shape.size() - 1, 1, ",)"); // else it would be a number in parentheses
    std::string header = std::string("{'descr': '") + order + code + "', 'fortran_order': False, 'shape': " + shape + ", }";
    // NumPy leaves room for the first axis to grow, and aligns the elements to 64 bytes.
    if (array.shape().rank() > 0) header.append(21 - std::min<std::size_t>(21, std::to_string(array.shape()[0]).size()), ' ');
    constexpr std::size_t before = magic.size() + 4;
    header.append(64 - (before + header.size() + 1) % 64, ' ');
    header += '\n';
    const std::size_t length = header.size();
    return std::string(magic) + '\1' + '\0' + static_cast<char>(length & 255) + static_cast<char>(length >> 8) + header;
}

} // namespace

std::string format_npy(const AnyArray& array) { return format_header(array).append(array.bytes()); }

void write_npy(const std::string& path, const AnyArray& array, Location at) {
    const std::string header = format_header(array);
    const std::array<std::string_view, 2> parts{header, array.bytes()};
    write_file(path, parts, at);
}

} // namespace xgrad::nn
