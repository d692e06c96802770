# SPDX-License-Identifier: MIT
#
# pqq.node: the Node addon, a client of the public header with libpqq linked into it.

# Node-API headers come from npm packages, so that neither Node's source nor its headers are downloaded.
find_program(PQQ_NODE node REQUIRED)
execute_process(
  COMMAND "${PQQ_NODE}" -p
          "require('node-api-headers').include_dir + ';' + path.dirname(require.resolve('node-addon-api/package.json'))"
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  RESULT_VARIABLE status OUTPUT_VARIABLE node_includes ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "The addon needs the npm packages node-api-headers and node-addon-api: run `npm install` first.")
endif()

file(GLOB pqq_addon_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/native/addon/*.cc")
add_library(pqq_node MODULE ${pqq_addon_sources} $<TARGET_OBJECTS:pqq_objects> ${CMAKE_JS_SRC})
set_target_properties(pqq_node PROPERTIES
  OUTPUT_NAME pqq PREFIX "" SUFFIX ".node" LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
target_include_directories(pqq_node PRIVATE "${PROJECT_SOURCE_DIR}/include")
target_include_directories(pqq_node SYSTEM PRIVATE ${node_includes})
# A worker thread that is being terminated cannot take exceptions any more; that must not end the process.
target_compile_definitions(pqq_node PRIVATE NAPI_VERSION=9 NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS
  NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS)
target_compile_options(pqq_node PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
target_link_libraries(pqq_node PRIVATE pqq_compile_options ${pqq_dependencies} ${CMAKE_JS_LIB})
if(APPLE)
  target_link_options(pqq_node PRIVATE -undefined dynamic_lookup) # Node itself has the napi_ functions
endif()
pqq_limit_exports(pqq_node addon)
