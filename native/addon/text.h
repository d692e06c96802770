/* SPDX-License-Identifier: MIT */
/* Texts of NUL-separated fields, the form in which header sections and facts
 * cross into JavaScript: one string there, cut up only when somebody looks. */
#ifndef PQQ_ADDON_TEXT_H
#define PQQ_ADDON_TEXT_H

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <pqq/pqq.h>

namespace velo {

inline std::string_view View(pqq_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.data), bytes.len};
}

// TextWriter appends fields to memory of the caller's. A field that does not
// fit is written empty; `kFieldOverhead` is what each costs beside its bytes.
class TextWriter {
public:
  static constexpr size_t kFieldOverhead = 1;

  TextWriter(uint8_t *data, size_t capacity) : data_(data), capacity_(capacity) {}

  void Field(std::string_view text) {
    if (has_field_) {
      Append({"\0", 1});
    }
    has_field_ = true;
    Append(text);
  }

  void Number(uint64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    Field({digits, static_cast<size_t>(end.ptr - digits)});
  }

  static constexpr size_t Base64Bytes(size_t len) {
    return (len + 2) / 3 * 4;
  }

  // A field of any bytes (RFC 4648 section 4).
  void Base64(std::string_view bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    Field({});
    if (Base64Bytes(bytes.size()) > capacity_ - len_) {
      return;
    }
    for (size_t i = 0; i < bytes.size(); i += 3) {
      const size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
      uint32_t group = 0;
      for (size_t k = 0; k < 3; k++) {
        group = group << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0u);
      }
      char digits[4] = {'=', '=', '=', '='};
      for (size_t k = 0; k <= count; k++) {
        digits[k] = kDigits[group >> (18 - 6 * k) & 63];
      }
      Append({digits, sizeof digits});
    }
  }

  size_t len() const {
    return len_;
  }

private:
  void Append(std::string_view text) {
    if (text.size() <= capacity_ - len_ && !text.empty()) {
      memcpy(data_ + len_, text.data(), text.size());
      len_ += text.size();
    }
  }

  uint8_t *const data_;
  const size_t capacity_;
  size_t len_ = 0;
  bool has_field_ = false;
};

// TextReader cuts a text into its fields.
class TextReader {
public:
  explicit TextReader(std::string_view text) : rest_(text) {}

  // False: there is no field left.
  bool Next(std::string_view *field) {
    if (is_done_) {
      return false;
    }
    const size_t end = rest_.find('\0');
    is_done_ = end == std::string_view::npos;
    *field = rest_.substr(0, end);
    rest_.remove_prefix(is_done_ ? rest_.size() : end + 1);
    return true;
  }

  bool is_done() const {
    return is_done_;
  }

private:
  std::string_view rest_;
  bool is_done_ = false;
};

} // namespace velo

#endif
