# SPDX-License-Identifier: MIT
#
# Builds AWS-LC, liboqs, ngtcp2, nghttp3, zlib and brotli as static, position-independent, hidden libraries and
# offers them as pqq_dep_* targets.
#
# They are built while CMake configures, once, into <PQQ_DEPS_DIR>/<key>, where the key is a hash of
# everything that decides the result: Cargo.lock, the options below, the edits and the compiler. Every build
# folder of this checkout (plain, cmake-js, sanitizers) shares that copy; a changed key builds anew.

include("${CMAKE_CURRENT_LIST_DIR}/CrateSources.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EditSource.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/IdEdits.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/MemoryEdits.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/PathEdits.cmake")

if(DEFINED ENV{PQQ_DEPS_DIR}) # lets several checkouts or installs share one copy
  set(deps_default "$ENV{PQQ_DEPS_DIR}")
else()
  set(deps_default "${PROJECT_SOURCE_DIR}/build/deps")
endif()
set(PQQ_DEPS_DIR "${deps_default}" CACHE PATH "Where the built C dependencies are kept")
option(PQQ_SYSTEM_LIBOQS "Use an installed liboqs >= 0.13 instead of building it" OFF)

set(crates aws-lc-sys@0.47.0 nghttp3-sys@0.2.0 ngtcp2-sys@0.2.0 compu-brotli-sys@1.2.1 libz-sys@1.1.31)
if(NOT PQQ_SYSTEM_LIBOQS)
  list(APPEND crates oqs-sys@0.11.0)
endif()

# --- What is built, and how ---------------------------------------------------------------------

set(common_options
  -DCMAKE_BUILD_TYPE=Release # liboqs turns on its debug checks for anything else
  -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER}
  -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  -DCMAKE_C_VISIBILITY_PRESET=hidden
  -DCMAKE_CXX_VISIBILITY_PRESET=hidden
  -DCMAKE_VISIBILITY_INLINES_HIDDEN=ON
  -DCMAKE_INSTALL_LIBDIR=lib
  -DBUILD_SHARED_LIBS=OFF
  -DBUILD_TESTING=OFF)
foreach(variable CMAKE_TOOLCHAIN_FILE CMAKE_OSX_ARCHITECTURES CMAKE_OSX_DEPLOYMENT_TARGET)
  if(${variable})
    list(APPEND common_options -D${variable}=${${variable}})
  endif()
endforeach()

set(awslc_options
  -DDISABLE_GO=ON # the generated sources are in the package, so neither Go nor Perl is needed
  -DDISABLE_PERL=ON
  -DBUILD_TOOL=OFF
  -DENABLE_SOURCE_MODIFICATION=OFF) # the source is cargo's checksummed copy

set(liboqs_options
  # One name per algorithm: everything else, HQC with its known CVEs above all, stays out.
  "-DOQS_MINIMAL_BUILD=KEM_ml_kem_512$<SEMICOLON>KEM_ml_kem_768$<SEMICOLON>KEM_ml_kem_1024$<SEMICOLON>SIG_ml_dsa_44$<SEMICOLON>SIG_ml_dsa_65$<SEMICOLON>SIG_ml_dsa_87"
  -DOQS_BUILD_ONLY_LIB=ON
  -DOQS_DIST_BUILD=ON # AVX2 and friends are chosen at run time
  -DOQS_USE_OPENSSL=OFF)

set(nghttp3_options
  -DENABLE_LIB_ONLY=ON
  -DENABLE_STATIC_LIB=ON
  -DENABLE_SHARED_LIB=OFF)
# Both keep pools of equal objects for each connection, which an idle one never gives back; libpqq hands them
# its own allocator, which all connections of a worker share (native/src/core/pool.h). `--disable-mempool`
# of their other build system.
# Most of what they do are calls of a few instructions between their files. Where the compiler can, each is
# optimised as a whole and becomes one ordinary object, so that whoever links it needs nothing special:
# 15 % fewer instructions for a request, 12 % for a download. In one partition, or static functions of one
# name in both would become global.
set(quic_flags -DNOMEMPOOL)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_AR
    AND CMAKE_C_COMPILER_RANLIB AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 9)
  set(whole_flags -O3 -fPIC -flto -flto-partition=one -flinker-output=nolto-rel -r -nostdlib)
  string(APPEND quic_flags " -flto")
  list(APPEND nghttp3_options "-DCMAKE_AR=${CMAKE_C_COMPILER_AR}" "-DCMAKE_RANLIB=${CMAKE_C_COMPILER_RANLIB}")
endif()
list(APPEND nghttp3_options "-DCMAKE_C_FLAGS=${quic_flags} $ENV{CFLAGS}")

