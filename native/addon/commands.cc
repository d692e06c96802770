/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "address.h"
#include "rows.h"
#include "text.h"

namespace velo {
namespace {

pqq_bytes Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// A worker's queue is full only when its thread is far behind. It gets on
// without JavaScript, so waiting for it is safe, and the only way to slow down
// what overwhelms it.
pqq_status SubmitPatiently(pqq_driver *driver, const pqq_command *commands, size_t count) {
  constexpr std::chrono::milliseconds kPause(1);
  constexpr int kMaxPauses = 10000;
  pqq_status status = pqq_driver_submit(driver, commands, count);
  for (int i = 0; i < kMaxPauses && status == PQQ_ERR_LIMIT; i++) {
    std::this_thread::sleep_for(kPause);
    status = pqq_driver_submit(driver, commands, count);
  }
  return status;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Tokens cross as text because a text ends its fields with NUL.
bool ReadHex(std::string_view text, std::string *bytes) {
  if (text.size() % 2 != 0) {
    return false;
  }
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    bytes->push_back(static_cast<char>(high << 4 | low));
  }
  return true;
}

bool HasToken(uint32_t type) {
  return type == PQQ_COMMAND_CONNECT || type == PQQ_COMMAND_REQUEST;
}

} // namespace

CommandReader::CommandReader(const uint32_t *rows, uint32_t row_count, const uint8_t *blob,
                             size_t blob_bytes, const Folders *folders)
    : rows_(rows), row_count_(row_count), blob_(blob), blob_bytes_(blob_bytes), folders_(folders) {}

pqq_status CommandReader::Submit(DriverHost *host, uint32_t count, Napi::Value arrays) {
  if (host->driver() == nullptr || count > row_count_) {
    return PQQ_ERR_STATE;
  }
  size_t header_count = 0;
  for (uint32_t i = 0; i < count; i++) {
    header_count += rows_[i * kCommandWords + kCommandHeaderCount];
  }
  commands_.clear();
  headers_.clear();
  headers_.reserve(header_count);
  bodies_.clear();
  bodies_.reserve(count);
  connects_.clear();
  connects_.reserve(count);
  server_names_.clear();
  server_names_.reserve(count);
  address_tokens_.clear();
  address_tokens_.reserve(count);
  for (uint32_t i = 0; i < count; i++) {
    Read(host, rows_ + static_cast<size_t>(i) * kCommandWords, arrays);
  }
  return commands_.empty() ? PQQ_OK
                           : SubmitPatiently(host->driver(), commands_.data(), commands_.size());
}

void CommandReader::Read(DriverHost *host, const uint32_t *row, const Napi::Value &arrays) {
  pqq_command command{};
  const uint32_t type = row[kCommandType] & 0xff;
  command.type = static_cast<int32_t>(type);
  command.flags = row[kCommandType] >> 8 & 0xff;
  command.id = static_cast<uint64_t>(row[kCommandIdHigh]) << 32 | row[kCommandIdLow];
  command.token = row[kCommandA];
  command.wire_code = row[kCommandA];
  command.bytes = row[kCommandA];
  command.priority = {row[kCommandA], static_cast<int32_t>(row[kCommandStatus])};
  command.http_status = static_cast<int32_t>(row[kCommandStatus]);
  if (type == PQQ_COMMAND_FILE) {
    command.files = folders_->At(row[kCommandStatus]);
  }
  const uint64_t failure_id =
      HasToken(type) ? static_cast<uint64_t>(row[kCommandA]) << 32 : command.id;
  command.tag = DriverHost::Tag(type, failure_id);

  const uint32_t offset = row[kCommandTextOffset];
  const uint32_t bytes = row[kCommandTextBytes];
  if (offset > blob_bytes_ || bytes > blob_bytes_ - offset) {
    host->AddFailure(type, failure_id, PQQ_ERR_INVALID_ARG);
    return;
  }
  const std::string_view text(reinterpret_cast<const char *>(blob_) + offset, bytes);
  if (type == PQQ_COMMAND_CONNECT) {
    if (!ReadConnect(text, row)) {
      host->AddFailure(type, failure_id, PQQ_ERR_INVALID_ARG);
      return;
    }
    command.connect = &connects_.back();
  } else if (row[kCommandHeaderCount] > 0) {
    command.headers = headers_.data() + headers_.size();
    if (!ReadHeaders(text, row[kCommandHeaderCount])) {
      host->AddFailure(type, failure_id, PQQ_ERR_HEADER_INVALID);
      return;
    }
    command.header_count = row[kCommandHeaderCount];
  }
  if (row[kCommandType] >> 16 != kBodyNone) {
    if (!ReadBody(row, arrays)) {
      host->AddFailure(type, failure_id, PQQ_ERR_INVALID_ARG);
      return;
    }
    command.body = &bodies_.back();
  }
  commands_.push_back(command);
}

// A NUL inside a name or value would make one field two: the count tells.
bool CommandReader::ReadHeaders(std::string_view text, uint32_t expected) {
  TextReader reader(text);
  for (uint32_t i = 0; i < expected; i++) {
    std::string_view name;
    std::string_view value;
    if (!reader.Next(&name) || !reader.Next(&value)) {
      return false;
    }
    headers_.push_back({Bytes(name), Bytes(value), 0, 0});
  }
  return reader.is_done();
}

// IP literal, port, server name, address validation token in hexadecimal digits.
bool CommandReader::ReadConnect(std::string_view text, const uint32_t *row) {
  TextReader reader(text);
  std::string_view host;
  std::string_view port_text;
  std::string_view server_name;
  std::string_view token_text;
  std::string address_token;
  if (!reader.Next(&host) || !reader.Next(&port_text) || !reader.Next(&server_name) ||
      !reader.Next(&token_text) || !ReadHex(token_text, &address_token)) {
    return false;
  }
  uint16_t port = 0;
  const auto parsed = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  pqq_connect_options options{};
  options.struct_size = sizeof options;
  options.token = row[kCommandA];
  options.require_key_exchange = static_cast<int32_t>(row[kCommandRequireKeyExchange]);
  options.require_authentication = static_cast<int32_t>(row[kCommandRequireAuthentication]);
  options.expected_flight_bytes = row[kCommandFlightBytes];
  if (parsed.ec != std::errc() || !ParseAddress(std::string(host), port, &options.remote)) {
    return false;
  }
  server_names_.emplace_back(server_name);
  options.server_name = server_names_.back().c_str();
  address_tokens_.push_back(std::move(address_token));
  options.address_token = Bytes(address_tokens_.back());
  connects_.push_back(options);
  return true;
}

bool CommandReader::ReadBody(const uint32_t *row, const Napi::Value &arrays) {
  pqq_body body{};
  if (row[kCommandType] >> 16 == kBodyBlob) {
    const uint32_t offset = row[kCommandBodyOffset];
    const uint32_t bytes = row[kCommandBodyBytes];
    if (offset > blob_bytes_ || bytes > blob_bytes_ - offset) {
      return false;
    }
    body.data = {blob_ + offset, bytes};
  } else {
    if (!arrays.IsArray()) {
      return false;
    }
    const Napi::Value item = arrays.As<Napi::Array>().Get(row[kCommandBodyOffset]);
    if (!item.IsTypedArray()) {
      return false;
    }
    const auto view = item.As<Napi::Uint8Array>();
    body.data = {view.Data(), view.ByteLength()};
  }
  bodies_.push_back(body);
  return true;
}

} // namespace velo
