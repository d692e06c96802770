/* SPDX-License-Identifier: MIT */
/* io/command.c and command_queue.c: copies, checks, order and bounds. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "io/command.h"
#include "io/limits.h"

static pqq_bytes bytes_of(const char *text) {
  return (pqq_bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

/* Bits 24-31 of an id are its worker. */
static pqq_id id_of(uint32_t worker) {
  return ((pqq_id)7 << 32) | ((pqq_id)worker << 24) | 3;
}

static int is_text(pqq_bytes bytes, const char *text) {
  return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

TEST("a batch is a deep copy") {
  char name[] = "x-name", value[] = "a value", data[] = "body bytes", host[] = "localhost";
  pqq_header header = {.name = bytes_of(name), .value = bytes_of(value), .flags = 1};
  pqq_body body = {.data = bytes_of(data)};
  pqq_connect_options connect = {.struct_size = sizeof connect, .server_name = host, .token = 1};
  pqq_command commands[] = {
      {.type = PQQ_COMMAND_RESPOND,
       .id = id_of(0),
       .http_status = 200,
       .headers = &header,
       .header_count = 1,
       .body = &body,
       .tag = 11},
      {.type = PQQ_COMMAND_CONNECT, .connect = &connect, .token = 22},
      {.type = PQQ_COMMAND_RESET, .id = id_of(0), .wire_code = 33},
  };
  pqq__command_batch *batch;

  EXPECT_INT(pqq__command_batch_new(commands, 3, 1, 0, &batch), PQQ_OK);
  memset(name, '?', sizeof name);
  memset(value, '?', sizeof value);
  memset(data, '?', sizeof data);
  memset(host, '?', sizeof host);
  memset(&header, 0, sizeof header);
  memset(&body, 0, sizeof body);
  memset(commands, 0, sizeof commands);
  EXPECT_UINT(batch->count, 3);
  EXPECT_UINT(batch->commands[0].tag, 11);
  EXPECT_INT(batch->commands[0].http_status, 200);
  EXPECT(is_text(batch->commands[0].headers[0].name, "x-name"));
  EXPECT(is_text(batch->commands[0].headers[0].value, "a value"));
  EXPECT_UINT(batch->commands[0].headers[0].flags, 1);
  EXPECT(is_text(batch->commands[0].body->data, "body bytes"));
  EXPECT_STR(batch->commands[1].connect->server_name, "localhost");
  EXPECT_UINT(batch->commands[1].connect->token, 22); /* the command's, not the options' */
  EXPECT_UINT(batch->commands[2].wire_code, 33);
  pqq__command_batch_free(batch);
}

TEST("copies of any size keep inside their allocation") {
  uint64_t state = harness_seed();

  /* AddressSanitizer is the judge; without it, at least the contents are. */
  for (int round = 0; round < 2000; round++) {
    enum { COMMANDS = 5 };
    pqq_command commands[COMMANDS];
    pqq_header headers[COMMANDS][3];
    pqq_body bodies[COMMANDS];
    static uint8_t bytes[64];
    pqq__command_batch *batch;

    for (size_t i = 0; i < COMMANDS; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      commands[i] = (pqq_command){.type = PQQ_COMMAND_RESPOND,
                                  .id = id_of(0),
                                  .headers = headers[i],
                                  .header_count = (state >> 33) % 4,
                                  .body = (state >> 35) % 2 ? &bodies[i] : NULL};
      bodies[i] = (pqq_body){.data = {bytes, (state >> 36) % 40}};
      for (size_t j = 0; j < 3; j++) {
        headers[i][j] = (pqq_header){.name = {bytes, 1 + (state >> (38 + j)) % 13},
                                     .value = {bytes, (state >> (42 + j)) % 17}};
      }
    }
    EXPECT_INT(pqq__command_batch_new(commands, COMMANDS, 1, 0, &batch), PQQ_OK);
    for (size_t i = 0; i < COMMANDS; i++) {
      for (size_t j = 0; j < commands[i].header_count; j++) {
        EXPECT_MEM(batch->commands[i].headers[j].value.data,
                   batch->commands[i].headers[j].value.len, bytes, headers[i][j].value.len);
      }
    }
    pqq__command_batch_free(batch);
  }
}

TEST("each worker gets its own commands, in order") {
  pqq_command commands[6] = {{0}};
  pqq__command_batch *batch;

  for (size_t i = 0; i < 6; i++) {
    commands[i] = (pqq_command){.type = PQQ_COMMAND_CLOSE, .id = id_of(i % 3), .tag = i};
  }
  for (uint32_t worker = 0; worker < 3; worker++) {
    EXPECT_INT(pqq__command_batch_new(commands, 6, 4, worker, &batch), PQQ_OK);
    EXPECT_UINT(batch->count, 2);
    EXPECT_UINT(batch->commands[0].tag, worker);
    EXPECT_UINT(batch->commands[1].tag, worker + 3);
    pqq__command_batch_free(batch);
  }
  EXPECT_INT(pqq__command_batch_new(commands, 6, 4, 3, &batch), PQQ_OK);
  EXPECT(batch == NULL);
}

TEST("a borrowed body is not copied") {
  char data[] = "abc";
  pqq_body body = {.data = bytes_of(data)};
  pqq_command command = {
      .type = PQQ_COMMAND_WRITE, .id = id_of(0), .flags = PQQ_WRITE_BORROW, .body = &body};
  pqq__command_batch *batch;

  EXPECT_INT(pqq__command_batch_new(&command, 1, 1, 0, &batch), PQQ_OK);
  EXPECT(batch->commands[0].body != &body);
  EXPECT(batch->commands[0].body->data.data == (uint8_t *)data);
  pqq__command_batch_free(batch);
}

TEST("what cannot be run is refused before it is queued") {
  pqq_connect_options no_size = {.server_name = "a"};
  pqq_command command = {.type = 0};
  uint32_t worker = 9;

  EXPECT_INT(pqq__command_check(&command, 1, &worker), PQQ_ERR_INVALID_ARG);
  command.type = PQQ_COMMAND_SEND_DATAGRAM + 1;
  EXPECT_INT(pqq__command_check(&command, 1, &worker), PQQ_ERR_INVALID_ARG);
  command = (pqq_command){.type = PQQ_COMMAND_CLOSE, .id = id_of(2)};
  EXPECT_INT(pqq__command_check(&command, 2, &worker), PQQ_ERR_INVALID_ARG);
  command = (pqq_command){.type = PQQ_COMMAND_CONNECT, .connect = &no_size};
  EXPECT_INT(pqq__command_check(&command, 1, &worker), PQQ_ERR_STRUCT_SIZE);
  command = (pqq_command){.type = PQQ_COMMAND_FILE, .id = id_of(0)};
  EXPECT_INT(pqq__command_check(&command, 1, &worker), PQQ_ERR_NULL_ARG);
  command.files = (pqq_files *)(void *)&no_size; /* not looked at */
  command.token = 1;
  EXPECT_INT(pqq__command_check(&command, 1, &worker), PQQ_ERR_INVALID_ARG);
  EXPECT_UINT(worker, 9);
  command = (pqq_command){.type = PQQ_COMMAND_CLOSE, .id = id_of(1)};
  EXPECT_INT(pqq__command_check(&command, 2, &worker), PQQ_OK);
  EXPECT_UINT(worker, 1);
}

TEST("only news is reported") {
  pqq_command request = {.type = PQQ_COMMAND_REQUEST}, write = {.type = PQQ_COMMAND_WRITE};

  EXPECT(pqq__command_is_reported(&request, PQQ_ERR_NOT_FOUND));
  EXPECT(!pqq__command_is_reported(&write, PQQ_ERR_NOT_FOUND));
  EXPECT(pqq__command_is_reported(&write, PQQ_ERR_STATE));
  EXPECT(!pqq__command_is_reported(&write, PQQ_AGAIN));
  EXPECT(!pqq__command_is_reported(&request, PQQ_OK));
}

TEST("a queue is bounded in bytes and takes nothing after its end") {
  pqq__command_queue queue;
  pqq_command command = {.type = PQQ_COMMAND_CLOSE, .id = id_of(0)};
  pqq__command_batch *first, *second;

  pqq__command_queue_init(&queue);
  EXPECT_INT(pqq__command_batch_new(&command, 1, 1, 0, &first), PQQ_OK);
  EXPECT_INT(pqq__command_batch_new(&command, 1, 1, 0, &second), PQQ_OK);
  EXPECT_INT(pqq__command_queue_check(&queue, first), PQQ_OK);
  pqq__command_queue_add(&queue, first);
  second->bytes = PQQ__COMMAND_QUEUE_BYTES - first->bytes;
  EXPECT_INT(pqq__command_queue_check(&queue, second), PQQ_OK);
  second->bytes++;
  EXPECT_INT(pqq__command_queue_check(&queue, second), PQQ_ERR_LIMIT);
  EXPECT(pqq__command_queue_peek(&queue) == first);
  pqq__command_queue_pop(&queue);
  EXPECT_INT(pqq__command_queue_check(&queue, second), PQQ_OK);
  pqq__command_queue_close(&queue);
  EXPECT_INT(pqq__command_queue_check(&queue, second), PQQ_ERR_STATE);
  pqq__command_batch_free(second);
  pqq__command_queue_deinit(&queue);
}
