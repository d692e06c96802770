/* SPDX-License-Identifier: MIT */
/* Judging the proofs of velocity/1: structure, connection, scheme, chain,
 * signature, in this order (spec/hybrid-authentication.md). */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pool.h>
#include <openssl/ssl.h>

#include "tls/internal.h"
#include "tls/velocity.h"

pqq_status pqq__proof_fail(pqq__tls_session *session, pqq_status status, const char *text) {
  pqq__tls_session_fail(session, status, "%s", text);
  return status;
}

/* --- Judging --------------------------------------------------------------- */

static int offered(const pqq__tls_session *session, uint16_t id) {
  return session->is_server ||
         pqq__list_has(session->config->schemes, session->config->scheme_count, id);
}

static pqq_status check_scheme(pqq__tls_session *session, uint16_t id, pqq__proof_kind kind) {
  const pqq__signature_scheme *scheme = pqq__signature_scheme_find(id);

  if (scheme == NULL || !scheme->can_prove || !offered(session, id) ||
      !(kind & (scheme->is_pq ? PQQ__PROOF_PQ : PQQ__PROOF_CLASSICAL)) ||
      !pqq__profile_accepts(session->profile, scheme)) {
    pqq__tls_session_fail(
        session, PQQ_ERR_AUTHENTICATOR_SCHEME,
        "the authenticator is signed with %s, which profile %s does not take there",
        scheme != NULL ? scheme->name : "an unknown scheme", session->profile->name);
    return PQQ_ERR_AUTHENTICATOR_SCHEME;
  }
  return PQQ_OK;
}

/* Each half hangs on signatures of its own kind only. */
static pqq_status check_kind(pqq__tls_session *session, const pqq__peer_chain *chain) {
  const pqq__signature_scheme *scheme = pqq__signing_scheme(chain->key);
  const pqq__peer_chain *other = session->is_server ? session->peer_pq : session->peer_tls;
  int is_pq = scheme != NULL && scheme->is_pq;

  if (other != NULL && memcmp(other->anchor, chain->anchor, sizeof chain->anchor) == 0) {
    return pqq__proof_fail(
        session, PQQ_ERR_SHARED_ROOT,
        "both identities hang on the same trust anchor: who forges its one algorithm wins");
  }
  if (is_pq ? chain->is_pq : chain->is_classical) {
    return PQQ_OK;
  }
  pqq__tls_session_fail(session, PQQ_ERR_CHAIN_CROSSED,
                        "the %s certificate hangs on a signature of %s: each half has to be of one "
                        "kind up to its anchor",
                        chain->info[0].algorithm, chain->info[0].signed_with);
  return PQQ_ERR_CHAIN_CROSSED;
}

static pqq__peer_chain *verify_chain(pqq__tls_session *session, const pqq__authenticator *proof) {
  CRYPTO_BUFFER *certificates[PQQ_MAX_CHAIN] = {NULL};
  pqq__chain_rules rules = {
      session->config->roots, session->is_server ? NULL : &session->client->host,
      session->is_server ? "client" : "server", session->is_server ? "" : "classical "};
  pqq__peer_chain *chain = NULL;
  uint8_t alert;
  size_t made = 0;

  while (made < proof->certificate_count &&
         (certificates[made] = CRYPTO_BUFFER_new(proof->certificates[made].data,
                                                 proof->certificates[made].len, NULL)) != NULL) {
    made++;
  }
  if (made == proof->certificate_count) {
    chain = pqq__peer_chain_verify(session, certificates, made, &rules, &alert);
  } else {
    (void)pqq__proof_fail(session, PQQ_ERR_NO_MEMORY, "no memory for a proof");
  }
  while (made > 0) {
    CRYPTO_BUFFER_free(certificates[--made]);
  }
  return chain;
}

/* Everything about one authenticator but its place; NULL with the failure set. */
static pqq__peer_chain *judge(pqq__tls_session *session, const pqq__authenticator *proof,
                              const pqq__authenticator_keys *keys, pqq_bytes request,
                              pqq__proof_kind kind) {
  pqq__peer_chain *chain;

  if (check_scheme(session, proof->scheme, kind) != PQQ_OK) {
    return NULL;
  }
  chain = verify_chain(session, proof);
  if (chain == NULL) {
    return NULL;
  }
  if (check_kind(session, chain) == PQQ_OK) {
    if (pqq__authenticator_is_signed(proof, keys, request, chain->key)) {
      return chain;
    }
    (void)pqq__proof_fail(session, PQQ_ERR_AUTHENTICATOR_INVALID,
                          "the authenticator's CertificateVerify does not verify");
  }
  pqq__peer_chain_free(chain);
  return NULL;
}

