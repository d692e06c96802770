/* SPDX-License-Identifier: MIT */
#include "wake.h"

namespace velo {

void Wake::Open(Napi::Env env, Napi::Function function) {
  napi_threadsafe_function created = nullptr;
  const napi_value name = Napi::String::New(env, "pqq:wake");
  // Queue size 1: `is_pending_` never lets a second call in.
  if (napi_create_threadsafe_function(env, function, nullptr, name, 1, 1, nullptr, nullptr, this,
                                      Call, &created) != napi_ok) {
    Napi::Error::New(env, "the wake-up function could not be made").ThrowAsJavaScriptException();
    return;
  }
  napi_unref_threadsafe_function(env, created);
  function_ = created;
}

void Wake::SetReferenced(Napi::Env env, bool is_referenced) {
  if (function_ == nullptr) {
    return;
  }
  if (is_referenced) {
    napi_ref_threadsafe_function(env, function_);
  } else {
    napi_unref_threadsafe_function(env, function_);
  }
}

void Wake::Notify() {
  if (is_pending_.exchange(true, std::memory_order_acq_rel)) {
    return;
  }
  if (napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) != napi_ok) {
    is_pending_.store(false, std::memory_order_release);
  }
}

void Wake::Call(napi_env env, napi_value function, void *context, void *) {
  // Before the call: what a worker publishes from here on gets a call of its
  // own, what it published before is seen by this one.
  static_cast<Wake *>(context)->is_pending_.exchange(false, std::memory_order_acq_rel);
  if (env == nullptr || function == nullptr) {
    return;
  }
  napi_value receiver = nullptr;
  napi_get_undefined(env, &receiver);
  // Users' code never throws into it; what does throw is our own fault and
  // becomes an uncaught exception.
  if (napi_call_function(env, receiver, function, 0, nullptr, nullptr) == napi_pending_exception) {
    napi_value exception = nullptr;
    napi_get_and_clear_last_exception(env, &exception);
    napi_fatal_exception(env, exception);
  }
}

} // namespace velo
