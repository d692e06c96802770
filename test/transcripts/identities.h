/* SPDX-License-Identifier: MIT */
/* The identities of the transcripts: two roots and what each has issued, made from a fixed seed, so
 * that spec/transcripts/identities can be made again. Their keys are public: never trust them. */
#ifndef PQQ_TRANSCRIPTS_IDENTITIES_H
#define PQQ_TRANSCRIPTS_IDENTITIES_H

#include <stddef.h>

typedef enum identity_file {
  PQ_ROOT_CERT,
  PQ_SERVER_CERT,
  PQ_SERVER_KEY,
  PQ_CLIENT_CERT,
  PQ_CLIENT_KEY,
  CLASSICAL_ROOT_CERT,
  CLASSICAL_SERVER_CERT,
  CLASSICAL_SERVER_KEY,
  CLASSICAL_CLIENT_CERT,
  CLASSICAL_CLIENT_KEY,
  IDENTITY_FILES
} identity_file;

/* Path of a file, relative to the checkout. */
const char *identity_path(identity_file file);

/* Makes all of them as PEM; the caller frees each. */
void identities_make(char *texts[IDENTITY_FILES]);

#endif
