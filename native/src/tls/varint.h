/* SPDX-License-Identifier: MIT */
/* Variable-length integers of QUIC (RFC 9000 section 16). */
#ifndef PQQ__TLS_VARINT_H
#define PQQ__TLS_VARINT_H

#include <openssl/bytestring.h>

static inline int pqq__varint_get(CBS *in, uint64_t *value) {
  uint8_t byte;
  size_t more;

  if (!CBS_get_u8(in, &byte)) {
    return 0;
  }
  more = ((size_t)1 << (byte >> 6)) - 1;
  *value = byte & 0x3f;
  for (; more > 0; more--) {
    if (!CBS_get_u8(in, &byte)) {
      return 0;
    }
    *value = *value << 8 | byte;
  }
  return 1;
}

/* In the shortest form. `value` is below 2^62. */
static inline int pqq__varint_put(CBB *out, uint64_t value) {
  if (value < 0x40) {
    return CBB_add_u8(out, (uint8_t)value);
  }
  if (value < 0x4000) {
    return CBB_add_u16(out, (uint16_t)(0x4000 | value));
  }
  return value < 0x40000000 ? CBB_add_u32(out, (uint32_t)(0x80000000u | value))
                            : CBB_add_u64(out, 0xc000000000000000u | value);
}

#endif
