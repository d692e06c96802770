/* SPDX-License-Identifier: MIT */
/* The folders that JavaScript has opened, by number. They are kept until the
 * environment ends: commands under way may name them. The same options have the
 * same number, so there are as many as a program has folders. */
#ifndef PQQ_ADDON_FOLDERS_H
#define PQQ_ADDON_FOLDERS_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <napi.h>

#include <pqq/pqq.h>

namespace velo {

class Folders {
public:
  Folders() = default;
  ~Folders();
  Folders(const Folders &) = delete;
  Folders &operator=(const Folders &) = delete;

  // Reads {root, prefix, index, cacheControl, links, flags}. Errors: those of
  // pqq_files_new.
  pqq_status Open(const Napi::Object &object, uint32_t *number);

  // nullptr if there is none of that number.
  pqq_files *At(uint32_t number) const {
    return number < files_.size() ? files_[number] : nullptr;
  }

private:
  std::vector<pqq_files *> files_;
  std::map<std::string, uint32_t> numbers_;
};

} // namespace velo

#endif
