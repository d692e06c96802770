/* SPDX-License-Identifier: MIT */
/* Wake calls one JavaScript function of an environment from any thread: the
 * only way that workers reach JavaScript. However many workers call it, one
 * call is under way at most. */
#ifndef PQQ_ADDON_WAKE_H
#define PQQ_ADDON_WAKE_H

#include <atomic>

#include <napi.h>

#include "loop.h"

namespace velo {

class Wake {
public:
  Wake() = default;
  Wake(const Wake &) = delete;
  Wake &operator=(const Wake &) = delete;

  // `function` is called without arguments. Begins unreferenced: it does not
  // keep the environment's event loop alive.
  void Open(Napi::Env env, Napi::Function function);
  bool is_open() const {
    return async_ != nullptr;
  }
  // JavaScript thread. Whether the event loop waits for calls.
  void SetReferenced(bool is_referenced);
  // Any thread, while a driver of this environment lives.
  void Notify();
  // JavaScript thread, when no thread can call Notify any more. `on_closed` is
  // called in a later turn of the event loop, or at once if it was not open.
  void Close(void (*on_closed)(void *user_data), void *user_data);

private:
  static void OnWake(uv_handle_s *async);
  static void OnClose(uv_handle_s *async);
  void Call();

  napi_env env_ = nullptr;
  uv_handle_s *async_ = nullptr;
  napi_ref function_ = nullptr;
  // Of the calls; users of async_hooks see it as `pqq:wake`.
  napi_async_context context_ = nullptr;
  std::atomic<bool> is_pending_{false};

  void (*on_closed_)(void *user_data) = nullptr;
  void *user_data_ = nullptr;
};

} // namespace velo

#endif
