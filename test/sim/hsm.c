/* SPDX-License-Identifier: MIT */
/* See hsm.h. */
#include "hsm.h"

#include <string.h>

#include "fatal.h"

/* What cannot be is a mistake of the library, and no result of a test. */
static void must(int ok, const char *what) {
  if (!ok) {
    sim_fatal("hsm: %s", what);
  }
}

void answer(hsm *h, size_t index) {
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t len = 0;
  asked *a = &h->asked[index];

  must(a->request != NULL, "nothing to answer");
  must(pqq__signing_key_sign(h->identity.key, a->scheme, a->message, a->message_len, signature,
                             &len) == PQQ_OK &&
           pqq_sign_complete(a->request, signature, len) == PQQ_OK,
       "its own signature");
  a->request = NULL;
}

static void on_sign(void *user_data, const pqq_sign_info *info, pqq_sign_request *request) {
  hsm *h = user_data;

  must(h->count < MAX_ASKED, "asked too often");
  must(info->struct_size == sizeof *info && info->id != 0 && info->scheme_name != NULL &&
           info->certificate.len == h->identity.info[0].der.len &&
           memcmp(info->certificate.data, h->identity.info[0].der.data, info->certificate.len) == 0,
       "what it was told");
  h->asked[h->count++] = (asked){.request = request,
                                 .message = info->message.data,
                                 .message_len = info->message.len,
                                 .id = info->id,
                                 .scheme = info->scheme};
  if (h->is_quick) {
    answer(h, h->count - 1);
  }
}

static void on_cancel(void *user_data, uint64_t id) {
  hsm *h = user_data;

  for (size_t i = 0; i < h->count; i++) {
    if (h->asked[i].id == id) {
      must(!h->asked[i].is_cancelled && h->asked[i].request != NULL, "cancelled too late");
      h->asked[i].is_cancelled = 1;
      if (h->ends_on_cancel) {
        (void)pqq_sign_fail(take_request(&h->asked[i]), "cancelled");
      }
      return;
    }
  }
  must(0, "cancelled without having been asked");
}

pqq_sign_request *take_request(asked *a) {
  pqq_sign_request *request = a->request;

  a->request = NULL;
  return request;
}

static void on_release(void *user_data) {
  ((hsm *)user_data)->releases++;
}

void hsm_take(hsm *h, pqq_identity_source *source) {
  must(pqq__identity_load(source, "hsm", &h->identity) == PQQ_OK &&
           pqq_signer_init(&h->signer, sizeof h->signer) == PQQ_OK,
       "its key");
  h->signer.sign = on_sign;
  h->signer.cancel = on_cancel;
  h->signer.release = on_release;
  h->signer.max_pending = h->max_pending;
  h->signer.user_data = h;
  source->key_pem = (pqq_bytes){NULL, 0};
  source->signer = &h->signer;
}

void give_up(hsm *h) {
  for (size_t i = 0; i < h->count; i++) {
    if (h->asked[i].request != NULL) {
      (void)pqq_sign_fail(take_request(&h->asked[i]), NULL);
    }
  }
}

void hsm_close(hsm *h, int releases) {
  must(h->releases == releases, "released too often, or not at all");
  pqq__identity_clear(&h->identity);
}
