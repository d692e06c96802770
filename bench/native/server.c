/* SPDX-License-Identifier: MIT */
/* The server of the UDP benchmarks with a handler in C: one worker of the
 * built-in driver, answers from memory.
 *
 *   server --cert FILE --key FILE [--classical-cert FILE --classical-key FILE]
 *          [--profile NAME] [--signing-threads N] [--files FOLDER]
 *
 * `/small` answers 1 KiB, `/download/BYTES` streams that many from one borrowed
 * block; with --files the worker answers from that folder and nothing comes here. Without
 * --signing-threads the driver decides; 0 switches the pool off. Speaks the protocol of
 * bench/servers/control.mjs: prints a `listening` line, answers each line of stdin with a `usage`
 * line, ends with stdin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define SMALL_BYTES 1024
/* What one write takes from the block; below the stream's high-water mark. */
#define CHUNK_BYTES (128u * 1024u)

static uint8_t block[CHUNK_BYTES];

static pqq_bytes find_path(const pqq_event *event) {
  for (size_t i = 0; i < event->header_count; i++) {
    const pqq_header *header = &event->headers[i];

    if (header->name.len == 5 && memcmp(header->name.data, ":path", 5) == 0) {
      return header->value;
    }
  }
  return (pqq_bytes){NULL, 0};
}

/* A download's bytes that are still to be written, kept as the stream's user data. */
static void write_on(pqq_engine *engine, pqq_id stream, uint64_t *left) {
  pqq_status status = PQQ_OK;

  while (*left > 0 && status == PQQ_OK) {
    pqq_body body = {.data = {block, *left < CHUNK_BYTES ? (size_t)*left : CHUNK_BYTES}};

    *left -= body.data.len;
    status = pqq_engine_write(engine, stream, &body,
                              PQQ_WRITE_BORROW | (*left == 0 ? PQQ_WRITE_END : 0));
    if (status < 0) {
      bench_fail("write: %s", pqq_strerror(status));
    }
  }
}

static void begin_download(pqq_engine *engine, pqq_id stream, const char *bytes) {
  pqq_header headers[] = {
      {.name = bench_text("content-type"), .value = bench_text("application/octet-stream")},
      {.name = bench_text("content-length"), .value = bench_text(bytes)}};
  uint64_t *left = malloc(sizeof *left);

  if (!left) {
    bench_fail("out of memory");
  }
  *left = strtoull(bytes, NULL, 10);
  bench_check(pqq_engine_set_user_data(engine, stream, left), "user data");
  bench_check(pqq_engine_respond(engine, stream, 200, headers, 2, NULL, 0), "respond");
  write_on(engine, stream, left);
}

static void answer(pqq_engine *engine, const pqq_event *event) {
  static const char prefix[] = "/download/";
  pqq_bytes path = find_path(event);
  char bytes[24];

  if (path.len > strlen(prefix) && path.len - strlen(prefix) < sizeof bytes &&
      memcmp(path.data, prefix, strlen(prefix)) == 0) {
    snprintf(bytes, sizeof bytes, "%.*s", (int)(path.len - strlen(prefix)),
             (const char *)path.data + strlen(prefix));
    begin_download(engine, event->stream, bytes);
  } else {
    pqq_header headers[] = {{.name = bench_text("content-type"), .value = bench_text("text/plain")},
                            {.name = bench_text("content-length"), .value = bench_text("1024")}};
    pqq_body body = {.data = {block, SMALL_BYTES}};

    bench_check(pqq_engine_respond(engine, event->stream, 200, headers, 2, &body,
                                   PQQ_WRITE_BORROW | PQQ_WRITE_END),
                "respond");
  }
}

