/* SPDX-License-Identifier: MIT */
/* Endpoint is the JavaScript class around one DriverHost: all that Server and
 * Client need of a driver. JavaScript thread. */
#ifndef PQQ_ADDON_ENDPOINT_H
#define PQQ_ADDON_ENDPOINT_H

#include <memory>
#include <vector>

#include <napi.h>

#include "addon.h"
#include "commands.h"
#include "driver_host.h"

namespace velo {

class Endpoint : public Napi::ObjectWrap<Endpoint> {
public:
  // The constructor function, bound to its environment's addon.
  static Napi::Function Define(Napi::Env env, Addon *addon);

  // new Endpoint(options, buffers): starts the driver or throws.
  explicit Endpoint(const Napi::CallbackInfo &info);
  ~Endpoint() override;

private:
  bool ReadBuffers(const Napi::Object &buffers, std::vector<std::unique_ptr<EventRing>> *rings);

  Napi::Value JsAddresses(const Napi::CallbackInfo &info);
  Napi::Value JsPoll(const Napi::CallbackInfo &info);
  Napi::Value JsFailures(const Napi::CallbackInfo &info);
  Napi::Value JsCalls(const Napi::CallbackInfo &info);
  Napi::Value JsCompleteSignature(const Napi::CallbackInfo &info);
  Napi::Value JsEndStatus(const Napi::CallbackInfo &info);
  Napi::Value JsSubmit(const Napi::CallbackInfo &info);
  Napi::Value JsStats(const Napi::CallbackInfo &info);
  Napi::Value JsFlight(const Napi::CallbackInfo &info);
  Napi::Value JsConnectionStats(const Napi::CallbackInfo &info);
  Napi::Value JsUpdateConfig(const Napi::CallbackInfo &info);
  Napi::Value JsBlock(const Napi::CallbackInfo &info);
  Napi::Value JsUnblock(const Napi::CallbackInfo &info);
  void JsStop(const Napi::CallbackInfo &info);
  void JsFree(const Napi::CallbackInfo &info);

  Addon *const addon_;
  // A reference of its own.
  pqq_config *config_ = nullptr;
  // Keep the memory of rings and commands; go after the host (members die in
  // reverse order).
  std::vector<Napi::ObjectReference> kept_;
  std::unique_ptr<CommandReader> commands_;
  // Shared with questions that are under way on the libuv pool.
  std::shared_ptr<DriverHost> host_;
};

} // namespace velo

#endif
