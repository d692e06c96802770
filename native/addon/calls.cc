/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <utility>

#include "rows.h"

namespace velo {
namespace {

// Lines of the key log that wait for JavaScript: of 3,000 handshakes. A debugging aid does not fill
// the memory of a server whose event loop stands still; what is lost, a comment in the log says.
constexpr size_t kMaxLines = 16384;

} // namespace

std::unique_ptr<Calls::Slot> Calls::MakeSigner(uint32_t number, pqq_signer *signer) {
  auto slot = std::make_unique<Slot>(shared_from_this(), number);
  signer->sign = OnSign;
  signer->cancel = OnCancel;
  signer->release = OnRelease;
  signer->user_data = slot.get();
  return slot;
}

Calls::Slot::~Slot() {
  const std::lock_guard<std::mutex> lock(calls->mutex_);
  if (!calls->is_closed_) {
    calls->Push({kCallRelease, number, 0, {}, {}});
  }
}

void Calls::Push(Call call) {
  calls_.push_back(std::move(call));
  has_any_.store(true, std::memory_order_release);
  wake_->Notify();
}

// pqq_signer.max_pending bounds both the table and the queue.
void Calls::OnSign(void *user_data, const pqq_sign_info *info, pqq_sign_request *request) {
  const Slot *slot = static_cast<Slot *>(user_data);
  Calls *calls = slot->calls.get();
  {
    const std::lock_guard<std::mutex> lock(calls->mutex_);
    if (!calls->is_closed_) {
      const uint8_t *message = info->message.data;
      calls->requests_.emplace(info->id, request);
      calls->Push({kCallSign, slot->number, info->id, info->scheme_name,
                   std::vector<uint8_t>(message, message + info->message.len)});
      return;
    }
  }
  pqq_sign_fail(request, "the endpoint has ended");
}

// The request ends here; JavaScript only learns that it may stop.
void Calls::OnCancel(void *user_data, uint64_t id) {
  Calls *calls = static_cast<Slot *>(user_data)->calls.get();
  pqq_sign_request *request = nullptr;
  {
    const std::lock_guard<std::mutex> lock(calls->mutex_);
    request = calls->TakeRequest(id);
    if (request != nullptr && !calls->is_closed_) {
      calls->Push({kCallCancel, 0, id, {}, {}});
    }
  }
  if (request != nullptr) {
    pqq_sign_fail(request, "cancelled");
  }
}

void Calls::OnRelease(void *user_data) {
  delete static_cast<Slot *>(user_data);
}

void Calls::OnKeyLog(void *user_data, const char *line) {
  auto *calls = static_cast<Calls *>(user_data);
  const std::lock_guard<std::mutex> lock(calls->mutex_);
  if (calls->is_closed_) {
    return;
  }
  if (calls->lines_ == kMaxLines) {
    calls->lost_lines_++;
    return;
  }
  calls->lines_++;
  calls->Push({kCallKeyLog, 0, 0, line, {}});
}

pqq_sign_request *Calls::TakeRequest(uint64_t id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) {
    return nullptr;
  }
  pqq_sign_request *request = found->second;
  requests_.erase(found);
  return request;
}

Napi::Array Calls::Take(Napi::Env env) {
  std::deque<Call> taken;
  size_t lost = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    taken.swap(calls_);
    lost = std::exchange(lost_lines_, 0);
    lines_ = 0;
    has_any_.store(false, std::memory_order_release);
  }
  if (lost > 0) {
    taken.push_back({kCallKeyLog, 0, 0, "# " + std::to_string(lost) + " lines are lost", {}});
  }
  Napi::Array array = Napi::Array::New(env, taken.size() * kCallWords);
  uint32_t at = 0;
  for (const Call &call : taken) {
    array.Set(at++, Napi::Number::New(env, call.kind));
    array.Set(at++, Napi::Number::New(env, call.number));
    array.Set(at++, Napi::Number::New(env, static_cast<double>(call.id)));
    array.Set(at++, Napi::String::New(env, call.text));
    Napi::Uint8Array message = Napi::Uint8Array::New(env, call.message.size());
    std::copy(call.message.begin(), call.message.end(), message.Data());
    array.Set(at++, message);
  }
  return array;
}

pqq_status Calls::Complete(uint64_t id, pqq_bytes signature, const char *reason) {
  pqq_sign_request *request = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    request = TakeRequest(id);
  }
  if (request == nullptr) {
    return PQQ_ERR_NOT_FOUND;
  }
  return reason != nullptr ? pqq_sign_fail(request, reason)
                           : pqq_sign_complete(request, signature.data, signature.len);
}

void Calls::Close() {
  std::unordered_map<uint64_t, pqq_sign_request *> left;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_closed_ = true;
    left.swap(requests_);
    calls_.clear();
    has_any_.store(false, std::memory_order_release);
  }
  for (const auto &[id, request] : left) {
    pqq_sign_fail(request, "the endpoint has ended");
  }
}

} // namespace velo
