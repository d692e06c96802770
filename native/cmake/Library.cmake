# SPDX-License-Identifier: MIT
#
# libpqq: one set of objects, used by the shared library, the static one, the addon and the tests.

file(GLOB_RECURSE pqq_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/native/src/*.c")
file(GLOB pqq_headers CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/include/pqq/*.h" "${PROJECT_SOURCE_DIR}/include/pqq/*.def")

set(pqq_dependencies
  pqq_dep_ngtcp2_crypto pqq_dep_ngtcp2 pqq_dep_nghttp3 pqq_dep_ssl pqq_dep_crypto pqq_dep_oqs pqq_dep_zlib pqq_dep_brotli Threads::Threads)

add_library(pqq_objects OBJECT ${pqq_sources})
target_include_directories(pqq_objects
  PUBLIC "${PROJECT_SOURCE_DIR}/include"
  PRIVATE "${PROJECT_SOURCE_DIR}/native/src")
target_link_libraries(pqq_objects PRIVATE pqq_compile_options ${pqq_dependencies})

# What tests and benchmarks link: internal functions included, and only the objects they need.
add_library(pqq_archive STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:pqq_objects>)
set_target_properties(pqq_archive PROPERTIES OUTPUT_NAME pqq_internal LINKER_LANGUAGE C)
add_library(pqq_internal INTERFACE)
target_include_directories(pqq_internal INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/native/src")
# The archive comes twice: ngtcp2's helper calls back into quic_glue.c.
target_link_libraries(pqq_internal INTERFACE
  pqq_compile_options pqq_archive ${pqq_dependencies} $<TARGET_FILE:pqq_archive>)

# What programs see of either library.
function(pqq_public_library target)
  target_include_directories(${target} INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  set_target_properties(${target} PROPERTIES OUTPUT_NAME pqq LINKER_LANGUAGE C EXPORT_NAME ${target})
  add_library(pqq::${target} ALIAS ${target})
endfunction()

if(PQQ_BUILD_SHARED)
  add_library(pqq SHARED $<TARGET_OBJECTS:pqq_objects>)
  target_link_libraries(pqq PRIVATE pqq_compile_options ${pqq_dependencies})
  set_target_properties(pqq PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${pqq_abi_version})
  if(NOT PQQ_SANITIZE AND NOT APPLE)
    target_link_options(pqq PRIVATE -Wl,-z,defs)
  endif()
  pqq_limit_exports(pqq libpqq)
  pqq_public_library(pqq)
endif()

if(PQQ_BUILD_STATIC)
  include("${CMAKE_CURRENT_LIST_DIR}/StaticLibrary.cmake")
  if(NOT PQQ_BUILD_SHARED)
    add_library(pqq::pqq ALIAS pqq_static) # whichever there is
  endif()
endif()
