/* SPDX-License-Identifier: MIT */
#include "event_text.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "text.h"

namespace velo {
namespace {

bool IsPseudo(const pqq_header &header) {
  return header.name.len > 0 && header.name.data[0] == ':';
}

std::string_view Pseudo(const pqq_event &event, std::string_view name) {
  for (size_t i = 0; i < event.header_count && IsPseudo(event.headers[i]); i++) {
    if (View(event.headers[i].name) == name) {
      return View(event.headers[i].value);
    }
  }
  return {};
}

// RFC 9114 section 4.3.1: a request may have host instead of :authority.
std::string_view Authority(const pqq_event &event) {
  const std::string_view authority = Pseudo(event, ":authority");
  for (size_t i = 0; authority.data() == nullptr && i < event.header_count; i++) {
    if (View(event.headers[i].name) == "host") {
      return View(event.headers[i].value);
    }
  }
  return authority;
}

void WriteFields(const pqq_event &event, TextWriter *writer) {
  for (size_t i = 0; i < event.header_count; i++) {
    if (!IsPseudo(event.headers[i])) {
      writer->Field(View(event.headers[i].name));
      writer->Field(View(event.headers[i].value));
    }
  }
}

void WriteAddress(const pqq_address &address, TextWriter *writer) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family != 0) {
    inet_ntop(address.family == 6 ? AF_INET6 : AF_INET, address.ip, text, sizeof text);
  }
  writer->Field(text);
  writer->Number(address.port);
}

std::string_view OrEmpty(const char *text) {
  return text == nullptr ? std::string_view() : text;
}

std::string Numbers(const uint16_t *values, uint32_t count) {
  std::string text;
  for (uint32_t i = 0; i < std::min<uint32_t>(count, PQQ_MAX_OFFERED); i++) {
    text += (i > 0 ? " " : "") + std::to_string(values[i]);
  }
  return text;
}

size_t ChainLength(size_t count) {
  return std::min<size_t>(count, PQQ_MAX_CHAIN);
}

// How many, then algorithm, issuer's algorithm and size of each.
void WriteChain(const pqq_certificate_info *chain, size_t count, TextWriter *writer) {
  writer->Number(ChainLength(count));
  for (size_t i = 0; i < ChainLength(count); i++) {
    writer->Field(OrEmpty(chain[i].algorithm));
    writer->Field(OrEmpty(chain[i].signed_with));
    writer->Number(chain[i].der.len);
  }
}

// As WriteChain, then the leaf.
void WriteClientChain(const pqq_connection_info &info, const pqq_certificate_info *chain,
                      size_t count, TextWriter *writer) {
  WriteChain(chain, count, writer);
  if (info.is_server && count > 0) {
    writer->Base64(View(chain[0].der));
  } else {
    writer->Field({});
  }
}

} // namespace

size_t HeaderTextBytes(const pqq_event &event) {
  size_t bytes = 0;
  for (size_t i = 0; i < event.header_count; i++) {
    bytes +=
        event.headers[i].name.len + event.headers[i].value.len + 2 * TextWriter::kFieldOverhead;
  }
  return bytes;
}

// Five pseudo-header fields that may be missing cost a separator each, and host
// may be there twice.
size_t RequestTextBytes(const pqq_event &event) {
  return HeaderTextBytes(event) + Authority(event).size() + 5 * TextWriter::kFieldOverhead;
}

size_t WriteRequestText(const pqq_event &event, uint8_t *to, size_t capacity) {
  TextWriter writer(to, capacity);
  writer.Field(Pseudo(event, ":method"));
  writer.Field(Pseudo(event, ":scheme"));
  writer.Field(Authority(event));
  writer.Field(Pseudo(event, ":path"));
  writer.Field(Pseudo(event, ":protocol"));
  WriteFields(event, &writer);
  return writer.len();
}

