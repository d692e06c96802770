/* SPDX-License-Identifier: MIT */
#include "vectors/ask.h"

#include <string.h>

#include "harness.h"

static struct output *add_output(struct reply *reply, const char *name) {
  reply->names[reply->count] = name;
  return &reply->outputs[reply->count++];
}

static void ask_kem_keygen(const struct library *library, const struct parameter_set *set,
                           const struct vector *vector, struct reply *reply) {
  struct output *ek = add_output(reply, "ek"), *dk = add_output(reply, "dk");

  reply->answer = library->kem_keygen(set, vector_bytes(vector, "seed"), ek, dk);
}

static void ask_kem_encaps(const struct library *library, const struct parameter_set *set,
                           const struct vector *vector, struct reply *reply) {
  struct output *c = add_output(reply, "c"), *k = add_output(reply, "k");

  reply->answer =
      library->kem_encaps(set, vector_bytes(vector, "ek"), vector_bytes(vector, "m"), c, k);
}

static void ask_kem_decaps(const struct library *library, const struct parameter_set *set,
                           const struct vector *vector, struct reply *reply) {
  struct output *k = add_output(reply, "k");

  reply->answer =
      library->kem_decaps(set, vector_bytes(vector, "dk"), vector_bytes(vector, "c"), k);
}

static void ask_kem_seed_decaps(const struct library *library, const struct parameter_set *set,
                                const struct vector *vector, struct reply *reply) {
  struct output *ek = add_output(reply, "ek"), *k = add_output(reply, "k");
  struct output dk;

  reply->answer = library->kem_keygen(set, vector_bytes(vector, "seed"), ek, &dk);
  if (reply->answer == ANSWERED) {
    reply->answer = library->kem_decaps(set, output_bytes(&dk), vector_bytes(vector, "c"), k);
  }
}

static void ask_dsa_keygen(const struct library *library, const struct parameter_set *set,
                           const struct vector *vector, struct reply *reply) {
  struct output *pk = add_output(reply, "pk"), *sk = add_output(reply, "sk");

  reply->answer = library->dsa_keygen(set, vector_bytes(vector, "seed"), pk, sk);
}

struct dsa_input ask_dsa_input(const struct vector *vector) {
  static const char *const names[] = {"external", "internal", "mu", "prehash"};
  static uint8_t zeros[DSA_RANDOM_BYTES];
  const char *name = vector_text(vector, "interface");
  struct dsa_input input = {.context = vector_bytes(vector, "context"),
                            .random = vector_bytes(vector, "random")};

  for (size_t i = 0; i < 4; i++) {
    if (strcmp(name, names[i]) == 0) {
      input.interface = (enum dsa_interface)i;
      input.message = vector_bytes(vector, i == DSA_MU ? "mu" : "message");
      if (input.random.data == NULL) {
        input.random = (struct bytes){zeros, sizeof zeros}; /* the deterministic variant */
      }
      EXPECT_UINT(input.random.len, DSA_RANDOM_BYTES);
      return input;
    }
  }
  FAIL("no interface of ML-DSA is called %s", name);
}

static void ask_dsa_sign(const struct library *library, const struct parameter_set *set,
                         const struct vector *vector, struct reply *reply) {
  struct dsa_input input = ask_dsa_input(vector);
  struct bytes sk = vector_bytes(vector, "sk"), seed = vector_bytes(vector, "seed");
  struct output *sig = add_output(reply, "sig");
  struct output made;

  if (seed.data != NULL) {
    reply->answer = library->dsa_keygen(set, seed, add_output(reply, "pk"), &made);
    if (reply->answer != ANSWERED) {
      return;
    }
    sk = output_bytes(&made);
  }
  reply->answer = library->dsa_sign(set, &input, sk, sig);
}

static void ask_dsa_verify(const struct library *library, const struct parameter_set *set,
                           const struct vector *vector, struct reply *reply) {
  struct dsa_input input = ask_dsa_input(vector);

  reply->answer =
      library->dsa_verify(set, &input, vector_bytes(vector, "pk"), vector_bytes(vector, "sig"));
}

static const struct operation {
  const char *name;
  void (*ask)(const struct library *, const struct parameter_set *, const struct vector *,
              struct reply *);
  const char *expected; /* a field that holds what is expected; NULL: it is accepting or refusing */
} operations[] = {
    {"kem_keygen", ask_kem_keygen, "dk"}, {"kem_encaps", ask_kem_encaps, "k"},
    {"kem_decaps", ask_kem_decaps, "k"},  {"kem_seed_decaps", ask_kem_seed_decaps, "k"},
    {"dsa_keygen", ask_dsa_keygen, "sk"}, {"dsa_sign", ask_dsa_sign, "sig"},
    {"dsa_verify", ask_dsa_verify, NULL},
};

static const struct operation *operation_of(const struct vector *vector) {
  const char *name = vector_text(vector, "op");

  for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
    if (strcmp(operations[i].name, name) == 0) {
      return &operations[i];
    }
  }
  FAIL("no operation is called %s", name);
}

void ask(const struct library *library, const struct vector *vector, struct reply *reply) {
  reply->count = 0;
  operation_of(vector)->ask(library, parameter_set_find(vector_text(vector, "set")), vector, reply);
}

const char *ask_expected_field(const struct vector *vector) {
  return operation_of(vector)->expected;
}
