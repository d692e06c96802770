/* SPDX-License-Identifier: MIT */
/* A proof stream while it is made: authenticators one after the other, each of which may wait for
 * its signature. What goes into one, proof_make.c says. */
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"
#include "tls/velocity.h"

pqq__proof_draft *pqq__proof_draft_new(pqq__tls_session *session) {
  pqq__proof_draft *draft = calloc(1, sizeof *draft);

  if (draft == NULL) {
    return NULL;
  }
  CBB_zero(&draft->one);
  if (!CBB_init(&draft->out, 2048) ||
      !pqq__authenticator_export(session->ssl, session->is_server, &draft->keys) ||
      !pqq__proof_stream_begin(&draft->out)) {
    pqq__proof_draft_free(draft);
    return NULL;
  }
  return draft;
}

void pqq__proof_draft_free(pqq__proof_draft *draft) {
  if (draft == NULL) {
    return;
  }
  for (size_t i = 0; i < draft->count; i++) {
    free(draft->parts[i].request);
  }
  CBB_cleanup(&draft->one);
  CBB_cleanup(&draft->out);
  free(draft);
}

int pqq__proof_draft_add(pqq__proof_draft *draft, pqq_bytes request,
                         const pqq__identity *identity) {
  pqq__proof_part *part = &draft->parts[draft->count];
  CBS schemes;

  part->identity = identity;
  if (request.len == 0) {
    pqq__tls_random(draft->context, sizeof draft->context);
    part->context = (pqq_bytes){draft->context, sizeof draft->context};
    draft->count++;
    return 1;
  }
  part->request = malloc(request.len);
  if (part->request == NULL) {
    return 0;
  }
  memcpy(part->request, request.data, request.len);
  part->request_len = request.len;
  draft->count++;
  return pqq__proof_request_read((pqq_bytes){part->request, part->request_len}, &part->context,
                                 &schemes);
}

static pqq_bytes request_of(const pqq__proof_part *part) {
  return (pqq_bytes){part->request, part->request_len};
}

/* The Certificate, and the signature of it if that is there at once. */
static pqq_status begin_part(pqq__tls_session *session, pqq__proof_draft *draft,
                             const pqq__proof_part *part, uint8_t *signature, size_t *len) {
  uint8_t content[PQQ__AUTHENTICATOR_CONTENT_BYTES];
  size_t content_len;

  if (!CBB_init(&draft->one, 1024)) {
    return PQQ_ERR_NO_MEMORY;
  }
  content_len = pqq__authenticator_begin(&draft->keys, request_of(part), part->context,
                                         part->identity, &draft->one, content);
  return content_len > 0
             ? pqq__sign(session, part->identity, part->identity->scheme->id, PQQ__SIGN_PROOF,
                         (pqq_bytes){content, content_len}, signature, len)
             : PQQ_ERR_NO_MEMORY;
}

static pqq_status sign_part(pqq__tls_session *session, pqq__proof_draft *draft,
                            const pqq__proof_part *part) {
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t len = 0;
  pqq_status status = draft->is_waiting ? pqq__sign_take(session, signature, &len)
                                        : begin_part(session, draft, part, signature, &len);

  draft->is_waiting = status == PQQ_AGAIN;
  if (status != PQQ_OK) {
    return status;
  }
  return pqq__authenticator_end(&draft->keys, request_of(part), part->identity->scheme->id,
                                (pqq_bytes){signature, len}, &draft->one)
             ? PQQ_OK
             : PQQ_ERR_NO_MEMORY;
}

static pqq_status write_empty(pqq__proof_draft *draft, const pqq__proof_part *part) {
  return CBB_init(&draft->one, 64) ? pqq__authenticator_write_empty(&draft->keys, request_of(part),
                                                                    part->context, &draft->one)
                                   : PQQ_ERR_NO_MEMORY;
}

static int add_frame(pqq__proof_draft *draft) {
  int ok = pqq__proof_frame_write(&draft->out, PQQ__FRAME_AUTHENTICATOR,
                                  (pqq_bytes){CBB_data(&draft->one), CBB_len(&draft->one)});

  CBB_cleanup(&draft->one);
  CBB_zero(&draft->one);
  return ok;
}

pqq_status pqq__proof_draft_write(pqq__tls_session *session, pqq__proof_draft *draft) {
  while (draft->done < draft->count) {
    const pqq__proof_part *part = &draft->parts[draft->done];
    pqq_status status =
        part->identity != NULL ? sign_part(session, draft, part) : write_empty(draft, part);

    if (status != PQQ_OK) {
      return status;
    }
    if (!add_frame(draft)) {
      return PQQ_ERR_NO_MEMORY;
    }
    draft->done++;
  }
  return PQQ_OK;
}
