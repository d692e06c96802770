/* SPDX-License-Identifier: MIT */
/* Reads the options objects that lib/internal/native.ts declares. lib/config
 * has checked them: what has the wrong type here is left at its default, and
 * libpqq checks all ranges again. */
#ifndef PQQ_ADDON_JS_OPTIONS_H
#define PQQ_ADDON_JS_OPTIONS_H

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <napi.h>

#include <pqq/pqq.h>

#include "calls.h"
#include "folders.h"

namespace velo {

// ConfigInput is pqq_config_options read from JavaScript. It borrows the bytes
// of the Uint8Arrays in it, so it must not outlive the native call. Signers and the key log go to
// `calls`; without it, for a configuration that signs nothing, to nobody.
class ConfigInput {
public:
  ConfigInput(const Napi::Object &object, std::shared_ptr<Calls> calls);
  // Makes the configuration, which then owns its signers.
  pqq_status Make(pqq_config **config);

private:
  // Those of a list, with their place in identities_.
  const std::vector<pqq_identity_source> &ReadIdentities(const Napi::Value &value);
  const char *Keep(std::string text);
  const pqq_signer *ReadSigner(const Napi::Object &object);
  void ReadSites(const Napi::Value &value);
  void ReadPolicy(const Napi::Object &object);

  pqq_config_options options_;
  const std::shared_ptr<Calls> calls_;
  std::deque<pqq_signer> signers_;
  std::vector<std::unique_ptr<Calls::Slot>> slots_;
  // Of `identities`, then of each site; what is pointed to is in deques, which do not move it.
  std::deque<std::vector<pqq_identity_source>> identities_;
  std::deque<std::string> texts_;
  std::deque<std::vector<const char *>> names_;
  std::vector<pqq_site_source> sites_;
  std::vector<uint16_t> groups_;
  std::vector<uint16_t> ciphers_;
  std::vector<uint16_t> signature_schemes_;
  std::vector<int32_t> profiles_;
  std::string ca_file_;
};

// DriverInput is pqq_driver_options read from JavaScript.
class DriverInput {
public:
  DriverInput(const Napi::Object &object, const Folders &folders);
  const pqq_driver_options &options() const {
    return options_;
  }

private:
  pqq_driver_options options_;
  std::vector<std::string> hosts_;
  std::string handover_path_;
  std::vector<const char *> host_pointers_;
  std::vector<pqq_files *> files_;
};

// A string, empty if it is none.
std::string ReadString(const Napi::Object &object, const char *name);

// A number, 0 if it is none.
uint32_t ReadUint32(const Napi::Object &object, const char *name);

// A list of numbers; empty if it is none.
template <typename Number>
std::vector<Number> ReadNumbers(const Napi::Object &object, const char *name) {
  std::vector<Number> numbers;
  const Napi::Value value = object.Get(name);
  if (value.IsArray()) {
    const auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) {
      numbers.push_back(static_cast<Number>(array.Get(i).As<Napi::Number>().Uint32Value()));
    }
  }
  return numbers;
}

// A list of strings; what is not a string is left out.
std::vector<std::string> ReadStrings(const Napi::Value &value);

} // namespace velo

#endif
