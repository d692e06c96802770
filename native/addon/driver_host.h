/* SPDX-License-Identifier: MIT */
/* DriverHost owns one pqq_driver and the rings of its workers: the part of an
 * Endpoint that worker threads see. It knows no JavaScript value. */
#ifndef PQQ_ADDON_DRIVER_HOST_H
#define PQQ_ADDON_DRIVER_HOST_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <pqq/pqq.h>

#include "calls.h"
#include "ring.h"
#include "wake.h"

namespace velo {

// A command that failed at its engine.
struct Failure {
  uint32_t type;
  // Stream or connection; CONNECT and REQUEST have their token in the upper half.
  uint64_t id;
  pqq_status status;
};

class DriverHost {
public:
  // `wake` outlives the host.
  DriverHost(Wake *wake, std::vector<std::unique_ptr<EventRing>> rings);
  ~DriverHost();
  DriverHost(const DriverHost &) = delete;
  DriverHost &operator=(const DriverHost &) = delete;

  pqq_status Start(pqq_config *config, const pqq_driver_options &options);
  // Stops at once and joins the threads. Idempotent.
  void Free();
  pqq_driver *driver() const {
    return driver_;
  }

  const std::shared_ptr<Calls> &calls() const {
    return calls_;
  }

  uint32_t worker_count() const {
    return static_cast<uint32_t>(rings_.size());
  }
  // JavaScript thread: rows that can be read, and whether failures or the end
  // of the workers are to be asked for (rows.h).
  uint32_t Poll(uint32_t worker, uint32_t consumed);
  std::vector<Failure> TakeFailures();
  void AddFailure(uint32_t type, uint64_t id, pqq_status status);
  bool has_ended() const {
    return ended_.load(std::memory_order_acquire) == rings_.size();
  }
  // The first error with which a worker gave up, PQQ_OK if none did.
  pqq_status end_status() const {
    return end_status_.load(std::memory_order_acquire);
  }

  // Any thread but a worker's: counters of a connection as it is now.
  // Waits for the worker. Errors: as pqq_driver_call and
  // pqq_engine_connection_info; PQQ_ERR_STATE after Free.
  pqq_status ConnectionInfo(pqq_id conn, pqq_connection_info *info);

  // Any thread but a worker's: see pqq_driver_update_config. PQQ_ERR_STATE after Free.
  pqq_status UpdateConfig(pqq_config *config);
  // The same for the block list: pqq_driver_block, or pqq_driver_unblock.
  pqq_status Block(const pqq_prefix &prefix, bool is_blocked, uint64_t for_ms);

  // A tag from which on_command_failed can tell what has failed. `id` is what
  // Failure.id says.
  static uint64_t Tag(uint32_t type, uint64_t id);

private:
  static pqq_status OnEvent(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                            void *user_data);
  static void OnBatchEnd(pqq_engine *engine, uint32_t worker, void *user_data);
  static void OnCommandFailed(pqq_engine *engine, uint32_t worker, uint64_t tag, pqq_status status,
                              void *user_data);
  static void OnWorkerEnd(uint32_t worker, pqq_status status, void *user_data);

  Wake *const wake_;
  const std::vector<std::unique_ptr<EventRing>> rings_;
  const std::shared_ptr<Calls> calls_;
  pqq_driver *driver_ = nullptr;
  // Held while a thread of the libuv pool asks a worker, and by Free.
  std::mutex call_mutex_;

  std::mutex failures_mutex_;
  std::vector<Failure> failures_;
  std::atomic<bool> has_failures_{false};
  std::atomic<size_t> ended_{0};
  std::atomic<pqq_status> end_status_{PQQ_OK};
};

} // namespace velo

#endif
