/* SPDX-License-Identifier: MIT */
#include "endpoint.h"

#include <utility>

#include "address.h"
#include "block.h"
#include "connection_stats.h"
#include "flight.h"
#include "js_error.h"
#include "js_options.h"
#include "update_config.h"

namespace velo {
namespace {

template <typename View> bool Is(const Napi::Value &value, napi_typedarray_type type, View *view) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    return false;
  }
  *view = value.As<View>();
  return true;
}

} // namespace

Napi::Function Endpoint::Define(Napi::Env env, Addon *addon) {
  return DefineClass(env, "Endpoint",
                     {
                         InstanceMethod("addresses", &Endpoint::JsAddresses),
                         InstanceMethod("poll", &Endpoint::JsPoll),
                         InstanceMethod("failures", &Endpoint::JsFailures),
                         InstanceMethod("calls", &Endpoint::JsCalls),
                         InstanceMethod("completeSignature", &Endpoint::JsCompleteSignature),
                         InstanceMethod("endStatus", &Endpoint::JsEndStatus),
                         InstanceMethod("submit", &Endpoint::JsSubmit),
                         InstanceMethod("stats", &Endpoint::JsStats),
                         InstanceMethod("flight", &Endpoint::JsFlight),
                         InstanceMethod("connectionStats", &Endpoint::JsConnectionStats),
                         InstanceMethod("updateConfig", &Endpoint::JsUpdateConfig),
                         InstanceMethod("block", &Endpoint::JsBlock),
                         InstanceMethod("unblock", &Endpoint::JsUnblock),
                         InstanceMethod("stop", &Endpoint::JsStop),
                         InstanceMethod("free", &Endpoint::JsFree),
                     },
                     addon);
}

