#include <xgrad/nn/safetensors.hpp>

#include <xgrad/nn/data/source.hpp>
#include <xgrad/nn/data/text.hpp>

#include <vector>

#ifdef XGRAD_HAS_JSON

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace xgrad::nn {

namespace {

using detail::in_quotes;
using detail::Source;
using Json = nlohmann::json;
using Metadata = std::map<std::string, std::string>;

static_assert(std::endian::native == std::endian::little, "the elements are written as they are in memory");

constexpr std::string_view metadata_key = "__metadata__";
constexpr std::size_t length_size = 8, largest_header = 100'000'000;

/// A type of elements in the format.
struct DType {
    std::string_view name;
    std::size_t width;
    std::optional<ElementType> type; ///< none for those that only this format has
};

constexpr DType dtypes[]{
    {"F32", 4, ElementType::float32}, {"F64", 8, ElementType::float64},  {"I64", 8, ElementType::int64},
    {"I32", 4, ElementType::int32},   {"I16", 2, ElementType::int16},    {"I8", 1, ElementType::int8},
    {"U8", 1, ElementType::uint8},    {"BOOL", 1, ElementType::boolean}, {"F16", 2, std::nullopt},
    {"BF16", 2, std::nullopt}};

/// What the header says of an array.
struct Entry {
    const DType* dtype = nullptr;
    std::optional<Shape> shape;
    std::vector<std::uint64_t> offsets;
};

/// Takes the header from nlohmann's parser event by event: the document that it would build hides keys that occur twice, and
/// there is no limit to its depth.
class Header final : public nlohmann::json_sax<Json> {
  public:
    explicit Header(const Source& file) : file_(file) {}

    std::map<std::string, Entry> entries;
    Metadata metadata;

    bool start_object(std::size_t) override {
        if (level_ == Level::tensors) {
            level_ = name_ == metadata_key ? Level::metadata : Level::tensor;
        } else if (level_ == Level::outside) {
            level_ = Level::tensors;
        } else {
            fail("an object where none belongs");
        }
        return true;
    }
    bool key(std::string& key) override {
        if (level_ == Level::tensors) {
            name_ = key;
            const bool fresh = key == metadata_key ? !std::exchange(has_metadata_, true) : entries.try_emplace(key).second;
            if (!fresh) fail("there are two of this name");
        } else {
            key_ = key;
            if (level_ == Level::metadata && metadata.contains(key)) fail("there are two of " + in_quotes(key));
        }
        return true;
    }
    bool string(std::string& text) override {
        if (level_ == Level::metadata) {
            metadata[key_] = text;
        } else if (level_ == Level::tensor && key_ == "dtype") {
            Entry& entry = entries[name_];
            if (entry.dtype) fail("there are two of \"dtype\"");
            const auto has_name = [&](const DType& d) { return d.name == text; };
            const auto* const found = std::find_if(std::begin(dtypes), std::end(dtypes), has_name);
            if (found == std::end(dtypes)) fail("elements of type " + in_quotes(text) + ", which is not read");
            entry.dtype = found;
        } else {
            fail("a text where none belongs");
        }
        return true;
    }
    bool start_array(std::size_t) override {
        Entry* const entry = level_ == Level::tensor ? &entries[name_] : nullptr;
        if (!entry || (key_ != "shape" && key_ != "data_offsets")) fail("an array where none belongs");
        if (key_ == "shape" ? entry->shape.has_value() : !entry->offsets.empty()) fail("there are two of " + in_quotes(key_));
        if (key_ == "shape") entry->shape.emplace();
        level_ = Level::numbers;
        return true;
    }
    bool number_unsigned(std::uint64_t number) override {
        if (level_ != Level::numbers) fail("a number where none belongs");
        Entry& entry = entries[name_];
        if (key_ == "shape") {
            if (entry.shape->rank() == Shape::max_rank) {
                fail("more than " + std::to_string(Shape::max_rank) + " axes, which is not read");
            }
            entry.shape->push_back(number, file_.at);
        } else {
            if (entry.offsets.size() == 2) fail("more than two offsets");
            entry.offsets.push_back(number);
        }
        return true;
    }
    bool end_array() override {
        if (key_ == "data_offsets" && entries[name_].offsets.size() != 2) fail("fewer than two offsets");
        level_ = Level::tensor;
        return true;
    }
    bool end_object() override {
        if (level_ == Level::tensor) {
            const Entry& entry = entries[name_];
            const char* const missing = !entry.dtype             ? "dtype"
                                        : !entry.shape           ? "shape"
                                        : entry.offsets.empty() ? "data_offsets"
                                                                : nullptr;
            if (missing) fail("there is no " + in_quotes(missing));
        }
        level_ = level_ == Level::tensors ? Level::outside : Level::tensors;
        return true;
    }

    bool number_integer(std::int64_t) override { fail("a negative number"); }
    bool number_float(double, const std::string&) override { fail("a number that is not whole, or too large"); }
    bool null() override { fail("a null where none belongs"); }
    bool boolean(bool) override { fail("a true or false where none belongs"); }
    bool binary(Json::binary_t&) override { fail("binary data where none belong"); }
    bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
        file_.fail(length_size + std::max<std::size_t>(position, 1) - 1, "the header is not valid JSON");
    }

  private:
    enum class Level { outside, tensors, metadata, tensor, numbers };

    [[noreturn]] void fail(const std::string& what) const {
        throw FileError(std::string(file_.name) + ": header: " + in_quotes(name_) + ": " + what, file_.at);
    }

    const Source& file_;
    Level level_ = Level::outside;
    std::string name_, key_; ///< the names under which the value at hand stands
    bool has_metadata_ = false;
};

/// Checks that the arrays take up all of the data, one after the other.
void check_layout(const Source& file, const std::map<std::string, Entry>& entries, std::size_t data_size) {
    std::vector<std::pair<const std::string*, const Entry*>> order;
    for (const auto& [name, entry] : entries) order.emplace_back(&name, &entry);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second->offsets < b.second->offsets; });
    std::uint64_t end = 0;
    for (const auto& [name, entry] : order) {
        const std::uint64_t first = entry->offsets[0], last = entry->offsets[1];
        const auto fail = [&, name = name](const std::string& what) {
            throw FileError(std::string(file.name) + ": header: " + in_quotes(*name) + ": its place, " + std::to_string(first) +
                                " to " + std::to_string(last) + ", " + what,
                            file.at);
        };
        if (last < first) fail("ends before it starts");
        if (last > data_size) fail("goes beyond the " + std::to_string(data_size) + " bytes of data");
        const std::optional<std::size_t> size = detail::byte_size(*entry->shape, entry->dtype->width);
        if (!size || *size != last - first) {
            fail("is not what " + std::string(entry->dtype->name) + " of shape " + to_string(*entry->shape) + " needs");
        }
        if (first < end) fail("overlaps that of another");
        if (first > end) fail("leaves a hole after " + std::to_string(end));
        end = last;
    }
    if (end != data_size) {
        file.fail(file.bytes.size() - (data_size - end), std::to_string(data_size - end) + " bytes that belong to no array");
    }
}

