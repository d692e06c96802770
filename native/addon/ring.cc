/* SPDX-License-Identifier: MIT */
/* The rows' memory is published by `head_` (release) and given back by
 * `tail_`. Around a full ring the two sides play Dekker's game: each first
 * stores its own word, then loads the other's, both sequentially consistent,
 * so that at least one of them sees the other. */
#include "ring.h"

namespace velo {

EventRing::EventRing(uint32_t *rows, uint32_t row_count, uint8_t *data, uint32_t data_bytes)
    : rows_(rows), row_mask_(row_count - 1), data_(data), data_bytes_(data_bytes),
      ends_(new uint64_t[row_count]()) {}

bool EventRing::Fits(size_t len) {
  const uint32_t head = head_.load(std::memory_order_relaxed);
  const uint32_t tail = tail_.load(std::memory_order_seq_cst);
  // One row stays unused: the slot before the tail holds the end of the data
  // that was given back last.
  if (head - tail >= row_mask_) {
    return false;
  }
  const uint64_t free_from = ends_[(tail - 1) & row_mask_];
  const uint64_t offset = data_head_ % data_bytes_;
  uint64_t at = data_head_;
  if (offset + len > data_bytes_) {
    at += data_bytes_ - offset;
  }
  if (at + len - free_from > data_bytes_) {
    return false;
  }
  reserved_at_ = at;
  return true;
}

uint8_t *EventRing::Reserve(size_t len) {
  if (!Fits(len)) {
    is_stalled_.store(true, std::memory_order_seq_cst);
    if (!Fits(len)) {
      return nullptr;
    }
    is_stalled_.store(false, std::memory_order_relaxed);
  }
  return data_ + reserved_at_ % data_bytes_;
}

void EventRing::Commit(const EventRow &row, size_t len) {
  const uint32_t head = head_.load(std::memory_order_relaxed);
  uint32_t *words = rows_ + static_cast<size_t>(head & row_mask_) * kEventWords;
  words[kEventType] = row.type;
  words[kEventIdLow] = static_cast<uint32_t>(row.id);
  words[kEventIdHigh] = static_cast<uint32_t>(row.id >> 32);
  words[kEventALow] = static_cast<uint32_t>(row.a);
  words[kEventAHigh] = static_cast<uint32_t>(row.a >> 32);
  words[kEventStatus] = static_cast<uint32_t>(row.status);
  words[kEventDataOffset] = static_cast<uint32_t>(reserved_at_ % data_bytes_);
  words[kEventDataBytes] = static_cast<uint32_t>(len);
  data_head_ = reserved_at_ + len;
  ends_[head & row_mask_] = data_head_;
  head_.store(head + 1, std::memory_order_release);
}

uint32_t EventRing::Poll(uint32_t consumed, bool *wake) {
  const uint32_t head = head_.load(std::memory_order_acquire);
  uint32_t tail = tail_.load(std::memory_order_relaxed);
  *wake = false;
  if (consumed > 0 && consumed <= head - tail) {
    tail += consumed;
    tail_.store(tail, std::memory_order_seq_cst);
    *wake = is_stalled_.load(std::memory_order_seq_cst) &&
            is_stalled_.exchange(false, std::memory_order_seq_cst);
  }
  return head - tail;
}

} // namespace velo
