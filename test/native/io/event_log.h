/* SPDX-License-Identifier: MIT */
/* Records a driver's events for a test thread that waits for them. */
#ifndef PQQ_TEST_EVENT_LOG_H
#define PQQ_TEST_EVENT_LOG_H

#include <pthread.h>

#include <pqq/driver.h>

/* A driver's event, or what else it reported (LOG_ types). */
enum { LOG_COMMAND_FAILED = 1000, LOG_WORKER_END };

typedef struct logged {
  int32_t type;
  int32_t is_end;
  pqq_id conn, stream;
  /* Or the tag of a failed command. */
  uint64_t token;
  pqq_status status;
  int32_t http_status;
  uint64_t wire_code;
  size_t data_len;
  uint8_t data[64];
} logged;

enum { LOG_CAPACITY = 65536 };

typedef struct event_log {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  logged *entries;
  size_t count;
  /* How far the test has read. */
  size_t read;
  /* on_event answers PQQ_AGAIN. */
  int is_full;
  /* How often it did. */
  size_t refusals;
  /* Give body bytes back to the flow control windows. */
  int consumes;
} event_log;

void event_log_init(event_log *log);
void event_log_deinit(event_log *log);

/* Events for pqq_driver_start, with the log as user data. */
pqq_driver_events event_log_events(void);

/* Waits for the next entry of `type`, skipping others; fails the test when none
 * comes within ten seconds. */
logged event_log_wait(event_log *log, int32_t type);

void event_log_set_full(event_log *log, int is_full);

/* Waits until on_event has refused that often. */
void event_log_wait_refusals(event_log *log, size_t refusals);

/* Entries of `type` so far. */
size_t event_log_count(event_log *log, int32_t type);

#endif
