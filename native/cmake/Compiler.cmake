# SPDX-License-Identifier: MIT
#
# Language level, warnings and sanitizers of our own code. Dependencies never see these.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  else()
    add_compile_options(-O2 -g) # the project around it may mean it; here nobody wants code without optimization
  endif()
endif()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON) # clang-tidy reads it

# Assertions guard our own invariants, never peers' input: they stay on in every build.
foreach(language C CXX)
  foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
    string(REPLACE "-DNDEBUG" "" CMAKE_${language}_FLAGS_${type} "${CMAKE_${language}_FLAGS_${type}}")
  endforeach()
endforeach()

add_library(pqq_compile_options INTERFACE)
target_compile_options(pqq_compile_options INTERFACE
  -Wall -Wextra $<$<BOOL:${PQQ_WERROR}>:-Werror> -Wshadow -Wpointer-arith -Wvla -Wformat=2 -Wundef -Wwrite-strings
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>
  # A table row names what differs from zero.
  -Wno-missing-field-initializers
  -fstack-protector-strong
  # Asserts and tests name files as the repository does.
  "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
target_compile_definitions(pqq_compile_options INTERFACE
  $<$<PLATFORM_ID:Linux>:_GNU_SOURCE>) # recvmmsg, sendmmsg, accept4
if(NOT PQQ_SANITIZE)
  target_compile_definitions(pqq_compile_options INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
else()
  set(sanitize -fsanitize=${PQQ_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(pqq_compile_options INTERFACE ${sanitize})
  target_link_options(pqq_compile_options INTERFACE ${sanitize})
endif()

# pqq_limit_exports(<target> <map name>): nothing but the listed symbols leaves the library.
# Hidden visibility alone keeps weak C++ symbols and liboqs's own exports. The version script is
# anonymous because a named version node would itself be exported.
function(pqq_limit_exports target name)
  set(folder "${PROJECT_SOURCE_DIR}/native/cmake")
  if(APPLE)
    target_link_options(${target} PRIVATE "-Wl,-exported_symbols_list,${folder}/${name}.exports")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${folder}/${name}.exports")
  else()
    # nodelete: thread-local destructors of a Node worker may run after the addon would be unloaded.
    # Bsymbolic: an addon and a libpqq.so in one process keep to their own functions.
    # gc-sections: a sixth less code, and without what AWS-LC and liboqs have for their own tests, which can
    # replace the source of randomness; test/abi/check-no-seed.mjs looks.
    target_link_options(${target} PRIVATE
      "-Wl,--version-script=${folder}/${name}.map" -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-Bsymbolic
      -Wl,--gc-sections)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${folder}/${name}.map")
  endif()
endfunction()
