/* SPDX-License-Identifier: MIT */
#include "driver_host.h"

#include <algorithm>

#include "event_text.h"

namespace velo {
namespace {

constexpr uint32_t kWorkerShift = 24;
constexpr uint64_t kSlotMask = 0xffffff;

// Writes the row of an event whose text has at most `bound` bytes.
template <typename Write>
bool PushText(EventRing *ring, const EventRow &row, size_t bound, Write write) {
  uint8_t *to = ring->Reserve(bound);
  if (to == nullptr) {
    return false;
  }
  ring->Commit(row, write(to, bound));
  return true;
}

bool PushPlain(EventRing *ring, const EventRow &row) {
  return PushText(ring, row, 0, [](uint8_t *, size_t) { return size_t{0}; });
}

bool PushConnected(EventRing *ring, EventRow row, pqq_engine *engine, const pqq_event &event) {
  row.id = event.conn;
  row.a = event.token;
  pqq_connection_info info{};
  info.struct_size = sizeof info;
  if (pqq_engine_connection_info(engine, event.conn, &info) != PQQ_OK) {
    return PushPlain(ring, row);
  }
  const size_t bound = std::min(ConnectionTextBytes(info), ring->max_event_bytes());
  return PushText(ring, row, bound, [&](uint8_t *to, size_t capacity) {
    return WriteConnectionText(info, to, capacity);
  });
}

bool PushClosed(EventRing *ring, EventRow row, const pqq_event &event) {
  row.id = event.conn;
  row.a = event.token;
  row.status = event.close != nullptr ? event.close->status : event.status;
  if (event.close == nullptr) {
    return PushPlain(ring, row);
  }
  return PushText(ring, row, kMaxFactsBytes, [&](uint8_t *to, size_t capacity) {
    return WriteCloseText(*event.close, to, capacity);
  });
}

bool Push(EventRing *ring, pqq_engine *engine, const pqq_event &event) {
  EventRow row;
  row.type = static_cast<uint32_t>(event.type) | (event.is_end ? kEventEnd : 0);
  row.id = event.stream;
  row.a = event.wire_code;
  row.status = event.status;
  switch (event.type) {
  case PQQ_EVENT_CONNECTED:
    return PushConnected(ring, row, engine, event);
  case PQQ_EVENT_CLOSED:
    return PushClosed(ring, row, event);
  case PQQ_EVENT_GOING_AWAY:
    row.id = event.conn;
    return PushPlain(ring, row);
  case PQQ_EVENT_REQUEST:
    row.a = event.conn;
    row.status = static_cast<int32_t>(event.datagram_bytes);
    return PushText(ring, row, RequestTextBytes(event), [&](uint8_t *to, size_t capacity) {
      return WriteRequestText(event, to, capacity);
    });
  case PQQ_EVENT_FILE:
    row.id = event.conn;
    row.status = event.http_status;
    return PushText(ring, row, RequestTextBytes(event), [&](uint8_t *to, size_t capacity) {
      return WriteRequestText(event, to, capacity);
    });
  case PQQ_EVENT_OPENED:
  case PQQ_EVENT_OPEN_FAILED:
    row.a = event.token;
    return PushPlain(ring, row);
  case PQQ_EVENT_RESPONSE:
    row.status = event.http_status;
    row.a = event.datagram_bytes;
    [[fallthrough]];
  case PQQ_EVENT_TRAILERS:
    return PushText(ring, row, HeaderTextBytes(event), [&](uint8_t *to, size_t capacity) {
      return WriteHeaderText(event, to, capacity);
    });
  case PQQ_EVENT_NEW_TOKEN:
    row.id = event.conn;
    [[fallthrough]];
  case PQQ_EVENT_DATA:
  case PQQ_EVENT_DATAGRAM:
    return PushText(ring, row, event.data.len, [&](uint8_t *to, size_t capacity) {
      if (capacity > 0) {
        memcpy(to, event.data.data, capacity);
      }
      return capacity;
    });
  case PQQ_EVENT_RESET:
  case PQQ_EVENT_STOPPED:
  case PQQ_EVENT_WRITABLE:
  case PQQ_EVENT_STREAM_CLOSED:
    return PushPlain(ring, row);
  default:
    return true;
  }
}

} // namespace

DriverHost::DriverHost(Wake *wake, std::vector<std::unique_ptr<EventRing>> rings)
    : wake_(wake), rings_(std::move(rings)), calls_(std::make_shared<Calls>(wake)) {}

DriverHost::~DriverHost() {
  Free();
}

pqq_status DriverHost::Start(pqq_config *config, const pqq_driver_options &options) {
  pqq_driver_events events;
  pqq_status status = pqq_driver_events_init(&events, sizeof events);
  if (status != PQQ_OK) {
    return status;
  }
  events.on_event = OnEvent;
  events.on_batch_end = OnBatchEnd;
  events.on_command_failed = OnCommandFailed;
  events.on_worker_end = OnWorkerEnd;
  return pqq_driver_start(config, &options, &events, this, &driver_);
}

void DriverHost::Free() {
  const std::lock_guard<std::mutex> lock(call_mutex_);
  pqq_driver_free(driver_);
  driver_ = nullptr;
  calls_->Close();
}

uint32_t DriverHost::Poll(uint32_t worker, uint32_t consumed) {
  // Read before the rows: the end is the workers' last word, so when it is
  // seen here, every event of theirs is in the rings.
  const bool is_ended = has_ended();
  bool wake = false;
  const uint32_t available = rings_[worker]->Poll(consumed, &wake);
  if (wake && driver_ != nullptr) {
    pqq_driver_wake(driver_, worker);
  }
  return available | (has_failures_.load(std::memory_order_acquire) ? kPollFailures : 0) |
         (calls_->has_any() ? kPollCalls : 0) | (is_ended ? kPollEnded : 0);
}

std::vector<Failure> DriverHost::TakeFailures() {
  const std::lock_guard<std::mutex> lock(failures_mutex_);
  has_failures_.store(false, std::memory_order_release);
  return std::exchange(failures_, {});
}

// The list cannot outgrow what JavaScript has submitted since it last looked.
void DriverHost::AddFailure(uint32_t type, uint64_t id, pqq_status status) {
  const std::lock_guard<std::mutex> lock(failures_mutex_);
  failures_.push_back({type, id, status});
  has_failures_.store(true, std::memory_order_release);
}

pqq_status DriverHost::ConnectionInfo(pqq_id conn, pqq_connection_info *info) {
  struct Question {
    pqq_id conn;
    pqq_connection_info *info;
    pqq_status status;
  } question{conn, info, PQQ_ERR_STATE};
  const std::lock_guard<std::mutex> lock(call_mutex_);
  if (driver_ == nullptr) {
    return PQQ_ERR_STATE;
  }
  const pqq_status status = pqq_driver_call(
      driver_, static_cast<uint32_t>(conn >> kWorkerShift) & 0xff,
      [](pqq_engine *engine, void *user_data) {
        auto *asked = static_cast<Question *>(user_data);
        asked->status = pqq_engine_connection_info(engine, asked->conn, asked->info);
      },
      &question);
  return status == PQQ_OK ? question.status : status;
}

pqq_status DriverHost::UpdateConfig(pqq_config *config) {
  const std::lock_guard<std::mutex> lock(call_mutex_);
  return driver_ != nullptr ? pqq_driver_update_config(driver_, config) : PQQ_ERR_STATE;
}

pqq_status DriverHost::Block(const pqq_prefix &prefix, bool is_blocked, uint64_t for_ms) {
  const std::lock_guard<std::mutex> lock(call_mutex_);
  if (driver_ == nullptr) {
    return PQQ_ERR_STATE;
  }
  return is_blocked ? pqq_driver_block(driver_, &prefix, for_ms)
                    : pqq_driver_unblock(driver_, &prefix);
}

// An id without its worker has 56 bits; the callback gets the worker anyway.
uint64_t DriverHost::Tag(uint32_t type, uint64_t id) {
  return static_cast<uint64_t>(type) << 56 | (id >> 32) << kWorkerShift | (id & kSlotMask);
}

pqq_status DriverHost::OnEvent(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                               void *user_data) {
  auto *host = static_cast<DriverHost *>(user_data);
  EventRing *ring = host->rings_[worker].get();
  if (event->type == PQQ_EVENT_DATA && event->data.len > ring->max_event_bytes()) {
    // Cannot be: the rings are made for the largest event. Never get stuck.
    pqq_engine_reset(engine, event->stream, 0x102 /* H3_INTERNAL_ERROR */);
    return PQQ_OK;
  }
  if (Push(ring, engine, *event)) {
    return PQQ_OK;
  }
  host->wake_->Notify();
  return PQQ_AGAIN;
}

void DriverHost::OnBatchEnd(pqq_engine *, uint32_t, void *user_data) {
  static_cast<DriverHost *>(user_data)->wake_->Notify();
}

void DriverHost::OnCommandFailed(pqq_engine *, uint32_t worker, uint64_t tag, pqq_status status,
                                 void *user_data) {
  auto *host = static_cast<DriverHost *>(user_data);
  const uint64_t generation = (tag >> kWorkerShift) & 0xffffffff;
  const uint64_t low = (tag & kSlotMask) | static_cast<uint64_t>(worker) << kWorkerShift;
  host->AddFailure(static_cast<uint32_t>(tag >> 56), generation << 32 | low, status);
  host->wake_->Notify();
}

void DriverHost::OnWorkerEnd(uint32_t, pqq_status status, void *user_data) {
  auto *host = static_cast<DriverHost *>(user_data);
  pqq_status expected = PQQ_OK;
  if (status != PQQ_OK) {
    host->end_status_.compare_exchange_strong(expected, status, std::memory_order_acq_rel);
  }
  host->ended_.fetch_add(1, std::memory_order_acq_rel);
  host->wake_->Notify();
}

} // namespace velo
