/* SPDX-License-Identifier: MIT */
/* pqq_config_predict_flight and pqq_predict_flight: arguments checked; tls counts. */
#include "core/error.h"
#include "core/struct_size.h"
#include "tls/config.h"

/* RFC 9000 section 14: what every path takes. */
#define LEAST_DATAGRAM_BYTES 1200

static pqq_status read_options(const pqq_flight_options *options, pqq_flight_options *read) {
  return options == NULL ? PQQ_OK
                         : pqq__struct_read("pqq_flight_options", read, sizeof *read, options);
}

static pqq_status write_report(pqq_status status, const pqq_flight_report *made,
                               pqq_flight_report *report) {
  return status == PQQ_OK ? pqq__struct_write("pqq_flight_report", report, made, sizeof *made)
                          : status;
}

static uint32_t datagram_bytes(const pqq_config_options *values) {
  return values->assume_max_udp_payload ? values->max_udp_payload_bytes : LEAST_DATAGRAM_BYTES;
}

pqq_status pqq_config_predict_flight(const pqq_config *config, const pqq_flight_options *options,
                                     pqq_flight_report *report) {
  pqq_flight_options read = {0};
  pqq_flight_report made = {0};
  pqq_status status;

  pqq__error_clear();
  if (config == NULL || report == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", config == NULL ? "config" : "report");
  }
  status = read_options(options, &read);
  if (status == PQQ_OK) {
    status = pqq__tls_config_predict_flight(config->tls, !config->values.disable_velocity,
                                            datagram_bytes(&config->values), &read, &made);
  }
  return write_report(status, &made, report);
}

pqq_status pqq_predict_flight(const pqq_flight_facts *facts, const pqq_flight_options *options,
                              pqq_flight_report *report) {
  pqq_flight_facts known = {0};
  pqq_flight_options read = {0};
  pqq_flight_report made = {0};
  pqq_status status;

  pqq__error_clear();
  if (report == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "report");
  }
  status = pqq__struct_read("pqq_flight_facts", &known, sizeof known, facts);
  if (status == PQQ_OK) {
    status = read_options(options, &read);
  }
  if (status == PQQ_OK) {
    status = pqq__tls_predict_flight(&known, LEAST_DATAGRAM_BYTES, &read, &made);
  }
  return write_report(status, &made, report);
}
