/* SPDX-License-Identifier: MIT */
/* Records one connection on the simulated link: every datagram as it is sent, the secrets that open
 * them, and what AWS-LC exports. annotate/ makes a readable transcript of it. */
#ifndef PQQ_TRANSCRIPTS_RECORD_H
#define PQQ_TRANSCRIPTS_RECORD_H

#include <pqq/pqq.h>

#include "identities.h"

typedef struct transcript {
  /* Also the name of the file. */
  const char *name;
  uint64_t seed;
  /* Changes both ends' options from what all scenarios have in common; may be NULL. */
  void (*change)(pqq_config_options *server, pqq_config_options *client);
  /* The client has its two identities too. */
  int is_mutual;
} transcript;

/* Runs the scenario and returns the recording, JSON text that the caller frees. `identities` are
 * the texts of the files. The connection's randomness is seeded (seeded.h). */
char *record(const transcript *scenario, char *const identities[IDENTITY_FILES]);

#endif
