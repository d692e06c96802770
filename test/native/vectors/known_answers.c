/* SPDX-License-Identifier: MIT */
#include "vectors/known_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "vectors/ask.h"

/* --- Judging ---------------------------------------------------------------------------------- */

static bool expects_success(const struct vector *vector) {
  return strcmp(vector_text(vector, "expect"), "valid") == 0;
}

/* Says how a reply differs from what the vector expects, or NULL if it does not. */
static const char *difference(const struct vector *vector, const struct reply *reply) {
  size_t compared = 0;

  if (!expects_success(vector)) {
    return reply->answer == REFUSED ? NULL : "accepted what is invalid";
  }
  if (reply->answer != ANSWERED) {
    return "refused what is valid";
  }
  for (size_t i = 0; i < reply->count; i++) {
    struct bytes expected = vector_bytes(vector, reply->names[i]);
    if (expected.data == NULL) {
      continue;
    }
    if (expected.len != reply->outputs[i].len ||
        memcmp(expected.data, reply->outputs[i].data, expected.len) != 0) {
      return "other bytes than expected";
    }
    compared++;
  }
  return compared > 0 || reply->count == 0 ? NULL : "nothing to compare with";
}

static void set_expectation(struct vector *vector, const char *text) {
  for (size_t i = 0; i < vector->count; i++) {
    if (strcmp(vector->fields[i].name, "expect") == 0) {
      vector->fields[i].text = text;
    }
  }
}

/* Changes the expectation: one bit of the named field, or success against refusal if there is none.
 * Done twice, it is as before. */
static void spoil(struct vector *vector, const char *field, size_t position) {
  struct bytes bytes = field != NULL ? vector_bytes(vector, field) : (struct bytes){NULL, 0};

  if (expects_success(vector) && bytes.len > 0) {
    bytes.data[position % bytes.len] ^= (uint8_t)(1u << position % 8);
  } else {
    set_expectation(vector, expects_success(vector) ? "invalid" : "valid");
  }
}

/* What matched must not match any other expectation: shows for each vector that its comparison is
 * one. Returns how many were tried. */
static size_t expect_spoiled_to_differ(struct vector *vector, const struct reply *reply) {
  size_t position = 7 * strtoull(vector_text(vector, "id"), NULL, 10); /* each vector elsewhere */
  size_t times = reply->count > 0 && expects_success(vector) ? reply->count : 1, spoiled = 0;

  for (size_t i = 0; i < times; i++) {
    const char *field = reply->count > 0 ? reply->names[i] : NULL;
    if (times > 1 && vector_bytes(vector, field).len == 0) {
      continue; /* the vector does not tell this output */
    }
    spoil(vector, field, position);
    if (difference(vector, reply) == NULL) {
      FAIL("vector %s equals a changed expectation", vector_text(vector, "id"));
    }
    spoil(vector, field, position);
    spoiled++;
  }
  return spoiled;
}

/* --- Counting --------------------------------------------------------------------------------- */

/* Where a library is known to differ, and why that does no harm to libpqq. The counts are exact:
 * what is mended in a newer version fails here, as what breaks does. A system's liboqs may be one
 * or the other. */
static const struct exception {
  const struct library *library;
  const char *file;
  const char *note; /* part of the vector's comment */
  size_t count;
  bool avx2; /* only liboqs's code for AVX2: the portable code has to answer right */
} exceptions[] = {
    /* crypto_sign_verify_internal of avx2/sign.c does not check the norm of z (FIPS 204, algorithm
     * 8, line 13; https://github.com/pq-crystals/dilithium/issues/113). libpqq verifies what a peer
     * signs with AWS-LC; liboqs verifies one signature of its own, when a key is loaded, to see
     * that the key's halves belong together. */
    {&liboqs_library, "mldsa_44_verify_test", "InfinityNormViolation", 37, true},
    {&liboqs_library, "mldsa_65_verify_test", "InfinityNormViolation", 41, true},
    {&liboqs_library, "mldsa_87_verify_test", "InfinityNormViolation", 49, true},
    /* poly_use_hint there takes a low part of zero for a positive one. A signer sets a hint only
     * where the low part is close to its bound, so that no signature of a signer gets there. */
    {&liboqs_library, "mldsa_44_verify_test", "use_hint(1,_0)", 1, true},
    {&liboqs_library, "mldsa_65_verify_test", "use_hint(1,_0)", 1, true},
    {&liboqs_library, "mldsa_87_verify_test", "use_hint(1,_0)", 1, true},
    /* liboqs signs with a private key whose s1 or s2 is out of range. libpqq has AWS-LC read every
     * key first, and that refuses it. */
    {&liboqs_library, "mldsa_44_sign_noseed_test", "InvalidPrivateKey", 2, false},
    {&liboqs_library, "mldsa_65_sign_noseed_test", "InvalidPrivateKey", 2, false},
    {&liboqs_library, "mldsa_87_sign_noseed_test", "InvalidPrivateKey", 2, false},
};

#define EXCEPTIONS (sizeof exceptions / sizeof exceptions[0])

static bool exception_applies(const struct exception *exception, const struct library *library,
                              const char *file) {
  return exception->library == library && strcmp(exception->file, file) == 0 &&
         (!exception->avx2 || liboqs_uses_avx2());
}

static size_t expected_exceptions(const struct library *library, const char *file) {
  size_t sum = 0;

  for (size_t i = 0; i < EXCEPTIONS; i++) {
    sum += exception_applies(&exceptions[i], library, file) ? exceptions[i].count : 0;
  }
  return sum;
}

