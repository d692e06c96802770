/* SPDX-License-Identifier: MIT */
/* The inside of pqq_config: checked values with every default filled in, and
 * the TLS contexts made from it. Written once by pqq_config_new (api/config.c);
 * the quic and http3 layers read it without locks. */
#ifndef PQQ__TLS_CONFIG_H
#define PQQ__TLS_CONFIG_H

#include <stdatomic.h>

#include "tls/tls.h"

struct pqq_config {
  atomic_uint refs;
  /* All numbers are in range and none is "0 = default" any more. The views and
   * strings (identities, ca, groups) are NULL: what they named lives in `tls`. */
  pqq_config_options values;
  pqq__tls_config *tls;
};

#endif
