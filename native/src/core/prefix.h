/* SPDX-License-Identifier: MIT */
/* Prefixes of IP addresses in one form each: IPv4 as IPv4 also where it comes
 * mapped into IPv6 (RFC 4291 section 2.5.5.2), and nothing set below the
 * prefix. So two prefixes are the same network if their bytes are the same. */
#ifndef PQQ__CORE_PREFIX_H
#define PQQ__CORE_PREFIX_H

#include <pqq/types.h>

/* Family, bits, address. */
#define PQQ__PREFIX_KEY_BYTES 18

/* The address in that form, without port and scope; family 0 stays 0. */
pqq_address pqq__address_plain(const pqq_address *address);

/* Bits of a whole address: 32 or 128; 0 for a family that is neither 4 nor 6. */
uint32_t pqq__address_bits(const pqq_address *address);

/* The network of `bits` that a plain address is in, as bytes to compare and to hash. */
void pqq__prefix_key(const pqq_address *plain, uint32_t bits, uint8_t key[PQQ__PREFIX_KEY_BYTES]);

/* Brings `prefix` into the form above. 0, or -1 if it is none: no such family,
 * more bits than the address has, or bits set below the prefix. */
int pqq__prefix_plain(const pqq_prefix *prefix, pqq_prefix *plain);

#endif
