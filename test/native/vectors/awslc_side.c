/* SPDX-License-Identifier: MIT */
/* AWS-LC, through EVP_PKEY as far as that reaches; see libraries.h for what does not. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/experimental/kem_deterministic_api.h>

#include "harness.h"
#include "vectors/libraries.h"

/* Exported by AWS-LC for its own known-answer tests (crypto/fipsmodule/ml_dsa/ml_dsa.h, not
 * installed). */
#define DECLARE_INTERNAL(set)                                                                     \
  int ml_dsa_##set##_sign_internal(                                                               \
      const uint8_t *sk, uint8_t *sig, size_t *sig_len, const uint8_t *message,                   \
      size_t message_len, const uint8_t *prefix, size_t prefix_len, const uint8_t *random);       \
  int ml_dsa_extmu_##set##_sign_internal(const uint8_t *sk, uint8_t *sig, size_t *sig_len,        \
                                         const uint8_t *mu, size_t mu_len, const uint8_t *prefix, \
                                         size_t prefix_len, const uint8_t *random);               \
  int ml_dsa_##set##_verify_internal(const uint8_t *pk, const uint8_t *sig, size_t sig_len,       \
                                     const uint8_t *message, size_t message_len,                  \
                                     const uint8_t *prefix, size_t prefix_len)
#define INTERNAL(set) \
  {ml_dsa_##set##_sign_internal, ml_dsa_extmu_##set##_sign_internal, ml_dsa_##set##_verify_internal}

DECLARE_INTERNAL(44);
DECLARE_INTERNAL(65);
DECLARE_INTERNAL(87);

typedef int sign_function(const uint8_t *, uint8_t *, size_t *, const uint8_t *, size_t,
                          const uint8_t *, size_t, const uint8_t *);

static const struct {
  sign_function *sign, *sign_mu;
  int (*verify)(const uint8_t *, const uint8_t *, size_t, const uint8_t *, size_t, const uint8_t *,
                size_t);
} internal[3] = {INTERNAL(44), INTERNAL(65), INTERNAL(87)};

static const char no_prehash[] = "has no HashML-DSA (pre-hash)";

/* 1 is success everywhere in EVP. What it says about a refusal is not ours to keep. */
static enum answer answer_of(int status) {
  ERR_clear_error();
  return status == 1 ? ANSWERED : REFUSED;
}

/* An empty value still has an address: NULL would ask for something else. */
static const uint8_t *address(struct bytes bytes) {
  static const uint8_t none;

  return bytes.data != NULL ? bytes.data : &none;
}

static int read_key(EVP_PKEY *key, struct output *public_key, struct output *private_key) {
  public_key->len = private_key->len = MAX_OUTPUT_BYTES;
  return key != NULL && EVP_PKEY_get_raw_public_key(key, public_key->data, &public_key->len) == 1 &&
         EVP_PKEY_get_raw_private_key(key, private_key->data, &private_key->len) == 1;
}

static enum answer kem_keygen(const struct parameter_set *set, struct bytes seed, struct output *ek,
                              struct output *dk) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_KEM, NULL);
  EVP_PKEY *key = NULL;
  size_t seed_len = seed.len;
  int status = EVP_PKEY_CTX_kem_set_params(context, set->nid) == 1 &&
               EVP_PKEY_keygen_init(context) == 1 &&
               EVP_PKEY_keygen_deterministic(context, &key, address(seed), &seed_len) == 1 &&
               read_key(key, ek, dk);

  EVP_PKEY_free(key);
  EVP_PKEY_CTX_free(context);
  return answer_of(status);
}

static enum answer kem_encaps(const struct parameter_set *set, struct bytes ek, struct bytes m,
                              struct output *c, struct output *k) {
  EVP_PKEY *key = EVP_PKEY_kem_new_raw_public_key(set->nid, address(ek), ek.len);
  EVP_PKEY_CTX *context = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
  size_t m_len = m.len;
  int status;

  c->len = k->len = MAX_OUTPUT_BYTES;
  status = context != NULL && EVP_PKEY_encapsulate_deterministic(context, c->data, &c->len, k->data,
                                                                 &k->len, m.data, &m_len) == 1;
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  return answer_of(status);
}

static enum answer kem_decaps(const struct parameter_set *set, struct bytes dk, struct bytes c,
                              struct output *k) {
  EVP_PKEY *key = EVP_PKEY_kem_new_raw_secret_key(set->nid, address(dk), dk.len);
  EVP_PKEY_CTX *context = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
  int status;

  k->len = MAX_OUTPUT_BYTES;
  status =
      context != NULL && EVP_PKEY_decapsulate(context, k->data, &k->len, address(c), c.len) == 1;
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  return answer_of(status);
}

