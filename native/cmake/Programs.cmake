# SPDX-License-Identifier: MIT
#
# Everything with a main(): C tests, examples and benchmarks.
#
# In test/native, test/sim and bench/native a file X_test.c is a test for CTest (see
# test/native/harness.h), any other file with a main() is a plain program, and the rest is shared by both.
# A test that defines __wrap_X gets the calls of X from other files and can call the real one as __real_X
# (ld's --wrap): how tests make a peer lie without a door for it in the library.

# pqq_add_programs(<folder> <output folder> <label> [<library for the tests alone>...])
function(pqq_add_programs folder output label)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.c")
  list(REMOVE_ITEM sources "${PROJECT_SOURCE_DIR}/test/native/harness.c") # the tests' own main()
  set(tests "")
  set(programs "")
  set(shared "")
  foreach(source IN LISTS sources)
    file(STRINGS "${source}" main REGEX "^int main *\\(")
    if(source MATCHES "_test\\.c$")
      list(APPEND tests "${source}")
    elseif(main)
      list(APPEND programs "${source}")
    else()
      list(APPEND shared "${source}")
    endif()
  endforeach()

  set(support pqq_${label}_support)
  add_library(${support} INTERFACE)
  target_include_directories(${support} INTERFACE "${PROJECT_SOURCE_DIR}/${folder}")
  target_link_libraries(${support} INTERFACE pqq_internal)
  if(shared)
    add_library(${support}_objects OBJECT ${shared})
    target_include_directories(${support}_objects PRIVATE
      "${PROJECT_SOURCE_DIR}/${folder}" $<TARGET_PROPERTY:pqq_internal,INTERFACE_INCLUDE_DIRECTORIES>)
    target_link_libraries(${support}_objects PRIVATE pqq_compile_options ${pqq_dependencies})
    target_sources(${support} INTERFACE $<TARGET_OBJECTS:${support}_objects>)
  endif()

  foreach(source IN LISTS tests programs)
    file(RELATIVE_PATH name "${PROJECT_SOURCE_DIR}/${folder}" "${source}")
    string(REGEX REPLACE "\\.c$" "" name "${name}")
    get_filename_component(subfolder "${name}" DIRECTORY)
    get_filename_component(program "${name}" NAME)
    string(MAKE_C_IDENTIFIER "${label}_${name}" target)
    add_executable(${target} "${source}")
    target_link_libraries(${target} PRIVATE ${support})
    set_target_properties(${target} PROPERTIES
      OUTPUT_NAME "${program}" RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${output}/${subfolder}")
    file(STRINGS "${source}" wraps REGEX "^[a-z].* \\*?__wrap_[a-z_0-9]+\\(")
    if(wraps)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    endif()
    foreach(wrap IN LISTS wraps)
      string(REGEX REPLACE "^.*__wrap_([a-z_0-9]+).*$" "\\1" wrap "${wrap}")
      target_link_options(${target} PRIVATE "-Wl,--wrap=${wrap}")
    endforeach()
    if(source MATCHES "_test\\.c$")
      target_link_libraries(${target} PRIVATE pqq_harness ${ARGN})
      add_test(NAME ${label}/${name} COMMAND ${target})
      set_tests_properties(${label}/${name} PROPERTIES
        LABELS ${label} TIMEOUT 300 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    endif()
  endforeach()
endfunction()

# Each public header on its own, as the oldest C and C++ that it promises.
function(pqq_add_header_checks)
  foreach(header IN LISTS pqq_headers)
    get_filename_component(name "${header}" NAME)
    if(name MATCHES "\\.h$")
      foreach(language c cc)
        set(file "${PROJECT_BINARY_DIR}/headers/${name}.${language}")
        file(CONFIGURE OUTPUT "${file}" CONTENT
          "#include <pqq/${name}>\n#include <pqq/${name}>\ntypedef int not_empty;\n")
        list(APPEND files "${file}")
      endforeach()
    endif()
  endforeach()
  add_library(pqq_header_checks OBJECT ${files})
  target_include_directories(pqq_header_checks PRIVATE "${PROJECT_SOURCE_DIR}/include")
  target_compile_options(pqq_header_checks PRIVATE -Wall -Wextra -Wpedantic -Werror
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>)
  set_target_properties(pqq_header_checks PROPERTIES C_STANDARD 11 CXX_STANDARD 17)
endfunction()

if(PQQ_BUILD_TESTS)
  enable_testing()
  add_library(pqq_harness STATIC test/native/harness.c)
  target_include_directories(pqq_harness PUBLIC test/native)
  target_link_libraries(pqq_harness PRIVATE pqq_compile_options)
  find_program(PQQ_NODE node)
  pqq_add_programs(test/native test/native native)
  pqq_add_programs(test/sim test/sim sim pqq_native_support)
  # The one program with seeded randomness: nothing else links test/transcripts.
  pqq_add_programs(test/transcripts test/transcripts transcripts)
  target_include_directories(pqq_transcripts_support_objects PRIVATE test/sim test/native)
  target_link_libraries(pqq_transcripts_support INTERFACE pqq_sim_support pqq_native_support)
  # Clients of hostile and soak, which npm run hostile and npm run soak start.
  pqq_add_programs(test/hostile test/hostile hostile)
  pqq_add_programs(test/soak test/soak soak)
  target_link_libraries(pqq_soak_support INTERFACE pqq_hostile_support)
  pqq_add_header_checks()

  # Known answers: CTest prepares the vectors before the programs that read them, and only then.
  set(vectors "${PROJECT_BINARY_DIR}/test/vectors")
  set_property(SOURCE test/native/vectors/vectors.c
    APPEND PROPERTY COMPILE_DEFINITIONS "PQQ_VECTORS_FOLDER=\"${vectors}\"")
  if(PQQ_SYSTEM_LIBOQS) # without the functions for tests, of an unknown version
    foreach(source liboqs_side known_answers minimal_test)
      set_property(SOURCE test/native/vectors/${source}.c
        APPEND PROPERTY COMPILE_DEFINITIONS PQQ_TEST_SYSTEM_LIBOQS)
    endforeach()
  endif()
  add_test(NAME native/vectors/prepare COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DOUT=${vectors}"
    "-DNODE=${PQQ_NODE}" -P "${PROJECT_SOURCE_DIR}/test/native/vectors/prepare.cmake")
  set_tests_properties(native/vectors/prepare PROPERTIES FIXTURES_SETUP vectors TIMEOUT 300)
  set_tests_properties(native/vectors/mldsa_test native/vectors/mlkem_test PROPERTIES FIXTURES_REQUIRED vectors)
  set_tests_properties(native/vectors/prepare native/vectors/mldsa_test native/vectors/mlkem_test
    native/vectors/cross_test native/vectors/minimal_test PROPERTIES LABELS "native;vectors")

  # The parts of the addon that work without Node.
  add_executable(native_addon_ring test/native/addon/ring_test.cc native/addon/ring.cc)
  add_executable(native_addon_text test/native/addon/text_test.cc)
  foreach(name ring text)
    target_include_directories(native_addon_${name} PRIVATE native/addon include)
    target_link_libraries(native_addon_${name} PRIVATE pqq_harness pqq_compile_options Threads::Threads)
    set_target_properties(native_addon_${name} PROPERTIES
      OUTPUT_NAME ${name}_test RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test/native/addon")
    add_test(NAME native/addon/${name}_test COMMAND native_addon_${name})
    set_tests_properties(native/addon/${name}_test PROPERTIES
      LABELS native TIMEOUT 300 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  endforeach()

  # Links the shared library that users get, and exports what a library could be fooled with.
  if(TARGET pqq)
    add_executable(abi_no_seed_test test/abi/no_seed_test.c)
    target_link_libraries(abi_no_seed_test PRIVATE
      pqq::pqq pqq_harness pqq_compile_options ${CMAKE_DL_LIBS})
    set_target_properties(abi_no_seed_test PROPERTIES
      ENABLE_EXPORTS ON OUTPUT_NAME no_seed_test RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test/abi")
    add_test(NAME abi/no_seed_test COMMAND abi_no_seed_test)
    set_tests_properties(abi/no_seed_test PROPERTIES
      TIMEOUT 300 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  endif()

  if(PQQ_NODE AND TARGET pqq)
    set(exports "${PROJECT_SOURCE_DIR}/test/tools/check-exports.mjs")
    add_test(NAME abi/exports COMMAND "${PQQ_NODE}" "${exports}" $<TARGET_FILE:pqq>)
    add_test(NAME abi/symbols
      COMMAND "${PQQ_NODE}" "${PROJECT_SOURCE_DIR}/test/abi/check.mjs" $<TARGET_FILE:pqq>)
    set(no_seed "${PROJECT_SOURCE_DIR}/test/abi/check-no-seed.mjs")
    add_test(NAME abi/no-seed COMMAND "${PQQ_NODE}" "${no_seed}" $<TARGET_FILE:pqq>)
    if(TARGET pqq_static)
      add_test(NAME abi/no-seed-static COMMAND "${PQQ_NODE}" "${no_seed}" $<TARGET_FILE:pqq_static>)
    endif()
    # What the check is there to find, it finds.
    add_test(NAME abi/no-seed-finds COMMAND "${PQQ_NODE}" "${no_seed}" $<TARGET_FILE:transcripts_record_test>)
    set_tests_properties(abi/no-seed-finds PROPERTIES WILL_FAIL TRUE)
    if(TARGET pqq_node)
      add_test(NAME abi/exports-addon COMMAND "${PQQ_NODE}" "${exports}" $<TARGET_FILE:pqq_node>)
      add_test(NAME abi/no-seed-addon COMMAND "${PQQ_NODE}" "${no_seed}" $<TARGET_FILE:pqq_node>)
    endif()
  endif()
  if(PQQ_NODE AND NOT PQQ_SYSTEM_LIBOQS)
    add_test(NAME licenses COMMAND "${PQQ_NODE}" "${PROJECT_SOURCE_DIR}/native/tools/licenses.mjs"
      --check "${PQQ_DEPS_PREFIX}/licenses")
  endif()
endif()

if(PQQ_BUILD_EXAMPLES)
  file(GLOB examples CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/c/*.c")
  foreach(source IN LISTS examples)
    get_filename_component(name "${source}" NAME_WE)
    add_executable(example_${name} "${source}")
    target_link_libraries(example_${name} PRIVATE pqq::pqq pqq_compile_options)
    set_target_properties(example_${name} PROPERTIES
      OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
    if(PQQ_BUILD_TESTS)
      add_test(NAME examples/${name} COMMAND example_${name})
    endif()
  endforeach()
endif()

if(PQQ_BUILD_BENCH)
  pqq_add_programs(bench/native bench bench)
endif()
