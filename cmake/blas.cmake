# BLAS::BLAS and its C interface; OpenBLAS unless another vendor is asked for with -D BLA_VENDOR=...
if(NOT DEFINED BLA_VENDOR)
  set(BLA_VENDOR OpenBLAS)
endif()
find_package(BLAS REQUIRED)
get_filename_component(blas_folder "${BLAS_LIBRARIES}" DIRECTORY)
find_path(CBLAS_INCLUDE_DIR cblas.h HINTS ${blas_folder}/../include PATH_SUFFIXES openblas REQUIRED)
mark_as_advanced(CBLAS_INCLUDE_DIR)
