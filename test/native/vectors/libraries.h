/* SPDX-License-Identifier: MIT */
/* liboqs and AWS-LC behind one table of functions, so that known answers and random inputs are put
 * to both alike.
 *
 * Public functions are called wherever they can express what is asked. Two things need more:
 * - AWS-LC draws the randomness of an ML-DSA signature itself, and nothing public sets it: the
 * bytes come from its ml_dsa_*_sign_internal, after EVP_DigestSign has made a signature of the same
 * key, message and context.
 * - FIPS 204's internal interface (no context, no domain separator) has no public function in
 * either. Those functions are exported for the libraries' own known-answer tests; they are declared
 * in liboqs_side.c and awslc_side.c. */
#ifndef PQQ_TEST_LIBRARIES_H
#define PQQ_TEST_LIBRARIES_H

#include "vectors/vectors.h"

#define MAX_OUTPUT_BYTES 4896 /* an ML-DSA-87 private key */
#define KEM_SEED_BYTES 64     /* d, then z */
#define KEM_SECRET_BYTES 32   /* also m, what encapsulation begins with */
#define DSA_SEED_BYTES 32
#define DSA_RANDOM_BYTES 32
#define DSA_MU_BYTES 64

/* A row for each parameter set of FIPS 203 and 204; the functions of a library for a set are found
 * by `index`. */
struct parameter_set {
  const char *name;
  size_t index; /* 0, 1, 2 by strength */
  int nid;      /* AWS-LC's number */
  size_t public_bytes;
  size_t private_bytes;
  size_t result_bytes; /* ciphertext or signature */
};

extern const struct parameter_set kem_sets[3], dsa_sets[3];
/* Fails the test if there is no set of that name. */
const struct parameter_set *parameter_set_find(const char *name);

enum answer {
  ANSWERED,
  REFUSED,
  NOT_APPLICABLE, /* the library has no way to ask this; `not_applicable` says why */
};

/* Why the last call returned NOT_APPLICABLE. One of a few constant texts, so that they can be
 * counted. */
extern const char *not_applicable;

struct output {
  uint8_t data[MAX_OUTPUT_BYTES];
  size_t len;
};

/* FIPS 204's ways to sign and verify. */
enum dsa_interface {
  DSA_EXTERNAL, /* ML-DSA.Sign: message and context, what TLS uses */
  DSA_INTERNAL, /* ML-DSA.Sign_internal */
  DSA_MU,       /* the message is mu, hashed by somebody else */
  DSA_PREHASH,  /* HashML-DSA.Sign */
};

struct dsa_input {
  enum dsa_interface interface;
  struct bytes message; /* or mu */
  struct bytes context;
  struct bytes random; /* DSA_RANDOM_BYTES, zeros for the deterministic variant; only for signing */
};

struct library {
  const char *name;
  enum answer (*kem_keygen)(const struct parameter_set *set, struct bytes seed, struct output *ek,
                            struct output *dk);
  enum answer (*kem_encaps)(const struct parameter_set *set, struct bytes ek, struct bytes m,
                            struct output *c, struct output *k);
  enum answer (*kem_decaps)(const struct parameter_set *set, struct bytes dk, struct bytes c,
                            struct output *k);
  enum answer (*dsa_keygen)(const struct parameter_set *set, struct bytes seed, struct output *pk,
                            struct output *sk);
  enum answer (*dsa_sign)(const struct parameter_set *set, const struct dsa_input *input,
                          struct bytes sk, struct output *sig);
  enum answer (*dsa_verify)(const struct parameter_set *set, const struct dsa_input *input,
                            struct bytes pk, struct bytes sig);
};

extern const struct library liboqs_library, awslc_library;
extern const struct library *const libraries[2];

/* Whether liboqs's public functions run its code for AVX2 on this machine. */
bool liboqs_uses_avx2(void);
/* Verifies with liboqs's portable code, whatever the machine has. */
enum answer liboqs_portable_verify(const struct parameter_set *set, const struct dsa_input *input,
                                   struct bytes pk, struct bytes sig);

/* FIPS 204, algorithms 2 and 3: what their internal ones take before the message. Returns the
 * length. */
#define DSA_MAX_PREFIX_BYTES (2 + 255)
size_t dsa_prefix(const struct dsa_input *input, uint8_t *prefix);

static inline enum answer answer_not_applicable(const char *why) {
  not_applicable = why;
  return NOT_APPLICABLE;
}

static inline struct bytes output_bytes(struct output *output) {
  return (struct bytes){output->data, output->len};
}

#endif
