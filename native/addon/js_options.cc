/* SPDX-License-Identifier: MIT */
#include "js_options.h"

#include <cstring>
#include <utility>

namespace velo {
namespace {

bool ReadBoolean(const Napi::Object &object, const char *name) {
  const Napi::Value value = object.Get(name);
  return value.IsBoolean() && value.As<Napi::Boolean>().Value();
}

pqq_bytes ReadBytes(const Napi::Object &object, const char *name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsTypedArray()) {
    return {nullptr, 0};
  }
  const auto view = value.As<Napi::Uint8Array>();
  return {view.Data(), view.ByteLength()};
}

const char *OrNull(const std::string &text) {
  return text.empty() ? nullptr : text.c_str();
}

// There 0 is no content, in C no limit.
uint64_t ReadBodyLimit(const Napi::Object &object, const char *name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsNumber()) {
    return 0;
  }
  const int64_t bytes = value.As<Napi::Number>().Int64Value();
  return bytes <= 0 ? PQQ_BODY_NONE : static_cast<uint64_t>(bytes);
}

} // namespace

std::string ReadString(const Napi::Object &object, const char *name) {
  const Napi::Value value = object.Get(name);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

uint32_t ReadUint32(const Napi::Object &object, const char *name) {
  const Napi::Value value = object.Get(name);
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : 0;
}

std::vector<std::string> ReadStrings(const Napi::Value &value) {
  std::vector<std::string> strings;
  if (value.IsArray()) {
    const auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) {
      const Napi::Value item = array.Get(i);
      if (item.IsString()) {
        strings.push_back(item.As<Napi::String>().Utf8Value());
      }
    }
  }
  return strings;
}

ConfigInput::ConfigInput(const Napi::Object &object, std::shared_ptr<Calls> calls)
    : calls_(std::move(calls)) {
  pqq_config_options_init(&options_, sizeof options_);
  const auto &identities = ReadIdentities(object.Get("identities"));
  options_.identities = identities.data();
  options_.identity_count = identities.size();
  ReadSites(object.Get("sites"));
  options_.ca_pem = ReadBytes(object, "caPem");
  ca_file_ = ReadString(object, "caFile");
  options_.ca_file = OrNull(ca_file_);
  groups_ = ReadNumbers<uint16_t>(object, "groups");
  options_.groups = groups_.data();
  options_.group_count = groups_.size();
  options_.profile = static_cast<int32_t>(ReadUint32(object, "profile"));
  options_.pq_on_h3 = static_cast<int32_t>(ReadUint32(object, "pqOnH3"));
  options_.idle_timeout_ms = ReadUint32(object, "idleTimeoutMs");
  options_.handshake_timeout_ms = ReadUint32(object, "handshakeTimeoutMs");
  options_.keep_alive_ms = ReadUint32(object, "keepAliveMs");
  options_.max_concurrent_requests = ReadUint32(object, "maxConcurrentRequests");
  options_.max_header_list_bytes = ReadUint32(object, "maxHeaderListBytes");
  options_.stream_window_bytes = ReadUint32(object, "streamWindowBytes");
  options_.connection_window_bytes = ReadUint32(object, "connectionWindowBytes");
  options_.max_stream_window_bytes = ReadUint32(object, "maxStreamWindowBytes");
  options_.max_connection_window_bytes = ReadUint32(object, "maxConnectionWindowBytes");
  options_.max_connections = ReadUint32(object, "maxConnections");
  options_.max_udp_payload_bytes = ReadUint32(object, "maxUdpPayloadBytes");
  options_.max_header_fields = ReadUint32(object, "maxHeaderFields");
  options_.headers_timeout_ms = ReadUint32(object, "headersTimeoutMs");
  options_.body_timeout_ms = ReadUint32(object, "bodyTimeoutMs");
  options_.request_timeout_ms = ReadUint32(object, "requestTimeoutMs");
  options_.send_timeout_ms = ReadUint32(object, "sendTimeoutMs");
  options_.min_rate_bytes_per_s = ReadUint32(object, "minRateBytesPerS");
  options_.max_target_bytes = ReadUint32(object, "maxTargetBytes");
  options_.max_request_body_bytes = ReadBodyLimit(object, "maxRequestBodyBytes");
  options_.max_glitches = ReadUint32(object, "maxGlitches");
  options_.connection_id_packets = ReadUint32(object, "connectionIdPackets");
  options_.disable_pmtud = ReadBoolean(object, "disablePmtud") ? 1 : 0;
  options_.assume_max_udp_payload = ReadBoolean(object, "assumeMaxUdpPayload") ? 1 : 0;
  const auto versions = ReadNumbers<uint32_t>(object, "quicVersions");
  for (size_t i = 0; i < versions.size() && i < PQQ_MAX_QUIC_VERSIONS; i++) {
    options_.quic_versions[i] = versions[i];
  }
  options_.max_requests_per_connection = ReadUint32(object, "maxRequestsPerConnection");
  options_.enable_connect = ReadUint32(object, "enableConnect");
  options_.enable_datagrams = ReadBoolean(object, "datagrams") ? 1 : 0;
  options_.disable_date = ReadBoolean(object, "disableDate") ? 1 : 0;
  if (calls_ != nullptr && ReadBoolean(object, "keyLog")) {
    options_.on_keylog = Calls::OnKeyLog;
    options_.keylog_user_data = calls_.get();
  }
  ReadPolicy(object);
}

