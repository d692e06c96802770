/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

const bench_kind bench_kinds[BENCH_KINDS] = {
    {"P-256", PQQ_PROFILE_BALANCED, 0, PQQ_PROFILE_BALANCED},
    {"ML-DSA-44", PQQ_PROFILE_LIGHT, 1, PQQ_PROFILE_LIGHT},
    {"ML-DSA-65", PQQ_PROFILE_BALANCED, 1, PQQ_PROFILE_BALANCED},
    {"ML-DSA-87", PQQ_PROFILE_SECURE, 1, PQQ_PROFILE_BALANCED},
};

void bench_fail(const char *format, ...) {
  va_list args;

  va_start(args, format);
  fputs("bench: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(1);
}

void bench_check(pqq_status status, const char *what) {
  if (status != PQQ_OK) {
    bench_fail("%s: %s %s", what, pqq_strerror(status), pqq_error_detail());
  }
}

static void command_failed(pqq_engine *engine, uint32_t worker, uint64_t tag, pqq_status status,
                           void *user_data) {
  (void)engine;
  (void)worker;
  (void)tag;
  (void)user_data;
  bench_check(status, "command");
}

void bench_driver_start(pqq_config *config,
                        pqq_status (*on_event)(pqq_engine *engine, uint32_t worker,
                                               const pqq_event *event, void *user_data),
                        void *user_data, pqq_driver **driver) {
  pqq_driver_options options;
  pqq_driver_events events;

  bench_check(pqq_driver_options_init(&options, sizeof options), "driver options");
  bench_check(pqq_driver_events_init(&events, sizeof events), "driver events");
  events.on_event = on_event;
  events.on_command_failed = command_failed;
  bench_check(pqq_driver_start(config, &options, &events, user_data, driver), "driver");
}

pqq_config *bench_plain_config(int argc, char **argv) {
  pqq_config_options options;
  pqq_config *config;

  bench_check(pqq_config_options_init(&options, sizeof options), "config options");
  options.ca_file = bench_option(argc, argv, "--ca");
  options.disable_velocity = 1;
  bench_check(pqq_config_new(&options, &config), "config");
  return config;
}

pqq_bytes bench_text(const char *value) {
  return (pqq_bytes){(const uint8_t *)value, strlen(value)};
}

static uint64_t read_clock(clockid_t clock) {
  struct timespec now;

  if (clock_gettime(clock, &now) != 0) {
    bench_fail("clock %d cannot be read", (int)clock);
  }
  return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t bench_thread_cpu_ns(void) {
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t bench_process_cpu_ns(void) {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t bench_wall_ns(void) {
  return read_clock(CLOCK_MONOTONIC);
}

void bench_sleep_until(uint64_t at_ns) {
  struct timespec until = {.tv_sec = (time_t)(at_ns / NS_PER_S),
                           .tv_nsec = (long)(at_ns % NS_PER_S)};

  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
  }
}

/* Pages: all, resident, and more. */
uint64_t bench_resident_bytes(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  char line[128] = "";
  char *second;

  if (!file) {
    return 0;
  }
  second = fgets(line, sizeof line, file) ? strchr(line, ' ') : NULL;
  fclose(file);
  return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void bench_print_micros(const char *name, const uint64_t *ns, uint32_t count) {
  printf(",\"%s\":[", name);
  for (uint32_t i = 0; i < count; i++) {
    printf("%s%.1f", i ? "," : "", (double)ns[i] / 1e3);
  }
  printf("]");
}

int bench_read_line(char *line, int size) {
  char *end;

  if (!fgets(line, size, stdin)) {
    return 0;
  }
  end = strchr(line, '\n');
  if (end) {
    *end = '\0';
  }
  return 1;
}

const char *bench_option(int argc, char **argv, const char *name) {
  for (int i = 1; i + 1 < argc; i++) {
    if (strcmp(argv[i], name) == 0) {
      return argv[i + 1];
    }
  }
  return NULL;
}

int32_t bench_profile(int argc, char **argv) {
  const char *name = bench_option(argc, argv, "--profile");
  int32_t profile = name ? pqq_profile_from_name(name) : 0;

  if (name && profile == 0) {
    bench_fail("--profile: \"%s\" is none", name);
  }
  return profile;
}

uint32_t bench_number(int argc, char **argv, const char *name, uint32_t otherwise) {
  const char *text = bench_option(argc, argv, name);
  char *end;
  unsigned long value;

  if (!text) {
    return otherwise;
  }
  value = strtoul(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value > UINT32_MAX) {
    bench_fail("%s: \"%s\" is not a number", name, text);
  }
  return (uint32_t)value;
}
