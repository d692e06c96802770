/* SPDX-License-Identifier: MIT */
/* A key in an "HSM": libpqq's own, behind the public interface of external signers. It answers when
 * a test says so, and at the end has to have been released as often as it was taken. */
#ifndef PQQ_SIM_HSM_H
#define PQQ_SIM_HSM_H

#include <pqq/config.h>

#include "tls/identity.h"

#define MAX_ASKED 16

typedef struct asked {
  pqq_sign_request *request;
  const void *message;
  size_t message_len;
  uint64_t id;
  uint16_t scheme;
  int is_cancelled;
} asked;

/* One key in an HSM. */
typedef struct hsm {
  pqq__identity identity;
  pqq_signer signer;
  asked asked[MAX_ASKED];
  size_t count;
  int releases;
  /* Answer within `sign`, or within `cancel`. */
  int is_quick, ends_on_cancel;
  uint32_t max_pending;
} hsm;

/* The certificate stays in `source`, the key goes into the HSM. */
void hsm_take(hsm *h, pqq_identity_source *source);
/* Signs what it was asked for the `index`-th time. */
void answer(hsm *h, size_t index);
/* For tests that answer by themselves. */
pqq_sign_request *take_request(asked *a);
/* Refuses what is left. */
void give_up(hsm *h);
void hsm_close(hsm *h, int releases);

#endif
