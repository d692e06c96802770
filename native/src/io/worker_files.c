/* SPDX-License-Identifier: MIT */
/* A worker and its file server: whose an event is, and what the host hears of the
 * requests that it does not see. */
#include "core/error.h"
#include "io/driver.h"
#include "io/worker.h"

static pqq__now now_of(const pqq__worker *worker) {
  return (pqq__now){.monotonic = worker->now, .wall_s = (int64_t)worker->unix_s};
}

static pqq_status give(pqq__worker *worker, const pqq_event *event) {
  return worker->driver->events.on_event(worker->engine, worker->index, event,
                                         worker->driver->user_data);
}

/* The request's event stays at the front of the queue until its report is taken:
 * the fields are still in it. */
static pqq_status give_report(pqq__worker *worker, const pqq_event *request) {
  pqq_event event = {.type = PQQ_EVENT_FILE,
                     .conn = request->conn,
                     .stream = request->stream,
                     .http_status = worker->due_report.http_status,
                     .wire_code = worker->due_report.bytes,
                     .headers = request->headers,
                     .header_count = request->header_count};
  pqq_status status = give(worker, &event);

  worker->is_report_due = status == PQQ_AGAIN;
  return status;
}

/* Its own copy: until the host takes it, commands may bring other answers. */
static pqq_status report(pqq__worker *worker, const pqq_event *request) {
  worker->due_report = worker->files->report;
  return give_report(worker, request);
}

pqq_status pqq__worker_deliver(pqq__worker *worker, const pqq_event *event) {
  pqq__now now = now_of(worker);

  if (worker->files == NULL) {
    return give(worker, event);
  }
  if (worker->is_report_due) {
    return give_report(worker, event);
  }
  if (!pqq__file_server_on_event(worker->files, worker->engine, event, &now)) {
    return give(worker, event);
  }
  return event->type == PQQ_EVENT_REQUEST && worker->driver->options.report_files
             ? report(worker, event)
             : PQQ_OK;
}

pqq_status pqq__worker_answer_file(pqq__worker *worker, const pqq_command *command) {
  pqq__now now = now_of(worker);

  if (worker->files == NULL) {
    pqq_status status = pqq__file_server_new(NULL, 0, &worker->files);

    if (status != PQQ_OK) {
      return status;
    }
  }
  return pqq__file_server_answer(worker->files, worker->engine, command->id, command->files,
                                 command->headers, command->header_count, (size_t)command->token,
                                 &now);
}
