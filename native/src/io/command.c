/* SPDX-License-Identifier: MIT */
/* Checking, copying and running commands; see command.h. */
#include "io/command.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/struct_size.h"

/* Structs inside a batch begin at multiples of this. */
#define ALIGNMENT _Alignof(max_align_t)

/* --- Checking ------------------------------------------------------------------------------- */

static pqq_status check_connect(const pqq_connect_options *options) {
  pqq_connect_options read = {0};

  if (options == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_command.connect");
  }
  if (!pqq__struct_size_is_valid(options->struct_size, sizeof *options)) {
    return pqq__struct_size_error("pqq_connect_options", options->struct_size, sizeof *options);
  }
  if (options->server_name == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_connect_options.server_name");
  }
  memcpy(&read, options, options->struct_size);
  if (read.address_token.data == NULL && read.address_token.len > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_connect_options.address_token");
  }
  return PQQ_OK;
}

static pqq_status check_file(const pqq_command *command) {
  if (command->files == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_command.files");
  }
  if (command->token > command->header_count) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "pqq_command.token: %llu of %zu headers",
                          (unsigned long long)command->token, command->header_count);
  }
  return PQQ_OK;
}

static pqq_status check_views(const pqq_command *command) {
  if (command->headers == NULL && command->header_count > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_command.headers");
  }
  for (size_t i = 0; i < command->header_count; i++) {
    const pqq_header *header = &command->headers[i];

    if ((header->name.data == NULL && header->name.len > 0) ||
        (header->value.data == NULL && header->value.len > 0)) {
      return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_command.headers[%zu]", i);
    }
  }
  if (command->body != NULL && command->body->data.data == NULL && command->body->data.len > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_command.body->data");
  }
  return PQQ_OK;
}

static uint32_t worker_of(const pqq_command *command) {
  int is_of_first = command->type == PQQ_COMMAND_CONNECT || command->type == PQQ_COMMAND_ABANDON;

  return is_of_first ? 0 : (uint32_t)(command->id >> 24) & 0xffu;
}

pqq_status pqq__command_check(const pqq_command *command, uint32_t worker_count, uint32_t *worker) {
  pqq_status status = PQQ_OK;

  if (command->type < PQQ_COMMAND_CONNECT || command->type > PQQ_COMMAND_SEND_DATAGRAM) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "pqq_command.type: %d", command->type);
  }
  if (command->type == PQQ_COMMAND_CONNECT) {
    status = check_connect(command->connect);
  } else if ((command->type == PQQ_COMMAND_WRITE || command->type == PQQ_COMMAND_SEND_DATAGRAM) &&
             command->body == NULL) {
    status = pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_command.body");
  } else if (command->type == PQQ_COMMAND_FILE) {
    status = check_file(command);
  }
  if (status == PQQ_OK) {
    status = check_views(command);
  }
  if (status != PQQ_OK) {
    return status;
  }
  if (worker_of(command) >= worker_count) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "pqq_command.id: worker %u of %u",
                          worker_of(command), worker_count);
  }
  *worker = worker_of(command);
  return PQQ_OK;
}

/* --- Copying -------------------------------------------------------------------------------- */

/* Where copies go; with `at` NULL only their size is added up. */
typedef struct pqq__copier {
  uint8_t *at;
  size_t used;
} pqq__copier;

static void *copy_bytes(pqq__copier *copier, const void *data, size_t length) {
  void *copied = NULL;

  if (copier->at != NULL) {
    copied = copier->at + copier->used;
    if (length > 0) {
      memcpy(copied, data, length);
    }
  }
  copier->used += length;
  return copied;
}

