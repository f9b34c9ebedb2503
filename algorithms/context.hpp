/// @file
/// What an estimator is part of, in errors. Internal to algorithms/.
#pragma once

#include <xgrad/autodiff/error.hpp>

#include <cstddef>
#include <string>
#include <typeinfo>

namespace xgrad::algorithms::detail {

/// Adds to an error what the estimator at fault was part of, after what it names already:
/// "in Pipeline step 1 (PCA), in split 2 of cross_val_score".
void add_context(Error& error, const std::string& context);

/// add_context() of a step of a Pipeline.
void add_step_context(Error& error, std::size_t step, const std::type_info& type);

/// A type's name without namespaces and template arguments: "PCA".
std::string type_name(const std::type_info& type);

} // namespace xgrad::algorithms::detail
