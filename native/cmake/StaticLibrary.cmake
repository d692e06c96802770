# SPDX-License-Identifier: MIT
#
# libpqq.a: one object that holds our code and the parts of the dependencies it needs, with all names but pqq_*
# made local. A program that links an OpenSSL, zlib or ngtcp2 of its own, such as nginx, can take it.

# The archive that CMake makes of our objects is replaced by the one that is meant, so that the target is like any
# other for those who link, install or export it.
add_library(pqq_static STATIC $<TARGET_OBJECTS:pqq_objects>)
pqq_public_library(pqq_static)
target_link_libraries(pqq_static INTERFACE Threads::Threads m) # m: brotli's log2

set(archives "")
foreach(dependency IN LISTS pqq_dependencies)
  if(dependency MATCHES "^pqq_dep_")
    list(APPEND archives "$<TARGET_FILE:${dependency}>")
  endif()
endforeach()
separate_arguments(flags UNIX_COMMAND "${CMAKE_C_FLAGS}") # the target of a cross compiler, for example
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_FLAGS MATCHES "-flto")
  list(APPEND flags -flinker-output=nolto-rel) # names can be made local in machine code only
endif()
set(object "${CMAKE_CURRENT_BINARY_DIR}/libpqq.o")
add_custom_command(TARGET pqq_static POST_BUILD
  COMMAND "${CMAKE_C_COMPILER}" ${flags} -r -nostdlib -o "${object}" $<TARGET_OBJECTS:pqq_objects>
          -Wl,--start-group ${archives} -Wl,--end-group
  COMMAND "${CMAKE_OBJCOPY}" --localize-hidden --wildcard "--keep-global-symbol=pqq_*" "${object}"
  COMMAND "${CMAKE_COMMAND}" -E rm -f $<TARGET_FILE:pqq_static>
  COMMAND "${CMAKE_AR}" rcs $<TARGET_FILE:pqq_static> "${object}"
  COMMAND "${CMAKE_COMMAND}" -E rm -f "${object}"
  COMMAND_EXPAND_LISTS VERBATIM
  COMMENT "Making all names but pqq_* local in libpqq.a")