/// The float of IEEE 754's binary16.
float from_half(std::uint32_t bits) {
    const std::uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 0) { // zero and the denormals
        const float value = static_cast<float>(fraction) * 0x1p-24F;
        return sign ? -value : value;
    }
    return std::bit_cast<float>(sign | (exponent == 31 ? 0x7F800000 : (exponent + 112) << 23) | fraction << 13);
}

StateValue decode(const Entry& entry, std::string_view bytes, const Location& at) {
    if (!entry.dtype->type) {
        Tensor<float> tensor(*entry.shape);
        for (std::size_t i = 0; i < tensor.size(); ++i) {
            std::uint16_t bits;
            std::memcpy(&bits, bytes.data() + 2 * i, 2);
            tensor.data()[i] = entry.dtype->name == "F16" ? from_half(bits) : std::bit_cast<float>(std::uint32_t{bits} << 16);
        }
        return tensor;
    }
    const AnyArray array(*entry.dtype->type, *entry.shape, bytes, std::endian::little);
    if (array.type() == ElementType::float32) return array.tensor<float>(at);
    if (array.type() == ElementType::float64) return array.tensor<double>(at);
    return array.tensor<std::int64_t>(at);
}

std::string json_text(const std::string& text, const Location& at) {
    try {
        return Json(text).dump();
    } catch (const Json::exception&) {
        throw ValueError("save_safetensors: " + in_quotes(text) + " is not UTF-8", at);
    }
}

