/* SPDX-License-Identifier: MIT */
/* TLS alerts that libpqq sends by its own decision (RFC 8446 section 6, RFC
 * 7301 section 3.2). All alerts by name: pqq__tls_alert_status. */
#ifndef PQQ__TLS_ALERT_H
#define PQQ__TLS_ALERT_H

enum {
  PQQ__ALERT_HANDSHAKE_FAILURE = 40,
  PQQ__ALERT_BAD_CERTIFICATE = 42,
  PQQ__ALERT_CERTIFICATE_EXPIRED = 45,
  PQQ__ALERT_UNKNOWN_CA = 48,
  PQQ__ALERT_DECODE_ERROR = 50,
  PQQ__ALERT_INTERNAL_ERROR = 80,
  PQQ__ALERT_MISSING_EXTENSION = 109,
  PQQ__ALERT_NO_APPLICATION_PROTOCOL = 120
};

#endif
