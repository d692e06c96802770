/* SPDX-License-Identifier: MIT */
/* From sizes and assumptions to a report; see flight_predict.h. */
#include "tls/flight_predict.h"

#include "core/error.h"
#include "tls/flight_budget.h"

/* Datagrams of a client's first flight that make sense: its initial window is ten. */
#define MAX_CLIENT_DATAGRAMS 64
#define MIN_DATAGRAM_BYTES 1200
#define MAX_DATAGRAM_BYTES 65527

#define SHA256_BYTES 32

/* Context and length; per certificate its length and that of its extensions. */
#define BODY_BYTES 4
#define ENTRY_BYTES 5

uint32_t pqq__flight_body(const uint32_t *certificates, size_t count) {
  uint32_t body = BODY_BYTES;

  for (size_t i = 0; i < count; i++) {
    body += ENTRY_BYTES + certificates[i];
  }
  return body;
}

uint32_t pqq__flight_hash(uint16_t cipher) {
  return cipher == PQQ_CIPHER_AES_256_GCM_SHA384 ? PQQ__MAX_HASH_BYTES : SHA256_BYTES;
}

static pqq_status check(const pqq_flight_options *options) {
  if (options->datagram_bytes < MIN_DATAGRAM_BYTES ||
      options->datagram_bytes > MAX_DATAGRAM_BYTES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "datagram_bytes: %u, allowed %d to %d",
                          options->datagram_bytes, MIN_DATAGRAM_BYTES, MAX_DATAGRAM_BYTES);
  }
  if (options->client_datagrams > MAX_CLIENT_DATAGRAMS) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "client_datagrams: %u, allowed up to %d",
                          options->client_datagrams, MAX_CLIENT_DATAGRAMS);
  }
  if (pqq__group_find(options->group) == NULL) {
    return pqq__error_set(PQQ_ERR_GROUP_UNKNOWN, "group is 0x%04x", options->group);
  }
  return PQQ_OK;
}

/* The Certificate message and what is said of it. */
static uint32_t count_certificate(const pqq__flight_chain *chain, uint32_t flags,
                                  pqq_flight_report *report) {
  int is_leaf_only = (flags & PQQ_FLIGHT_LEAF_ONLY) != 0;
  uint32_t plain = is_leaf_only ? chain->leaf_body : chain->body;
  uint32_t wire = is_leaf_only ? chain->leaf_wire : chain->wire;
  uint16_t compression = is_leaf_only ? chain->leaf_compression : chain->compression;

  if (flags & PQQ_FLIGHT_UNCOMPRESSED) {
    wire = plain;
    compression = 0;
  }
  report->certificate_count = is_leaf_only ? 1 : chain->length;
  report->certificate_plain_bytes = pqq__flight_message(plain);
  report->certificate_compression = compression;
  return pqq__flight_message(wire);
}

static uint32_t count_authenticator(const pqq__flight_input *input, uint32_t flags,
                                    pqq_flight_report *report) {
  const pqq__flight_chain *chain = &input->second;
  uint32_t body = flags & PQQ_FLIGHT_LEAF_ONLY ? chain->leaf_body : chain->body;

  report->authenticator_certificate_bytes = pqq__flight_message(body);
  return pqq__flight_authenticator(body, chain->signature, input->hash);
}

static pqq__flight_parts count_parts(const pqq__flight_input *input,
                                     const pqq_flight_options *options, pqq_flight_report *report) {
  int is_velocity = options->kind == PQQ_FLIGHT_VELOCITY;
  int is_resumed = (options->flags & PQQ_FLIGHT_RESUMED) != 0;
  pqq__flight_parts parts = {
      .client_hello = pqq__flight_client_hello(options->group, is_velocity),
      .server_hello = pqq__flight_server_hello(options->group, is_resumed),
      .encrypted_extensions = pqq__flight_encrypted_extensions(is_velocity),
      .finished = pqq__flight_message(input->hash),
      .settings = pqq__flight_settings(),
  };

  if (is_resumed) {
    return parts;
  }
  parts.certificate = count_certificate(&input->first, options->flags, report);
  parts.certificate_verify = pqq__flight_certificate_verify(input->first.signature);
  if (is_velocity) {
    parts.authenticator = count_authenticator(input, options->flags, report);
  }
  return parts;
}

