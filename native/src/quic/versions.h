/* SPDX-License-Identifier: MIT */
/* The QUIC versions of a configuration (RFC 9000, RFC 9369), and what differs
 * between them on the wire outside of ngtcp2. */
#ifndef PQQ__QUIC_VERSIONS_H
#define PQQ__QUIC_VERSIONS_H

#include <pqq/config.h>

/* Those that are spoken, most preferred first; their number. */
size_t pqq__versions_of(const pqq_config_options *options,
                        uint32_t versions[PQQ_MAX_QUIC_VERSIONS]);
/* Whether the order was chosen, and is not only the default. */
int pqq__versions_are_preferred(const pqq_config_options *options);
int pqq__version_is_spoken(const pqq_config_options *options, uint32_t version);

/* A reserved version, which a Version Negotiation packet names beside the real
 * ones so that clients learn to ignore what they do not know (RFC 9000 section
 * 6.3). `random` chooses which. */
uint32_t pqq__version_reserved(uint32_t random);

/* Whether a datagram begins with an Initial packet, whose type has other bits in
 * version 2 (RFC 9369 section 3.2). */
int pqq__is_initial(const uint8_t *data, size_t len);

#endif
