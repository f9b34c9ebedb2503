/// @file
/// A factor of many small products, laid out once. Internal to ops/.
#pragma once

#include <xgrad/autodiff/tensor.hpp>
#include <xgrad/ops/gemm.hpp>

namespace xgrad::ops {

/// The right factor B of products C = A B + beta C with one after the other of some A of few rows, as a step of a recurrent
/// network has them. BLAS lays B out anew in every product, which for few rows takes as long as the product itself; here it is
/// done once, in panels of as many columns as a tile of the product has.
///
/// Where SIMD batches are narrow it is BLAS that multiplies: it finds out at run time what the CPU can do.
template <class T>
class PackedFactor {
  public:
    /// @param b     its elements must outlive this
    /// @param rows  of each A, at most
    /// @pre   the extents have passed check_product_size()
    PackedFactor(const Factor<T>& b, std::size_t rows);

    /// C = A B + beta C, or with a row added to each; A may have fewer rows than was said. See gemm().
    void multiply(const T* a, std::size_t rows, T beta, T* c, const T* row_added = nullptr) const;

    /// Whether the tiles here multiply, and callers may share out the rows; otherwise gemm() does both.
    bool is_packed() const noexcept { return static_cast<bool>(panels_); }

  private:
    Factor<T> b_;
    Tensor<T> panels_; ///< (panels, rows of B, columns of a panel), with zeros after the last column; or nothing
};

/// The same for one A: each panel of B is laid out, used and forgotten, by one thread.
template <class T>
void multiply_by_panels(const T* a, std::size_t rows, const Factor<T>& b, T beta, T* c, const T* row_added = nullptr);

} // namespace xgrad::ops
