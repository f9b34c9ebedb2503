# BLAS::BLAS with its C interface, and LAPACK::LAPACK; OpenBLAS, which holds both, unless another vendor is asked for with
# -D BLA_VENDOR=...
if(NOT DEFINED BLA_VENDOR)
  set(BLA_VENDOR OpenBLAS)
endif()
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)
get_filename_component(blas_folder "${BLAS_LIBRARIES}" DIRECTORY)
find_path(CBLAS_INCLUDE_DIR cblas.h HINTS ${blas_folder}/../include PATH_SUFFIXES openblas REQUIRED)
mark_as_advanced(CBLAS_INCLUDE_DIR)
