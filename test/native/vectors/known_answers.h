/* SPDX-License-Identifier: MIT */
/* Puts every vector of a file to both libraries, compares, and counts. */
#ifndef PQQ_TEST_KNOWN_ANSWERS_H
#define PQQ_TEST_KNOWN_ANSWERS_H

#include <stddef.h>

#define MAX_REASONS 8

struct library_tally {
  size_t run;        /* vectors that the library was asked */
  size_t mismatches; /* among them */
  size_t exceptions; /* among `run`: differs in a way that known_answers.c lists with the reason */
  size_t spoiled; /* comparisons repeated with a changed expectation; each has to be a mismatch */
  struct {
    const char *why;
    size_t count;
  } not_applicable[MAX_REASONS];
  char first_mismatch[256];
};

struct tally {
  size_t vectors;
  struct library_tally libraries[2]; /* in the order of `libraries` */
};

/* Counts one file. The vector of that id gets one bit of what it expects changed; NULL leaves all
 * as they are. Skips the test if the vectors could not be had. */
void known_answers_count(struct tally *tally, const char *origin, const char *name,
                         const char *spoiled_id);

/* Counts one file, prints the counts and expects no mismatch and exactly these numbers: a vector
 * that is no longer asked must not go unnoticed. */
void known_answers_expect(const char *origin, const char *name, size_t vectors, size_t liboqs_run,
                          size_t awslc_run);
/* Expects that a change of one bit in that vector, as the file has it, is one mismatch on either
 * library. */
void known_answers_expect_noticed(const char *origin, const char *name, const char *id);

#endif
