/* SPDX-License-Identifier: MIT */
/* The flight of a configuration's identities, for pqq_config_predict_flight. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "tls/flight_budget.h"
#include "tls/internal.h"

/* Datagrams of a client's first flight that make sense: its initial window is ten. */
#define MAX_CLIENT_DATAGRAMS 64
#define MIN_DATAGRAM_BYTES 1200
#define MAX_DATAGRAM_BYTES 65527

#define SHA256_BYTES 32

typedef struct prediction {
  const pqq__tls_config *config;
  pqq_flight_options options;
  const pqq__identity *first;
  /* The authenticator's; NULL on h3. */
  const pqq__identity *second;
  pqq__flight_parts parts;
  pqq_flight_report report;
} prediction;

static const pqq__identity *find(const pqq__tls_config *config, int is_pq) {
  for (size_t i = 0; i < config->identity_count; i++) {
    if (!config->identities[i].scheme->is_pq == !is_pq) {
      return &config->identities[i];
    }
  }
  return NULL;
}

static int32_t automatic_kind(const prediction *made, int has_velocity) {
  const pqq__identity *pq = find(made->config, 1);

  if (pq == NULL) {
    return PQQ_FLIGHT_H3_CLASSICAL;
  }
  return has_velocity && find(made->config, 0) != NULL ? PQQ_FLIGHT_VELOCITY : PQQ_FLIGHT_H3_PQ;
}

static pqq_status choose_identities(prediction *made, int has_velocity) {
  pqq_flight_options *options = &made->options;

  if (options->kind == PQQ_FLIGHT_AUTO) {
    options->kind = automatic_kind(made, has_velocity);
  }
  if (options->kind < PQQ_FLIGHT_VELOCITY || options->kind > PQQ_FLIGHT_H3_CLASSICAL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "kind: %d, allowed 0 to 3", (int)options->kind);
  }
  made->first = find(made->config, options->kind != PQQ_FLIGHT_H3_CLASSICAL);
  if (options->kind == PQQ_FLIGHT_VELOCITY) {
    made->second = find(made->config, 0);
  }
  if (made->first == NULL || (options->kind == PQQ_FLIGHT_VELOCITY && made->second == NULL)) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "kind: %d needs an identity that is not there",
                          (int)options->kind);
  }
  return PQQ_OK;
}

static pqq_status check_numbers(prediction *made, uint32_t datagram_bytes) {
  pqq_flight_options *options = &made->options;

  if (options->datagram_bytes == 0) {
    options->datagram_bytes = datagram_bytes;
  }
  if (options->datagram_bytes < MIN_DATAGRAM_BYTES ||
      options->datagram_bytes > MAX_DATAGRAM_BYTES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "datagram_bytes: %u, allowed %d to %d",
                          options->datagram_bytes, MIN_DATAGRAM_BYTES, MAX_DATAGRAM_BYTES);
  }
  if (options->client_datagrams > MAX_CLIENT_DATAGRAMS) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "client_datagrams: %u, allowed up to %d",
                          options->client_datagrams, MAX_CLIENT_DATAGRAMS);
  }
  if (options->group == 0) {
    options->group = made->config->groups[0];
  }
  if (pqq__group_find(options->group) == NULL) {
    return pqq__error_set(PQQ_ERR_GROUP_UNKNOWN, "group is 0x%04x", options->group);
  }
  return PQQ_OK;
}

static uint32_t hash_bytes(const pqq__tls_config *config) {
  return config->select.ciphers[0] == PQQ_CIPHER_AES_256_GCM_SHA384 ? PQQ__MAX_HASH_BYTES
                                                                    : SHA256_BYTES;
}

