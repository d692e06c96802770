/* SPDX-License-Identifier: MIT */
/* Making the proofs of velocity/1: a server's classical identity with what it asks
 * clients for, and a client's answers. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls/internal.h"
#include "tls/velocity.h"

static pqq_status no_memory(pqq__tls_session *session) {
  return pqq__proof_fail(session, PQQ_ERR_NO_MEMORY, "no memory for a proof");
}

/* Hands out what the draft holds, for free(). */
static pqq_status hand_out(pqq__proof_draft *draft, uint8_t **data, size_t *len) {
  *len = CBB_len(&draft->out);
  *data = malloc(*len);
  if (*data == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  memcpy(*data, CBB_data(&draft->out), *len);
  return PQQ_OK;
}

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

/* What a server asks its clients for stands behind its own authenticator. */
static pqq_status add_requests(pqq__tls_session *session, CBB *out) {
  const pqq__proof_requests *requests;

  if (!session->is_server || !session->config->select.requires_client) {
    return PQQ_OK;
  }
  if (make_requests(session) != PQQ_OK) {
    return PQQ_ERR_NO_MEMORY;
  }
  requests = session->requests;
  for (size_t i = 0; i < requests->count; i++) {
    if (!pqq__proof_frame_write(
            out, PQQ__FRAME_AUTHENTICATOR_REQUEST,
            (pqq_bytes){requests->request[i].message, requests->request[i].len})) {
      return PQQ_ERR_NO_MEMORY;
    }
  }
  return PQQ_OK;
}

pqq_status pqq__tls_prove_on(pqq__tls_session *session, uint8_t **data, size_t *len) {
  pqq__proof_draft *draft = session->draft;
  pqq_status status = pqq__proof_draft_write(session, draft);

  *data = NULL;
  if (status == PQQ_AGAIN) {
    return status;
  }
  if (status == PQQ_OK) {
    status = add_requests(session, &draft->out);
  }
  if (status == PQQ_OK) {
    status = hand_out(draft, data, len);
  }
  pqq__proof_draft_free(draft);
  session->draft = NULL;
  ERR_clear_error();
  /* What kept a signature from being made is the session's failure already. */
  return status == PQQ_ERR_NO_MEMORY ? no_memory(session) : status;
}

pqq_status pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len) {
  session->draft = pqq__proof_draft_new(session);
  if (session->draft == NULL || !pqq__proof_draft_add(session->draft, (pqq_bytes){NULL, 0},
                                                      pqq__site_identity(session->site, 0))) {
    return no_memory(session);
  }
  return pqq__tls_prove_on(session, data, len);
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

static pqq_status add_answer(pqq__tls_session *session, pqq_bytes request) {
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
  return pqq__proof_draft_add(session->draft, request, identity) ? PQQ_OK : no_memory(session);
}

pqq_status pqq__proof_answer(pqq__tls_session *session, const pqq__proof_frames *frames,
                             uint8_t **data, size_t *len) {
  if (has_one_context(frames)) {
    return pqq__proof_fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED,
                           "two requests with one context");
  }
  session->draft = pqq__proof_draft_new(session);
  if (session->draft == NULL) {
    return no_memory(session);
  }
  for (size_t i = 0; i < frames->request_count; i++) {
    pqq_status status = add_answer(session, frames->requests[i]);

    if (status != PQQ_OK) {
      return status;
    }
  }
  return pqq__tls_prove_on(session, data, len);
}
