/* SPDX-License-Identifier: MIT */
/* Authenticator requests of a server (RFC 9261 section 4): a CertificateRequest
 * message with a random context and signature_algorithms. */
#include <string.h>

#include <openssl/ssl.h>

#include "tls/proof.h"
#include "tls/tls.h"

/* HandshakeType (RFC 8446 section 4). */
#define CERTIFICATE_REQUEST 13

/* The schemes of our own identities that are of `kind` and strong enough. */
static int add_schemes(const pqq__profile *profile, pqq__proof_kind kind, CBB *list) {
  size_t count;
  const pqq__signature_scheme *schemes = pqq__signature_schemes(&count);

  for (size_t i = 0; i < count; i++) {
    int is_wanted = schemes[i].is_pq ? (kind & PQQ__PROOF_PQ) : (kind & PQQ__PROOF_CLASSICAL);

    if (schemes[i].can_prove && is_wanted && pqq__profile_accepts(profile, &schemes[i]) &&
        !CBB_add_u16(list, schemes[i].id)) {
      return 0;
    }
  }
  return 1;
}

static int write_request(const pqq__profile *profile, const pqq__proof_request *request, CBB *out) {
  CBB message, value, extension, list;

  return CBB_add_u8(out, CERTIFICATE_REQUEST) && CBB_add_u24_length_prefixed(out, &message) &&
         CBB_add_u8_length_prefixed(&message, &value) &&
         CBB_add_bytes(&value, request->context, sizeof request->context) &&
         CBB_add_u16_length_prefixed(&message, &value) &&
         CBB_add_u16(&value, TLSEXT_TYPE_signature_algorithms) &&
         CBB_add_u16_length_prefixed(&value, &extension) &&
         CBB_add_u16_length_prefixed(&extension, &list) &&
         add_schemes(profile, request->kind, &list) && CBB_flush(out);
}

int pqq__proof_request_make(const pqq__profile *profile, pqq__proof_kind kind,
                            pqq__proof_request *request) {
  CBB out;

  request->kind = kind;
  pqq__tls_random(request->context, sizeof request->context);
  return CBB_init_fixed(&out, request->message, sizeof request->message) &&
         write_request(profile, request, &out) && CBB_finish(&out, NULL, &request->len);
}

/* The value of signature_algorithms; 0 if it is not there. */
static int find_schemes(CBS *extensions, CBS *schemes) {
  CBS body;
  uint16_t type;
  int found = 0;

  while (CBS_len(extensions) > 0) {
    if (!CBS_get_u16(extensions, &type) || !CBS_get_u16_length_prefixed(extensions, &body)) {
      return 0;
    }
    if (type == TLSEXT_TYPE_signature_algorithms) {
      if (found || !CBS_get_u16_length_prefixed(&body, schemes) || CBS_len(&body) != 0 ||
          CBS_len(schemes) == 0 || CBS_len(schemes) % 2 != 0) {
        return 0;
      }
      found = 1;
    }
  }
  return found;
}

int pqq__proof_request_read(pqq_bytes message, pqq_bytes *context, CBS *schemes) {
  CBS in, body, value, extensions;
  uint8_t type;

  CBS_init(&in, message.data, message.len);
  if (!CBS_get_u8(&in, &type) || type != CERTIFICATE_REQUEST ||
      !CBS_get_u24_length_prefixed(&in, &body) || CBS_len(&in) != 0 ||
      !CBS_get_u8_length_prefixed(&body, &value) || CBS_len(&value) == 0 ||
      !CBS_get_u16_length_prefixed(&body, &extensions) || CBS_len(&body) != 0) {
    return 0;
  }
  *context = (pqq_bytes){CBS_data(&value), CBS_len(&value)};
  return find_schemes(&extensions, schemes);
}
