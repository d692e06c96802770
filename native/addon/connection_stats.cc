/* SPDX-License-Identifier: MIT */
#include "connection_stats.h"

#include <algorithm>
#include <utility>

namespace velo {
namespace {

constexpr double kNsPerMs = 1e6;

class Question : public Napi::AsyncWorker {
public:
  Question(Napi::Env env, std::shared_ptr<DriverHost> host, pqq_id conn)
      : Napi::AsyncWorker(env, "pqq:connectionStats"), host_(std::move(host)), conn_(conn),
        deferred_(env) {}

  Napi::Promise promise() const {
    return deferred_.Promise();
  }

  void Execute() override {
    info_.struct_size = sizeof info_;
    status_ = host_->ConnectionInfo(conn_, &info_);
  }

  void OnOK() override {
    if (status_ != PQQ_OK) {
      deferred_.Resolve(Env().Undefined());
      return;
    }
    const double values[] = {
        static_cast<double>(info_.bytes_sent),
        static_cast<double>(info_.bytes_received),
        static_cast<double>(info_.datagrams_sent),
        static_cast<double>(info_.datagrams_received),
        static_cast<double>(info_.packets_lost),
        static_cast<double>(info_.smoothed_rtt_ns) / kNsPerMs,
        static_cast<double>(info_.min_rtt_ns) / kNsPerMs,
        static_cast<double>(info_.congestion_window_bytes),
    };
    constexpr size_t kCount = sizeof values / sizeof values[0];
    Napi::Float64Array array = Napi::Float64Array::New(Env(), kCount);
    std::copy(values, values + kCount, array.Data());
    deferred_.Resolve(array);
  }

private:
  const std::shared_ptr<DriverHost> host_;
  const pqq_id conn_;
  const Napi::Promise::Deferred deferred_;
  pqq_connection_info info_{};
  pqq_status status_ = PQQ_ERR_STATE;
};

} // namespace

Napi::Value AskConnectionStats(Napi::Env env, std::shared_ptr<DriverHost> host, pqq_id conn) {
  // Deletes itself once the promise is settled.
  auto *question = new Question(env, std::move(host), conn);
  const Napi::Promise promise = question->promise();
  question->Queue();
  return promise;
}

} // namespace velo