void ConfigInput::ReadPolicy(const Napi::Object &object) {
  const auto requirement = [&](const char *name) {
    return static_cast<int32_t>(ReadUint32(object, name));
  };
  const auto flag = [&](const char *name) { return ReadBoolean(object, name) ? 1u : 0u; };
  options_.require_key_exchange = requirement("requireKeyExchange");
  options_.require_authentication = requirement("requireAuthentication");
  options_.require_client_authentication = requirement("requireClientAuthentication");
  options_.disable_velocity = flag("disableVelocity");
  options_.unknown_server_name = requirement("unknownServerName");
  options_.misdirected_requests = requirement("misdirectedRequests");
  options_.retry = static_cast<int32_t>(ReadUint32(object, "retry"));
  options_.handshake_cpu_ms = ReadUint32(object, "handshakeCpuMs");
  options_.connections_per_address = ReadUint32(object, "connectionsPerAddress");
  options_.pin_lifetime_s = ReadUint32(object, "pinLifetimeS");
  options_.disable_certificate_compression = flag("disableCertificateCompression");
  options_.disable_first_flight_repeat = flag("disableFirstFlightRepeat");
  options_.require_related_certificate = flag("requireRelatedCertificate");
  ciphers_ = ReadNumbers<uint16_t>(object, "ciphers");
  options_.ciphers = ciphers_.data();
  options_.cipher_count = ciphers_.size();
  signature_schemes_ = ReadNumbers<uint16_t>(object, "signatureSchemes");
  options_.signature_schemes = signature_schemes_.data();
  options_.signature_scheme_count = signature_schemes_.size();
  profiles_ = ReadNumbers<int32_t>(object, "profiles");
  options_.profiles = profiles_.data();
  options_.profile_count = profiles_.size();
}

pqq_status ConfigInput::Make(pqq_config **config) {
  const pqq_status status = pqq_config_new(&options_, config);
  if (status == PQQ_OK) {
    for (std::unique_ptr<Calls::Slot> &slot : slots_) {
      static_cast<void>(slot.release());
    }
  }
  slots_.clear();
  return status;
}