set(ngtcp2_options
  ${nghttp3_options}
  -DENABLE_OPENSSL=OFF
  -DENABLE_BORINGSSL=ON) # AWS-LC speaks BoringSSL's QUIC API

# A block of their sorted lists has room for 32 entries, most for byte ranges of which there are one or two:
# eight lists a connection. Half of it saves 3 KiB; a quarter would cost a download 9 %.
foreach(library ngtcp2 nghttp3)
  string(TOUPPER ${library} prefix)
  set(${library}_list_block_old "#define ${prefix}_KSL_DEGR 16\n")
  set(${library}_list_block_new "#define ${prefix}_KSL_DEGR 8\n")
endforeach()

# ngtcp2 keeps four packets that it cannot decrypt yet. A flight with an ML-DSA chain is about ten
# datagrams: with four, losing the ServerHello costs one more round trip.
set(ngtcp2_buffered_packets_old "#define NGTCP2_MAX_NUM_BUFFED_RX_PKTS 4\n")
set(ngtcp2_buffered_packets_new "#define NGTCP2_MAX_NUM_BUFFED_RX_PKTS 32\n")

# native/src/tls/quic_glue.c defines this function in its place: the profile commitment is a transport
# parameter that ngtcp2 does not know, and this is where the encoded parameters pass by.
set(ngtcp2_set_params_old
"int ngtcp2_crypto_set_local_transport_params(void *tls, const uint8_t *buf,
                                             size_t len) {
  if (SSL_set_quic_transport_params(tls, buf, len) != 1) {
    return -1;
  }

  return 0;
}
")
set(ngtcp2_set_params_new "/* ngtcp2_crypto_set_local_transport_params: see native/src/tls/quic_glue.c of libpqq */\n")

# --- The key and the folder ---------------------------------------------------------------------

file(READ "${PROJECT_SOURCE_DIR}/native/deps/Cargo.lock" lock)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/native/deps/Cargo.lock")
file(READ "${CMAKE_CURRENT_LIST_DIR}/compression/CMakeLists.txt" compression_build)
file(READ "${CMAKE_CURRENT_LIST_DIR}/IdEdits.cmake" id_edits)
file(READ "${CMAKE_CURRENT_LIST_DIR}/MemoryEdits.cmake" memory_edits)
file(READ "${CMAKE_CURRENT_LIST_DIR}/PathEdits.cmake" path_edits)
string(SHA256 key "${lock}|${crates}|${compression_build}|${common_options}|${awslc_options}|${liboqs_options}|${nghttp3_options}|${ngtcp2_options}|\
${ngtcp2_buffered_packets_new}|${ngtcp2_set_params_new}|${ngtcp2_list_block_new}|${nghttp3_list_block_new}|${id_edits}|${memory_edits}|${path_edits}|${whole_flags}|\
${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}|\
${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}|${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}|$ENV{CFLAGS}|$ENV{CXXFLAGS}")
string(SUBSTRING "${key}" 0 12 key)
set(PQQ_DEPS_PREFIX "${PQQ_DEPS_DIR}/${key}")

# pqq_run_step(<log> <command>...): runs a command with its output in a log, or fails with the end of it.
# $<SEMICOLON> in an argument stands for one that does not split it.
function(pqq_run_step log)
  string(REPLACE "$<SEMICOLON>" "\\;" command "${ARGN}")
  execute_process(COMMAND ${command} RESULT_VARIABLE status OUTPUT_FILE "${log}" ERROR_FILE "${log}")
  if(NOT status EQUAL 0)
    file(READ "${log}" text)
    string(LENGTH "${text}" length)
    if(length GREATER 3000)
      math(EXPR start "${length} - 3000")
      string(SUBSTRING "${text}" ${start} -1 text)
    endif()
    message(FATAL_ERROR "A dependency did not build. The end of ${log}:\n${text}")
  endif()
endfunction()

# pqq_build_dependency(<name> <source> <option>...)
# Configures, builds and installs one dependency into PQQ_DEPS_PREFIX.
function(pqq_build_dependency name source)
  set(binary "${PQQ_DEPS_PREFIX}/build/${name}")
  message(STATUS "Building ${name} ...")
  string(TIMESTAMP start "%s")
  pqq_run_step("${PQQ_DEPS_PREFIX}/${name}.configure.log"
    "${CMAKE_COMMAND}" -S "${source}" -B "${binary}" -G Ninja "-DCMAKE_MAKE_PROGRAM=${PQQ_NINJA}"
    "-DCMAKE_INSTALL_PREFIX=${PQQ_DEPS_PREFIX}" ${common_options} ${ARGN})
  pqq_run_step("${PQQ_DEPS_PREFIX}/${name}.build.log"
    "${CMAKE_COMMAND}" --build "${binary}" --target install)
  file(REMOVE_RECURSE "${binary}") # objects that nothing needs again
  string(TIMESTAMP end "%s")
  math(EXPR seconds "${end} - ${start}")
  message(STATUS "Building ${name}: done in ${seconds} s")
