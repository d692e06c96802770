# SPDX-License-Identifier: MIT
#
# `cmake --install`: headers, libraries, licences, and how CMake and pkg-config find them. Everything is found
# from where these files lie, so that an installed tree can be moved, packed, or staged with DESTDIR.
include(CMakePackageConfigHelpers)

install(FILES ${pqq_headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/pqq" COMPONENT pqq_development)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/THIRD_PARTY_LICENSES"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT pqq_runtime)

# --- Libraries, and find_package(pqq) -----------------------------------------------------------

# Two sets of targets: a distribution may pack libpqq.a by itself.
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/pqq")
foreach(kind shared static)
  string(TOUPPER ${kind} upper)
  if(PQQ_BUILD_${upper})
    if(kind STREQUAL "shared")
      set(target pqq)
    else()
      set(target pqq_static)
    endif()
    install(TARGETS ${target} EXPORT pqq_${kind}
      LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT pqq_runtime NAMELINK_COMPONENT pqq_development
      ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT pqq_development)
    install(EXPORT pqq_${kind} NAMESPACE pqq:: FILE pqq-${kind}.cmake
      DESTINATION "${package_folder}" COMPONENT pqq_development)
  endif()
endforeach()

# These names are found by find_package(pqq) and find_package(Pqq). While the major version is 0, a minor one
# may change the ABI (docs/abi.md).
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/pqq-config.cmake.in"
  "${PROJECT_BINARY_DIR}/pqq-config.cmake" INSTALL_DESTINATION "${package_folder}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pqq-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/pqq-config.cmake" "${PROJECT_BINARY_DIR}/pqq-config-version.cmake"
  DESTINATION "${package_folder}" COMPONENT pqq_development)

# --- pkg-config ---------------------------------------------------------------------------------

# pqq_from_prefix(<variable> <folder>): the folder as a .pc file names it.
function(pqq_from_prefix variable folder)
  if(IS_ABSOLUTE "${folder}")
    set(${variable} "${folder}" PARENT_SCOPE)
  else()
    set(${variable} "\${prefix}/${folder}" PARENT_SCOPE)
  endif()
endfunction()

pqq_from_prefix(pc_libdir "${CMAKE_INSTALL_LIBDIR}")
pqq_from_prefix(pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
# What the static library wants beside itself; libraries that libpqq is made of are inside of it.
set(pc_libs_private "-pthread -lm")
set(pc_libs "")
if(NOT PQQ_BUILD_SHARED)
  set(pc_libs " ${pc_libs_private}")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/libpqq.pc.in" "${PROJECT_BINARY_DIR}/libpqq.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/libpqq.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT pqq_development)