// {signer: number, signerTimeoutMs, signerMaxPending}
const pqq_signer *ConfigInput::ReadSigner(const Napi::Object &object) {
  if (!object.Get("signer").IsNumber()) {
    return nullptr;
  }
  pqq_signer &signer = signers_.emplace_back();
  pqq_signer_init(&signer, sizeof signer);
  signer.timeout_ms = ReadUint32(object, "signerTimeoutMs");
  signer.max_pending = ReadUint32(object, "signerMaxPending");
  if (calls_ != nullptr) {
    slots_.push_back(calls_->MakeSigner(ReadUint32(object, "signer"), &signer));
  } else {
    signer.sign = [](void *, const pqq_sign_info *, pqq_sign_request *request) {
      pqq_sign_fail(request, "this configuration signs nothing");
    };
  }
  return &signer;
}

const char *ConfigInput::Keep(std::string text) {
  if (text.empty()) {
    return nullptr;
  }
  texts_.push_back(std::move(text));
  return texts_.back().c_str();
}

const std::vector<pqq_identity_source> &ConfigInput::ReadIdentities(const Napi::Value &value) {
  std::vector<pqq_identity_source> &sources = identities_.emplace_back();
  if (!value.IsArray()) {
    return sources;
  }
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value item = array.Get(i);
    if (!item.IsObject()) {
      continue;
    }
    const auto object = item.As<Napi::Object>();
    pqq_identity_source source{};
    source.cert_pem = ReadBytes(object, "certPem");
    source.key_pem = ReadBytes(object, "keyPem");
    source.cert_file = Keep(ReadString(object, "certFile"));
    source.key_file = Keep(ReadString(object, "keyFile"));
    source.passphrase = ReadBytes(object, "passphrase");
    source.signer = ReadSigner(object);
    sources.push_back(source);
  }
  return sources;
}

void ConfigInput::ReadSites(const Napi::Value &value) {
  if (!value.IsArray()) {
    return;
  }
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    const auto object = array.Get(i).As<Napi::Object>();
    std::vector<const char *> &names = names_.emplace_back();
    for (std::string &name : ReadStrings(object.Get("names"))) {
      names.push_back(Keep(std::move(name)));
    }
    const auto &identities = ReadIdentities(object.Get("identities"));
    sites_.push_back({names.data(), names.size(), identities.data(), identities.size()});
  }
  options_.sites = sites_.data();
  options_.site_count = sites_.size();
}

DriverInput::DriverInput(const Napi::Object &object, const Folders &folders) {
  pqq_driver_options_init(&options_, sizeof options_);
  options_.is_server = ReadBoolean(object, "isServer") ? 1 : 0;
  hosts_ = ReadStrings(object.Get("hosts"));
  for (const std::string &host : hosts_) {
    host_pointers_.push_back(host.c_str());
  }
  options_.hosts = host_pointers_.empty() ? nullptr : host_pointers_.data();
  options_.host_count = host_pointers_.size();
  options_.port = static_cast<uint16_t>(ReadUint32(object, "port"));
  handover_path_ = ReadString(object, "handoverPath");
  options_.handover_path = handover_path_.empty() ? nullptr : handover_path_.c_str();
  const pqq_bytes key = ReadBytes(object, "statelessKey");
  if (key.len == sizeof options_.key) {
    std::memcpy(options_.key, key.data, sizeof options_.key);
  }
  const uint32_t workers = ReadUint32(object, "workers");
  if (workers > 0) {
    options_.workers = workers;
  }
  if (object.Get("signingThreads").IsNumber()) {
    const uint32_t threads = ReadUint32(object, "signingThreads");
    options_.signing_threads = threads > 0 ? threads : PQQ_SIGNING_THREADS_NONE;
  }
  options_.disable_offload = ReadBoolean(object, "disableOffload") ? 1 : 0;
  for (const uint32_t number : ReadNumbers<uint32_t>(object, "folders")) {
    files_.push_back(folders.At(number));
  }
  options_.files = files_.data();
  options_.file_count = files_.size();
  options_.report_files = ReadBoolean(object, "reportFiles") ? 1 : 0;
}

} // namespace velo
