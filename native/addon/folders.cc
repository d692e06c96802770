/* SPDX-License-Identifier: MIT */
#include "folders.h"

#include "js_options.h"

namespace velo {

Folders::~Folders() {
  for (pqq_files *files : files_) {
    pqq_files_unref(files);
  }
}

// Always made anew, so that a folder that is gone by now is an error.
pqq_status Folders::Open(const Napi::Object &object, uint32_t *number) {
  const std::string root = ReadString(object, "root");
  const std::string prefix = ReadString(object, "prefix");
  const std::string index = ReadString(object, "index");
  const std::string cache_control = ReadString(object, "cacheControl");
  pqq_files_options options;
  pqq_files_options_init(&options, sizeof options);
  options.root = root.c_str();
  options.prefix = prefix.c_str();
  options.index = index.c_str();
  options.cache_control = cache_control.c_str();
  options.links = static_cast<int32_t>(ReadUint32(object, "links"));
  options.flags = ReadUint32(object, "flags");
  pqq_files *files = nullptr;
  const pqq_status status = pqq_files_new(&options, &files);
  if (status != PQQ_OK) {
    return status;
  }
  // No option has a NUL in it: they were C strings for pqq_files_new.
  std::string key;
  for (const std::string *text : {&root, &prefix, &index, &cache_control}) {
    key.append(text->c_str()).push_back('\0');
  }
  key += std::to_string(options.links) + ' ' + std::to_string(options.flags);
  const auto [entry, is_new] = numbers_.emplace(key, static_cast<uint32_t>(files_.size()));
  if (is_new) {
    files_.push_back(files);
  } else {
    pqq_files_unref(files);
  }
  *number = entry->second;
  return PQQ_OK;
}

} // namespace velo
