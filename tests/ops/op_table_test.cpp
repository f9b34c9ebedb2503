// The table is complete: every function that the headers of ops/ offer has a row. A public operation takes a Location
// that defaults to its caller's, which is how it is told from a helper.
#include "tests/ops/op_table.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

using namespace xgrad::tests;

namespace {

/// The names of the operations that a header declares.
std::set<std::string> operations_in(const std::string& header) {
    // A capital begins a constructor, not an operation.
    static const std::regex declaration(R"(\b([a-z]\w*)\(([^;()]|\([^()]*\))*Location at = Location::current\(\))");
    static const std::regex macro(R"(\nXGRAD_(?:UNARY|BINARY|FUSED)\((\w+),)");
    std::set<std::string> names;
    for (const std::regex& pattern : {declaration, macro}) {
        for (std::sregex_iterator match(header.begin(), header.end(), pattern), end; match != end; ++match) {
            names.insert((*match)[1]);
        }
    }
    return names;
}

} // namespace

TEST_CASE("every operation of the headers has a row in the table") {
    std::set<std::string> rows;
    for (const OpRow& row : op_table()) CHECK_MESSAGE(rows.insert(row.name).second, "two rows named ", row.name);

    std::set<std::string> declared;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(XGRAD_SOURCE_DIR) / "ops")) {
        if (entry.path().extension() != ".hpp") continue;
        std::ifstream file(entry.path());
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        for (const std::string& name : operations_in(text)) {
            if (name == "function") continue; // in the definition of a macro
            declared.insert(name);
            CHECK_MESSAGE(rows.count(name) == 1, name, "() in ", entry.path().filename().string(), " has no row in the table");
        }
    }
    CHECK(declared.size() > 10);
    CHECK(declared.count("exp") == 1);
    CHECK(declared.count("sum_to") == 1);
}

TEST_CASE("the search for operations finds every form of declaration") {
    const auto found = operations_in(R"(
XGRAD_UNARY(first, ops::First)
template <class T>
Variable<T> second(const Variable<T>& x, Axes axes = {},
                   Location at = Location::current());
template <class A, class B>
    requires Operands<A, B>
auto third(const A& a, const B& b, double c = 1.0, Location at = Location::current()) { return 1; }
Variable<T> helper(const Variable<T>& x, const Location& at);
)");
    CHECK(found == std::set<std::string>{"first", "second", "third"});
}

TEST_CASE("docs/operations.md is the table") {
    std::string text = "# The table of operations\n\n"
                       "Every operation below is checked by the gradient tests at first and second order, in forward and reverse\n"
                       "mode, in float and double. `g` is the adjoint of the result, `y` the result. The page is made from the table that\n"
                       "drives those tests: `XGRAD_WRITE_DOCS=1 build/release/xgrad_tests -tc='docs*'` writes it anew.\n";
    std::string family;
    for (const OpRow& row : op_table()) {
        if (row.family != family) {
            family = row.family;
            text += "\n## " + family + "\n\n`#include <xgrad/ops/" + family + ".hpp>`\n\n| operation | value | derivative |\n|---|---|---|\n";
        }
        const auto cell = [](const std::string& formula) { return std::regex_replace(formula, std::regex(R"(\|)"), R"(\|)"); };
        text += "| `" + row.name + "` | " + cell(row.value) + " | " + cell(row.derivative) + " |\n";
    }
    const auto path = std::filesystem::path(XGRAD_SOURCE_DIR) / "docs/operations.md";
    if (std::getenv("XGRAD_WRITE_DOCS")) std::ofstream(path) << text;
    std::ifstream file(path);
    CHECK_MESSAGE(std::string(std::istreambuf_iterator<char>(file), {}) == text,
                  "docs/operations.md is out of date: run XGRAD_WRITE_DOCS=1 build/release/xgrad_tests -tc='docs*'");
}

TEST_CASE("every row says what it computes, and has examples if it has a derivative") {
    for (const OpRow& row : op_table()) {
        INFO("operation ", row.name);
        CHECK_FALSE(row.family.empty());
        CHECK_FALSE(row.value.empty());
        CHECK_FALSE(row.derivative.empty());
        CHECK((row.derivative == "none") == row.examples.empty());
    }
}
