/* SPDX-License-Identifier: MIT */
/* liboqs and AWS-LC against each other on random inputs: what one makes the other uses, and what is
 * changed on the way both take alike. The seed is printed; PQQ_TEST_SEED sets it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "harness.h"
#include "vectors/libraries.h"

#define ROUNDS 100 /* key pairs for each parameter set; PQQ_TEST_ROUNDS sets another number */
#define MAX_MESSAGE_BYTES 600 /* some blocks of SHAKE256 */
#define MAX_CONTEXT_BYTES 255

static uint64_t state;

static size_t rounds(void) {
  const char *text = getenv("PQQ_TEST_ROUNDS");

  return text != NULL ? strtoull(text, NULL, 10) : ROUNDS;
}

/* Each test begins with the seed, so that it does the same alone. */
static void begin(const char *what) {
  state = harness_seed();
  printf("# known answers: %s: %zu random keys for each parameter set, seed 0x%" PRIx64 "\n", what,
         rounds(), harness_seed());
}

static size_t below(size_t limit) {
  return (size_t)(random_next(&state) % limit);
}

/* Fills `memory` and returns it. */
static struct bytes fill(uint8_t *memory, size_t len) {
  for (size_t i = 0; i < len; i++) {
    memory[i] = (uint8_t)random_next(&state);
  }
  return (struct bytes){memory, len};
}

/* Flips one random bit of the bytes from `from` on; done again with what it returns, it is as
 * before. */
static size_t flip(struct bytes bytes, size_t from) {
  size_t bit = 8 * from + below(8 * (bytes.len - from));

  bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
  return bit;
}

