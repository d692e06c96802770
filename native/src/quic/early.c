/* SPDX-License-Identifier: MIT */
#include "quic/early.h"

#include <stdlib.h>
#include <string.h>

#include "quic/path.h"

void pqq__early_keep(pqq__early *early, const pqq_address *remote, uint32_t ecn,
                     const uint8_t *dcid, size_t dcid_len, const uint8_t *data, size_t len) {
  pqq__early_datagram **slot = &early->datagrams[early->next];
  pqq__early_datagram *kept;

  if (len > PQQ__MAX_EARLY_BYTES || dcid_len > PQQ__MAX_CID_BYTES ||
      !(kept = malloc(sizeof *kept + len))) {
    return;
  }
  *kept = (pqq__early_datagram){.remote = *remote, .ecn = ecn, .dcid_len = dcid_len, .len = len};
  memcpy(kept->dcid, dcid, dcid_len);
  memcpy(kept->data, data, len);
  free(*slot);
  *slot = kept;
  early->next = (early->next + 1) % PQQ__MAX_EARLY_DATAGRAMS;
}

pqq__early_datagram *pqq__early_take(pqq__early *early, const pqq_address *remote,
                                     const uint8_t *dcid, size_t dcid_len) {
  for (size_t i = 0; i < PQQ__MAX_EARLY_DATAGRAMS; i++) {
    pqq__early_datagram *kept = early->datagrams[i];

    if (kept && kept->dcid_len == dcid_len && memcmp(kept->dcid, dcid, dcid_len) == 0 &&
        pqq__path_is_same_address(&kept->remote, remote)) {
      early->datagrams[i] = NULL;
      return kept;
    }
  }
  return NULL;
}

void pqq__early_deinit(pqq__early *early) {
  for (size_t i = 0; i < PQQ__MAX_EARLY_DATAGRAMS; i++) {
    free(early->datagrams[i]);
  }
  *early = (pqq__early){.next = 0};
}
