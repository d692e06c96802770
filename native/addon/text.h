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
