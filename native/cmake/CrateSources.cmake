# SPDX-License-Identifier: MIT
#
# Finds the source folders of the crates that a Cargo.toml names, through cargo: the C dependencies in
# native/deps, the test vectors in test/native/vectors.
#
# The crates are used as source packages: cargo downloads them once, checks them against
# Cargo.lock and says where they are. None of their Rust is compiled.

# pqq_fail_or_tell(<reason variable> <text>...): stops the build, or sets the variable in the caller's caller.
macro(pqq_fail_or_tell variable)
  if(NOT "${variable}" STREQUAL "")
    string(CONCAT text ${ARGN})
    set(${variable} "${text}" PARENT_SCOPE)
    return()
  endif()
  message(FATAL_ERROR ${ARGN})
endmacro()

# pqq_find_crates(<out_prefix> <folder of Cargo.toml> [REASON <variable>] <name>@<version>...)
# Sets <out_prefix>_<name> to the folder of each named package. The version is needed because a
# graph may hold a package twice (ngtcp2-sys asks for an older aws-lc-sys than the one built).
#
# What cannot be fetched stops the build. With REASON it does not: the variable then says why nothing was found,
# and is empty otherwise. A Cargo.lock that does not fit is a mistake in this repository and always stops.
function(pqq_find_crates out_prefix folder)
  cmake_parse_arguments(PARSE_ARGV 2 argument "" "REASON" "")
  set(wanted_crates ${argument_UNPARSED_ARGUMENTS})
  if(argument_REASON)
    set(${argument_REASON} "" PARENT_SCOPE)
  endif()
  find_program(PQQ_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin" DOC "cargo, which fetches the C sources")
  if(NOT PQQ_CARGO)
    pqq_fail_or_tell("${argument_REASON}"
      "cargo is missing: install Rust's package manager, 1.85 or newer "
      "(https://rustup.rs, or your system's `cargo` package). It only fetches sources.")
  endif()

  # Without --offline first, every build would need the network.
  set(command "${PQQ_CARGO}" metadata --locked --format-version 1 --manifest-path "${folder}/Cargo.toml")
  execute_process(COMMAND ${command} --offline
    RESULT_VARIABLE status OUTPUT_VARIABLE metadata ERROR_QUIET)
  if(NOT status EQUAL 0)
    message(STATUS "Fetching the sources named in ${folder}/Cargo.lock")
    set(patience "")
    if(argument_REASON)
      set(patience TIMEOUT 120) # seconds: what is not needed must not hold up the rest
    endif()
    execute_process(COMMAND ${command} ${patience}
      RESULT_VARIABLE status OUTPUT_VARIABLE metadata ERROR_VARIABLE errors)
  endif()
  if(NOT status EQUAL 0)
    if(errors MATCHES "--locked") # "the lock file needs to be updated but --locked was passed"
      set(argument_REASON "")
    endif()
    pqq_fail_or_tell("${argument_REASON}"
      "cargo could not fetch the sources in ${folder}/Cargo.lock "
      "(cargo 1.85 or newer and network access are needed once): ${status}\n${errors}")
  endif()

  # Package by package would parse 160 KB of JSON each time: cut out the package list once.
  string(JSON packages GET "${metadata}" packages)
  string(JSON count LENGTH "${packages}")
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON package GET "${packages}" ${i})
    string(JSON name GET "${package}" name)
    string(JSON version GET "${package}" version)
    string(REGEX REPLACE "\\+.*" "" version "${version}") # oqs-sys adds +liboqs-0.13.0
    if("${name}@${version}" IN_LIST wanted_crates)
      string(JSON path GET "${package}" manifest_path)
      get_filename_component(crate_folder "${path}" DIRECTORY)
      set(${out_prefix}_${name} "${crate_folder}" PARENT_SCOPE)
      set(found_${name}@${version} TRUE)
    endif()
  endforeach()
  foreach(wanted IN LISTS wanted_crates)
    if(NOT found_${wanted})
      message(FATAL_ERROR "${folder}/Cargo.lock does not hold ${wanted}: "
                          "Cargo.toml and the CMake file that asks for it disagree")
    endif()
  endforeach()
endfunction()
