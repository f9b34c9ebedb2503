# The figures of data/*.csv become part of the library, each as the text of a source file: load_iris() and its like need no path.
foreach(name IN ITEMS breast_cancer diabetes digits iris wine)
  set(csv ${PROJECT_SOURCE_DIR}/data/${name}.csv)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${csv})
  file(READ ${csv} text)
  set(source ${PROJECT_BINARY_DIR}/datasets/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
// Written by datasets.cmake from data/@name@.csv: do not edit.
namespace xgrad::algorithms::detail {

extern const char @name@_csv[];
const char @name@_csv[] = R"csv(@text@)csv";

} // namespace xgrad::algorithms::detail
]])
  target_sources(xgrad PRIVATE ${source})
  set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
    COMPILE_OPTIONS -Wno-overlength-strings) # what the standard asks of every compiler is 65,536 characters; ours take more
endforeach()
