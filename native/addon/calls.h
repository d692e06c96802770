/* SPDX-License-Identifier: MIT */
/* Calls holds what threads of libpqq want from JavaScript beside the events of the rings:
 * signatures of external signers, and lines of the key log. One per endpoint. */
#ifndef PQQ_ADDON_CALLS_H
#define PQQ_ADDON_CALLS_H

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <napi.h>

#include <pqq/pqq.h>

#include "wake.h"

namespace velo {

class Calls : public std::enable_shared_from_this<Calls> {
public:
  // `wake` is used until Close.
  explicit Calls(Wake *wake) : wake_(wake) {}
  Calls(const Calls &) = delete;
  Calls &operator=(const Calls &) = delete;

  // Who signs: the signer of that number on the endpoint's JavaScript side, which is told when
  // nothing will ask for it any more. The pqq_signer's user_data; its release deletes it.
  struct Slot {
    Slot(std::shared_ptr<Calls> owner, uint32_t which) : calls(std::move(owner)), number(which) {}
    ~Slot();
    Slot(const Slot &) = delete;
    Slot &operator=(const Slot &) = delete;

    const std::shared_ptr<Calls> calls;
    const uint32_t number;
  };
  // Fills the callbacks of a signer and makes its user_data.
  std::unique_ptr<Slot> MakeSigner(uint32_t number, pqq_signer *signer);

  // pqq_config_options.on_keylog, with the Calls as user_data: its driver's threads alone call it.
  static void OnKeyLog(void *user_data, const char *line);

  // JavaScript thread.
  bool has_any() const {
    return has_any_.load(std::memory_order_acquire);
  }
  // Everything since the last time, kCallWords values each; see rows.h.
  Napi::Array Take(Napi::Env env);
  // Ends a request: with its signature, or without if `reason` is not null. PQQ_ERR_NOT_FOUND:
  // nobody waits for it any more.
  pqq_status Complete(uint64_t id, pqq_bytes signature, const char *reason);

  // Once the driver is gone. Whatever is still to be signed fails.
  void Close();

private:
  struct Call {
    uint32_t kind;
    uint32_t number;
    uint64_t id;
    std::string text;
    std::vector<uint8_t> message;
  };

  static void OnSign(void *user_data, const pqq_sign_info *info, pqq_sign_request *request);
  static void OnCancel(void *user_data, uint64_t id);
  static void OnRelease(void *user_data);
  // With the lock held.
  void Push(Call call);
  pqq_sign_request *TakeRequest(uint64_t id);

  Wake *const wake_;
  std::mutex mutex_;
  bool is_closed_ = false;
  std::unordered_map<uint64_t, pqq_sign_request *> requests_;
  std::deque<Call> calls_;
  size_t lines_ = 0;
  size_t lost_lines_ = 0;
  std::atomic<bool> has_any_{false};
};

} // namespace velo

#endif
