/// @file
/// All of xgrad: automatic gradients for xtensor. Only fuse(), which compiles a formula with SIMD where it is used, has to be
/// included by itself: <xgrad/ops/fuse.hpp>.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/error.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/gradcheck.hpp>
#include <xgrad/autodiff/operation.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/autodiff/transforms.hpp>
#include <xgrad/autodiff/variable.hpp>

#include <xgrad/nn/data/any_array.hpp>
#include <xgrad/nn/data/csv.hpp>
#include <xgrad/nn/data/dataset.hpp>
#include <xgrad/nn/data/file.hpp>
#include <xgrad/nn/data/generators.hpp>
#include <xgrad/nn/data/idx.hpp>
#include <xgrad/nn/data/loader.hpp>
#include <xgrad/nn/data/mnist.hpp>
#include <xgrad/nn/data/npy.hpp>
#include <xgrad/nn/data/split.hpp>
#include <xgrad/nn/safetensors.hpp>
#include <xgrad/nn/state_dict.hpp>

#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/arg.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/cross_entropy.hpp>
#include <xgrad/ops/cumulative.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/hyperbolic.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/piecewise.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/random.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/softmax.hpp>
#include <xgrad/ops/special.hpp>
#include <xgrad/ops/transpose.hpp>
#include <xgrad/ops/trigonometric.hpp>