/* The Certificate message of an identity, whole or of its leaf alone. */
static pqq_status count_certificate(prediction *made, const pqq__compressed *whole, int codec) {
  pqq_flight_report *report = &made->report;
  uint32_t body = (uint32_t)whole->body_len;

  report->certificate_plain_bytes = pqq__flight_message(body);
  if (codec >= 0 && whole->forms[codec].data != NULL) {
    body = PQQ__COMPRESSED_HEADER_BYTES + (uint32_t)whole->forms[codec].len;
    report->certificate_compression = pqq__codecs[codec].id;
  }
  made->parts.certificate = pqq__flight_message(body);
  return PQQ_OK;
}

static int chosen_codec(const prediction *made) {
  return !made->config->has_compression || (made->options.flags & PQQ_FLIGHT_UNCOMPRESSED)
             ? -1
             : pqq__compression_best(made->config);
}

static pqq_status count_chain(prediction *made) {
  const pqq__identity *identity = made->first;
  int codec = chosen_codec(made);
  pqq__compressed leaf = {.body = NULL};
  pqq_status status;

  made->report.certificate_count = (uint32_t)identity->chain_len;
  if (!(made->options.flags & PQQ_FLIGHT_LEAF_ONLY) || identity->chain_len == 1) {
    return count_certificate(made, &identity->compressed, codec);
  }
  made->report.certificate_count = 1;
  status = pqq__compressed_fill(&leaf, identity->chain, 1);
  if (status == PQQ_OK) {
    status = count_certificate(made, &leaf, codec);
  }
  pqq__compressed_clear(&leaf);
  return status;
}

/* Certificates of the authenticator are not compressed. */
static uint32_t plain_body(const prediction *made, const pqq__identity *identity) {
  size_t body = identity->compressed.body_len;

  for (size_t i = 1; i < identity->chain_len; i++) {
    if (made->options.flags & PQQ_FLIGHT_LEAF_ONLY) {
      body -= CRYPTO_BUFFER_len(identity->chain[i]) + 5;
    }
  }
  return (uint32_t)body;
}

static pqq_status count_parts(prediction *made) {
  const pqq_flight_options *options = &made->options;
  pqq__flight_parts *parts = &made->parts;
  int is_velocity = options->kind == PQQ_FLIGHT_VELOCITY;
  int is_resumed = (options->flags & PQQ_FLIGHT_RESUMED) != 0;
  uint32_t hash = hash_bytes(made->config);

  parts->client_hello = pqq__flight_client_hello(options->group, is_velocity);
  parts->server_hello = pqq__flight_server_hello(options->group, is_resumed);
  parts->encrypted_extensions = pqq__flight_encrypted_extensions(is_velocity);
  parts->finished = pqq__flight_message(hash);
  parts->settings = pqq__flight_settings();
  if (is_resumed) {
    return PQQ_OK;
  }
  parts->certificate_verify = pqq__flight_certificate_verify(made->first->scheme->signature_bytes);
  if (made->second != NULL) {
    uint32_t body = plain_body(made, made->second);

    parts->authenticator =
        pqq__flight_authenticator(body, made->second->scheme->signature_bytes, hash);
    made->report.authenticator_certificate_bytes = pqq__flight_message(body);
  }
  return count_chain(made);
}

