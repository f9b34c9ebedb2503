# Run by CMake after linking a doctest program: writes a CTest file with a test for each of its test cases. (doctest's own
# doctest_discover_tests takes a name with a semicolon for two.)
execute_process(COMMAND ${program} --list-test-cases OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
set(tests "")
while(output MATCHES "^([^\n]*)\n(.*)$")
  set(name "${CMAKE_MATCH_1}")
  set(output "${CMAKE_MATCH_2}")
  if(NOT name MATCHES "^(\\[doctest\\]|===)")
    string(REGEX REPLACE "[][,;\\\\]" "?" filter "${name}") # what means something to doctest or CMake; "?" is any character
    string(APPEND tests
      "add_test([==[${name}]==] [==[${program}]==] [==[--test-case=${filter}]==])\n"
      # Running no test case at all would count as success.
      "set_tests_properties([==[${name}]==] PROPERTIES FAIL_REGULAR_EXPRESSION \"test cases: +0 \")\n")
  endif()
endwhile()
file(WRITE ${file} "${tests}")
