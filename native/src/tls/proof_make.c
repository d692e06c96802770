/* SPDX-License-Identifier: MIT */
/* Making the proofs of velocity/1: a server's classical identity with what it asks
 * clients for, and a client's answers. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls/internal.h"
#include "tls/velocity.h"

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
                        pqq__site_identity(session->site, 0), out);
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
    return pqq__proof_fail(session, status, "signing an authenticator failed");
  }
  return *data != NULL ? PQQ_OK
                       : pqq__proof_fail(session, PQQ_ERR_NO_MEMORY, "no memory for a proof");
}

pqq_status pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len) {
  CBB out;

  if (!CBB_init(&out, 2048)) {
    return pqq__proof_fail(session, PQQ_ERR_NO_MEMORY, "no memory for a proof");
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
static const pqq__identity *choose(const pqq__site *site, CBS schemes) {
  for (int is_pq = 1; is_pq >= 0; is_pq--) {
    const pqq__identity *identity = pqq__site_identity(site, is_pq);

    if (identity != NULL && has_scheme(schemes, identity->scheme->id)) {
      return identity;
    }
  }
  return NULL;
}

static void note_own(pqq__tls_session *session, const pqq__identity *identity) {
  int32_t level = identity->scheme->is_pq ? PQQ_AUTH_PQ : PQQ_AUTH_CLASSICAL;

  session->client->own_authentication = session->client->own_authentication != PQQ_AUTH_NONE &&
                                                session->client->own_authentication != level
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
    return pqq__proof_fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED,
                           "an authenticator request is malformed");
  }
  identity = choose(session->site, schemes);
  if (identity != NULL) {
    note_own(session, identity);
  }
  return add_authenticator(session, keys, request, context, identity, out);
}

pqq_status pqq__proof_answer(pqq__tls_session *session, const pqq__proof_frames *frames,
                             uint8_t **data, size_t *len) {
  pqq__authenticator_keys keys;
  pqq_status status = PQQ_OK;
  CBB out;

  if (has_one_context(frames)) {
    return pqq__proof_fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED,
                           "two requests with one context");
  }
  if (!CBB_init(&out, 2048)) {
    return pqq__proof_fail(session, PQQ_ERR_NO_MEMORY, "no memory for a proof");
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
