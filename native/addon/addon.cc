/* SPDX-License-Identifier: MIT */
/* The module's entry point and its plain functions. lib/internal/native.ts
 * declares every one of them. */
#include "addon.h"

#include <algorithm>
#include <string>

#include <pqq/pqq.h>

#include "endpoint.h"
#include "flight.h"
#include "js_error.h"
#include "js_options.h"

namespace velo {

Addon::Addon(Napi::Env env, Napi::Object exports) {
  const pqq_status status = pqq_init();
  if (status != PQQ_OK) {
    ThrowStatus(env, status, "pqq_init");
    return;
  }
  DefineAddon(exports, {
                           InstanceMethod("version", &Addon::JsVersion),
                           InstanceMethod("capabilities", &Addon::JsCapabilities),
                           InstanceMethod("strerror", &Addon::JsStrerror),
                           InstanceMethod("devIdentity", &Addon::JsDevIdentity),
                           InstanceMethod("predictFlight", &Addon::JsPredictFlight),
                           InstanceMethod("predictFlightOf", &Addon::JsPredictFlightOf),
                           InstanceMethod("openFolder", &Addon::JsOpenFolder),
                           InstanceMethod("onWake", &Addon::JsOnWake),
                           InstanceMethod("setReferenced", &Addon::JsSetReferenced),
                           InstanceValue("Endpoint", Endpoint::Define(env, this)),
                       });
  napi_add_async_cleanup_hook(env, OnEnvironmentEnd, this, &environment_end_);
}

// The threads first, then what they wake. The environment waits until its loop has let go of that.
void Addon::OnEnvironmentEnd(napi_async_cleanup_hook_handle, void *data) {
  auto *addon = static_cast<Addon *>(data);
  for (const std::weak_ptr<DriverHost> &entry : addon->hosts_) {
    if (const std::shared_ptr<DriverHost> host = entry.lock()) {
      host->Free();
    }
  }
  addon->hosts_.clear();
  addon->wake_.Close(
      [](void *user_data) {
        napi_remove_async_cleanup_hook(static_cast<Addon *>(user_data)->environment_end_);
      },
      addon);
}

void Addon::AddHost(const std::shared_ptr<DriverHost> &host) {
  hosts_.erase(std::remove_if(hosts_.begin(), hosts_.end(),
                              [](const auto &entry) { return entry.expired(); }),
               hosts_.end());
  hosts_.push_back(host);
}

Napi::Value Addon::JsVersion(const Napi::CallbackInfo &info) {
  return Napi::String::New(info.Env(), pqq_version());
}

Napi::Value Addon::JsCapabilities(const Napi::CallbackInfo &info) {
  return Napi::String::New(info.Env(), pqq_capabilities());
}

// strerror(status) -> [name, sentence]
Napi::Value Addon::JsStrerror(const Napi::CallbackInfo &info) {
  const pqq_status status = info[0].ToNumber().Int32Value();
  Napi::Array pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0u, Napi::String::New(info.Env(), pqq_err_name(status)));
  pair.Set(1u, Napi::String::New(info.Env(), pqq_strerror(status)));
  return pair;
}

// devIdentity(profile, names, days)
Napi::Value Addon::JsDevIdentity(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  const std::vector<std::string> names = ReadStrings(info[1]);
  std::vector<const char *> pointers;
  for (const std::string &name : names) {
    pointers.push_back(name.c_str());
  }
  pqq_dev_identity *identity = nullptr;
  const pqq_status status =
      pqq_dev_identity_new(info[0].ToNumber().Int32Value(), pointers.data(), pointers.size(),
                           info[2].ToNumber().Uint32Value(), &identity);
  if (status != PQQ_OK) {
    ThrowStatus(env, status, pqq_error_detail());
    return env.Undefined();
  }
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char *name, pqq_bytes text) {
    object.Set(name, Napi::String::New(env, reinterpret_cast<const char *>(text.data), text.len));
  };
  set("caPem", identity->ca_pem);
  set("pqCertPem", identity->pq_cert_pem);
  set("pqKeyPem", identity->pq_key_pem);
  set("classicalCertPem", identity->classical_cert_pem);
  set("classicalKeyPem", identity->classical_key_pem);
  pqq_dev_identity_free(identity);
  return object;
}

Napi::Value Addon::JsPredictFlight(const Napi::CallbackInfo &info) {
  return PredictFlight(info);
}

Napi::Value Addon::JsPredictFlightOf(const Napi::CallbackInfo &info) {
  return PredictFlightOf(info);
}

// openFolder(options) -> its number
Napi::Value Addon::JsOpenFolder(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  uint32_t number = 0;
  const pqq_status status = folders_.Open(info[0].As<Napi::Object>(), &number);
  if (status != PQQ_OK) {
    ThrowStatus(env, status, pqq_error_detail());
    return env.Undefined();
  }
  return Napi::Number::New(env, number);
}

// onWake(function), once per environment and before the first endpoint.
void Addon::JsOnWake(const Napi::CallbackInfo &info) {
  if (!wake_.is_open() && info[0].IsFunction()) {
    wake_.Open(info.Env(), info[0].As<Napi::Function>());
  }
}

// setReferenced(boolean)
void Addon::JsSetReferenced(const Napi::CallbackInfo &info) {
  wake_.SetReferenced(info[0].ToBoolean().Value());
}

} // namespace velo

using velo::Addon;
NODE_API_ADDON(Addon)
