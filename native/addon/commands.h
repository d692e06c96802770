/* SPDX-License-Identifier: MIT */
/* CommandReader turns the rows that JavaScript wrote (rows.h) into pqq_command
 * structs and submits them in one call. JavaScript thread. */
#ifndef PQQ_ADDON_COMMANDS_H
#define PQQ_ADDON_COMMANDS_H

#include <string>
#include <string_view>
#include <vector>

#include <napi.h>

#include <pqq/pqq.h>

#include "driver_host.h"
#include "folders.h"

namespace velo {

class CommandReader {
public:
  // `folders` outlives the reader.
  CommandReader(const uint32_t *rows, uint32_t row_count, const uint8_t *blob, size_t blob_bytes,
                const Folders *folders);

  // Submits the first `count` rows. `arrays` holds the bodies with kBodyArray,
  // or is undefined. What cannot be read becomes a Failure of that command.
  pqq_status Submit(DriverHost *host, uint32_t count, Napi::Value arrays);

private:
  void Read(DriverHost *host, const uint32_t *row, const Napi::Value &arrays);
  bool ReadHeaders(std::string_view text, uint32_t expected);
  bool ReadConnect(std::string_view text, const uint32_t *row);
  bool ReadBody(const uint32_t *row, const Napi::Value &arrays);

  const uint32_t *const rows_;
  const uint32_t row_count_;
  const uint8_t *const blob_;
  const size_t blob_bytes_;
  const Folders *const folders_;

  // Kept from call to call so that a submit does not allocate. Sized before
  // they are filled: commands point into them.
  std::vector<pqq_command> commands_;
  std::vector<pqq_header> headers_;
  std::vector<pqq_body> bodies_;
  std::vector<pqq_connect_options> connects_;
  std::vector<std::string> server_names_;
  std::vector<std::string> address_tokens_;
};

} // namespace velo

#endif
