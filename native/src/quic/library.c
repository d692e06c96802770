/* SPDX-License-Identifier: MIT */
#include "quic/library.h"

#include <ngtcp2/ngtcp2.h>

const char *pqq__quic_library_version(void) {
  return ngtcp2_version(0)->version_str;
}
