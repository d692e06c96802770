/* SPDX-License-Identifier: MIT */
/* A configuration with a development identity for localhost, both as server
 * and as client, for tests of the exported functions. */
#ifndef PQQ_TEST_API_FIXTURE_H
#define PQQ_TEST_API_FIXTURE_H

#include <pqq/pqq.h>

/* The identity behind it all; made once for the program and kept. */
const pqq_dev_identity *fixture_identity(void);

/* Fresh options with both identities and the anchors in them. */
pqq_config_options fixture_options(void);

/* A new configuration from those; the test unrefs it. */
pqq_config *fixture_config(void);

/* One that trusts other roots and has no identity. */
pqq_config *fixture_stranger(void);

#endif
