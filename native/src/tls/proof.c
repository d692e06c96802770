/* SPDX-License-Identifier: MIT */
/* Making and judging the proofs of velocity/1: the server's classical identity,
 * and what it asks clients for. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pool.h>
#include <openssl/ssl.h>

#include "tls/internal.h"
#include "tls/velocity.h"

const pqq__identity *pqq__tls_identity(const pqq__tls_config *config, int is_pq) {
  for (size_t i = 0; i < config->identity_count; i++) {
    if (config->identities[i].scheme->is_pq == is_pq) {
      return &config->identities[i];
    }
  }
  return NULL;
}

static pqq_status no_memory(pqq__tls_session *session) {
  pqq__tls_session_fail(session, PQQ_ERR_NO_MEMORY, "no memory for a proof");
  return PQQ_ERR_NO_MEMORY;
}

static pqq_status fail(pqq__tls_session *session, pqq_status status, const char *text) {
  pqq__tls_session_fail(session, status, "%s", text);
  return status;
}

/* --- Making ---------------------------------------------------------------- */

static pqq_status make_requests(pqq__tls_session *session) {
  const pqq__tls_config *config = session->config;
  pqq__proof_requests *requests = calloc(1, sizeof *requests);
  int ok;

  if (requests == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  session->requests = requests;
  if (config->require_client == PQQ_REQUIRE_HYBRID) {
    requests->count = 2;
    ok = pqq__proof_request_make(config->profile, PQQ__PROOF_PQ, &requests->request[0]) &&
         pqq__proof_request_make(config->profile, PQQ__PROOF_CLASSICAL, &requests->request[1]);
  } else {
    requests->count = 1;
    ok = pqq__proof_request_make(config->profile,
                                 config->require_client == PQQ_REQUIRE_PQ ? PQQ__PROOF_PQ
                                                                          : PQQ__PROOF_EITHER,
                                 &requests->request[0]);
  }
  return ok ? PQQ_OK : PQQ_ERR_NO_MEMORY;
}

/* An authenticator in a frame. `identity` NULL: the empty one. */
static pqq_status add_authenticator(pqq__tls_session *session, const pqq__authenticator_keys *keys,
                                    pqq_bytes request, pqq_bytes context,
                                    const pqq__identity *identity, CBB *out) {
  CBB one;
  pqq_status status = PQQ_ERR_NO_MEMORY;

  session->signatures += identity != NULL;
  if (CBB_init(&one, 1024)) {
    status = identity != NULL ? pqq__authenticator_write(keys, request, context, identity, &one)
                              : pqq__authenticator_write_empty(keys, request, context, &one);
  }
  if (status == PQQ_OK && !pqq__proof_frame_write(out, PQQ__FRAME_AUTHENTICATOR,
                                                  (pqq_bytes){CBB_data(&one), CBB_len(&one)})) {
    status = PQQ_ERR_NO_MEMORY;
  }
  CBB_cleanup(&one);
  return status;
}

static pqq_status write_server_proof(pqq__tls_session *session, CBB *out) {
  uint8_t random[PQQ__AUTHENTICATOR_CONTEXT_BYTES];
  pqq__authenticator_keys keys;
  pqq_status status;

  pqq__tls_random(random, sizeof random);
  if (!pqq__authenticator_export(session->ssl, 1, &keys) || !pqq__proof_stream_begin(out)) {
    return PQQ_ERR_NO_MEMORY;
  }
  status =
      add_authenticator(session, &keys, (pqq_bytes){NULL, 0}, (pqq_bytes){random, sizeof random},
                        pqq__tls_identity(session->config, 0), out);
  if (status == PQQ_OK && session->config->select.requires_client) {
    status = make_requests(session);
  }
  for (size_t i = 0; status == PQQ_OK && session->requests && i < session->requests->count; i++) {
    const pqq__proof_request *request = &session->requests->request[i];

    if (!pqq__proof_frame_write(out, PQQ__FRAME_AUTHENTICATOR_REQUEST,
                                (pqq_bytes){request->message, request->len})) {
      status = PQQ_ERR_NO_MEMORY;
    }
  }
  return status;
}

/* Hands out what `out` holds, for free(). */
static pqq_status finish(pqq__tls_session *session, pqq_status status, CBB *out, uint8_t **data,
                         size_t *len) {
  *data = NULL;
  if (status == PQQ_OK) {
    *len = CBB_len(out);
    *data = malloc(*len);
    if (*data != NULL) {
      memcpy(*data, CBB_data(out), *len);
    }
  }
  CBB_cleanup(out);
  ERR_clear_error();
  if (status == PQQ_ERR_SIGN_FAILED) {
    return fail(session, status, "signing an authenticator failed");
  }
  return *data != NULL ? PQQ_OK : no_memory(session);
}

pqq_status pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len) {
  CBB out;

  if (!CBB_init(&out, 2048)) {
    return no_memory(session);
  }
  return finish(session, write_server_proof(session, &out), &out, data, len);
}

/* --- Answering requests ---------------------------------------------------- */

static int has_scheme(CBS schemes, uint16_t id) {
  uint16_t one;

  while (CBS_get_u16(&schemes, &one)) {
    if (one == id) {
      return 1;
    }
  }
  return 0;
}

/* The identity that a request asks for; ML-DSA first. */
static const pqq__identity *choose(const pqq__tls_config *config, CBS schemes) {
  for (int is_pq = 1; is_pq >= 0; is_pq--) {
    const pqq__identity *identity = pqq__tls_identity(config, is_pq);

    if (identity != NULL && has_scheme(schemes, identity->scheme->id)) {
      return identity;
    }
  }
  return NULL;
}

