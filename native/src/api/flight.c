/* SPDX-License-Identifier: MIT */
/* pqq_config_predict_flight: arguments checked; tls counts. */
#include "core/error.h"
#include "core/struct_size.h"
#include "tls/config.h"

/* RFC 9000 section 14: what every path takes. */
#define LEAST_DATAGRAM_BYTES 1200

pqq_status pqq_config_predict_flight(const pqq_config *config, const pqq_flight_options *options,
                                     pqq_flight_report *report) {
  pqq_flight_options read = {0};
  pqq_flight_report made = {0};
  const pqq_config_options *values;
  pqq_status status = PQQ_OK;

  pqq__error_clear();
  if (config == NULL || report == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", config == NULL ? "config" : "report");
  }
  if (options != NULL) {
    status = pqq__struct_read("pqq_flight_options", &read, sizeof read, options);
  }
  if (status != PQQ_OK) {
    return status;
  }
  values = &config->values;
  status = pqq__tls_config_predict_flight(
      config->tls, !values->disable_velocity,
      values->assume_max_udp_payload ? values->max_udp_payload_bytes : LEAST_DATAGRAM_BYTES, &read,
      &made);
  return status == PQQ_OK ? pqq__struct_write("pqq_flight_report", report, &made, sizeof made)
                          : status;
}