static void *copy_struct(pqq__copier *copier, const void *data, size_t length) {
  copier->used = (copier->used + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  return copy_bytes(copier, data, length);
}

static void copy_headers(pqq__copier *copier, const pqq_command *in, pqq_command *out) {
  pqq_header *headers = copy_struct(copier, in->headers, in->header_count * sizeof *in->headers);

  for (size_t i = 0; i < in->header_count; i++) {
    const pqq_header *header = &in->headers[i];
    const uint8_t *name = copy_bytes(copier, header->name.data, header->name.len);
    const uint8_t *value = copy_bytes(copier, header->value.data, header->value.len);

    if (headers != NULL) {
      headers[i].name.data = name;
      headers[i].value.data = value;
    }
  }
  out->headers = headers;
}

static void copy_body(pqq__copier *copier, const pqq_command *in, pqq_command *out) {
  pqq_body *body = copy_struct(copier, in->body, sizeof *in->body);

  if ((in->flags & PQQ_WRITE_BORROW) == 0) {
    const uint8_t *data = copy_bytes(copier, in->body->data.data, in->body->data.len);

    if (body != NULL) {
      body->data.data = data;
    }
  }
  out->body = body;
}

static void copy_connect(pqq__copier *copier, const pqq_command *in, pqq_command *out) {
  pqq_connect_options options = {0};
  pqq_connect_options *connect;
  const char *name;
  const uint8_t *token;

  memcpy(&options, in->connect, in->connect->struct_size);
  options.struct_size = sizeof options;
  connect = copy_struct(copier, &options, sizeof options);
  name = copy_bytes(copier, options.server_name, strlen(options.server_name) + 1);
  token = copy_bytes(copier, options.address_token.data, options.address_token.len);
  if (connect != NULL) {
    connect->address_token.data = token;
    connect->server_name = name;
    connect->token = in->token;
  }
  out->connect = connect;
}

static void copy_command(pqq__copier *copier, const pqq_command *in, pqq_command *out) {
  *out = *in;
  if (in->type == PQQ_COMMAND_CONNECT) {
    copy_connect(copier, in, out);
    out->headers = NULL;
    out->body = NULL;
    return;
  }
  out->connect = NULL;
  if (in->header_count > 0) {
    copy_headers(copier, in, out);
  }
  if (in->body != NULL) {
    copy_body(copier, in, out);
  }
}

pqq_status pqq__command_batch_new(const pqq_command *commands, size_t count, uint32_t worker_count,
                                  uint32_t worker, pqq__command_batch **batch) {
  pqq__copier copier = {0};
  pqq_command ignored;
  size_t mine = 0;

  for (size_t i = 0; i < count; i++) {
    if (worker_count == 1 || worker_of(&commands[i]) == worker) {
      copy_command(&copier, &commands[i], &ignored);
      mine++;
    }
  }
  *batch = NULL;
  if (mine == 0) {
    return PQQ_OK;
  }
  copier.used += sizeof **batch + mine * sizeof *commands + ALIGNMENT;
  *batch = malloc(copier.used);
  if (*batch == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  **batch = (pqq__command_batch){.bytes = copier.used, .count = mine};
  copier.at = (uint8_t *)*batch;
  copier.used = sizeof **batch + mine * sizeof *commands;
  for (size_t i = 0, next = 0; i < count; i++) {
    if (worker_count == 1 || worker_of(&commands[i]) == worker) {
      copy_command(&copier, &commands[i], &(*batch)->commands[next++]);
    }
  }
  return PQQ_OK;
}

void pqq__command_batch_free(pqq__command_batch *batch) {
  free(batch);
}

/* --- Running -------------------------------------------------------------------------------- */

/* A borrowed payload is given back at once: the engine has a copy. */
static pqq_status send_datagram(pqq_engine *engine, const pqq_command *c) {
  pqq_status status = pqq_engine_send_datagram(engine, c->id, c->body->data);

  if (status >= 0) {
    pqq__command_release(c);
  }
  return status;
}

static pqq_status run(pqq_engine *engine, const pqq_command *c, pqq_time_ns now) {
  pqq_id conn;

  switch (c->type) {
  case PQQ_COMMAND_CONNECT:
    return pqq_engine_connect(engine, c->connect, now, &conn);
  case PQQ_COMMAND_REQUEST:
    return pqq_engine_request(engine, c->id, c->token, c->headers, c->header_count, c->body,
                              c->flags);
  case PQQ_COMMAND_RESPOND:
    return pqq_engine_respond(engine, c->id, c->http_status, c->headers, c->header_count, c->body,
                              c->flags);
  case PQQ_COMMAND_WRITE:
    return pqq_engine_write(engine, c->id, c->body, c->flags);
  case PQQ_COMMAND_TRAILERS:
    return pqq_engine_trailers(engine, c->id, c->headers, c->header_count);
  case PQQ_COMMAND_CONSUME:
    return pqq_engine_consume(engine, c->id, c->bytes);
  case PQQ_COMMAND_RESET:
    return pqq_engine_reset(engine, c->id, c->wire_code);
  case PQQ_COMMAND_STOP_READING:
    return pqq_engine_stop_reading(engine, c->id, c->wire_code);
  case PQQ_COMMAND_ABANDON:
    return pqq_engine_abandon(engine, c->token);
  case PQQ_COMMAND_SET_PRIORITY:
    return pqq_engine_set_priority(engine, c->id, &c->priority);
  case PQQ_COMMAND_SEND_DATAGRAM:
    return send_datagram(engine, c);
  case PQQ_COMMAND_STOP_WRITING:
    return pqq_engine_stop_writing(engine, c->id, c->wire_code);
  default: /* pqq__command_check has let nothing else in */
    return pqq_engine_close(engine, c->id, c->wire_code);
  }
}

void pqq__command_release(const pqq_command *command) {
  if ((command->flags & PQQ_WRITE_BORROW) != 0 && command->body != NULL &&
      command->body->release != NULL) {
    command->body->release(command->body->user_data);
  }
}

pqq_status pqq__command_run(pqq_engine *engine, const pqq_command *command, pqq_time_ns now) {
  pqq_status status = run(engine, command, now);

  if (status < 0) {
    pqq__command_release(command);
  }
  return status;
}

int pqq__command_is_reported(const pqq_command *command, pqq_status status) {
  return status < 0 && (status != PQQ_ERR_NOT_FOUND || command->type == PQQ_COMMAND_REQUEST);
}
