/* SPDX-License-Identifier: MIT */
/* Puts one vector to one library. */
#ifndef PQQ_TEST_ASK_H
#define PQQ_TEST_ASK_H

#include "vectors/libraries.h"

#define MAX_OUTPUTS 2

/* What a library made of a vector. */
struct reply {
  enum answer answer;
  size_t count;
  const char *names[MAX_OUTPUTS]; /* of the fields that the outputs have to equal */
  struct output outputs[MAX_OUTPUTS];
};

void ask(const struct library *library, const struct vector *vector, struct reply *reply);

/* A field that holds what the vector expects, or NULL if it expects no bytes, only to be accepted
 * or refused. */
const char *ask_expected_field(const struct vector *vector);

/* What an ML-DSA vector has to be signed or verified. Without randomness it is the deterministic
 * variant's. */
struct dsa_input ask_dsa_input(const struct vector *vector);

#endif
