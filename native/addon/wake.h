/* SPDX-License-Identifier: MIT */
/* Wake calls one JavaScript function of an environment from any thread: the
 * only way that workers reach JavaScript. However many workers call it, one
 * call is under way at most. */
#ifndef PQQ_ADDON_WAKE_H
#define PQQ_ADDON_WAKE_H

#include <atomic>

#include <napi.h>

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
    return function_ != nullptr;
  }
  // JavaScript thread. Whether the event loop waits for calls.
  void SetReferenced(Napi::Env env, bool is_referenced);
  // Any thread, while a driver of this environment lives.
  void Notify();

private:
  static void Call(napi_env env, napi_value function, void *context, void *data);

  napi_threadsafe_function function_ = nullptr;
  std::atomic<bool> is_pending_{false};
};

} // namespace velo

#endif
