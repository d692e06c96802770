# SPDX-License-Identifier: MIT
#
# Finds the source folders of the crates in native/deps, through cargo.
#
# The crates are used as source packages: cargo downloads them once, checks them against
# Cargo.lock and says where they are. None of their Rust is compiled.

# pqq_find_crates(<out_prefix> <name>@<version>...)
# Sets <out_prefix>_<name> to the folder of each named package. The version is needed because a
# graph may hold a package twice (ngtcp2-sys asks for an older aws-lc-sys than the one built).
function(pqq_find_crates out_prefix)
  set(manifest "${PROJECT_SOURCE_DIR}/native/deps/Cargo.toml")
  find_program(PQQ_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin" DOC "cargo, which fetches the C sources")
  if(NOT PQQ_CARGO)
    message(FATAL_ERROR "cargo is missing: install Rust's package manager, 1.85 or newer "
                        "(https://rustup.rs, or your system's `cargo` package). It only fetches C sources.")
  endif()

  # Without --offline first, every build would need the network.
  set(command "${PQQ_CARGO}" metadata --locked --format-version 1 --manifest-path "${manifest}")
  execute_process(COMMAND ${command} --offline
    RESULT_VARIABLE status OUTPUT_VARIABLE metadata ERROR_QUIET)
  if(NOT status EQUAL 0)
    message(STATUS "Fetching the C sources named in native/deps/Cargo.lock")
    execute_process(COMMAND ${command}
      RESULT_VARIABLE status OUTPUT_VARIABLE metadata ERROR_VARIABLE errors)
  endif()
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "cargo could not fetch the sources in native/deps/Cargo.lock "
                        "(cargo 1.85 or newer and network access are needed once):\n${errors}")
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
    if("${name}@${version}" IN_LIST ARGN)
      string(JSON path GET "${package}" manifest_path)
      get_filename_component(folder "${path}" DIRECTORY)
      set(${out_prefix}_${name} "${folder}" PARENT_SCOPE)
      set(found_${name}@${version} TRUE)
    endif()
  endforeach()
  foreach(wanted IN LISTS ARGN)
    if(NOT found_${wanted})
      message(FATAL_ERROR "native/deps/Cargo.lock does not hold ${wanted}: "
                          "native/cmake/Dependencies.cmake and Cargo.toml disagree")
    endif()
  endforeach()
endfunction()
