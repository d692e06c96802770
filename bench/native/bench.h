/* SPDX-License-Identifier: MIT */
/* What the benchmark programs share: clocks, failing, identities, and their
 * one way of talking: JSON lines on stdout, words on stdin. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

#include <pqq/pqq.h>

/* Says why on stderr and ends the process with status 1. A benchmark that is
 * not sure of its own figures must not print any. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fails unless `status` is PQQ_OK. */
void bench_check(pqq_status status, const char *what);

/* Starts the driver of a client, none of whose commands may fail. on_event may look for it at
 * `*driver`: there is no event before the first command. */
void bench_driver_start(pqq_config *config,
                        pqq_status (*on_event)(pqq_engine *engine, uint32_t worker,
                                               const pqq_event *event, void *user_data),
                        void *user_data, pqq_driver **driver);

/* A client's configuration for plain h3, with the roots of `--ca FILE`. The caller unrefs. */
pqq_config *bench_plain_config(int argc, char **argv);

pqq_bytes bench_text(const char *value);

/* CPU time of the calling thread, of the whole process, and wall time. */
uint64_t bench_thread_cpu_ns(void);
uint64_t bench_process_cpu_ns(void);
uint64_t bench_wall_ns(void);

/* Sleeps until bench_wall_ns() is at_ns. */
void bench_sleep_until(uint64_t at_ns);

/* Resident memory of this process; 0 where the system does not say. */
uint64_t bench_resident_bytes(void);

/* Prints `,"name":[...]`, in microseconds. */
void bench_print_micros(const char *name, const uint64_t *ns, uint32_t count);

/* The next line of stdin, without its end; 0 when there is none any more. */
int bench_read_line(char *line, int size);

/* `--name VALUE` of the command line, or NULL. */
const char *bench_option(int argc, char **argv, const char *name);
uint32_t bench_number(int argc, char **argv, const char *name, uint32_t otherwise);

/* `--profile NAME` of the command line; without it the library's default. */
int32_t bench_profile(int argc, char **argv);

/* One kind of server certificate, issued directly under its root. */
typedef struct bench_kind {
  const char *name;
  /* The profile whose development identity has it, and in which half. */
  int32_t profile;
  int is_pq;
  /* The profile to serve it under: one that takes it, and that begins with the
   * group and the cipher suite that all kinds are compared with. */
  int32_t served_as;
} bench_kind;

#define BENCH_KINDS 4
extern const bench_kind bench_kinds[BENCH_KINDS];

#endif
