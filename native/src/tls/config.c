/* SPDX-License-Identifier: MIT */
/* The count of a configuration. Drivers and engines hold one for what comes next, and every
 * connection one for itself: after a swap the old configuration, with its keys, lives as long as
 * the last connection that began with it. */
#include "tls/config.h"

#include <stdlib.h>

pqq_config *pqq_config_ref(pqq_config *config) {
  if (config != NULL) {
    (void)atomic_fetch_add_explicit(&config->refs, 1, memory_order_relaxed);
  }
  return config;
}

void pqq_config_unref(pqq_config *config) {
  if (config == NULL || atomic_fetch_sub_explicit(&config->refs, 1, memory_order_acq_rel) > 1) {
    return;
  }
  pqq__tls_config_free(config->tls);
  free(config);
}