endfunction()

# pqq_optimise_whole(<archive>): optimises an archive of intermediate code into one of machine code.
function(pqq_optimise_whole archive)
  if(NOT whole_flags)
    return()
  endif()
  set(path "${PQQ_DEPS_PREFIX}/lib/${CMAKE_STATIC_LIBRARY_PREFIX}${archive}${CMAKE_STATIC_LIBRARY_SUFFIX}")
  pqq_run_step("${PQQ_DEPS_PREFIX}/${archive}.optimise.log"
    "${CMAKE_C_COMPILER}" ${whole_flags} -Wl,--whole-archive "${path}"
    -o "${PQQ_DEPS_PREFIX}/lib/${archive}.o")
  file(REMOVE "${path}")
  pqq_run_step("${PQQ_DEPS_PREFIX}/${archive}.archive.log"
    "${CMAKE_AR}" rcs "${path}" "${PQQ_DEPS_PREFIX}/lib/${archive}.o")
  file(REMOVE "${PQQ_DEPS_PREFIX}/lib/${archive}.o")
endfunction()

# pqq_copy_source(<name> <folder>): a copy of a source package's part that may be edited.
function(pqq_copy_source name folder)
  file(COPY "${folder}" DESTINATION "${PQQ_DEPS_PREFIX}/source")
  pqq_edit_source("${PQQ_DEPS_PREFIX}/source/${name}/lib/${name}_ksl.h"
    "${${name}_list_block_old}" "${${name}_list_block_new}")
endfunction()

function(pqq_build_dependencies)
  find_program(PQQ_NINJA NAMES ninja ninja-build DOC "ninja, which builds the C dependencies")
  if(NOT PQQ_NINJA)
    message(FATAL_ERROR "ninja is missing: install it with your system's packages (ninja-build) or `pip install ninja`.")
  endif()
  pqq_find_crates(crate "${PROJECT_SOURCE_DIR}/native/deps" ${crates})
  file(REMOVE_RECURSE "${PQQ_DEPS_PREFIX}")
  file(MAKE_DIRECTORY "${PQQ_DEPS_PREFIX}")

  pqq_build_dependency(aws-lc "${crate_aws-lc-sys}/aws-lc" ${awslc_options})
  if(NOT PQQ_SYSTEM_LIBOQS)
    pqq_build_dependency(liboqs "${crate_oqs-sys}/liboqs" ${liboqs_options})
  endif()
  pqq_copy_source(nghttp3 "${crate_nghttp3-sys}/deps/nghttp3")
  pqq_edit_session_memory("${PQQ_DEPS_PREFIX}/source/nghttp3")
  pqq_build_dependency(nghttp3 "${PQQ_DEPS_PREFIX}/source/nghttp3" ${nghttp3_options})
  pqq_optimise_whole(nghttp3)

  set(source "${PQQ_DEPS_PREFIX}/source/ngtcp2")
  pqq_copy_source(ngtcp2 "${crate_ngtcp2-sys}/deps/ngtcp2")
  pqq_edit_source("${source}/lib/ngtcp2_conn.h"
    "${ngtcp2_buffered_packets_old}" "${ngtcp2_buffered_packets_new}")
  pqq_edit_source("${source}/crypto/boringssl/boringssl.c"
    "${ngtcp2_set_params_old}" "${ngtcp2_set_params_new}")
  pqq_edit_ids("${source}")
  pqq_edit_paths("${source}")
  pqq_edit_connection_memory("${source}")
  pqq_build_dependency(ngtcp2 "${source}" ${ngtcp2_options}
    "-DBORINGSSL_INCLUDE_DIR=${PQQ_DEPS_PREFIX}/include"
    "-DBORINGSSL_LIBRARIES=${PQQ_DEPS_PREFIX}/lib/libssl.a$<SEMICOLON>${PQQ_DEPS_PREFIX}/lib/libcrypto.a")
  pqq_optimise_whole(ngtcp2)
  pqq_optimise_whole(ngtcp2_crypto_boringssl)

  pqq_build_dependency(compression "${PROJECT_SOURCE_DIR}/native/cmake/compression"
    "-DZLIB_SOURCE=${crate_libz-sys}/src/zlib" "-DBROTLI_SOURCE=${crate_compu-brotli-sys}/brotli/c")

  # native/tools/licenses.mjs makes THIRD_PARTY_LICENSES of these. brotli's package leaves its file out.
  set(licenses
    "brotli" "${PROJECT_SOURCE_DIR}/native/deps/licenses/brotli"
    "zlib" "${crate_libz-sys}/src/zlib/LICENSE"
    "AWS-LC" "${crate_aws-lc-sys}/aws-lc/LICENSE"
    "nghttp3" "${crate_nghttp3-sys}/deps/nghttp3/COPYING"
    "nghttp3, sfparse" "${crate_nghttp3-sys}/deps/nghttp3/lib/sfparse/COPYING"
    "ngtcp2" "${crate_ngtcp2-sys}/deps/ngtcp2/COPYING")
  if(NOT PQQ_SYSTEM_LIBOQS)
    list(APPEND licenses
      "liboqs" "${crate_oqs-sys}/liboqs/LICENSE.txt"
      "liboqs, mlkem-native" "${crate_oqs-sys}/liboqs/src/kem/ml_kem/mlkem-native_ml-kem-768_ref/mlkem/LICENSE"
      "liboqs, pqcrystals-dilithium" "${crate_oqs-sys}/liboqs/src/sig/ml_dsa/pqcrystals-dilithium-standard_ml-dsa-65_ref/LICENSE")
  endif()
  file(MAKE_DIRECTORY "${PQQ_DEPS_PREFIX}/licenses")
  while(licenses)
    list(POP_FRONT licenses title path)
    file(COPY_FILE "${path}" "${PQQ_DEPS_PREFIX}/licenses/${title}")
  endwhile()
  file(WRITE "${PQQ_DEPS_PREFIX}/complete" "${crates}\n")
