/* SPDX-License-Identifier: MIT */
#include "quic/versions.h"

#include <string.h>

/* Header form, fixed bit left out because it may be greased (RFC 9287), and packet type. */
#define LONG_HEADER_TYPE_MASK 0xb0
#define INITIAL_V1 0x80
#define INITIAL_V2 0x90

static const uint32_t default_versions[] = {PQQ_QUIC_V1, PQQ_QUIC_V2};

int pqq__versions_are_preferred(const pqq_config_options *options) {
  return options->quic_versions[0] != 0;
}

size_t pqq__versions_of(const pqq_config_options *options,
                        uint32_t versions[PQQ_MAX_QUIC_VERSIONS]) {
  size_t count = 0;

  if (!pqq__versions_are_preferred(options)) {
    memcpy(versions, default_versions, sizeof default_versions);
    return sizeof default_versions / sizeof default_versions[0];
  }
  while (count < PQQ_MAX_QUIC_VERSIONS && options->quic_versions[count] != 0) {
    versions[count] = options->quic_versions[count];
    count++;
  }
  return count;
}

int pqq__version_is_spoken(const pqq_config_options *options, uint32_t version) {
  uint32_t versions[PQQ_MAX_QUIC_VERSIONS];
  size_t count = pqq__versions_of(options, versions);

  for (size_t i = 0; i < count; i++) {
    if (versions[i] == version) {
      return 1;
    }
  }
  return 0;
}

uint32_t pqq__version_reserved(uint32_t random) {
  return (random & 0xf0f0f0f0u) | 0x0a0a0a0au;
}

int pqq__is_initial(const uint8_t *data, size_t len) {
  uint32_t version;

  if (len < 5) {
    return 0;
  }
  version = (uint32_t)data[1] << 24 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 | data[4];
  return (data[0] & LONG_HEADER_TYPE_MASK) == (version == PQQ_QUIC_V2 ? INITIAL_V2 : INITIAL_V1);
}
