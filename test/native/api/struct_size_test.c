/* SPDX-License-Identifier: MIT */
/* core/struct_size.h: how structs of older and newer callers are taken. */
#include <stddef.h>
#include <string.h>

#include "api/api_fixture.h"
#include "harness.h"

typedef pqq_status (*init_function)(void *out, size_t size);

#define INIT(type)                                        \
  static pqq_status init_##type(void *out, size_t size) { \
    return type##_init(out, size);                        \
  }
INIT(pqq_config_options)
INIT(pqq_engine_options)
INIT(pqq_driver_options)
INIT(pqq_driver_events)
INIT(pqq_server_options)
INIT(pqq_request_options)

static const struct {
  const char *name;
  init_function init;
  size_t size;
} rows[] = {
#define ROW(type) {#type, init_##type, sizeof(type)}
    ROW(pqq_config_options), ROW(pqq_engine_options), ROW(pqq_driver_options),
    ROW(pqq_driver_events),  ROW(pqq_server_options), ROW(pqq_request_options),
};
#define ROWS (sizeof rows / sizeof rows[0])

TEST("init writes struct_size, and nothing behind the caller's struct") {
  for (size_t i = 0; i < ROWS; i++) {
    _Alignas(max_align_t) uint8_t memory[1024];
    uint32_t struct_size;

    NOTE("%s", rows[i].name);
    EXPECT(rows[i].size < sizeof memory);
    for (size_t size = rows[i].size; size >= sizeof(void *); size -= sizeof(void *)) {
      memset(memory, 0xa5, sizeof memory);
      EXPECT_INT(rows[i].init(memory, size), PQQ_OK);
      memcpy(&struct_size, memory, sizeof struct_size);
      EXPECT_UINT(struct_size, size);
      for (size_t at = size; at < sizeof memory; at++) {
        EXPECT_UINT(memory[at], 0xa5);
      }
    }
  }
}

TEST("init refuses sizes that no struct ever had") {
  for (size_t i = 0; i < ROWS; i++) {
    const size_t wrong[] = {0, 3, 4, rows[i].size + sizeof(void *), rows[i].size - 1, SIZE_MAX};
    _Alignas(max_align_t) uint8_t memory[1024] = {0};

    NOTE("%s", rows[i].name);
    for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
      EXPECT_INT(rows[i].init(memory, wrong[j]), PQQ_ERR_STRUCT_SIZE);
      EXPECT(strstr(pqq_error_detail(), rows[i].name) != NULL);
      EXPECT_UINT(memory[0], 0);
    }
    EXPECT_INT(rows[i].init(NULL, rows[i].size), PQQ_ERR_NULL_ARG);
  }
}

TEST("an older caller's shorter struct gets defaults for the rest") {
  pqq_config_options options = fixture_options();
  pqq_config *config = NULL;

  options.struct_size = offsetof(pqq_config_options, idle_timeout_ms) & ~(sizeof(void *) - 1);
  memset((char *)&options + options.struct_size, 0xff, sizeof options - options.struct_size);
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  pqq_config_unref(config);
}

TEST("a struct that was not initialized or is from the future is refused") {
  pqq_config_options config_options = fixture_options();
  pqq_config *config = NULL;
  pqq_driver *driver = NULL;
  pqq_engine *engine = NULL;
  pqq_server *server = NULL;
  pqq_response *response = NULL;
  pqq_driver_options driver_options = {0};
  pqq_driver_events events = {0};
  pqq_engine_options engine_options = {0};
  pqq_server_options server_options = {0};
  pqq_request_options request_options = {0};

  config_options.struct_size = 0;
  EXPECT_INT(pqq_config_new(&config_options, &config), PQQ_ERR_STRUCT_SIZE);
  config_options.struct_size = sizeof config_options + 8;
  EXPECT_INT(pqq_config_new(&config_options, &config), PQQ_ERR_STRUCT_SIZE);
  config_options.struct_size = sizeof config_options;
  EXPECT_INT(pqq_config_new(&config_options, &config), PQQ_OK);
  EXPECT_INT(pqq_engine_new(config, &engine_options, &engine), PQQ_ERR_STRUCT_SIZE);
  EXPECT_INT(pqq_driver_start(config, &driver_options, &events, NULL, &driver),
             PQQ_ERR_STRUCT_SIZE);
  EXPECT_INT(pqq_driver_options_init(&driver_options, sizeof driver_options), PQQ_OK);
  EXPECT_INT(pqq_driver_start(config, &driver_options, &events, NULL, &driver),
             PQQ_ERR_STRUCT_SIZE);
  EXPECT_INT(pqq_start_server(&server_options, &server), PQQ_ERR_STRUCT_SIZE);
  EXPECT_INT(pqq_request(&request_options, &response), PQQ_ERR_STRUCT_SIZE);
  EXPECT(engine == NULL && driver == NULL && server == NULL && response == NULL);
  pqq_config_unref(config);
}

TEST("a snapshot fills what fits into the caller's struct") {
  pqq_config *config = fixture_config();
  pqq_engine_options options;
  pqq_engine *engine;
  pqq_stats stats;

  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  EXPECT_INT(pqq_engine_new(config, &options, &engine), PQQ_OK);
  memset(&stats, 0xa5, sizeof stats);
  stats.struct_size = offsetof(pqq_stats, connections_closed);
  EXPECT_INT(pqq_engine_stats(engine, &stats), PQQ_OK);
  EXPECT_UINT(stats.connections_opened, 0);
  EXPECT_UINT(stats.connections_closed, 0xa5a5a5a5a5a5a5a5u);
  EXPECT_UINT(stats.struct_size, offsetof(pqq_stats, connections_closed));
  stats.struct_size = 0;
  EXPECT_INT(pqq_engine_stats(engine, &stats), PQQ_ERR_STRUCT_SIZE);
  pqq_engine_free(engine);
  pqq_config_unref(config);
}

TEST("plain types have the layout they will always have") {
  EXPECT_UINT(sizeof(pqq_bytes), 2 * sizeof(void *));
  EXPECT_UINT(sizeof(pqq_header), 4 * sizeof(void *) + 8);
  EXPECT_UINT(sizeof(pqq_address), 24);
  EXPECT_UINT(offsetof(pqq_address, port), 2);
  EXPECT_UINT(offsetof(pqq_address, scope_id), 4);
  EXPECT_UINT(offsetof(pqq_address, ip), 8);
  EXPECT_UINT(sizeof(pqq_id), 8);
}