Endpoint::Endpoint(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<Endpoint>(info), addon_(static_cast<Addon *>(info.Data())) {
  const Napi::Env env = info.Env();
  std::vector<std::unique_ptr<EventRing>> rings;
  if (!info[0].IsObject() || !info[1].IsObject() || !addon_->wake()->is_open() ||
      !ReadBuffers(info[1].As<Napi::Object>(), &rings)) {
    ThrowStatus(env, PQQ_ERR_INVALID_ARG, "Endpoint(options, buffers) after onWake()");
    return;
  }
  const auto options = info[0].As<Napi::Object>();
  host_ = std::make_shared<DriverHost>(addon_->wake(), std::move(rings));
  ConfigInput config_input(options, host_->calls());
  const DriverInput driver_input(options, *addon_->folders());
  pqq_config *config = nullptr;
  pqq_status status = config_input.Make(&config);
  if (status == PQQ_OK) {
    status = host_->Start(config, driver_input.options());
  }
  if (status != PQQ_OK) {
    const std::string detail = pqq_error_detail();
    host_.reset();
    pqq_config_unref(config);
    ThrowStatus(env, status, detail);
    return;
  }
  config_ = config;
  addon_->AddHost(host_);
}

Endpoint::~Endpoint() {
  // Here and not with the last reference to the host: the rings' memory goes.
  if (host_ != nullptr) {
    host_->Free();
  }
  pqq_config_unref(config_);
}

// {rows: Uint32Array[], data: Uint8Array[], commands: Uint32Array, blob: Uint8Array}
bool Endpoint::ReadBuffers(const Napi::Object &buffers,
                           std::vector<std::unique_ptr<EventRing>> *rings) {
  const Napi::Value rows = buffers.Get("rows");
  const Napi::Value data = buffers.Get("data");
  Napi::Uint32Array commands;
  Napi::Uint8Array blob;
  if (!rows.IsArray() || !data.IsArray() ||
      !Is(buffers.Get("commands"), napi_uint32_array, &commands) ||
      !Is(buffers.Get("blob"), napi_uint8_array, &blob)) {
    return false;
  }
  const auto rows_array = rows.As<Napi::Array>();
  const auto data_array = data.As<Napi::Array>();
  for (uint32_t i = 0; i < rows_array.Length(); i++) {
    Napi::Uint32Array ring_rows;
    Napi::Uint8Array ring_data;
    if (!Is(rows_array.Get(i), napi_uint32_array, &ring_rows) ||
        !Is(data_array.Get(i), napi_uint8_array, &ring_data)) {
      return false;
    }
    const auto row_count = static_cast<uint32_t>(ring_rows.ElementLength() / kEventWords);
    if (row_count < 2 || (row_count & (row_count - 1)) != 0 || ring_data.ByteLength() == 0) {
      return false;
    }
    rings->push_back(std::make_unique<EventRing>(ring_rows.Data(), row_count, ring_data.Data(),
                                                 static_cast<uint32_t>(ring_data.ByteLength())));
    kept_.push_back(Napi::Persistent(ring_rows.As<Napi::Object>()));
    kept_.push_back(Napi::Persistent(ring_data.As<Napi::Object>()));
  }
  commands_ = std::make_unique<CommandReader>(
      commands.Data(), static_cast<uint32_t>(commands.ElementLength() / kCommandWords), blob.Data(),
      blob.ByteLength(), addon_->folders());
  kept_.push_back(Napi::Persistent(commands.As<Napi::Object>()));
  kept_.push_back(Napi::Persistent(blob.As<Napi::Object>()));
  return !rings->empty();
}

// addresses() -> [{address, port, family}]
Napi::Value Endpoint::JsAddresses(const Napi::CallbackInfo &info) {
  pqq_address addresses[PQQ_MAX_LISTEN_HOSTS];
  size_t count = 0;
  if (pqq_driver_addresses(host_->driver(), addresses, PQQ_MAX_LISTEN_HOSTS, &count) != PQQ_OK) {
    count = 0;
  }
  Napi::Array array = Napi::Array::New(info.Env(), count);
  for (uint32_t i = 0; i < count; i++) {
    array.Set(i, AddressObject(info.Env(), addresses[i]));
  }
  return array;
}

// poll(worker, consumed) -> rows that can be read | kPoll* flags
Napi::Value Endpoint::JsPoll(const Napi::CallbackInfo &info) {
  const uint32_t worker = info[0].As<Napi::Number>().Uint32Value();
  const uint32_t consumed = info[1].As<Napi::Number>().Uint32Value();
  const uint32_t result = worker < host_->worker_count() ? host_->Poll(worker, consumed) : 0;
  return Napi::Number::New(info.Env(), result);
}

// failures() -> [type, idLow, idHigh, status, …]
Napi::Value Endpoint::JsFailures(const Napi::CallbackInfo &info) {
  const std::vector<Failure> failures = host_->TakeFailures();
  Napi::Array array = Napi::Array::New(info.Env(), failures.size() * 4);
  uint32_t at = 0;
  for (const Failure &failure : failures) {
    array.Set(at++, Napi::Number::New(info.Env(), failure.type));
    array.Set(at++, Napi::Number::New(info.Env(), static_cast<uint32_t>(failure.id)));
    array.Set(at++, Napi::Number::New(info.Env(), static_cast<uint32_t>(failure.id >> 32)));
    array.Set(at++, Napi::Number::New(info.Env(), failure.status));
  }
  return array;
}

// calls() -> [kind, number, id, text, message, …]
Napi::Value Endpoint::JsCalls(const Napi::CallbackInfo &info) {
  return host_->calls()->Take(info.Env());
}

// completeSignature(id, signature or undefined, reason) -> status
Napi::Value Endpoint::JsCompleteSignature(const Napi::CallbackInfo &info) {
  const auto id = static_cast<uint64_t>(info[0].As<Napi::Number>().DoubleValue());
  pqq_bytes signature{nullptr, 0};
  Napi::Uint8Array view;
  if (!Is(info[1], napi_uint8_array, &view)) {
    const std::string reason = info[2].ToString().Utf8Value();
    return Napi::Number::New(info.Env(), host_->calls()->Complete(id, signature, reason.c_str()));
  }
  signature = {view.Data(), view.ByteLength()};
  return Napi::Number::New(info.Env(), host_->calls()->Complete(id, signature, nullptr));
}

// endStatus() -> status with which a worker gave up, 0 if none did
Napi::Value Endpoint::JsEndStatus(const Napi::CallbackInfo &info) {
  return Napi::Number::New(info.Env(), host_->end_status());
}

// submit(count, arrays) -> status
Napi::Value Endpoint::JsSubmit(const Napi::CallbackInfo &info) {
  const uint32_t count = info[0].As<Napi::Number>().Uint32Value();
  return Napi::Number::New(info.Env(), commands_->Submit(host_.get(), count, info[1]));
}

// stats() -> Float64Array in the order of stats.def
Napi::Value Endpoint::JsStats(const Napi::CallbackInfo &info) {
  pqq_stats stats{};
  stats.struct_size = sizeof stats;
  if (host_->driver() != nullptr) {
    pqq_driver_stats(host_->driver(), &stats);
  }
  const double values[] = {
#define PQQ_STAT(name, meaning) static_cast<double>(stats.name),
#include <pqq/stats.def>
#undef PQQ_STAT
  };
  constexpr size_t kCount = sizeof values / sizeof values[0];
  Napi::Float64Array array = Napi::Float64Array::New(info.Env(), kCount);
  std::copy(values, values + kCount, array.Data());
  return array;
}

// connectionStats(idLow, idHigh) -> Promise<Float64Array | undefined>
Napi::Value Endpoint::JsConnectionStats(const Napi::CallbackInfo &info) {
  const uint64_t low = info[0].As<Napi::Number>().Uint32Value();
  const uint64_t high = info[1].As<Napi::Number>().Uint32Value();
  return AskConnectionStats(info.Env(), host_, high << 32 | low);
}

// block(prefix, forMs) -> Promise<string>
Napi::Value Endpoint::JsBlock(const Napi::CallbackInfo &info) {
  const auto for_ms = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
  return AskBlock(info.Env(), host_, info[0].As<Napi::String>(), true, for_ms);
}

// unblock(prefix) -> Promise<string>
Napi::Value Endpoint::JsUnblock(const Napi::CallbackInfo &info) {
  return AskBlock(info.Env(), host_, info[0].As<Napi::String>(), false, 0);
}

// flight(query): of a server with the endpoint's configuration
Napi::Value Endpoint::JsFlight(const Napi::CallbackInfo &info) {
  return FlightOf(info.Env(), config_, info[0]);
}

// updateConfig(options) -> Promise<void>
Napi::Value Endpoint::JsUpdateConfig(const Napi::CallbackInfo &info) {
  return UpdateConfig(info.This().As<Napi::Object>(), host_, info[0].As<Napi::Object>(),
                      [this](pqq_config *config) {
                        pqq_config_unref(config_);
                        config_ = config;
                      });
}

// stop(drainMs)
void Endpoint::JsStop(const Napi::CallbackInfo &info) {
  if (host_->driver() != nullptr) {
    pqq_driver_stop(host_->driver(), info[0].As<Napi::Number>().Uint32Value());
  }
}

// free(): joins the threads; what is called after it does nothing.
void Endpoint::JsFree(const Napi::CallbackInfo &) {
  host_->Free();
}

} // namespace velo