/* Whether it is known that this library differs in this vector. */
static bool is_exception(const struct library *library, const char *file,
                         const struct vector *vector) {
  for (size_t i = 0; i < EXCEPTIONS; i++) {
    if (exception_applies(&exceptions[i], library, file) &&
        strstr(vector_text(vector, "note"), exceptions[i].note) != NULL) {
      if (exceptions[i].avx2) {
        struct dsa_input input = ask_dsa_input(vector);
        enum answer answer =
            liboqs_portable_verify(parameter_set_find(vector_text(vector, "set")), &input,
                                   vector_bytes(vector, "pk"), vector_bytes(vector, "sig"));
        EXPECT(answer == NOT_APPLICABLE || (answer == ANSWERED) == expects_success(vector));
      }
      return true;
    }
  }
  return false;
}

static void count_not_applicable(struct library_tally *tally) {
  for (size_t i = 0; i < MAX_REASONS; i++) {
    if (tally->not_applicable[i].why == NULL || tally->not_applicable[i].why == not_applicable) {
      tally->not_applicable[i].why = not_applicable;
      tally->not_applicable[i].count++;
      return;
    }
  }
  FAIL("more than %d reasons", MAX_REASONS);
}

static void count_mismatch(struct library_tally *tally, const struct vector *vector,
                           const char *what) {
  if (tally->mismatches++ == 0) {
    snprintf(tally->first_mismatch, sizeof tally->first_mismatch, "vector %s (%s %s %s): %s",
             vector_text(vector, "id"), vector_text(vector, "set"), vector_text(vector, "op"),
             vector_text(vector, "note"), what);
  }
}

/* Asks one library and compares. */
static void count_vector(struct library_tally *counts, const struct library *library,
                         const char *file, struct vector *vector) {
  static struct reply reply;
  const char *what;

  ask(library, vector, &reply);
  if (reply.answer == NOT_APPLICABLE) {
    count_not_applicable(counts);
    return;
  }
  counts->run++;
  what = difference(vector, &reply);
  if (what == NULL) {
    counts->spoiled += expect_spoiled_to_differ(vector, &reply);
  } else if (is_exception(library, file, vector)) {
    counts->exceptions++;
  } else {
    count_mismatch(counts, vector, what);
  }
}

void known_answers_count(struct tally *tally, const char *origin, const char *name,
                         const char *spoiled_id) {
  struct vector_file file;
  struct vector vector;

  memset(tally, 0, sizeof *tally);
  vector_file_open(&file, origin, name);
  while (vector_file_next(&file, &vector)) {
    const char *id = vector_text(&vector, "id");
    NOTE("%s, vector %s", name, id);
    tally->vectors++;
    if (spoiled_id != NULL && strcmp(id, spoiled_id) == 0) {
      spoil(&vector, ask_expected_field(&vector), 0);
    }
    for (size_t i = 0; i < 2; i++) {
      count_vector(&tally->libraries[i], libraries[i], name, &vector);
    }
  }
  EXPECT_UINT(tally->vectors, file.announced);
  vector_file_close(&file);
}

/* test/tools/run-tests.mjs shows lines that begin like these. */
static void print_counts(const char *name, const struct tally *tally) {
  printf("# known answers: %s: %zu vectors, run on liboqs %zu, on AWS-LC %zu; %zu changed "
         "expectations noticed\n",
         name, tally->vectors, tally->libraries[0].run, tally->libraries[1].run,
         tally->libraries[0].spoiled + tally->libraries[1].spoiled);
  for (size_t i = 0; i < 2; i++) {
    const struct library_tally *counts = &tally->libraries[i];
    for (size_t j = 0; j < MAX_REASONS && counts->not_applicable[j].why != NULL; j++) {
      printf("# known answers:   %zu not applicable: %s %s\n", counts->not_applicable[j].count,
             libraries[i]->name, counts->not_applicable[j].why);
    }
    if (counts->exceptions > 0) {
      printf("# known answers:   %zu wrong, as known_answers.c explains: %s\n", counts->exceptions,
             libraries[i]->name);
    }
  }
}

void known_answers_expect(const char *origin, const char *name, size_t vectors, size_t liboqs_run,
                          size_t awslc_run) {
  const size_t runs[2] = {liboqs_run, awslc_run};
  struct tally tally;

  known_answers_count(&tally, origin, name, NULL);
  print_counts(name, &tally);
  EXPECT_UINT(tally.vectors, vectors);
  for (size_t i = 0; i < 2; i++) {
    const struct library_tally *counts = &tally.libraries[i];
    NOTE("%s on %s", name, libraries[i]->name);
    if (counts->mismatches > 0) {
      FAIL("%zu mismatches of %zu, first %s", counts->mismatches, counts->run,
           counts->first_mismatch);
    }
    EXPECT(counts->run > 0);
#ifdef PQQ_TEST_SYSTEM_LIBOQS
    if (libraries[i] == &liboqs_library) {
      continue; /* what an unknown version can do and gets wrong is not known */
    }
#endif
    EXPECT_UINT(counts->run, runs[i]);
    EXPECT_UINT(counts->exceptions, expected_exceptions(libraries[i], name));
  }
}

void known_answers_expect_noticed(const char *origin, const char *name, const char *id) {
  struct tally tally;

  known_answers_count(&tally, origin, name, id);
  for (size_t i = 0; i < 2; i++) {
    NOTE("%s, vector %s changed, on %s", name, id, libraries[i]->name);
    EXPECT_UINT(tally.libraries[i].mismatches, 1);
  }
}
