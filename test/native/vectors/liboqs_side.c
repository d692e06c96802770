/* SPDX-License-Identifier: MIT */
/* liboqs. Its public functions take pointers without lengths, except for messages, contexts and
 * signatures: what has another length than its parameter set says cannot be put to it, and libpqq
 * checks those lengths before. */
#include <string.h>

#include <oqs/oqs.h>

#include "harness.h"
#include "vectors/libraries.h"

#ifndef PQQ_TEST_SYSTEM_LIBOQS
/* Exported by the static library for liboqs's own known-answer tests, in no installed header. The
 * portable code is taken here; the public functions choose AVX2 where there is any, so both are
 * compared with known answers. */
#define DECLARE_INTERNAL(set)                                                              \
  int pqcrystals_ml_dsa_##set##_ref_signature_internal(                                    \
      uint8_t *sig, size_t *sig_len, const uint8_t *message, size_t message_len,           \
      const uint8_t *prefix, size_t prefix_len, const uint8_t *random, const uint8_t *sk); \
  int pqcrystals_ml_dsa_##set##_ref_verify_internal(                                       \
      const uint8_t *sig, size_t sig_len, const uint8_t *message, size_t message_len,      \
      const uint8_t *prefix, size_t prefix_len, const uint8_t *pk)
#define INTERNAL(set) \
  {pqcrystals_ml_dsa_##set##_ref_signature_internal, pqcrystals_ml_dsa_##set##_ref_verify_internal}

DECLARE_INTERNAL(44);
DECLARE_INTERNAL(65);
DECLARE_INTERNAL(87);

static const struct {
  int (*sign)(uint8_t *, size_t *, const uint8_t *, size_t, const uint8_t *, size_t,
              const uint8_t *, const uint8_t *);
  int (*verify)(const uint8_t *, size_t, const uint8_t *, size_t, const uint8_t *, size_t,
                const uint8_t *);
} internal[3] = {INTERNAL(44), INTERNAL(65), INTERNAL(87)};
#endif

/* What liboqs is given as random until it has used it up. */
static struct bytes random_left;
static size_t random_missing;

static void give_random(uint8_t *out, size_t len) {
  size_t given = len < random_left.len ? len : random_left.len;

  memset(out, 0, len);
  if (given > 0) {
    memcpy(out, random_left.data, given);
  }
  random_missing += len - given;
  random_left.data += given;
  random_left.len -= given;
}

static void begin_random(struct bytes random) {
  random_left = random;
  random_missing = 0;
  OQS_randombytes_custom_algorithm(give_random);
}

/* Exactly what was given has to be drawn: otherwise the answer was not of the vector's randomness.
 */
static void end_random(bool drawn) {
  OQS_randombytes_switch_algorithm(OQS_RAND_alg_system);
  EXPECT_UINT(random_missing, 0);
  if (drawn) {
    EXPECT_UINT(random_left.len, 0);
  }
}

static OQS_KEM *kem_of(const struct parameter_set *set) {
  static OQS_KEM *kems[3];

  if (kems[set->index] == NULL) {
    kems[set->index] = OQS_KEM_new(set->name);
    EXPECT(kems[set->index] != NULL);
    EXPECT_UINT(kems[set->index]->length_public_key, set->public_bytes);
    EXPECT_UINT(kems[set->index]->length_secret_key, set->private_bytes);
    EXPECT_UINT(kems[set->index]->length_ciphertext, set->result_bytes);
  }
  return kems[set->index];
}

static OQS_SIG *sig_of(const struct parameter_set *set) {
  static OQS_SIG *sigs[3];

  if (sigs[set->index] == NULL) {
    sigs[set->index] = OQS_SIG_new(set->name);
    EXPECT(sigs[set->index] != NULL);
    EXPECT_UINT(sigs[set->index]->length_public_key, set->public_bytes);
    EXPECT_UINT(sigs[set->index]->length_secret_key, set->private_bytes);
    EXPECT_UINT(sigs[set->index]->length_signature, set->result_bytes);
  }
  return sigs[set->index];
}

static enum answer kem_keygen(const struct parameter_set *set, struct bytes seed, struct output *ek,
                              struct output *dk) {
  if (seed.len != KEM_SEED_BYTES) {
    return answer_not_applicable("takes no length of a seed");
  }
  ek->len = set->public_bytes;
  dk->len = set->private_bytes;
  return OQS_KEM_keypair_derand(kem_of(set), ek->data, dk->data, seed.data) == OQS_SUCCESS
             ? ANSWERED
             : REFUSED;
}

static enum answer kem_encaps(const struct parameter_set *set, struct bytes ek, struct bytes m,
                              struct output *c, struct output *k) {
  OQS_STATUS status;

  if (ek.len != set->public_bytes) {
    return answer_not_applicable("takes no length of an encapsulation key");
  }
  c->len = set->result_bytes;
  k->len = KEM_SECRET_BYTES;
  begin_random(m);
  status = OQS_KEM_encaps(kem_of(set), c->data, k->data, ek.data);
  end_random(status == OQS_SUCCESS);
  return status == OQS_SUCCESS ? ANSWERED : REFUSED;
}

static enum answer kem_decaps(const struct parameter_set *set, struct bytes dk, struct bytes c,
                              struct output *k) {
  if (dk.len != set->private_bytes) {
    return answer_not_applicable("takes no length of a decapsulation key");
  }
  if (c.len != set->result_bytes) {
    return answer_not_applicable("takes no length of a ciphertext");
  }
  k->len = KEM_SECRET_BYTES;
  return OQS_KEM_decaps(kem_of(set), k->data, c.data, dk.data) == OQS_SUCCESS ? ANSWERED : REFUSED;
}

static enum answer dsa_keygen(const struct parameter_set *set, struct bytes seed, struct output *pk,
                              struct output *sk) {
  OQS_STATUS status;

  if (seed.len != DSA_SEED_BYTES) {
    return answer_not_applicable("takes no length of a seed");
  }
  pk->len = set->public_bytes;
  sk->len = set->private_bytes;
  begin_random(seed);
  status = OQS_SIG_keypair(sig_of(set), pk->data, sk->data);
  end_random(status == OQS_SUCCESS);
  return status == OQS_SUCCESS ? ANSWERED : REFUSED;
}

/* Whether the interface has functions at all. */
static enum answer has_interface(enum dsa_interface interface) {
  switch (interface) {
  case DSA_EXTERNAL:
    return ANSWERED;
  case DSA_INTERNAL:
#ifdef PQQ_TEST_SYSTEM_LIBOQS
    return answer_not_applicable("a system liboqs has no internal interface");
#else
    return ANSWERED;
#endif
  case DSA_MU:
    return answer_not_applicable("has no external mu");
  case DSA_PREHASH:
    break;
  }
  return answer_not_applicable("has no HashML-DSA (pre-hash)");
}

static enum answer dsa_sign(const struct parameter_set *set, const struct dsa_input *input,
                            struct bytes sk, struct output *sig) {
  OQS_STATUS status;

  if (has_interface(input->interface) != ANSWERED) {
    return NOT_APPLICABLE;
  }
  if (sk.len != set->private_bytes) {
    return answer_not_applicable("takes no length of a private key");
  }
  sig->len = set->result_bytes;
#ifndef PQQ_TEST_SYSTEM_LIBOQS
  if (input->interface == DSA_INTERNAL) {
    return internal[set->index].sign(sig->data, &sig->len, input->message.data, input->message.len,
                                     NULL, 0, input->random.data, sk.data) == 0
               ? ANSWERED
               : REFUSED;
  }
#endif
  begin_random(input->random);
  status = OQS_SIG_sign_with_ctx_str(sig_of(set), sig->data, &sig->len, input->message.data,
                                     input->message.len, input->context.data, input->context.len,
                                     sk.data);
  end_random(status == OQS_SUCCESS);
  return status == OQS_SUCCESS ? ANSWERED : REFUSED;
}

bool liboqs_uses_avx2(void) {
#ifdef OQS_ENABLE_SIG_ml_dsa_44_avx2
  return OQS_CPU_has_extension(OQS_CPU_EXT_AVX2) && OQS_CPU_has_extension(OQS_CPU_EXT_POPCNT);
#else
  return false;
#endif
}

enum answer liboqs_portable_verify(const struct parameter_set *set, const struct dsa_input *input,
                                   struct bytes pk, struct bytes sig) {
#ifdef PQQ_TEST_SYSTEM_LIBOQS
  (void)set, (void)input, (void)pk, (void)sig;
  return answer_not_applicable("a system liboqs has no internal interface");
#else
  uint8_t prefix[DSA_MAX_PREFIX_BYTES];
  size_t prefix_len = dsa_prefix(input, prefix);

  return internal[set->index].verify(sig.data, sig.len, input->message.data, input->message.len,
                                     prefix, prefix_len, pk.data) == 0
             ? ANSWERED
             : REFUSED;
#endif
}

static enum answer dsa_verify(const struct parameter_set *set, const struct dsa_input *input,
                              struct bytes pk, struct bytes sig) {
  if (has_interface(input->interface) != ANSWERED) {
    return NOT_APPLICABLE;
  }
  if (pk.len != set->public_bytes) {
    return answer_not_applicable("takes no length of a public key");
  }
  if (input->interface == DSA_INTERNAL) {
    return liboqs_portable_verify(set, input, pk, sig);
  }
  return OQS_SIG_verify_with_ctx_str(sig_of(set), input->message.data, input->message.len, sig.data,
                                     sig.len, input->context.data, input->context.len,
                                     pk.data) == OQS_SUCCESS
             ? ANSWERED
             : REFUSED;
}

const struct library liboqs_library = {
    "liboqs", kem_keygen, kem_encaps, kem_decaps, dsa_keygen, dsa_sign, dsa_verify,
};
