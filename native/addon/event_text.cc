/* SPDX-License-Identifier: MIT */
#include "event_text.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>

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

} // namespace

size_t HeaderTextBytes(const pqq_event &event) {
  size_t bytes = 0;
  for (size_t i = 0; i < event.header_count; i++) {
    bytes +=
        event.headers[i].name.len + event.headers[i].value.len + 2 * TextWriter::kFieldOverhead;
  }
  return bytes;
}

// Four pseudo-header fields that may be missing cost a separator each.
size_t RequestTextBytes(const pqq_event &event) {
  return HeaderTextBytes(event) + 4 * TextWriter::kFieldOverhead;
}

size_t WriteRequestText(const pqq_event &event, uint8_t *to, size_t capacity) {
  TextWriter writer(to, capacity);
  writer.Field(Pseudo(event, ":method"));
  writer.Field(Pseudo(event, ":scheme"));
  writer.Field(Pseudo(event, ":authority"));
  writer.Field(Pseudo(event, ":path"));
  WriteFields(event, &writer);
  return writer.len();
}

size_t WriteHeaderText(const pqq_event &event, uint8_t *to, size_t capacity) {
  TextWriter writer(to, capacity);
  WriteFields(event, &writer);
  return writer.len();
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
  writer.Field(OrEmpty(pqq_profile_name(info.profile)));
  writer.Field(OrEmpty(info.selection_reason));
  writer.Number(info.handshake_ns);
  writer.Number(info.handshake_round_trips);
  writer.Number(info.handshake_bytes_sent);
  writer.Number(info.handshake_bytes_received);
  writer.Number(info.handshake_datagrams_sent);
  writer.Number(info.handshake_datagrams_received);
  for (size_t i = 0; i < std::min<size_t>(info.certificate_count, PQQ_MAX_CHAIN); i++) {
    writer.Field(OrEmpty(info.certificates[i].algorithm));
    writer.Field(OrEmpty(info.certificates[i].signed_with));
    writer.Number(info.certificates[i].der.len);
  }
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
  writer.Field(View(close.reason));
  return writer.len();
}

} // namespace velo