endfunction()

# Two builds of one checkout may configure at the same time (cmake-js and a plain one).
file(MAKE_DIRECTORY "${PQQ_DEPS_DIR}")
file(LOCK "${PQQ_DEPS_DIR}/lock" GUARD FILE TIMEOUT 1800)
if(NOT EXISTS "${PQQ_DEPS_PREFIX}/complete")
  pqq_build_dependencies()
endif()
file(LOCK "${PQQ_DEPS_DIR}/lock" RELEASE)

# --- Targets ------------------------------------------------------------------------------------

# pqq_dependency_target(<name> <archive> [<link>...]): an imported static library in the prefix.
function(pqq_dependency_target name archive)
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES
    IMPORTED_LOCATION "${PQQ_DEPS_PREFIX}/lib/${CMAKE_STATIC_LIBRARY_PREFIX}${archive}${CMAKE_STATIC_LIBRARY_SUFFIX}"
    INTERFACE_INCLUDE_DIRECTORIES "${PQQ_DEPS_PREFIX}/include"
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
pqq_dependency_target(pqq_dep_crypto crypto Threads::Threads)
pqq_dependency_target(pqq_dep_ssl ssl pqq_dep_crypto)
pqq_dependency_target(pqq_dep_nghttp3 nghttp3)
pqq_dependency_target(pqq_dep_ngtcp2 ngtcp2)
pqq_dependency_target(pqq_dep_zlib z)
pqq_dependency_target(pqq_dep_brotli brotli m) # log2
pqq_dependency_target(pqq_dep_ngtcp2_crypto ngtcp2_crypto_boringssl pqq_dep_ngtcp2 pqq_dep_ssl)
set_property(TARGET pqq_dep_nghttp3 PROPERTY INTERFACE_COMPILE_DEFINITIONS NGHTTP3_STATICLIB)
set_property(TARGET pqq_dep_ngtcp2 PROPERTY INTERFACE_COMPILE_DEFINITIONS NGTCP2_STATICLIB)

if(PQQ_SYSTEM_LIBOQS)
  find_package(liboqs 0.13 CONFIG QUIET)
  if(liboqs_FOUND)
    add_library(pqq_dep_oqs ALIAS OQS::oqs)
  else()
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
      pkg_check_modules(liboqs IMPORTED_TARGET GLOBAL liboqs>=0.13)
    endif()
    if(NOT TARGET PkgConfig::liboqs)
      message(FATAL_ERROR "PQQ_SYSTEM_LIBOQS is on but no liboqs 0.13 or newer was found: "
                          "install it, set CMAKE_PREFIX_PATH, or turn the option off to build it.")
    endif()
    add_library(pqq_dep_oqs ALIAS PkgConfig::liboqs)
  endif()
else()
  pqq_dependency_target(pqq_dep_oqs oqs)
endif()
