// The notes' example of automatic differentiation (week 41): f(x) = sqrt(x^2 + exp(x^2)) in elementary steps, with the
// table of values and adjoints, and the graph for Graphviz with --dot.
#include <xgrad/xgrad.hpp>

#include <iostream>
#include <string_view>

using namespace xgrad;

int main(int argc, char** argv) {
    Variable x{1.0};
    Tape tape({.keep = true});

    auto a = square(x);
    auto b = exp(a);
    auto c = a + b;
    auto d = sqrt(c);
    d.backward();

    tape.name(x, "x");
    tape.name(a, "a");
    tape.name(b, "b");
    tape.name(c, "c");
    tape.name(d, "d");
    if (argc > 1 && std::string_view(argv[1]) == "--dot") {
        std::cout << tape.dot();
    } else {
        std::cout << tape.table();
    }
}
