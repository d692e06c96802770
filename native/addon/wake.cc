/* SPDX-License-Identifier: MIT */
#include "wake.h"

#include <new>

namespace velo {
namespace {

// HandleScope lasts as long as its block; unlike Napi::HandleScope it does not end the process
// when an environment that is being terminated gives none.
class HandleScope {
public:
  explicit HandleScope(napi_env env) : env_(env) {
    is_open_ = napi_open_handle_scope(env, &scope_) == napi_ok;
  }
  ~HandleScope() {
    if (is_open_) {
      napi_close_handle_scope(env_, scope_);
    }
  }
  HandleScope(const HandleScope &) = delete;
  HandleScope &operator=(const HandleScope &) = delete;
  bool is_open() const {
    return is_open_;
  }

private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
  bool is_open_ = false;
};

// The size is only known when the program runs.
void FreeHandle(uv_handle_s *handle) {
  ::operator delete(handle);
}

} // namespace

void Wake::Open(Napi::Env env, Napi::Function function) {
  const napi_value name = Napi::String::New(env, "pqq:wake");
  uv_loop_s *loop = nullptr;
  auto *async = static_cast<uv_handle_s *>(::operator new(uv_handle_size(kUvAsync)));
  if (napi_create_reference(env, function, 1, &function_) != napi_ok ||
      napi_async_init(env, nullptr, name, &context_) != napi_ok ||
      napi_get_uv_event_loop(env, &loop) != napi_ok || uv_async_init(loop, async, OnWake) != 0) {
    FreeHandle(async);
    Napi::Error::New(env, "the wake-up function could not be made").ThrowAsJavaScriptException();
    return;
  }
  uv_handle_set_data(async, this);
  uv_unref(async);
  env_ = env;
  async_ = async;
}

void Wake::SetReferenced(bool is_referenced) {
  if (async_ == nullptr) {
    return;
  }
  if (is_referenced) {
    uv_ref(async_);
  } else {
    uv_unref(async_);
  }
}

void Wake::Notify() {
  if (!is_pending_.exchange(true, std::memory_order_acq_rel)) {
    uv_async_send(async_);
  }
}

void Wake::OnWake(uv_handle_s *async) {
  static_cast<Wake *>(uv_handle_get_data(async))->Call();
}

void Wake::Call() {
  // Before the call: what a worker publishes from here on gets a call of its
  // own, what it published before is seen by this one.
  is_pending_.exchange(false, std::memory_order_acq_rel);
  const HandleScope scope(env_);
  napi_value function = nullptr;
  napi_value receiver = nullptr;
  if (!scope.is_open() || napi_get_reference_value(env_, function_, &function) != napi_ok ||
      napi_get_global(env_, &receiver) != napi_ok) {
    return;
  }
  // Users' code never throws into it; what does throw is our own fault and
  // becomes an uncaught exception.
  if (napi_make_callback(env_, context_, receiver, function, 0, nullptr, nullptr) ==
      napi_pending_exception) {
    napi_value exception = nullptr;
    if (napi_get_and_clear_last_exception(env_, &exception) == napi_ok) {
      napi_fatal_exception(env_, exception);
    }
  }
}

void Wake::Close(void (*on_closed)(void *user_data), void *user_data) {
  if (async_ == nullptr) {
    on_closed(user_data);
    return;
  }
  on_closed_ = on_closed;
  user_data_ = user_data;
  napi_delete_reference(env_, function_);
  napi_async_destroy(env_, context_);
  uv_close(async_, OnClose);
}

void Wake::OnClose(uv_handle_s *async) {
  auto *wake = static_cast<Wake *>(uv_handle_get_data(async));
  FreeHandle(async);
  wake->async_ = nullptr;
  wake->on_closed_(wake->user_data_);
}

} // namespace velo
