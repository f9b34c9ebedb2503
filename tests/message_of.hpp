/// @file
/// The message of the exception that a call throws, for tests of error texts.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace xgrad::tests {

/// The message without the module and the place, which are appended on a line of its own; fails if `f` does not throw an `E`.
template <class E, class F>
std::string message_of(const F& f) {
    try {
        f();
    } catch (const E& error) {
        const std::string what = error.what();
        return what.substr(0, std::min(what.find("\n  called at "), what.find("\n  in ")));
    }
    FAIL("nothing was thrown");
    return {};
}

} // namespace xgrad::tests
