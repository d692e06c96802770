/* SPDX-License-Identifier: MIT */
/* Texts that cross into JavaScript: fields, and bytes as Base64, within the memory that there is.
 */
#include <string>
#include <vector>

#include "text.h"

extern "C" {
#include "harness.h"
}

namespace {

using velo::TextReader;
using velo::TextWriter;

constexpr size_t kCapacity = 64;

std::string Base64(std::string_view bytes, size_t capacity = kCapacity) {
  std::vector<uint8_t> memory(capacity);
  TextWriter writer(memory.data(), memory.size());
  writer.Base64(bytes);
  return {memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(writer.len())};
}

} // namespace

TEST("Base64 is that of RFC 4648 section 10") {
  const struct {
    const char *bytes;
    const char *text;
  } cases[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};
  for (const auto &one : cases) {
    EXPECT_STR(Base64(one.bytes).c_str(), one.text);
    EXPECT_UINT(TextWriter::Base64Bytes(std::string_view(one.bytes).size()),
                std::string_view(one.text).size());
  }
}

TEST("Base64 takes every byte, also NUL and those above 127") {
  const std::string_view bytes("\x00\x80\xff\xfb", 4);
  EXPECT_STR(Base64(bytes).c_str(), "AID/+w==");
}

TEST("Base64 that does not fit is an empty field") {
  EXPECT_UINT(Base64("foobar", 7).size(), 0);
  EXPECT_UINT(Base64("foobar", 8).size(), 8);
}

TEST("a field behind one that does not fit is where it belongs") {
  uint8_t memory[8];
  TextWriter writer(memory, sizeof memory);
  writer.Field("ab");
  writer.Base64("far too long");
  writer.Number(7);
  TextReader reader({reinterpret_cast<const char *>(memory), writer.len()});
  std::string_view field;
  EXPECT(reader.Next(&field) && field == "ab");
  EXPECT(reader.Next(&field) && field.empty());
  EXPECT(reader.Next(&field) && field == "7");
  EXPECT(reader.is_done());
}
