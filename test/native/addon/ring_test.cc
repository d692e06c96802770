/* SPDX-License-Identifier: MIT */
/* EventRing between two threads: every event arrives, whole and in order, and a full ring stops the
 * producer without losing the word that wakes it. */
#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "ring.h"

extern "C" {
#include "harness.h"
}

namespace {

using velo::EventRing;
using velo::EventRow;

constexpr uint32_t kRows = 16;
constexpr uint32_t kDataBytes = 4096;
constexpr uint32_t kEvents = 200000;

struct Memory {
  std::vector<uint32_t> rows = std::vector<uint32_t>(kRows * velo::kEventWords);
  std::vector<uint8_t> data = std::vector<uint8_t>(kDataBytes);
  EventRing ring{rows.data(), kRows, data.data(), kDataBytes};

  const uint32_t *Row(uint32_t index) const {
    return &rows[static_cast<size_t>(index % kRows) * velo::kEventWords];
  }
};

bool Push(EventRing *ring, uint32_t id, size_t len) {
  uint8_t *to = ring->Reserve(len);
  if (to == nullptr) {
    return false;
  }
  memset(to, static_cast<int>(id & 0xff), len);
  EventRow row;
  row.id = id;
  ring->Commit(row, len);
  return true;
}

// The producer sleeps while the ring is full, as a worker does.
class Alarm {
public:
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return is_rung_; });
    is_rung_ = false;
  }
  void Ring() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_rung_ = true;
    changed_.notify_one();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_rung_ = false;
};

size_t RandomBytes(std::mt19937 *random) {
  return (*random)() % 16 == 0 ? (*random)() % (kDataBytes / 2 + 1) : (*random)() % 64;
}

bool IsWhole(const Memory &memory, const uint32_t *row, uint32_t id) {
  const uint8_t *data = &memory.data[row[velo::kEventDataOffset]];
  return row[velo::kEventIdLow] == id &&
         std::all_of(data, data + row[velo::kEventDataBytes],
                     [id](uint8_t byte) { return byte == (id & 0xff); });
}

} // namespace

TEST("an event of half the data area fits into an empty ring wherever its write position is") {
  Memory memory;
  bool wake = false;
  for (uint32_t i = 0; i < 3 * kDataBytes; i += 7) {
    EXPECT(Push(&memory.ring, i, i % 97));
    EXPECT(memory.ring.Poll(0, &wake) == 1);
    EXPECT(memory.ring.Poll(1, &wake) == 0);
    EXPECT(Push(&memory.ring, i, kDataBytes / 2));
    EXPECT(memory.ring.Poll(0, &wake) == 1);
    EXPECT(memory.ring.Poll(1, &wake) == 0);
  }
}

TEST("a full ring says so, and that it has room again") {
  Memory memory;
  bool wake = false;
  uint32_t pushed = 0;
  while (Push(&memory.ring, pushed, 1)) {
    pushed++;
  }
  EXPECT_UINT(pushed, kRows - 1);
  EXPECT_UINT(memory.ring.Poll(0, &wake), pushed);
  EXPECT(!wake);
  EXPECT_UINT(memory.ring.Poll(1, &wake), pushed - 1);
  EXPECT(wake);
  EXPECT(Push(&memory.ring, pushed, 1));
  EXPECT_UINT(memory.ring.Poll(1, &wake), pushed - 1);
  EXPECT(!wake);
}

TEST("what is given back beyond what was there is ignored") {
  Memory memory;
  bool wake = false;
  EXPECT(Push(&memory.ring, 1, 1));
  EXPECT_UINT(memory.ring.Poll(2, &wake), 1);
  EXPECT_UINT(memory.ring.Poll(1, &wake), 0);
}

TEST("two threads: every event arrives once, whole and in order") {
  Memory memory;
  Alarm alarm;
  const auto seed = static_cast<uint32_t>(harness_seed());
  std::thread producer([&] {
    std::mt19937 random(seed);
    for (uint32_t id = 0; id < kEvents; id++) {
      for (const size_t len = RandomBytes(&random); !Push(&memory.ring, id, len);) {
        alarm.Wait();
      }
    }
  });
  std::mt19937 random(seed + 1);
  bool is_good = true;
  for (uint32_t next = 0, consumed = 0; next < kEvents;) {
    bool wake = false;
    const uint32_t available = memory.ring.Poll(consumed, &wake);
    if (wake) {
      alarm.Ring();
    }
    consumed = available == 0 ? 0 : 1 + random() % available;
    for (uint32_t i = 0; i < consumed; i++, next++) {
      is_good = is_good && IsWhole(memory, memory.Row(next), next);
    }
  }
  producer.join();
  EXPECT(is_good);
}
