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

if(NOT node_build)
  add_library(pqq SHARED $<TARGET_OBJECTS:pqq_objects>)
  add_library(pqq::pqq ALIAS pqq)
  target_include_directories(pqq INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(pqq PRIVATE pqq_compile_options ${pqq_dependencies})
  set_target_properties(pqq PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${pqq_abi_version} LINKER_LANGUAGE C)
  if(NOT PQQ_SANITIZE AND NOT APPLE)
    target_link_options(pqq PRIVATE -Wl,-z,defs)
  endif()
  pqq_limit_exports(pqq libpqq)

  install(TARGETS pqq LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${pqq_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pqq)
  install(FILES LICENSE THIRD_PARTY_LICENSES DESTINATION ${CMAKE_INSTALL_DOCDIR})

  # libpqq.a is one object that holds our code and the parts of the dependencies it needs, with all
  # names but pqq_* made local: a host such as nginx, which links its own OpenSSL, can take it.
  if(CMAKE_OBJCOPY AND NOT APPLE AND NOT PQQ_SANITIZE AND NOT PQQ_SYSTEM_LIBOQS)
    set(archive "${PROJECT_BINARY_DIR}/libpqq.a")
    set(object "${PROJECT_BINARY_DIR}/libpqq.o")
    set(archives "")
    foreach(dependency IN LISTS pqq_dependencies)
      if(dependency MATCHES "^pqq_dep_")
        list(APPEND archives "$<TARGET_FILE:${dependency}>")
      endif()
    endforeach()
    add_custom_command(OUTPUT "${archive}"
      COMMAND "${CMAKE_C_COMPILER}" -r -nostdlib -o "${object}" $<TARGET_OBJECTS:pqq_objects>
              -Wl,--start-group ${archives} -Wl,--end-group
      COMMAND "${CMAKE_OBJCOPY}" --localize-hidden --wildcard "--keep-global-symbol=pqq_*" "${object}"
      COMMAND "${CMAKE_COMMAND}" -E rm -f "${archive}"
      COMMAND "${CMAKE_AR}" rcs "${archive}" "${object}"
      COMMAND "${CMAKE_COMMAND}" -E rm -f "${object}"
      DEPENDS pqq_objects $<TARGET_OBJECTS:pqq_objects>
      COMMAND_EXPAND_LISTS VERBATIM
      COMMENT "Linking libpqq.a")
    add_custom_target(pqq_static ALL DEPENDS "${archive}")
    install(FILES "${archive}" DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endif()