static void flip_back(struct bytes bytes, size_t bit) {
  bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void expect_equal(struct bytes a, struct bytes b) {
  EXPECT_MEM(a.data, a.len, b.data, b.len);
}

/* --- ML-KEM ----------------------------------------------------------------------------------- */

struct kem_key {
  struct output ek, dk;
};

/* The same pair from either library. */
static void make_kem_key(const struct parameter_set *set, struct kem_key *key) {
  uint8_t memory[KEM_SEED_BYTES];
  struct bytes seed = fill(memory, sizeof memory);
  struct kem_key other;

  EXPECT_INT(liboqs_library.kem_keygen(set, seed, &key->ek, &key->dk), ANSWERED);
  EXPECT_INT(awslc_library.kem_keygen(set, seed, &other.ek, &other.dk), ANSWERED);
  expect_equal(output_bytes(&key->ek), output_bytes(&other.ek));
  expect_equal(output_bytes(&key->dk), output_bytes(&other.dk));
}

/* Both give the same answer and, if it is one, the same secret, which goes to `k`. */
static enum answer decaps_alike(const struct parameter_set *set, struct bytes dk, struct bytes c,
                                struct output *k) {
  struct output other;
  enum answer answer = liboqs_library.kem_decaps(set, dk, c, k);

  EXPECT_INT(awslc_library.kem_decaps(set, dk, c, &other), answer);
  if (answer == ANSWERED) {
    expect_equal(output_bytes(k), output_bytes(&other));
  }
  return answer;
}

static enum answer encaps_alike(const struct parameter_set *set, struct bytes ek, struct bytes m,
                                struct output *c, struct output *k) {
  struct output other_c, other_k;
  enum answer answer = liboqs_library.kem_encaps(set, ek, m, c, k);

  EXPECT_INT(awslc_library.kem_encaps(set, ek, m, &other_c, &other_k), answer);
  if (answer == ANSWERED) {
    expect_equal(output_bytes(c), output_bytes(&other_c));
    expect_equal(output_bytes(k), output_bytes(&other_k));
  }
  return answer;
}

/* Encapsulated by either, decapsulated by both: encaps_alike and decaps_alike compare all four
 * ways. */
static void try_kem_key(const struct parameter_set *set, struct kem_key *key) {
  uint8_t memory[KEM_SECRET_BYTES];
  struct bytes m = fill(memory, sizeof memory);
  struct bytes ek = output_bytes(&key->ek), dk = output_bytes(&key->dk);
  struct output c, k, received;
  size_t bit;

  EXPECT_INT(encaps_alike(set, ek, m, &c, &k), ANSWERED);
  EXPECT_INT(decaps_alike(set, dk, output_bytes(&c), &received), ANSWERED);
  expect_equal(output_bytes(&received), output_bytes(&k));

  bit = flip(output_bytes(&c), 0);
  NOTE("%s, ciphertext bit %zu", set->name, bit);
  EXPECT_INT(decaps_alike(set, dk, output_bytes(&c), &received), ANSWERED);
  EXPECT(memcmp(received.data, k.data, KEM_SECRET_BYTES) != 0); /* implicit rejection */
  flip_back(output_bytes(&c), bit);

  /* The hash of ek is in dk (FIPS 203, section 7.3): a change of either of the two is refused. */
  bit = flip((struct bytes){dk.data, dk.len - KEM_SECRET_BYTES},
             dk.len - 2 * KEM_SECRET_BYTES - ek.len);
  NOTE("%s, decapsulation key bit %zu", set->name, bit);
  EXPECT_INT(decaps_alike(set, dk, output_bytes(&c), &received), REFUSED);
  flip_back(dk, bit);

  /* A change of ek is another key, or coefficients too large: both say the same. */
  bit = flip(ek, 0);
  NOTE("%s, encapsulation key bit %zu", set->name, bit);
  encaps_alike(set, ek, m, &c, &received);
  flip_back(ek, bit);
}

TEST(
    "ML-KEM: keys and ciphertexts of one library are those of the other, and changes are noticed") {
  struct kem_key key;

  begin("ML-KEM");
  for (size_t i = 0; i < 3; i++) {
    for (size_t round = 0; round < rounds(); round++) {
      NOTE("%s, round %zu", kem_sets[i].name, round);
      make_kem_key(&kem_sets[i], &key);
      try_kem_key(&kem_sets[i], &key);
    }
  }
}

/* --- ML-DSA ----------------------------------------------------------------------------------- */

struct dsa_case {
  uint8_t message[MAX_MESSAGE_BYTES], context[MAX_CONTEXT_BYTES], random[DSA_RANDOM_BYTES];
  struct dsa_input input;
  struct output pk, sk, sig;
};

static void make_dsa_case(const struct parameter_set *set, struct dsa_case *made) {
  uint8_t memory[DSA_SEED_BYTES];
  struct bytes seed = fill(memory, sizeof memory);
  struct output other_pk, other_sk;

  EXPECT_INT(liboqs_library.dsa_keygen(set, seed, &made->pk, &made->sk), ANSWERED);
  EXPECT_INT(awslc_library.dsa_keygen(set, seed, &other_pk, &other_sk), ANSWERED);
  expect_equal(output_bytes(&made->pk), output_bytes(&other_pk));
  expect_equal(output_bytes(&made->sk), output_bytes(&other_sk));
  made->input = (struct dsa_input){
      .message = fill(made->message, 1 + below(MAX_MESSAGE_BYTES)),
      .context = fill(made->context, 1 + below(MAX_CONTEXT_BYTES)),
      .random = fill(made->random, DSA_RANDOM_BYTES),
  };
}

static void expect_verdict(const struct parameter_set *set, struct dsa_case *made,
                           enum answer verdict) {
  for (size_t i = 0; i < 2; i++) {
    EXPECT_INT(libraries[i]->dsa_verify(set, &made->input, output_bytes(&made->pk),
                                        output_bytes(&made->sig)),
               verdict);
  }
}

static void expect_flip_refused(const struct parameter_set *set, struct dsa_case *made,
                                const char *what, struct bytes bytes) {
  size_t bit = flip(bytes, 0);

  NOTE("%s, %s bit %zu", set->name, what, bit);
  expect_verdict(set, made, REFUSED);
  flip_back(bytes, bit);
}

/* Signed by either with the same randomness, the signature is the same; verified by both.
 * awslc_library also signs with randomness of its own and verifies that. */
static void try_dsa_case(const struct parameter_set *set, struct dsa_case *made) {
  struct output other;

  EXPECT_INT(liboqs_library.dsa_sign(set, &made->input, output_bytes(&made->sk), &made->sig),
             ANSWERED);
  EXPECT_INT(awslc_library.dsa_sign(set, &made->input, output_bytes(&made->sk), &other), ANSWERED);
  expect_equal(output_bytes(&made->sig), output_bytes(&other));
  expect_verdict(set, made, ANSWERED);

  expect_flip_refused(set, made, "signature", output_bytes(&made->sig));
  expect_flip_refused(set, made, "message", made->input.message);
  expect_flip_refused(set, made, "context", made->input.context);
  expect_flip_refused(set, made, "public key", output_bytes(&made->pk));
  expect_verdict(set, made, ANSWERED);
}

TEST("ML-DSA: keys and signatures of one library are those of the other, and changes are noticed") {
  static struct dsa_case made;

  begin("ML-DSA");
  for (size_t i = 0; i < 3; i++) {
    for (size_t round = 0; round < rounds(); round++) {
      NOTE("%s, round %zu", dsa_sets[i].name, round);
      make_dsa_case(&dsa_sets[i], &made);
      try_dsa_case(&dsa_sets[i], &made);
    }
  }
}
