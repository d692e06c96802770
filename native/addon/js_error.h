/* SPDX-License-Identifier: MIT */
/* A failed libpqq call as a JavaScript error with `status` and `detail`, which
 * lib/errors turns into a typed one. */
#ifndef PQQ_ADDON_JS_ERROR_H
#define PQQ_ADDON_JS_ERROR_H

#include <string>

#include <napi.h>

#include <pqq/pqq.h>

namespace velo {

inline Napi::Error StatusError(Napi::Env env, pqq_status status, const std::string &detail) {
  Napi::Error error = Napi::Error::New(env, pqq_strerror(status));
  error.Value().Set("status", Napi::Number::New(env, status));
  error.Value().Set("detail", Napi::String::New(env, detail));
  return error;
}

inline void ThrowStatus(Napi::Env env, pqq_status status, const std::string &detail) {
  StatusError(env, status, detail).ThrowAsJavaScriptException();
}

} // namespace velo

#endif