static void report_parts(prediction *made) {
  const pqq__flight_parts *parts = &made->parts;
  pqq_flight_report *report = &made->report;
  pqq__flight_size size = pqq__flight_pack(parts, made->options.datagram_bytes);

  report->kind = made->options.kind;
  report->datagram_bytes = made->options.datagram_bytes;
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

static void report_rounds(prediction *made) {
  pqq_flight_report *report = &made->report;
  uint32_t datagram_bytes = report->datagram_bytes, copies;
  pqq__flight_limits limits = {.window = pqq__flight_window(datagram_bytes)};
  /* HTTP/3 may wait for 0.5-RTT data, a verified server waits only for the authenticator. */
  uint32_t needed = made->parts.authenticator > 0 ? report->total_bytes : report->tls_bytes;

  report->client_datagrams = made->options.client_datagrams;
  if (report->client_datagrams == 0) {
    report->client_datagrams =
        pqq__flight_client_datagrams(made->parts.client_hello, datagram_bytes);
  }
  copies = pqq__flight_datagrams_for(needed, report->client_datagrams, datagram_bytes);
  report->client_bytes = report->client_datagrams * datagram_bytes;
  report->limit_bytes = 3 * report->client_bytes;
  report->repeats = copies - report->client_datagrams;
  report->repeat_limit_bytes = 3 * copies * datagram_bytes;
  report->window_bytes = limits.window;
  if (made->options.flags & PQQ_FLIGHT_VALIDATED) {
    report->limit_bytes = report->repeat_limit_bytes = UINT32_MAX;
    report->repeats = 0;
  }
  limits.amplification = report->limit_bytes;
  report->tls_round_trips = pqq__flight_rounds(report->tls_bytes, &limits);
  report->round_trips = pqq__flight_rounds(needed, &limits);
  limits.amplification = report->repeat_limit_bytes;
  report->repeat_tls_round_trips = pqq__flight_rounds(report->tls_bytes, &limits);
  report->repeat_round_trips = pqq__flight_rounds(needed, &limits);
  if (report->repeat_round_trips == report->round_trips) {
    report->repeats = 0;
    report->repeat_limit_bytes = report->limit_bytes;
    report->repeat_tls_round_trips = report->tls_round_trips;
  }
}

static pqq_status predict(prediction *made) {
  pqq_status status = count_parts(made);

  if (status == PQQ_OK) {
    report_parts(made);
    report_rounds(made);
  }
  return status;
}

/* What a server can change: the certificates that it sends. */
static pqq_status advise(prediction *given) {
  prediction leaf_only = *given;
  pqq_flight_report *report = &given->report;
  pqq_status status;

  if ((given->first->chain_len == 1 && (given->second == NULL || given->second->chain_len == 1)) ||
      (given->options.flags & (PQQ_FLIGHT_LEAF_ONLY | PQQ_FLIGHT_RESUMED))) {
    return PQQ_OK;
  }
  memset(&leaf_only.parts, 0, sizeof leaf_only.parts);
  memset(&leaf_only.report, 0, sizeof leaf_only.report);
  leaf_only.options.flags |= PQQ_FLIGHT_LEAF_ONLY;
  status = predict(&leaf_only);
  if (status == PQQ_OK && (leaf_only.report.round_trips < report->round_trips ||
                           leaf_only.report.repeat_round_trips < report->repeat_round_trips)) {
    report->advice = PQQ_FLIGHT_ADVICE_ROOT_DIRECT;
    report->advice_saves_bytes = report->total_bytes - leaf_only.report.total_bytes;
  }
  return status;
}

pqq_status pqq__tls_config_predict_flight(const pqq__tls_config *config, int has_velocity,
                                          uint32_t datagram_bytes,
                                          const pqq_flight_options *options,
                                          pqq_flight_report *report) {
  prediction made = {.config = config, .options = *options};
  pqq_status status;

  if (config->identity_count == 0) {
    return PQQ_ERR_NO_IDENTITY;
  }
  status = choose_identities(&made, has_velocity);
  if (status == PQQ_OK) {
    status = check_numbers(&made, datagram_bytes);
  }
  if (status == PQQ_OK) {
    status = predict(&made);
  }
  if (status == PQQ_OK) {
    status = advise(&made);
  }
  if (status == PQQ_OK) {
    *report = made.report;
  }
  return status;
}

uint32_t pqq__tls_session_expected_flight(const pqq__tls_session *session,
                                          uint32_t datagram_bytes) {
  const pqq__profile *own = session->config->profile;
  const pqq__profile *first = own;

  if (!session->offers_velocity || session->commitment.count == 0) {
    return 0;
  }
  /* A custom profile is in no table. */
  if (session->commitment.profiles[0] != own->id) {
    first = pqq__profile_find(session->commitment.profiles[0]);
  }
  return first != NULL ? pqq__flight_expected(first, datagram_bytes) : 0;
}
