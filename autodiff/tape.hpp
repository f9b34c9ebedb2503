/// @file
/// Tape: a scope of recording, and the recorded graph to look at.
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace xgrad {

/// How a Tape scope records.
struct TapeOptions {
    /// Keep every value and adjoint to look at, and let backward() consume nothing before the scope ends.
    bool keep = false;
};

/// A scope of recording on the calling thread's tape. What is recorded while it lives is dropped when it ends: the
/// Variables keep their values, but asking for their gradients then throws GraphError. Scopes nest. Recording needs no
/// Tape; one is of use to bound the life of a graph, and to look at it.
///
/// The graph is the one of the course notes (week 41, "Automatic differentiation"): inputs x_1 ... x_l, then
/// x_i = g_i(parents of x_i), in the order of computation.
class Tape {
  public:
    explicit Tape(TapeOptions options = {});
    ~Tape();
    Tape(const Tape&) = delete;
    Tape& operator=(const Tape&) = delete;

    /// How many nodes, inputs included, were recorded in this scope and are still there.
    std::size_t size() const;

    /// Floating point operations that the values in this scope took.
    std::size_t flops() const;

    /// Shows `variable` under `name` in table() and dot().
    template <class T>
    void name(const Variable<T>& variable, std::string name) {
        names_.emplace_back(variable, std::move(name));
    }

    /// The graph as a table, a line for each node: i, x_i = g_i(parents), shape, value, adjoint, flops. A value or
    /// adjoint that was let go is shown as "-"; a scope made with {.keep = true} lets none go.
    std::string table() const;

    /// The graph in Graphviz's DOT language: `dot -Tsvg` draws it.
    std::string dot() const;

  private:
    struct Scope {
        std::uint32_t begin, outer_begin;
        bool outer_keep;
    };
    const std::string* name_of(const void* cell) const;
    template <class T, class F>
    void each_node(const Scope& scope, F&& f) const;
    template <class F>
    void each_node(F&& f) const;

    Scope float_scope_, double_scope_;
    std::vector<std::pair<std::variant<Variable<float>, Variable<double>>, std::string>> names_;
};

/// How many nodes this thread's tape holds that something can still reach. Zero once no result of a recorded operation
/// is held any more.
std::size_t live_nodes();

} // namespace xgrad
