/* SPDX-License-Identifier: MIT */
#include "block.h"

#include <utility>

#include "address.h"
#include "js_error.h"

namespace velo {
namespace {

class BlockChange : public Napi::AsyncWorker {
public:
  BlockChange(Napi::Env env, std::shared_ptr<DriverHost> host, std::string prefix, bool is_blocked,
              uint64_t for_ms)
      : Napi::AsyncWorker(env, "pqq:block"), host_(std::move(host)), text_(std::move(prefix)),
        is_blocked_(is_blocked), for_ms_(for_ms), deferred_(env) {}

  Napi::Promise promise() const {
    return deferred_.Promise();
  }

  void Execute() override {
    pqq_prefix prefix{};
    status_ = pqq_prefix_parse(text_.c_str(), &prefix);
    if (status_ == PQQ_OK) {
      text_ = AddressText(prefix.address) + "/" + std::to_string(prefix.bits);
      status_ = host_->Block(prefix, is_blocked_, for_ms_);
    }
    // The detail is this thread's.
    detail_ = pqq_error_detail();
  }

  void OnOK() override {
    if (status_ == PQQ_OK) {
      deferred_.Resolve(Napi::String::New(Env(), text_));
    } else {
      deferred_.Reject(StatusError(Env(), status_, detail_.empty() ? text_ : detail_).Value());
    }
  }

private:
  const std::shared_ptr<DriverHost> host_;
  std::string text_;
  const bool is_blocked_;
  const uint64_t for_ms_;
  const Napi::Promise::Deferred deferred_;
  pqq_status status_ = PQQ_ERR_STATE;
  std::string detail_;
};

} // namespace

Napi::Value AskBlock(Napi::Env env, std::shared_ptr<DriverHost> host, const std::string &prefix,
                     bool is_blocked, uint64_t for_ms) {
  // Deletes itself once the promise is settled.
  auto *change = new BlockChange(env, std::move(host), prefix, is_blocked, for_ms);
  const Napi::Promise promise = change->promise();
  change->Queue();
  return promise;
}

} // namespace velo
