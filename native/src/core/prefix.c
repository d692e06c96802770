/* SPDX-License-Identifier: MIT */
#include "core/prefix.h"

#include <string.h>

#define IPV4_BITS 32u
#define IPV6_BITS 128u
#define MAPPED_BITS 96u

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static int is_mapped(const pqq_address *address) {
  return address->family == 6 && memcmp(address->ip, mapped, sizeof mapped) == 0;
}

pqq_address pqq__address_plain(const pqq_address *address) {
  pqq_address plain = {.family = address->family};

  if (is_mapped(address)) {
    plain.family = 4;
    memcpy(plain.ip, address->ip + sizeof mapped, 4);
  } else if (address->family == 4) {
    memcpy(plain.ip, address->ip, 4);
  } else {
    memcpy(plain.ip, address->ip, sizeof plain.ip);
  }
  return plain;
}

uint32_t pqq__address_bits(const pqq_address *address) {
  switch (address->family) {
  case 4:
    return IPV4_BITS;
  case 6:
    return IPV6_BITS;
  default:
    return 0;
  }
}

static void clear_below(uint8_t ip[16], uint32_t bits) {
  uint32_t whole = bits / 8;

  if (whole == 16) {
    return;
  }
  ip[whole] &= (uint8_t)(0xff00u >> (bits % 8));
  memset(ip + whole + 1, 0, 15 - whole);
}

void pqq__prefix_key(const pqq_address *plain, uint32_t bits, uint8_t key[PQQ__PREFIX_KEY_BYTES]) {
  key[0] = (uint8_t)plain->family;
  key[1] = (uint8_t)bits;
  memcpy(key + 2, plain->ip, sizeof plain->ip);
  clear_below(key + 2, bits);
}

int pqq__prefix_plain(const pqq_prefix *prefix, pqq_prefix *plain) {
  pqq_prefix made = {.address = prefix->address, .bits = prefix->bits};
  uint8_t cleared[16];

  made.address.port = 0;
  made.address.scope_id = 0;
  if (made.bits > pqq__address_bits(&made.address) || pqq__address_bits(&made.address) == 0) {
    return -1;
  }
  if (is_mapped(&made.address) && made.bits >= MAPPED_BITS) {
    made.address = pqq__address_plain(&made.address);
    made.bits -= MAPPED_BITS;
  } else if (made.address.family == 4) {
    memset(made.address.ip + 4, 0, sizeof made.address.ip - 4);
  }
  memcpy(cleared, made.address.ip, sizeof cleared);
  clear_below(cleared, made.bits);
  if (memcmp(cleared, made.address.ip, sizeof cleared) != 0) {
    return -1;
  }
  *plain = made;
  return 0;
}
