#include <xgrad/nn/optim/state_reader.hpp>

#include <array>
#include <charconv>

namespace xgrad::nn::detail {

template <class T>
Tensor<T> StateReader::array(const std::string& key, const Shape& shape) {
    const auto found = state_.find(key);
    if (found == state_.end()) throw ValueError(owner_ + ": the state has no entry \"" + key + "\"", at_);
    const auto* const tensor = std::get_if<Tensor<T>>(&found->second);
    if (!tensor) {
        constexpr std::array names{"float", "double", "integer"}; // in the order of StateValue's types
        throw ValueError(owner_ + ": \"" + key + "\" holds elements of type " + names[found->second.index()] +
                             ", not " + names[StateValue(Tensor<T>()).index()],
                         at_);
    }
    if (tensor->shape() != shape) {
        throw ShapeError(owner_ + ": \"" + key + "\" has the shape " + to_string(tensor->shape()) + ", not " +
                             to_string(shape),
                         at_);
    }
    read_.insert(key);
    return tensor->clone();
}

std::int64_t StateReader::count(const std::string& key) {
    const std::int64_t value = *array<std::int64_t>(key, Shape{}).data();
    if (value < 0) throw ValueError(owner_ + ": \"" + key + "\" is negative: " + std::to_string(value), at_);
    return value;
}

void StateReader::finish() const {
    for (const auto& [key, value] : state_) {
        if (!read_.contains(key)) throw ValueError(owner_ + ": the state has an unexpected entry \"" + key + "\"", at_);
    }
}

template Tensor<float> StateReader::array(const std::string&, const Shape&);
template Tensor<double> StateReader::array(const std::string&, const Shape&);
template Tensor<std::int64_t> StateReader::array(const std::string&, const Shape&);

std::string format_number(double value) {
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general).ptr};
}

} // namespace xgrad::nn::detail
