/* SPDX-License-Identifier: MIT */
/* pqq_address to the socket addresses that ngtcp2 compares and copies. */
#ifndef PQQ__QUIC_PATH_H
#define PQQ__QUIC_PATH_H

#include <ngtcp2/ngtcp2.h>

#include <pqq/types.h>

/* Makes `storage` the path between the two addresses. */
void pqq__path_set(ngtcp2_path_storage *storage, const pqq_address *local,
                   const pqq_address *remote);

/* The other way, for one end. */
void pqq__path_address(pqq_address *address, const ngtcp2_addr *end);

int pqq__path_is_same_address(const pqq_address *a, const pqq_address *b);

#endif
