/* SPDX-License-Identifier: MIT */
#include "flight.h"

#include <vector>

#include <pqq/pqq.h>

#include "js_error.h"
#include "js_options.h"

namespace velo {
namespace {

pqq_flight_options ReadQuery(const Napi::Value &value) {
  pqq_flight_options options{};
  options.struct_size = sizeof options;
  if (value.IsObject()) {
    const auto object = value.As<Napi::Object>();
    options.kind = static_cast<int32_t>(ReadUint32(object, "kind"));
    options.flags = ReadUint32(object, "flags");
    options.datagram_bytes = ReadUint32(object, "datagramBytes");
    options.group = static_cast<uint16_t>(ReadUint32(object, "group"));
    options.client_datagrams = ReadUint32(object, "clientDatagrams");
  }
  return options;
}

// The fields of the report under their names of lib/internal/native.ts.
Napi::Object ReportObject(Napi::Env env, const pqq_flight_report &report) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char *name, uint32_t value) {
    object.Set(name, Napi::Number::New(env, value));
  };
  set("kind", static_cast<uint32_t>(report.kind));
  set("datagramBytes", report.datagram_bytes);
  set("serverHelloBytes", report.server_hello_bytes);
  set("encryptedExtensionsBytes", report.encrypted_extensions_bytes);
  set("certificateBytes", report.certificate_bytes);
  set("certificateVerifyBytes", report.certificate_verify_bytes);
  set("finishedBytes", report.finished_bytes);
  set("authenticatorBytes", report.authenticator_bytes);
  set("authenticatorCertificateBytes", report.authenticator_certificate_bytes);
  set("settingsBytes", report.settings_bytes);
  set("overheadBytes", report.overhead_bytes);
  set("totalBytes", report.total_bytes);
  set("totalDatagrams", report.total_datagrams);
  set("tlsBytes", report.tls_bytes);
  set("tlsDatagrams", report.tls_datagrams);
  set("certificateCount", report.certificate_count);
  set("certificatePlainBytes", report.certificate_plain_bytes);
  set("certificateCompression", report.certificate_compression);
  set("clientDatagrams", report.client_datagrams);
  set("clientBytes", report.client_bytes);
  set("limitBytes", report.limit_bytes);
  set("repeats", report.repeats);
  set("repeatLimitBytes", report.repeat_limit_bytes);
  set("windowBytes", report.window_bytes);
  set("tlsRoundTrips", report.tls_round_trips);
  set("roundTrips", report.round_trips);
  set("repeatTlsRoundTrips", report.repeat_tls_round_trips);
  set("repeatRoundTrips", report.repeat_round_trips);
  set("advice", static_cast<uint32_t>(report.advice));
  set("adviceSavesBytes", report.advice_saves_bytes);
  return object;
}

Napi::Value Finish(Napi::Env env, pqq_status status, const pqq_flight_report &report) {
  if (status != PQQ_OK) {
    ThrowStatus(env, status, pqq_error_detail());
    return env.Undefined();
  }
  return ReportObject(env, report);
}

} // namespace

Napi::Value FlightOf(Napi::Env env, const pqq_config *config, const Napi::Value &query) {
  const pqq_flight_options options = ReadQuery(query);
  pqq_flight_report report{};
  report.struct_size = sizeof report;
  return Finish(env, pqq_config_predict_flight(config, &options, &report), report);
}

Napi::Value PredictFlight(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    ThrowStatus(env, PQQ_ERR_INVALID_ARG, "predictFlight(options, query)");
    return env.Undefined();
  }
  ConfigInput input(info[0].As<Napi::Object>(), nullptr);
  pqq_config *config = nullptr;
  const pqq_status status = input.Make(&config);
  if (status != PQQ_OK) {
    ThrowStatus(env, status, pqq_error_detail());
    return env.Undefined();
  }
  const Napi::Value value = FlightOf(env, config, info[1]);
  pqq_config_unref(config);
  return value;
}

Napi::Value PredictFlightOf(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    ThrowStatus(env, PQQ_ERR_INVALID_ARG, "predictFlightOf(facts, query)");
    return env.Undefined();
  }
  const auto object = info[0].As<Napi::Object>();
  const std::vector<uint32_t> chain = ReadNumbers<uint32_t>(object, "chainBytes");
  const std::vector<uint32_t> classical = ReadNumbers<uint32_t>(object, "classicalChainBytes");
  pqq_flight_facts facts{};
  facts.struct_size = sizeof facts;
  facts.kind = static_cast<int32_t>(ReadUint32(object, "kind"));
  facts.group = static_cast<uint16_t>(ReadUint32(object, "group"));
  facts.cipher = static_cast<uint16_t>(ReadUint32(object, "cipher"));
  facts.signature = static_cast<uint16_t>(ReadUint32(object, "signature"));
  facts.classical_signature = static_cast<uint16_t>(ReadUint32(object, "classicalSignature"));
  facts.chain_bytes = chain.data();
  facts.chain_length = chain.size();
  facts.classical_chain_bytes = classical.data();
  facts.classical_chain_length = classical.size();
  facts.certificate_compression =
      static_cast<uint16_t>(ReadUint32(object, "certificateCompression"));
  facts.certificate_wire_bytes = ReadUint32(object, "certificateWireBytes");
  const pqq_flight_options query = ReadQuery(info[1]);
  pqq_flight_report report{};
  report.struct_size = sizeof report;
  return Finish(env, pqq_predict_flight(&facts, &query, &report), report);
}

} // namespace velo