static pqq_status on_event(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                           void *user_data) {
  uint64_t *left;

  (void)worker;
  (void)user_data;
  switch (event->type) {
  case PQQ_EVENT_REQUEST:
    answer(engine, event);
    break;
  case PQQ_EVENT_WRITABLE:
    left = pqq_engine_user_data(engine, event->stream);
    if (left) {
      write_on(engine, event->stream, left);
    }
    break;
  case PQQ_EVENT_STREAM_CLOSED:
    free(pqq_engine_user_data(engine, event->stream));
    break;
  default:
    break;
  }
  return PQQ_OK;
}

static void print_usage(const pqq_driver *driver) {
  pqq_stats stats = {.struct_size = sizeof stats};
  const char *separator = "";

  bench_check(pqq_driver_stats(driver, &stats), "stats");
  printf("{\"event\":\"usage\",\"cpuMicros\":%.1f,\"residentBytes\":%llu,\"stats\":{",
         (double)bench_process_cpu_ns() / 1e3, (unsigned long long)bench_resident_bytes());
#define PQQ_STAT(name, meaning)                                              \
  printf("%s\"" #name "\":%llu", separator, (unsigned long long)stats.name); \
  separator = ",";
#include <pqq/stats.def>
#undef PQQ_STAT
  printf("}}\n");
  fflush(stdout);
}

static pqq_config *make_config(int argc, char **argv) {
  pqq_identity_source identities[] = {{.cert_file = bench_option(argc, argv, "--cert"),
                                       .key_file = bench_option(argc, argv, "--key")},
                                      {.cert_file = bench_option(argc, argv, "--classical-cert"),
                                       .key_file = bench_option(argc, argv, "--classical-key")}};
  pqq_config_options options;
  pqq_config *config;

  bench_check(pqq_config_options_init(&options, sizeof options), "config options");
  options.profile = bench_profile(argc, argv);
  options.identities = identities;
  options.identity_count = identities[1].cert_file ? 2 : 1;
  bench_check(pqq_config_new(&options, &config), "config");
  return config;
}

/* NULL without a folder. */
static pqq_files *open_folder(const char *root) {
  pqq_files_options options;
  pqq_files *files;

  if (!root) {
    return NULL;
  }
  bench_check(pqq_files_options_init(&options, sizeof options), "files options");
  options.root = root;
  bench_check(pqq_files_new(&options, &files), "files");
  return files;
}

static pqq_driver *start(int argc, char **argv) {
  static const char *const hosts[] = {"127.0.0.1"};
  pqq_driver_options options;
  pqq_driver_events events;
  pqq_config *config = make_config(argc, argv);
  pqq_files *files;
  pqq_driver *driver;

  bench_check(pqq_driver_options_init(&options, sizeof options), "driver options");
  options.is_server = 1;
  options.hosts = hosts;
  options.host_count = 1;
  if (bench_option(argc, argv, "--signing-threads")) {
    uint32_t threads = bench_number(argc, argv, "--signing-threads", 0);

    options.signing_threads = threads > 0 ? threads : PQQ_SIGNING_THREADS_NONE;
  }
  files = open_folder(bench_option(argc, argv, "--files"));
  options.files = &files;
  options.file_count = files ? 1 : 0;
  bench_check(pqq_driver_events_init(&events, sizeof events), "driver events");
  events.on_event = on_event;
  bench_check(pqq_driver_start(config, &options, &events, NULL, &driver), "driver");
  pqq_config_unref(config);
  pqq_files_unref(files);
  return driver;
}

int main(int argc, char **argv) {
  pqq_address address;
  pqq_driver *driver;
  size_t count;
  char line[64];

  memset(block, 'x', sizeof block);
  bench_check(pqq_init(), "pqq_init");
  driver = start(argc, argv);
  bench_check(pqq_driver_addresses(driver, &address, 1, &count), "addresses");
  printf("{\"event\":\"listening\",\"port\":%u,\"capabilities\":%s}\n", address.port,
         pqq_capabilities());
  fflush(stdout);
  while (bench_read_line(line, sizeof line)) {
    print_usage(driver);
  }
  pqq_driver_free(driver);
  return 0;
}
