/// @file
/// The exceptions of xgrad. Each message names the operation, what is at fault, and the place in the
/// user's code that called the operation.
#pragma once

#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>

namespace xgrad {

/// The place in the user's code that called an operation.
#ifdef __cpp_lib_source_location
using Location = std::source_location;
#else // clang before 16
class Location {
  public:
    static constexpr Location current(const char* file = __builtin_FILE(), const char* function = __builtin_FUNCTION(),
                                      unsigned line = __builtin_LINE()) noexcept {
        Location here;
        here.file_ = file;
        here.function_ = function;
        here.line_ = line;
        return here;
    }
    constexpr const char* file_name() const noexcept { return file_; }
    constexpr const char* function_name() const noexcept { return function_; }
    constexpr unsigned line() const noexcept { return line_; }

  private:
    const char* file_ = "";
    const char* function_ = "";
    unsigned line_ = 0;
};
#endif

/// Base of every exception that xgrad throws on purpose.
class Error : public std::runtime_error {
  public:
    /// @param what  the message, without the place
    /// @param at    where the operation was called; appended to the message as "called at file:line".
    ///              A default-constructed Location means that the place is not known
    Error(const std::string& what, const Location& at);

    /// Where the operation at fault was called.
    const Location& where() const noexcept { return where_; }

    const char* what() const noexcept override { return text_ ? text_->c_str() : std::runtime_error::what(); }

    /// Names in the message what the operation was part of, "in Sequential.2 (Linear)", in place of an earlier context.
    void set_context(const std::string& context);
    bool has_context() const noexcept { return text_ != nullptr; }

  private:
    Location where_;
    std::shared_ptr<const std::string> text_; ///< the message with a context, if there is one
};

/// Shapes that do not fit together, or a shape that an operation cannot take.
class ShapeError : public Error {
    using Error::Error;
};

/// An axis, index or label outside its range.
class IndexError : public Error {
    using Error::Error;
};

/// A value outside an operation's domain, or an option that makes no sense.
class ValueError : public Error {
    using Error::Error;
};

/// A derivative was asked for that the tape cannot give: the graph is consumed, ended, or was never recorded.
class GraphError : public Error {
    using Error::Error;
};

/// Raised in anomaly mode by the first operation, forward or backward, that produces a NaN or an infinity.
class AnomalyError : public Error {
    using Error::Error;
};

/// "file.cpp:41", with the file's name shortened to its last component.
std::string to_string(const Location& at);

} // namespace xgrad
