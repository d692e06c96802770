/* SPDX-License-Identifier: MIT */
#include "http3/library.h"

#include <nghttp3/nghttp3.h>

const char *pqq__http3_library_version(void) {
  return nghttp3_version(0)->version_str;
}