size_t WriteHeaderText(const pqq_event &event, uint8_t *to, size_t capacity) {
  TextWriter writer(to, capacity);
  WriteFields(event, &writer);
  return writer.len();
}

size_t ConnectionTextBytes(const pqq_connection_info &info) {
  size_t bytes = kMaxFactsBytes;
  if (info.is_server && info.client_certificate_count > 0) {
    bytes += TextWriter::Base64Bytes(info.client_certificates[0].der.len);
  }
  if (info.is_server && info.client_classical_certificate_count > 0) {
    bytes += TextWriter::Base64Bytes(info.client_classical_certificates[0].der.len);
  }
  return bytes;
}

size_t WriteConnectionText(const pqq_connection_info &info, uint8_t *to, size_t capacity) {
  TextWriter writer(to, capacity);
  writer.Number(info.is_server ? 1 : 0);
  WriteAddress(info.local, &writer);
  WriteAddress(info.remote, &writer);
  writer.Number(info.quic_version);
  writer.Field(View(info.alpn));
  writer.Field(View(info.server_name));
  writer.Field(OrEmpty(info.group_name));
  writer.Field(OrEmpty(info.cipher_name));
  writer.Field(OrEmpty(info.signature_name));
  writer.Number(info.is_hybrid_key_exchange ? 1 : 0);
  writer.Number(static_cast<uint64_t>(info.authentication));
  writer.Field(info.profile == PQQ_PROFILE_CUSTOM ? "custom"
                                                  : OrEmpty(pqq_profile_name(info.profile)));
  writer.Field(OrEmpty(info.selection_reason));
  writer.Number(info.handshake_ns);
  writer.Number(info.handshake_round_trips);
  writer.Number(info.handshake_bytes_sent);
  writer.Number(info.handshake_bytes_received);
  writer.Number(info.handshake_datagrams_sent);
  writer.Number(info.handshake_datagrams_received);
  writer.Number(info.is_pq_key_exchange ? 1 : 0);
  writer.Field(OrEmpty(info.classical_signature_name));
  writer.Field(OrEmpty(info.downgrade_name));
  writer.Number(static_cast<uint64_t>(info.client_authentication));
  writer.Number(info.pin_lifetime_s);
  writer.Number(info.tls_round_trips);
  writer.Number(info.first_flight_repeats);
  writer.Number(info.certificate_compression);
  writer.Number(info.certificate_bytes);
  writer.Number(info.certificate_wire_bytes);
  writer.Number(info.peer_max_requests);
  writer.Number(static_cast<uint64_t>(info.address_validation));
  WriteChain(info.certificates, info.certificate_count, &writer);
  WriteChain(info.classical_certificates, info.classical_certificate_count, &writer);
  WriteClientChain(info, info.client_certificates, info.client_certificate_count, &writer);
  WriteClientChain(info, info.client_classical_certificates,
                   info.client_classical_certificate_count, &writer);
  return writer.len();
}

size_t WriteCloseText(const pqq_close_info &close, uint8_t *to, size_t capacity) {
  TextWriter writer(to, capacity);
  writer.Number(close.is_remote ? 1 : 0);
  writer.Number(close.is_application ? 1 : 0);
  if (close.tls_alert >= 0) {
    writer.Number(static_cast<uint64_t>(close.tls_alert));
  } else {
    writer.Field({});
  }
  writer.Number(close.wire_code);
  writer.Number(close.group);
  writer.Number(close.signature);
  writer.Number(static_cast<uint64_t>(close.authentication));
  WriteAddress(close.remote, &writer);
  if (close.offer != nullptr) {
    writer.Field(Numbers(close.offer->groups, close.offer->group_count));
    writer.Field(Numbers(close.offer->signature_schemes, close.offer->signature_scheme_count));
    writer.Field(close.offer->protocols);
  } else {
    writer.Field({});
    writer.Field({});
    writer.Field({});
  }
  writer.Field(View(close.reason));
  return writer.len();
}

} // namespace velo