static pqq_status check_bound(pqq__tls_session *session, const pqq__authenticator *proof,
                              const pqq__authenticator_keys *keys, pqq_bytes request) {
  if (pqq__authenticator_is_bound(proof, keys, request)) {
    return PQQ_OK;
  }
  return pqq__proof_fail(session, PQQ_ERR_AUTHENTICATOR_INVALID,
                         "the authenticator belongs to another connection or was changed");
}

static pqq_status take_server(pqq__tls_session *session, const pqq__proof_frames *frames) {
  pqq__authenticator_keys keys;
  pqq__authenticator proof;
  pqq_bytes none = {NULL, 0};

  if (!pqq__authenticator_export(session->ssl, 1, &keys)) {
    return pqq__proof_fail(session, PQQ_ERR_NO_MEMORY, "no memory for a proof");
  }
  if (!pqq__authenticator_read(frames->authenticators[0], &proof) || proof.is_empty ||
      proof.context.len != PQQ__AUTHENTICATOR_CONTEXT_BYTES) {
    return pqq__proof_fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED,
                           "the server's authenticator is malformed");
  }
  if (check_bound(session, &proof, &keys, none) != PQQ_OK) {
    return session->failure;
  }
  session->peer_classical = judge(session, &proof, &keys, none, PQQ__PROOF_CLASSICAL);
  session->peer_classical_scheme = proof.scheme;
  if (session->peer_classical == NULL) {
    return session->failure;
  }
  pqq__peer_chain_drop_key(session->peer_classical);
  return pqq__related_check(session);
}

/* The `index`-th answer of a client. */
static pqq_status take_answer(pqq__tls_session *session, const pqq__authenticator_keys *keys,
                              const pqq__proof_request *request, pqq_bytes bytes) {
  pqq_bytes message = {request->message, request->len};
  pqq__authenticator proof;
  pqq__peer_chain *chain;

  if (!pqq__authenticator_read(bytes, &proof)) {
    return pqq__proof_fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED,
                           "the client's authenticator is malformed");
  }
  if (proof.is_empty) {
    proof.context = (pqq_bytes){request->context, sizeof request->context};
  }
  if (proof.context.len != sizeof request->context ||
      memcmp(proof.context.data, request->context, sizeof request->context) != 0) {
    return pqq__proof_fail(session, PQQ_ERR_AUTHENTICATOR_INVALID,
                           "the authenticator answers another request");
  }
  if (check_bound(session, &proof, keys, message) != PQQ_OK) {
    return session->failure;
  }
  if (proof.is_empty) {
    return pqq__proof_fail(session, PQQ_ERR_CLIENT_IDENTITY,
                           "the client has no identity of the kind that the policy requires");
  }
  chain = judge(session, &proof, keys, message, request->kind);
  if (chain == NULL) {
    return session->failure;
  }
  if (pqq__signing_scheme(chain->key)->is_pq) {
    session->peer_pq = chain;
  } else {
    session->peer_classical = chain;
  }
  pqq__peer_chain_drop_key(chain);
  return PQQ_OK;
}

static pqq_status take_client(pqq__tls_session *session, const pqq__proof_frames *frames) {
  pqq__authenticator_keys keys;
  pqq_status status = PQQ_OK;

  if (!pqq__authenticator_export(session->ssl, 0, &keys)) {
    return pqq__proof_fail(session, PQQ_ERR_NO_MEMORY, "no memory for a proof");
  }
  for (size_t i = 0; status == PQQ_OK && i < frames->authenticator_count; i++) {
    status = take_answer(session, &keys, &session->requests->request[i], frames->authenticators[i]);
  }
  if (status == PQQ_OK) {
    status = pqq__related_check(session);
  }
  if (status == PQQ_OK) {
    free(session->requests);
    session->requests = NULL;
  }
  return status;
}

pqq_status pqq__tls_take_proof(pqq__tls_session *session, const uint8_t *data, size_t len,
                               uint8_t **to_answer, size_t *answer_len) {
  size_t wanted = session->is_server ? session->requests->count : 1;
  pqq__proof_frames frames;
  const char *reason;
  pqq_status status = pqq__proof_frames_read(
      data, len, wanted, session->is_server ? 0 : PQQ__MAX_PROOF_REQUESTS, &frames, &reason);

  *to_answer = NULL;
  if (status != PQQ_OK) {
    return pqq__proof_fail(session, status, reason);
  }
  if (session->is_server) {
    return take_client(session, &frames);
  }
  status = take_server(session, &frames);
  if (status == PQQ_OK && frames.request_count > 0) {
    status = pqq__proof_answer(session, &frames, to_answer, answer_len);
  }
  return status;
}

void pqq__tls_fail_proof(pqq__tls_session *session, pqq_status status, const char *reason) {
  pqq__tls_session_fail(session, status, "%s", reason);
}

int pqq__tls_session_awaits_client(const pqq__tls_session *session) {
  return session->is_server && session->requests != NULL;
}