static void report_parts(const pqq__flight_parts *parts, pqq_flight_report *report) {
  pqq__flight_size size = pqq__flight_pack(parts, report->datagram_bytes);

  report->server_hello_bytes = parts->server_hello;
  report->encrypted_extensions_bytes = parts->encrypted_extensions;
  report->certificate_bytes = parts->certificate;
  report->certificate_verify_bytes = parts->certificate_verify;
  report->finished_bytes = parts->finished;
  report->authenticator_bytes = parts->authenticator;
  report->settings_bytes = parts->settings;
  report->total_bytes = size.total_bytes;
  report->total_datagrams = size.total_datagrams;
  report->tls_bytes = size.tls_bytes;
  report->tls_datagrams = size.tls_datagrams;
  report->overhead_bytes = size.total_bytes - parts->server_hello - parts->encrypted_extensions -
                           parts->certificate - parts->certificate_verify - parts->finished -
                           parts->authenticator - parts->settings;
}

static void report_repeats(uint32_t needed, pqq_flight_report *report) {
  uint32_t datagrams =
      pqq__flight_datagrams_for(needed, report->client_datagrams, report->datagram_bytes);
  pqq__flight_limits limits = {.amplification = 3 * datagrams * report->datagram_bytes,
                               .window = report->window_bytes};
  uint32_t rounds = pqq__flight_rounds(needed, &limits);

  report->repeat_limit_bytes = report->limit_bytes;
  report->repeat_tls_round_trips = report->tls_round_trips;
  report->repeat_round_trips = report->round_trips;
  if (rounds < report->round_trips) {
    report->repeats = datagrams - report->client_datagrams;
    report->repeat_limit_bytes = limits.amplification;
    report->repeat_tls_round_trips = pqq__flight_rounds(report->tls_bytes, &limits);
    report->repeat_round_trips = rounds;
  }
}

static void report_rounds(const pqq__flight_parts *parts, const pqq_flight_options *options,
                          pqq_flight_report *report) {
  uint32_t needed = parts->authenticator > 0 ? report->total_bytes : report->tls_bytes;
  pqq__flight_limits limits = {.window = pqq__flight_window(report->datagram_bytes)};

  report->window_bytes = limits.window;
  report->client_datagrams = options->client_datagrams;
  if (report->client_datagrams == 0) {
    report->client_datagrams =
        pqq__flight_client_datagrams(parts->client_hello, report->datagram_bytes);
  }
  report->client_bytes = report->client_datagrams * report->datagram_bytes;
  report->limit_bytes =
      options->flags & PQQ_FLIGHT_VALIDATED ? UINT32_MAX : 3 * report->client_bytes;
  limits.amplification = report->limit_bytes;
  report->tls_round_trips = pqq__flight_rounds(report->tls_bytes, &limits);
  report->round_trips = pqq__flight_rounds(needed, &limits);
  report_repeats(needed, report);
}

static void predict(const pqq__flight_input *input, const pqq_flight_options *options,
                    pqq_flight_report *report) {
  pqq__flight_parts parts;

  *report = (pqq_flight_report){.kind = options->kind, .datagram_bytes = options->datagram_bytes};
  parts = count_parts(input, options, report);
  report_parts(&parts, report);
  report_rounds(&parts, options, report);
}

/* What a server can change: the certificates that it sends. */
static void advise(const pqq__flight_input *input, const pqq_flight_options *options,
                   pqq_flight_report *report) {
  pqq_flight_options leaf_only = *options;
  pqq_flight_report better;

  if (options->flags & (PQQ_FLIGHT_LEAF_ONLY | PQQ_FLIGHT_RESUMED)) {
    return;
  }
  leaf_only.flags |= PQQ_FLIGHT_LEAF_ONLY;
  predict(input, &leaf_only, &better);
  if (better.round_trips < report->round_trips ||
      better.repeat_round_trips < report->repeat_round_trips) {
    report->advice = PQQ_FLIGHT_ADVICE_ROOT_DIRECT;
    report->advice_saves_bytes = report->total_bytes - better.total_bytes;
  }
}

pqq_status pqq__flight_predict(const pqq__flight_input *input, const pqq_flight_options *options,
                               uint32_t datagram_bytes, pqq_flight_report *report) {
  pqq_flight_options filled = *options;
  pqq_status status;

  filled.kind = input->kind;
  filled.group = options->group != 0 ? options->group : input->group;
  filled.datagram_bytes = options->datagram_bytes != 0 ? options->datagram_bytes : datagram_bytes;
  status = check(&filled);
  if (status == PQQ_OK) {
    predict(input, &filled, report);
    advise(input, &filled, report);
  }
  return status;
}
