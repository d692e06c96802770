/* SPDX-License-Identifier: MIT */
#include "io/event_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness.h"

#define PATIENCE_SECONDS 10

void event_log_init(event_log *log) {
  pthread_condattr_t attributes;

  *log = (event_log){.entries = calloc(LOG_CAPACITY, sizeof(logged)), .consumes = 1};
  (void)pthread_mutex_init(&log->lock, NULL);
  (void)pthread_condattr_init(&attributes);
  (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  (void)pthread_cond_init(&log->changed, &attributes);
  (void)pthread_condattr_destroy(&attributes);
}

void event_log_deinit(event_log *log) {
  free(log->entries);
  (void)pthread_cond_destroy(&log->changed);
  (void)pthread_mutex_destroy(&log->lock);
}

static void append(event_log *log, const logged *entry) {
  if (log->count < LOG_CAPACITY) {
    log->entries[log->count++] = *entry;
  }
  (void)pthread_cond_broadcast(&log->changed);
}

static pqq_status on_event(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                           void *user_data) {
  event_log *log = user_data;
  logged entry = {.type = event->type,
                  .is_end = event->is_end,
                  .conn = event->conn,
                  .stream = event->stream,
                  .token = event->token,
                  .status = event->close != NULL ? event->close->status : event->status,
                  .http_status = event->http_status,
                  .wire_code = event->wire_code,
                  .data_len = event->data.len};
  int is_full;

  (void)worker;
  if (event->data.len > 0) {
    memcpy(entry.data, event->data.data,
           event->data.len < sizeof entry.data ? event->data.len : sizeof entry.data);
  }
  (void)pthread_mutex_lock(&log->lock);
  is_full = log->is_full;
  if (is_full) {
    log->refusals++;
    (void)pthread_cond_broadcast(&log->changed);
  } else {
    append(log, &entry);
  }
  if (!is_full && log->consumes && event->type == PQQ_EVENT_DATA) {
    (void)pqq_engine_consume(engine, event->stream, event->data.len);
  }
  (void)pthread_mutex_unlock(&log->lock);
  return is_full ? PQQ_AGAIN : PQQ_OK;
}

static void on_command_failed(pqq_engine *engine, uint32_t worker, uint64_t tag, pqq_status status,
                              void *user_data) {
  event_log *log = user_data;
  logged entry = {.type = LOG_COMMAND_FAILED, .token = tag, .status = status};

  (void)engine;
  (void)worker;
  (void)pthread_mutex_lock(&log->lock);
  append(log, &entry);
  (void)pthread_mutex_unlock(&log->lock);
}

static void on_worker_end(uint32_t worker, pqq_status status, void *user_data) {
  event_log *log = user_data;
  logged entry = {.type = LOG_WORKER_END, .token = worker, .status = status};

  (void)pthread_mutex_lock(&log->lock);
  append(log, &entry);
  (void)pthread_mutex_unlock(&log->lock);
}

pqq_driver_events event_log_events(void) {
  pqq_driver_events events;

  EXPECT_INT(pqq_driver_events_init(&events, sizeof events), PQQ_OK);
  events.on_event = on_event;
  events.on_command_failed = on_command_failed;
  events.on_worker_end = on_worker_end;
  return events;
}

/* With the lock held; 0 when patience ends. */
static int wait_for_change(event_log *log, const struct timespec *until) {
  return pthread_cond_timedwait(&log->changed, &log->lock, until) != ETIMEDOUT;
}

static struct timespec patience(void) {
  struct timespec until;

  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += PATIENCE_SECONDS;
  return until;
}

logged event_log_wait(event_log *log, int32_t type) {
  struct timespec until = patience();
  logged found = {.type = 0};
  int may_wait = 1;

  (void)pthread_mutex_lock(&log->lock);
  while (found.type == 0 && may_wait) {
    while (found.type == 0 && log->read < log->count) {
      const logged *entry = &log->entries[log->read++];

      if (entry->type == type) {
        found = *entry;
      }
    }
    may_wait = found.type != 0 || wait_for_change(log, &until);
  }
  (void)pthread_mutex_unlock(&log->lock);
  NOTE("waiting for event %d", type);
  EXPECT_INT(found.type, type);
  return found;
}

void event_log_set_full(event_log *log, int is_full) {
  (void)pthread_mutex_lock(&log->lock);
  log->is_full = is_full;
  (void)pthread_mutex_unlock(&log->lock);
}

void event_log_wait_refusals(event_log *log, size_t refusals) {
  struct timespec until = patience();
  int is_enough;

  (void)pthread_mutex_lock(&log->lock);
  while (log->refusals < refusals && wait_for_change(log, &until)) {
  }
  is_enough = log->refusals >= refusals;
  (void)pthread_mutex_unlock(&log->lock);
  EXPECT(is_enough);
}

size_t event_log_count(event_log *log, int32_t type) {
  size_t count = 0;

  (void)pthread_mutex_lock(&log->lock);
  for (size_t i = 0; i < log->count; i++) {
    count += log->entries[i].type == type;
  }
  (void)pthread_mutex_unlock(&log->lock);
  return count;
}
