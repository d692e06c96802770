/* SPDX-License-Identifier: MIT */
/* include/pqq/signer.h: what an external signer calls. */
#include <pqq/signer.h>

#include "core/struct_size.h"
#include "tls/tls.h"

pqq_status pqq_signer_init(pqq_signer *signer, size_t size) {
  static const pqq_signer zero;

  return pqq__struct_init("pqq_signer", signer, size, &zero, sizeof zero);
}

pqq_status pqq_sign_complete(pqq_sign_request *request, const uint8_t *signature,
                             size_t signature_bytes) {
  if (request == NULL) {
    return PQQ_ERR_NULL_ARG;
  }
  return pqq__tls_request_complete(request,
                                   (pqq_bytes){signature, signature != NULL ? signature_bytes : 0});
}

pqq_status pqq_sign_fail(pqq_sign_request *request, const char *reason) {
  if (request == NULL) {
    return PQQ_ERR_NULL_ARG;
  }
  pqq__tls_request_fail(request, reason);
  return PQQ_OK;
}