static void note_own(pqq__tls_session *session, const pqq__identity *identity) {
  int32_t level = identity->scheme->is_pq ? PQQ_AUTH_PQ : PQQ_AUTH_CLASSICAL;

  session->own_authentication =
      session->own_authentication != PQQ_AUTH_NONE && session->own_authentication != level
          ? PQQ_AUTH_HYBRID
          : level;
}

/* Answers to one context could be taken for each other (RFC 9261 section 4). */
static int has_one_context(const pqq__proof_frames *frames) {
  pqq_bytes contexts[PQQ__MAX_PROOF_REQUESTS];
  CBS schemes;

  for (size_t i = 0; i < frames->request_count; i++) {
    if (!pqq__proof_request_read(frames->requests[i], &contexts[i], &schemes)) {
      return 0; /* Its answer says so. */
    }
  }
  return frames->request_count == 2 && contexts[0].len == contexts[1].len &&
         memcmp(contexts[0].data, contexts[1].data, contexts[0].len) == 0;
}

static pqq_status answer_one(pqq__tls_session *session, const pqq__authenticator_keys *keys,
                             pqq_bytes request, CBB *out) {
  const pqq__identity *identity;
  pqq_bytes context;
  CBS schemes;

  if (!pqq__proof_request_read(request, &context, &schemes)) {
    return fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED, "an authenticator request is malformed");
  }
  identity = choose(session->config, schemes);
  if (identity != NULL) {
    note_own(session, identity);
  }
  return add_authenticator(session, keys, request, context, identity, out);
}

static pqq_status answer(pqq__tls_session *session, const pqq__proof_frames *frames, uint8_t **data,
                         size_t *len) {
  pqq__authenticator_keys keys;
  pqq_status status = PQQ_OK;
  CBB out;

  if (has_one_context(frames)) {
    return fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED, "two requests with one context");
  }
  if (!CBB_init(&out, 2048)) {
    return no_memory(session);
  }
  if (!pqq__authenticator_export(session->ssl, 0, &keys) || !pqq__proof_stream_begin(&out)) {
    status = PQQ_ERR_NO_MEMORY;
  }
  for (size_t i = 0; status == PQQ_OK && i < frames->request_count; i++) {
    status = answer_one(session, &keys, frames->requests[i], &out);
  }
  if (status == PQQ_ERR_AUTHENTICATOR_MALFORMED) {
    CBB_cleanup(&out);
    return status;
  }
  return finish(session, status, &out, data, len);
}

/* --- Judging --------------------------------------------------------------- */

static int offered(const pqq__tls_session *session, uint16_t id) {
  return session->is_server ||
         pqq__list_has(session->config->schemes, session->config->scheme_count, id);
}

static pqq_status check_scheme(pqq__tls_session *session, uint16_t id, pqq__proof_kind kind) {
  const pqq__signature_scheme *scheme = pqq__signature_scheme_find(id);

  if (scheme == NULL || !scheme->can_sign || !offered(session, id) ||
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
    return fail(session, PQQ_ERR_SHARED_ROOT,
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
  pqq__chain_rules rules = {session->config->roots, session->is_server ? NULL : &session->host,
                            session->is_server ? "client" : "server",
                            session->is_server ? "" : "classical "};
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
    (void)no_memory(session);
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
    (void)fail(session, PQQ_ERR_AUTHENTICATOR_INVALID,
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
  return fail(session, PQQ_ERR_AUTHENTICATOR_INVALID,
              "the authenticator belongs to another connection or was changed");
}

static pqq_status take_server(pqq__tls_session *session, const pqq__proof_frames *frames) {
  pqq__authenticator_keys keys;
  pqq__authenticator proof;
  pqq_bytes none = {NULL, 0};

  if (!pqq__authenticator_export(session->ssl, 1, &keys)) {
    return no_memory(session);
  }
  if (!pqq__authenticator_read(frames->authenticators[0], &proof) || proof.is_empty ||
      proof.context.len != PQQ__AUTHENTICATOR_CONTEXT_BYTES) {
    return fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED,
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
    return fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED,
                "the client's authenticator is malformed");
  }
  if (proof.is_empty) {
    proof.context = (pqq_bytes){request->context, sizeof request->context};
  }
  if (proof.context.len != sizeof request->context ||
      memcmp(proof.context.data, request->context, sizeof request->context) != 0) {
    return fail(session, PQQ_ERR_AUTHENTICATOR_INVALID,
                "the authenticator answers another request");
  }
  if (check_bound(session, &proof, keys, message) != PQQ_OK) {
    return session->failure;
  }
  if (proof.is_empty) {
    return fail(session, PQQ_ERR_CLIENT_IDENTITY,
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
    return no_memory(session);
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
    return fail(session, status, reason);
  }
  if (session->is_server) {
    return take_client(session, &frames);
  }
  status = take_server(session, &frames);
  if (status == PQQ_OK && frames.request_count > 0) {
    status = answer(session, &frames, to_answer, answer_len);
  }
  return status;
}

void pqq__tls_fail_proof(pqq__tls_session *session, pqq_status status, const char *reason) {
  pqq__tls_session_fail(session, status, "%s", reason);
}

int pqq__tls_session_awaits_client(const pqq__tls_session *session) {
  return session->is_server && session->requests != NULL;
}
