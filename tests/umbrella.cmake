# <xgrad/xgrad.hpp> brings every public header along, <xgrad/algorithms/algorithms.hpp> those of the estimators. A header that is not public says "Internal" or "Included only"
# in its opening comment, or is named here.
set(internal ops/broadcast.hpp ops/gemm.hpp ops/linear_recurrence.hpp ops/registry.hpp ops/simd_exponential.hpp ops/simd_math.hpp)
# fuse() compiles a formula with SIMD in the user's file: who uses it includes it.
set(separate ops/fuse.hpp)
cmake_minimum_required(VERSION 3.22)


set(reached "")
set(pending xgrad.hpp algorithms/algorithms.hpp)
while(pending)
  list(POP_FRONT pending header)
  list(APPEND reached ${header})
  file(STRINGS ${source}/${header} includes REGEX "^#include <xgrad/")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "^#include <xgrad/(.*)>.*" "\\1" include "${include}")
    if(NOT include IN_LIST reached AND NOT include IN_LIST pending)
      list(APPEND pending ${include})
    endif()
  endforeach()
endwhile()

file(GLOB headers RELATIVE ${source} ${source}/autodiff/*.hpp ${source}/ops/*.hpp
  ${source}/nn/*.hpp ${source}/nn/*/*.hpp ${source}/algorithms/*.hpp ${source}/algorithms/*/*.hpp)
foreach(header IN LISTS headers)
  file(STRINGS ${source}/${header} opening LIMIT_COUNT 20 REGEX "^///.*(Internal|Included only)")
  if(NOT header IN_LIST reached AND NOT header IN_LIST internal AND NOT header IN_LIST separate AND NOT opening)
    message(SEND_ERROR "neither umbrella header includes <xgrad/${header}>")
  endif()
endforeach()
