/* SPDX-License-Identifier: MIT */
/* Addon is what one Node environment (the main thread or a worker) has of the
 * module: its wake-up function and its live endpoints. There is no state that
 * environments share. */
#ifndef PQQ_ADDON_ADDON_H
#define PQQ_ADDON_ADDON_H

#include <memory>
#include <vector>

#include <napi.h>

#include "driver_host.h"
#include "folders.h"
#include "wake.h"

namespace velo {

class Addon : public Napi::Addon<Addon> {
public:
  Addon(Napi::Env env, Napi::Object exports);

  Wake *wake() {
    return &wake_;
  }
  // Endpoints tell of their hosts, so that the end of the environment can end
  // the threads before the memory and the wake-up function go.
  void AddHost(const std::shared_ptr<DriverHost> &host);
  const Folders *folders() const {
    return &folders_;
  }

private:
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void *data);

  Napi::Value JsVersion(const Napi::CallbackInfo &info);
  Napi::Value JsCapabilities(const Napi::CallbackInfo &info);
  Napi::Value JsStrerror(const Napi::CallbackInfo &info);
  Napi::Value JsDevIdentity(const Napi::CallbackInfo &info);
  Napi::Value JsPredictFlight(const Napi::CallbackInfo &info);
  Napi::Value JsPredictFlightOf(const Napi::CallbackInfo &info);
  Napi::Value JsOpenFolder(const Napi::CallbackInfo &info);
  void JsOnWake(const Napi::CallbackInfo &info);
  void JsSetReferenced(const Napi::CallbackInfo &info);

  napi_async_cleanup_hook_handle environment_end_ = nullptr;
  Wake wake_;
  std::vector<std::weak_ptr<DriverHost>> hosts_;
  Folders folders_;
};

} // namespace velo

#endif