static enum answer dsa_keygen(const struct parameter_set *set, struct bytes seed, struct output *pk,
                              struct output *sk) {
  EVP_PKEY *key = EVP_PKEY_pqdsa_new_raw_private_key(set->nid, address(seed), seed.len);
  int status = seed.len != set->private_bytes && read_key(key, pk, sk);

  EVP_PKEY_free(key);
  return answer_of(status);
}

/* Signs or, with a signature of `sig_len` bytes, verifies by the public functions for whole
 * messages. */
static int use_message(EVP_PKEY *key, const struct dsa_input *input, bool sign, uint8_t *sig,
                       size_t *sig_len) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_PKEY_CTX *key_context = NULL;
  int status = (sign ? EVP_DigestSignInit(context, &key_context, NULL, NULL, key)
                     : EVP_DigestVerifyInit(context, &key_context, NULL, NULL, key)) == 1;

  if (status && input->context.data != NULL) {
    status = EVP_PKEY_CTX_set1_signature_context_string(key_context, input->context.data,
                                                        input->context.len) == 1;
  }
  if (status) {
    status =
        (sign ? EVP_DigestSign(context, sig, sig_len, address(input->message), input->message.len)
              : EVP_DigestVerify(context, sig, *sig_len, address(input->message),
                                 input->message.len)) == 1;
  }
  EVP_MD_CTX_free(context);
  return status;
}

/* EVP_DigestSign with a randomness of its own: the signature has to verify with the key's public
 * half. */
static int sign_publicly(EVP_PKEY *key, const struct dsa_input *input) {
  struct output sig = {.len = MAX_OUTPUT_BYTES};

  if (!use_message(key, input, true, sig.data, &sig.len)) {
    return 0;
  }
  EXPECT(use_message(key, input, false, sig.data, &sig.len));
  return 1;
}

static enum answer dsa_sign(const struct parameter_set *set, const struct dsa_input *input,
                            struct bytes sk, struct output *sig) {
  EVP_PKEY *key;
  uint8_t prefix[DSA_MAX_PREFIX_BYTES];
  size_t prefix_len;
  sign_function *sign =
      input->interface == DSA_MU ? internal[set->index].sign_mu : internal[set->index].sign;
  int status;

  if (input->interface == DSA_PREHASH) {
    return answer_not_applicable(no_prehash);
  }
  key = EVP_PKEY_pqdsa_new_raw_private_key(set->nid, address(sk), sk.len);
  status = key != NULL && sk.len == set->private_bytes &&
           (input->interface != DSA_EXTERNAL || sign_publicly(key, input));
  EVP_PKEY_free(key);
  if (!status) { /* above all a context of more than 255 bytes */
    return answer_of(0);
  }
  prefix_len = dsa_prefix(input, prefix);
  sig->len = set->result_bytes;
  return answer_of(sign(sk.data, sig->data, &sig->len, address(input->message), input->message.len,
                        prefix_len > 0 ? prefix : NULL, prefix_len, input->random.data));
}

static int verify_mu(EVP_PKEY *key, struct bytes mu, struct bytes sig) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  int status = EVP_PKEY_verify_init(context) == 1 &&
               EVP_PKEY_verify(context, address(sig), sig.len, address(mu), mu.len) == 1;

  EVP_PKEY_CTX_free(context);
  return status;
}

static enum answer dsa_verify(const struct parameter_set *set, const struct dsa_input *input,
                              struct bytes pk, struct bytes sig) {
  EVP_PKEY *key;
  int status = 0;

  if (input->interface == DSA_PREHASH) {
    return answer_not_applicable(no_prehash);
  }
  key = EVP_PKEY_pqdsa_new_raw_public_key(set->nid, address(pk), pk.len);
  if (key == NULL) {
    return answer_of(0);
  }
  if (input->interface == DSA_EXTERNAL) {
    status = use_message(key, input, false, sig.data, &sig.len);
  } else if (input->interface == DSA_MU) {
    status = verify_mu(key, input->message, sig);
  } else {
    status = sig.len == set->result_bytes &&
             internal[set->index].verify(pk.data, sig.data, sig.len, address(input->message),
                                         input->message.len, NULL, 0) == 1;
  }
  EVP_PKEY_free(key);
  return answer_of(status);
}

const struct library awslc_library = {
    "AWS-LC", kem_keygen, kem_encaps, kem_decaps, dsa_keygen, dsa_sign, dsa_verify,
};