/// The length of the header and the header.
/// @param parts  receives the elements, in the order of the header
std::string format_header(const StateDict& tensors, const Metadata& metadata, std::vector<std::string_view>& parts,
                          const Location& at) {
    std::string header = "{";
    const auto add_key = [&](const std::string& key) {
        if (header.back() != '{') header += ',';
        header += json_text(key, at) + ':';
    };
    if (!metadata.empty()) {
        add_key(std::string(metadata_key));
        header += '{';
        for (const auto& [key, text] : metadata) {
            add_key(key);
            header += json_text(text, at);
        }
        header += '}';
    }
    std::size_t offset = 0;
    const auto add = [&]<class T>(const std::string& name, const Tensor<T>& tensor) {
        if (name == metadata_key) throw ValueError("save_safetensors: no array can be named __metadata__", at);
        if (!tensor) throw ValueError("save_safetensors: " + in_quotes(name) + " has no elements to write", at);
        const std::size_t end = offset + tensor.size() * sizeof(T);
        std::string shape;
        for (const std::size_t extent : tensor.shape()) {
            if (!shape.empty()) shape += ',';
            shape += std::to_string(extent);
        }
        add_key(name);
        header += std::string("{\"dtype\":\"") + (std::integral<T> ? "I64" : sizeof(T) == 8 ? "F64" : "F32") +
                  "\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end) + "]}";
        parts.emplace_back(reinterpret_cast<const char*>(tensor.data()), end - offset);
        offset = end;
    };
    for (const bool wide : {true, false}) {
        for (const auto& tensor : tensors) {
            if (wide == !std::holds_alternative<Tensor<float>>(tensor.second)) {
                std::visit([&](const auto& value) { add(tensor.first, value); }, tensor.second);
            }
        }
    }
    header += '}';
    header.resize((header.size() + 7) / 8 * 8, ' '); // so that the elements are aligned in the file, too
    if (header.size() > largest_header) {
        throw ValueError("save_safetensors: a header of " + std::to_string(header.size()) + " bytes; at most " +
                             std::to_string(largest_header) + " are allowed",
                         at);
    }
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), length_size) + header;
}

} // namespace

Safetensors parse_safetensors(std::string_view bytes, std::string_view name, Location at) {
    const Source file{bytes, name, at};
    file.require(0, length_size, "length of the header");
    const std::uint64_t length = file.number(0, length_size, std::endian::little);
    if (length > largest_header) {
        file.fail(0, "a header of " + std::to_string(length) + " bytes; at most " + std::to_string(largest_header) +
                         " are allowed");
    }
    file.require(length_size, length, "header");
    const std::string_view text = bytes.substr(length_size, length);
    if (!text.starts_with('{')) file.fail(length_size, "the header does not begin with {");
    // The parser would take it for the end.
    if (const std::size_t nul = text.find('\0'); nul != text.npos) file.fail(length_size + nul, "a zero byte in the header");
    Header header(file);
    Json::sax_parse(text.begin(), text.end(), &header);

    const std::string_view data = bytes.substr(length_size + length);
    check_layout(file, header.entries, data.size());
    Safetensors result{.tensors = {}, .metadata = std::move(header.metadata)};
    for (const auto& [key, entry] : header.entries) {
        const std::size_t first = entry.offsets[0];
        result.tensors.emplace(key, decode(entry, data.substr(first, entry.offsets[1] - first), at));
    }
    return result;
}

std::string format_safetensors(const StateDict& tensors, const Metadata& metadata, Location at) {
    std::vector<std::string_view> parts;
    std::string bytes = format_header(tensors, metadata, parts, at);
    for (const std::string_view part : parts) bytes += part;
    return bytes;
}

void save_safetensors(const std::string& path, const StateDict& tensors, const Metadata& metadata, Location at) {
    std::vector<std::string_view> parts{{}};
    const std::string header = format_header(tensors, metadata, parts, at);
    parts[0] = header;
    write_file(path, parts, at);
}

} // namespace xgrad::nn

#else

namespace xgrad::nn {

namespace {

[[noreturn]] void fail(std::string_view name, const Location& at) {
    throw FileError(std::string(name) + ": a safetensors file, and the library was built without nlohmann-json", at);
}

} // namespace

Safetensors parse_safetensors(std::string_view, std::string_view name, Location at) { fail(name, at); }

std::string format_safetensors(const StateDict&, const std::map<std::string, std::string>&, Location at) {
    fail("format_safetensors", at);
}

void save_safetensors(const std::string& path, const StateDict&, const std::map<std::string, std::string>&, Location at) {
    fail(path, at);
}

} // namespace xgrad::nn

#endif

namespace xgrad::nn {

Safetensors load_safetensors(const std::string& path, Location at) {
    return parse_safetensors(read_file(path, unpacked_limit, at), path, at);
}

} // namespace xgrad::nn
