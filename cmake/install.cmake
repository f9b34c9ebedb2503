# Headers, library, the CMake package and the pkg-config file.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS xgrad EXPORT xgrad)
install(FILES xgrad.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/xgrad)
install(DIRECTORY ${xgrad_folders} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/xgrad FILES_MATCHING PATTERN *.hpp)

get_target_property(library_type xgrad TYPE)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/xgrad)
install(EXPORT xgrad NAMESPACE xgrad:: FILE xgradTargets.cmake DESTINATION ${package})
configure_package_config_file(cmake/xgradConfig.cmake.in ${PROJECT_BINARY_DIR}/package/xgradConfig.cmake
  INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/xgradConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/xgradConfig.cmake ${PROJECT_BINARY_DIR}/package/xgradConfigVersion.cmake
  DESTINATION ${package})

# pkg-config: what a program links besides depends on how the library was built.
set(pc_cflags "-std=c++20")
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND xtensor_VERSION VERSION_LESS 0.26)
  string(APPEND pc_cflags " -fno-new-ttp-matching")
endif()
if(library_type STREQUAL STATIC_LIBRARY)
  set(libraries ${LAPACK_LIBRARIES} ${BLAS_LIBRARIES})
  if(ZLIB_FOUND)
    list(APPEND libraries -lz)
  endif()
  list(REMOVE_DUPLICATES libraries)
  list(JOIN libraries " " pc_libraries)
endif()
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
configure_file(cmake/xgrad.pc.in ${PROJECT_BINARY_DIR}/package/xgrad.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/xgrad.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
