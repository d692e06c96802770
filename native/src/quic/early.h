/* SPDX-License-Identifier: MIT */
/* Datagrams of a ClientHello that came before the one it begins in. A hybrid
 * ClientHello fills two datagrams, which the network may swap and some browsers
 * mix on purpose; ngtcp2 takes a connection only from the first part (it would
 * send a Retry, RFC 9000 section 8.1.2, and cost a round trip). So the others
 * wait here, in a ring that forgets the oldest, until the first one is there. */
#ifndef PQQ__QUIC_EARLY_H
#define PQQ__QUIC_EARLY_H

#include <pqq/engine.h>

#include "core/cidmap.h"
#include "core/limits.h"

typedef struct pqq__early_datagram {
  pqq_address remote;
  uint32_t ecn;
  uint8_t dcid[PQQ__MAX_CID_BYTES];
  size_t dcid_len;
  size_t len;
  uint8_t data[];
} pqq__early_datagram;

typedef struct pqq__early {
  pqq__early_datagram *datagrams[PQQ__MAX_EARLY_DATAGRAMS];
  size_t next;
} pqq__early;

/* Keeps a copy. Too large a datagram, or no memory: it is lost, as it might
 * have been on its way. */
void pqq__early_keep(pqq__early *early, const pqq_address *remote, uint32_t ecn,
                     const uint8_t *dcid, size_t dcid_len, const uint8_t *data, size_t len);

/* Takes out a datagram from that address to that first Destination Connection
 * ID, or NULL. The caller frees it. */
pqq__early_datagram *pqq__early_take(pqq__early *early, const pqq_address *remote,
                                     const uint8_t *dcid, size_t dcid_len);

void pqq__early_deinit(pqq__early *early);

#endif
