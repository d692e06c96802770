/* SPDX-License-Identifier: MIT */
/* What decides the size of a flight: of a configuration's identities, of a
 * server that was met, of the profile that a client offers. */
#include "core/error.h"
#include "tls/flight_budget.h"
#include "tls/flight_predict.h"
#include "tls/internal.h"

static pqq_status check_kind(int32_t kind) {
  return kind < PQQ_FLIGHT_VELOCITY || kind > PQQ_FLIGHT_H3_CLASSICAL
             ? pqq__error_set(PQQ_ERR_INVALID_ARG, "kind: %d, allowed 1 to 3", (int)kind)
             : PQQ_OK;
}

/* --- Of a configuration ---------------------------------------------------- */

static int32_t automatic_kind(const pqq__tls_config *config, int has_velocity) {
  if (pqq__site_identity(config->sites, 1) == NULL) {
    return PQQ_FLIGHT_H3_CLASSICAL;
  }
  return has_velocity && config->select_sites[0].can_prove_both ? PQQ_FLIGHT_VELOCITY
                                                                : PQQ_FLIGHT_H3_PQ;
}

/* The body as it is sent, in the form that clients which take all get. */
static uint32_t wire_of(const pqq__tls_config *config, const pqq__compressed *body,
                        uint16_t *compression) {
  int codec = config->has_compression ? pqq__compression_best(config) : -1;

  *compression = 0;
  if (codec < 0 || body->forms[codec].data == NULL) {
    return (uint32_t)body->body_len;
  }
  *compression = pqq__codecs[codec].id;
  return PQQ__COMPRESSED_HEADER_BYTES + (uint32_t)body->forms[codec].len;
}

static pqq_status fill_chain(const pqq__tls_config *config, const pqq__identity *identity,
                             pqq__flight_chain *chain) {
  pqq__compressed leaf = {.body = NULL};
  pqq_status status;

  chain->length = (uint32_t)identity->chain_len;
  chain->signature = pqq__signing_key_signature_bytes(identity->key);
  chain->body = chain->leaf_body = (uint32_t)identity->compressed.body_len;
  chain->wire = chain->leaf_wire = wire_of(config, &identity->compressed, &chain->compression);
  chain->leaf_compression = chain->compression;
  if (identity->chain_len == 1) {
    return PQQ_OK;
  }
  status = pqq__compressed_fill(&leaf, identity->chain, 1);
  if (status == PQQ_OK) {
    chain->leaf_body = (uint32_t)leaf.body_len;
    chain->leaf_wire = wire_of(config, &leaf, &chain->leaf_compression);
  }
  pqq__compressed_clear(&leaf);
  return status;
}

static pqq_status read_config(const pqq__tls_config *config, int has_velocity, int32_t kind,
                              pqq__flight_input *input) {
  const pqq__identity *first, *second;
  pqq_status status;

  input->kind = kind != PQQ_FLIGHT_AUTO ? kind : automatic_kind(config, has_velocity);
  input->group = config->groups[0];
  input->hash = pqq__flight_hash(config->select.ciphers[0]);
  status = check_kind(input->kind);
  if (status != PQQ_OK) {
    return status;
  }
  first = pqq__site_identity(config->sites, input->kind != PQQ_FLIGHT_H3_CLASSICAL);
  second = input->kind == PQQ_FLIGHT_VELOCITY ? pqq__site_identity(config->sites, 0) : first;
  if (first == NULL || second == NULL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "kind: %d needs an identity that is not there",
                          (int)input->kind);
  }
  status = fill_chain(config, first, &input->first);
  return status == PQQ_OK ? fill_chain(config, second, &input->second) : status;
}

pqq_status pqq__tls_config_predict_flight(const pqq__tls_config *config, int has_velocity,
                                          uint32_t datagram_bytes,
                                          const pqq_flight_options *options,
                                          pqq_flight_report *report) {
  pqq__flight_input input = {.kind = 0};
  pqq_status status;

  if (config->site_count == 0) {
    return PQQ_ERR_NO_IDENTITY;
  }
  status = read_config(config, has_velocity, options->kind, &input);
  return status == PQQ_OK ? pqq__flight_predict(&input, options, datagram_bytes, report) : status;
}

/* --- Of a server that was met ---------------------------------------------- */

static pqq_status read_chain(const uint32_t *certificates, size_t count, uint16_t signature,
                             const char *name, pqq__flight_chain *chain) {
  const pqq__signature_scheme *scheme = pqq__signature_scheme_find(signature);

  if (certificates == NULL || count == 0 || count > PQQ_MAX_CHAIN) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s: %zu certificates, allowed 1 to %d", name, count,
                          PQQ_MAX_CHAIN);
  }
  if (scheme == NULL || scheme->signature_bytes == 0) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s: no size is known for signature scheme 0x%04x",
                          name, signature);
  }
  chain->length = (uint32_t)count;
  chain->signature = scheme->signature_bytes;
  chain->body = chain->wire = pqq__flight_body(certificates, count);
  chain->leaf_body = chain->leaf_wire = pqq__flight_body(certificates, 1);
  return PQQ_OK;
}

static pqq_status read_facts(const pqq_flight_facts *facts, pqq__flight_input *input) {
  pqq_status status = check_kind(facts->kind);

  input->kind = facts->kind;
  input->group = facts->group;
  input->hash = pqq__flight_hash(facts->cipher);
  if (status == PQQ_OK) {
    status = read_chain(facts->chain_bytes, facts->chain_length, facts->signature, "chain_bytes",
                        &input->first);
  }
  if (status == PQQ_OK && facts->kind == PQQ_FLIGHT_VELOCITY) {
    status = read_chain(facts->classical_chain_bytes, facts->classical_chain_length,
                        facts->classical_signature, "classical_chain_bytes", &input->second);
  }
  if (status == PQQ_OK && facts->certificate_compression != 0) {
    input->first.wire = facts->certificate_wire_bytes;
    input->first.compression = facts->certificate_compression;
  }
  return status;
}

pqq_status pqq__tls_predict_flight(const pqq_flight_facts *facts, uint32_t datagram_bytes,
                                   const pqq_flight_options *options, pqq_flight_report *report) {
  pqq__flight_input input = {.kind = 0};
  pqq_status status = read_facts(facts, &input);

  return status == PQQ_OK ? pqq__flight_predict(&input, options, datagram_bytes, report) : status;
}

/* --- Of the profile that a client offers ----------------------------------- */

uint32_t pqq__tls_session_expected_flight(const pqq__tls_session *session,
                                          uint32_t datagram_bytes) {
  const pqq__tls_client *client = session->client;
  const pqq__profile *own = session->config->profile;
  const pqq__profile *first = own;

  if (!client->offers_velocity || client->commitment.count == 0) {
    return 0;
  }
  /* A custom profile is in no table. */
  if (client->commitment.profiles[0] != own->id) {
    first = pqq__profile_find(client->commitment.profiles[0]);
  }
  return first != NULL ? pqq__flight_expected(first, datagram_bytes) : 0;
}
