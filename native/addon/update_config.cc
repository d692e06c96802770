/* SPDX-License-Identifier: MIT */
#include "update_config.h"

#include <string>
#include <utility>

#include "js_error.h"
#include "js_options.h"

namespace velo {
namespace {

class Update : public Napi::AsyncWorker {
public:
  Update(const Napi::Object &owner, std::shared_ptr<DriverHost> host, const Napi::Object &options,
         std::function<void(pqq_config *)> taken)
      : Napi::AsyncWorker(owner.Env(), "pqq:updateConfig"), host_(std::move(host)),
        owner_(Napi::Persistent(owner)), options_(Napi::Persistent(options)),
        input_(options, host_->calls()), taken_(std::move(taken)), deferred_(owner.Env()) {}

  Napi::Promise promise() const {
    return deferred_.Promise();
  }

  void Execute() override {
    status_ = input_.Make(&config_);
    if (status_ == PQQ_OK) {
      status_ = host_->UpdateConfig(config_);
    }
    if (status_ != PQQ_OK) {
      detail_ = pqq_error_detail();
      pqq_config_unref(config_);
    }
  }

  void OnOK() override {
    if (status_ == PQQ_OK) {
      taken_(config_);
      deferred_.Resolve(Env().Undefined());
    } else {
      deferred_.Reject(StatusError(Env(), status_, detail_).Value());
    }
  }

private:
  const std::shared_ptr<DriverHost> host_;
  // The options' bytes are borrowed by `input_`.
  const Napi::ObjectReference owner_, options_;
  ConfigInput input_;
  const std::function<void(pqq_config *)> taken_;
  const Napi::Promise::Deferred deferred_;
  pqq_config *config_ = nullptr;
  pqq_status status_ = PQQ_ERR_STATE;
  std::string detail_;
};

} // namespace

Napi::Value UpdateConfig(const Napi::Object &owner, std::shared_ptr<DriverHost> host,
                         const Napi::Object &options, std::function<void(pqq_config *)> taken) {
  // Deletes itself once the promise is settled.
  auto *update = new Update(owner, std::move(host), options, std::move(taken));
  const Napi::Promise promise = update->promise();
  update->Queue();
  return promise;
}

} // namespace velo
