/* SPDX-License-Identifier: MIT */
/* A server identity: a certificate chain and the key that belongs to its leaf. */
#ifndef PQQ__TLS_IDENTITY_H
#define PQQ__TLS_IDENTITY_H

#include <openssl/base.h>

#include <pqq/config.h>
#include <pqq/events.h>

#include "tls/compression.h"
#include "tls/names.h"
#include "tls/signing_key.h"

/* Room for what messages call an identity: "sites[4095] (www.example).identities[1]", the name
 * cut where it is long. */
#define PQQ__LABEL_BYTES 112

/* Immutable; owned by the configuration. */
typedef struct pqq__identity {
  pqq__signing_key *key;
  /* Of the key; never NULL. */
  const pqq__signature_scheme *scheme;
  /* Leaf first, as sent. */
  CRYPTO_BUFFER *chain[PQQ_MAX_CHAIN];
  pqq_certificate_info info[PQQ_MAX_CHAIN];
  size_t chain_len;
  /* Of the leaf. */
  pqq__name_list names;
  /* Every certificate of the chain is signed with ML-DSA. */
  int is_chain_pq;
  /* None is. */
  int is_chain_classical;
  int is_development;
  /* The Certificate message, as it is and compressed. */
  pqq__compressed compressed;
} pqq__identity;

/* Loads and checks `source`; `label`, such as "identities[0]", names it in messages if it
 * comes from memory. Errors: PQQ_ERR_CERT_UNREADABLE (also a chain that is out of
 * order or longer than PQQ_MAX_CHAIN), PQQ_ERR_KEY_UNREADABLE,
 * PQQ_ERR_KEY_MISMATCH, PQQ_ERR_KEY_TYPE_UNSUPPORTED, PQQ_ERR_NO_MEMORY; all
 * but the last with a detail. */
pqq_status pqq__identity_load(const pqq_identity_source *source, const char *label,
                              pqq__identity *identity);

/* Frees what the identity holds. A zeroed identity is fine. */
void pqq__identity_clear(pqq__identity *identity);

#endif
