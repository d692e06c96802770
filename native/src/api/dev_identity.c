/* SPDX-License-Identifier: MIT */
/* Development identities; made by tls/dev_cert.c. */
#include "api/init.h"
#include "core/error.h"
#include "tls/tls.h"

pqq_status pqq_dev_identity_new(int32_t profile, const char *const *names, size_t name_count,
                                uint32_t days, pqq_dev_identity **identity) {
  pqq_status status;

  pqq__error_clear();
  if (names == NULL || identity == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", names == NULL ? "names" : "identity");
  }
  status = pqq__check_initialized();
  if (status != PQQ_OK) {
    return status;
  }
  return pqq__tls_dev_identity_new(profile, names, name_count, days, identity);
}

void pqq_dev_identity_free(pqq_dev_identity *identity) {
  pqq__tls_dev_identity_free(identity);
}
