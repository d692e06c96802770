/* SPDX-License-Identifier: MIT */
/* EventRing carries events of one worker to JavaScript: fixed-size rows and a
 * data area, both in memory that JavaScript allocated and the addon keeps
 * alive. One producer (the worker), one consumer (the JavaScript thread); a
 * full ring makes the producer leave the event where it is, so the peers' flow
 * control stops and nothing is dropped. */
#ifndef PQQ_ADDON_RING_H
#define PQQ_ADDON_RING_H

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "rows.h"

namespace velo {

struct EventRow {
  uint32_t type = 0;
  uint64_t id = 0;
  uint64_t a = 0;
  int32_t status = 0;
};

class EventRing {
public:
  // `row_count` is a power of two. An event of up to data_bytes / 2 always
  // fits into an empty ring, wherever its write position is.
  EventRing(uint32_t *rows, uint32_t row_count, uint8_t *data, uint32_t data_bytes);
  EventRing(const EventRing &) = delete;
  EventRing &operator=(const EventRing &) = delete;

  // Worker. Room for one row with `len` data bytes; nullptr: full, and the
  // consumer will know that the worker has to be woken. The pointer is not to
  // be read, and not to be written beyond `len`.
  uint8_t *Reserve(size_t len);
  // Worker. Publishes the row for which Reserve made room.
  void Commit(const EventRow &row, size_t len);
  size_t max_event_bytes() const {
    return data_bytes_ / 2;
  }

  // JavaScript thread. Gives `consumed` rows back and returns how many can be
  // read, starting with the next one. `*wake` is set if the worker waits.
  uint32_t Poll(uint32_t consumed, bool *wake);

private:
  bool Fits(size_t len);

  uint32_t *const rows_;
  const uint32_t row_mask_;
  uint8_t *const data_;
  const uint32_t data_bytes_;
  // Where the data of each row in flight ends; positions only grow.
  const std::unique_ptr<uint64_t[]> ends_;

  // Producer's side.
  uint64_t data_head_ = 0;
  uint64_t reserved_at_ = 0;

  std::atomic<uint32_t> head_{0};
  std::atomic<uint32_t> tail_{0};
  std::atomic<bool> is_stalled_{false};
};

} // namespace velo

#endif
