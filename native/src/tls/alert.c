/* SPDX-License-Identifier: MIT */
/* Names of TLS alerts (IANA TLS Alerts) and what they mean when a peer sends
 * them. */
#include "tls/alert.h"

#include "tls/tls.h"

struct alert {
  uint8_t code;
  pqq_status status;
  const char *name;
};

/* A peer's handshake_failure or certificate alert does not say which of its
 * checks failed, so only the unmistakable ones get a status of their own. */
static const struct alert alerts[] = {
    {0, PQQ_ERR_TLS_ALERT, "close_notify"},
    {10, PQQ_ERR_TLS_ALERT, "unexpected_message"},
    {20, PQQ_ERR_TLS_ALERT, "bad_record_mac"},
    {22, PQQ_ERR_TLS_ALERT, "record_overflow"},
    {40, PQQ_ERR_TLS_ALERT, "handshake_failure"},
    {42, PQQ_ERR_TLS_ALERT, "bad_certificate"},
    {43, PQQ_ERR_TLS_ALERT, "unsupported_certificate"},
    {44, PQQ_ERR_TLS_ALERT, "certificate_revoked"},
    {45, PQQ_ERR_TLS_ALERT, "certificate_expired"},
    {46, PQQ_ERR_TLS_ALERT, "certificate_unknown"},
    {47, PQQ_ERR_TLS_ALERT, "illegal_parameter"},
    {48, PQQ_ERR_TLS_ALERT, "unknown_ca"},
    {49, PQQ_ERR_TLS_ALERT, "access_denied"},
    {50, PQQ_ERR_TLS_ALERT, "decode_error"},
    {51, PQQ_ERR_TLS_ALERT, "decrypt_error"},
    {70, PQQ_ERR_TLS_ALERT, "protocol_version"},
    {71, PQQ_ERR_POLICY_REFUSED, "insufficient_security"},
    {80, PQQ_ERR_TLS_ALERT, "internal_error"},
    {86, PQQ_ERR_TLS_ALERT, "inappropriate_fallback"},
    {90, PQQ_ERR_TLS_ALERT, "user_canceled"},
    {109, PQQ_ERR_TLS_ALERT, "missing_extension"},
    {110, PQQ_ERR_TLS_ALERT, "unsupported_extension"},
    {112, PQQ_ERR_SERVER_NAME_UNKNOWN, "unrecognized_name"},
    {113, PQQ_ERR_TLS_ALERT, "bad_certificate_status_response"},
    {115, PQQ_ERR_TLS_ALERT, "unknown_psk_identity"},
    {116, PQQ_ERR_TLS_ALERT, "certificate_required"},
    {120, PQQ_ERR_NO_SHARED_ALPN, "no_application_protocol"},
    {121, PQQ_ERR_TLS_ALERT, "ech_required"},
};

pqq_status pqq__tls_alert_status(uint8_t alert, const char **name) {
  for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
    if (alerts[i].code == alert) {
      *name = alerts[i].name;
      return alerts[i].status;
    }
  }
  *name = "unassigned";
  return PQQ_ERR_TLS_ALERT;
}
