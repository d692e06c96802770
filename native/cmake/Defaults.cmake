# SPDX-License-Identifier: MIT
#
# What is built when nobody says otherwise: by cmake-js the addon alone, inside another project the libraries
# alone, and in a checkout tests too.

set(node_build OFF) # cmake-js announces itself by CMAKE_JS_VERSION
if(DEFINED CMAKE_JS_VERSION)
  set(node_build ON)
endif()
set(own_build OFF)
if(PROJECT_IS_TOP_LEVEL AND NOT node_build)
  set(own_build ON)
endif()

set(install_default ${own_build})
# A warning that only a newer compiler knows must not break somebody's npm install or project.
set(werror_default ${own_build})
set(tests_default OFF)
if(own_build AND EXISTS "${PROJECT_SOURCE_DIR}/test/native") # the npm package has no tests
  set(tests_default ON)
endif()

# Why there can be no libpqq.a; empty if there can.
set(no_static "")
if(PQQ_SANITIZE)
  set(no_static "PQQ_SANITIZE is set, and sanitizers want every object by itself")
elseif(PQQ_SYSTEM_LIBOQS)
  set(no_static "PQQ_SYSTEM_LIBOQS is on, so that not all of libpqq could be in it")
elseif(node_build)
  set(no_static "cmake-js builds the addon only")
elseif(APPLE OR NOT CMAKE_OBJCOPY)
  set(no_static "it takes objcopy, and object files in ELF, to keep its dependencies to itself")
endif()

# Both libraries, or the one that BUILD_SHARED_LIBS asks for.
set(shared_default ON)
set(static_default ON)
if(DEFINED BUILD_SHARED_LIBS)
  set(shared_default ${BUILD_SHARED_LIBS})
  if(BUILD_SHARED_LIBS)
    set(static_default OFF)
  endif()
endif()
if(node_build)
  set(shared_default OFF)
endif()
if(no_static)
  set(static_default OFF)
endif()

# Once the options are known: those that exclude each other.
function(pqq_check_libraries)
  if(PQQ_BUILD_STATIC AND no_static)
    message(FATAL_ERROR "libpqq.a cannot be built: ${no_static}. Set PQQ_BUILD_STATIC=OFF.")
  endif()
  if(NOT node_build AND NOT PQQ_BUILD_SHARED AND NOT PQQ_BUILD_STATIC)
    message(FATAL_ERROR "PQQ_BUILD_SHARED and PQQ_BUILD_STATIC are both off: there is nothing to build.")
  endif()
endfunction()
