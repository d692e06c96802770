/* SPDX-License-Identifier: MIT */
/* See select.h. */
#include "tls/select.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tls/alert.h"
#include "tls/commitment.h"
#include "tls/velocity.h"

static pqq_bytes text_bytes(const char *text) {
  return (pqq_bytes){(const uint8_t *)text, strlen(text)};
}

static void fail(pqq__selection *selection, pqq_status status, uint8_t alert) {
  *selection =
      (pqq__selection){.status = status, .alert = alert, .site = selection->site, .reason = ""};
}

/* The site that the client asks for, else the default one. 0 if it is to be refused. */
static int select_site(const pqq__client_hello *hello, const pqq__select_config *config,
                       pqq__selection *selection) {
  size_t site = hello->server_name.len > 0
                    ? pqq__name_table_find(&config->names, hello->server_name)
                    : PQQ__NO_SITE;

  if (site == PQQ__NO_SITE && hello->server_name.len > 0 && config->refuses_unknown_names) {
    fail(selection, PQQ_ERR_SERVER_NAME_UNKNOWN, PQQ__ALERT_UNRECOGNIZED_NAME);
    return 0;
  }
  selection->site = site != PQQ__NO_SITE ? site : 0;
  return 1;
}

static const pqq__select_site *site_of(const pqq__select_config *config,
                                       const pqq__selection *selection) {
  return &config->sites[selection->site];
}

/* What an identity of `scheme` signs with for this client: that, or another one of the same key
 * (RSA with another hash). NULL if the client offers none, or there is no such identity. */
static const pqq__signature_scheme *common(const pqq__client_hello *hello,
                                           const pqq__signature_scheme *scheme) {
  size_t count;
  const pqq__signature_scheme *all = pqq__signature_schemes(&count);

  if (scheme == NULL || pqq__u16_list_has(&hello->schemes, scheme->id)) {
    return scheme;
  }
  for (size_t i = 0; i < count; i++) {
    if (all[i].can_sign && strcmp(all[i].key_name, scheme->key_name) == 0 &&
        pqq__u16_list_has(&hello->schemes, all[i].id)) {
      return &all[i];
    }
  }
  return NULL;
}

static void take_group(const pqq__client_hello *hello, pqq__selection *selection, uint16_t group) {
  selection->group = group;
  selection->needs_retry = !pqq__client_hello_has_share(hello, group);
}

/* The first group that both have and the profile allows on velocity/1. */
static int select_velocity_group(const pqq__client_hello *hello, const pqq__select_config *config,
                                 pqq__selection *selection) {
  for (size_t i = 0; i < config->group_count; i++) {
    if (pqq__profile_has_group(config->profile, config->groups[i]) &&
        pqq__u16_list_has(&hello->groups, config->groups[i])) {
      take_group(hello, selection, config->groups[i]);
      return 1;
    }
  }
  return 0;
}

static int find_cipher(const pqq__client_hello *hello, const pqq__select_config *config,
                       pqq__selection *selection) {
  for (size_t i = 0; i < config->cipher_count; i++) {
    if (pqq__u16_list_has(&hello->ciphers, config->ciphers[i])) {
      selection->cipher = config->ciphers[i];
      return 1;
    }
  }
  return 0;
}

/* PQQ_DOWNGRADE_NONE if velocity/1 can be had, and then group, cipher and
 * scheme are set. */
static uint16_t try_velocity(const pqq__client_hello *hello, const pqq__select_config *config,
                             const pqq__client_commitment *commitment, pqq__selection *selection) {
  const pqq__select_site *site = site_of(config, selection);

  if (config->is_velocity_disabled) {
    return PQQ_DOWNGRADE_POLICY_DISABLED;
  }
  if (!site->can_prove_both) {
    return PQQ_DOWNGRADE_NO_HYBRID_CERT;
  }
  if (!pqq__client_commitment_has(commitment, (uint8_t)config->profile->id)) {
    return PQQ_DOWNGRADE_CLIENT_PROFILE_UNSUPPORTED;
  }
  if (!select_velocity_group(hello, config, selection)) {
    return PQQ_DOWNGRADE_CLASSICAL_GROUP;
  }
  if (!find_cipher(hello, config, selection)) {
    return PQQ_DOWNGRADE_CIPHER;
  }
  if (common(hello, site->pq) == NULL || common(hello, site->classical) == NULL) {
    return PQQ_DOWNGRADE_CLASSICAL_CERTIFICATE;
  }
  selection->scheme = site->pq;
  return PQQ_DOWNGRADE_NONE;
}

/* 1 if the selection is made: velocity/1, or a failure. 0: go on with h3. */
static int select_velocity(const pqq__client_hello *hello, const pqq__select_config *config,
                           pqq__selection *selection) {
  pqq__client_commitment commitment;

  if (!pqq__client_hello_has_alpn(hello, text_bytes(PQQ__ALPN_VELOCITY))) {
    return 0;
  }
  if (pqq__commitment_read_client(hello->transport_parameters.data, hello->transport_parameters.len,
                                  &commitment) != PQQ__COMMITMENT_READ) {
    fail(selection, PQQ_ERR_COMMITMENT_INVALID, PQQ__ALERT_ILLEGAL_PARAMETER);
    return 1;
  }
  selection->has_commitment = 1;
  selection->downgrade = try_velocity(hello, config, &commitment, selection);
  if (selection->downgrade != PQQ_DOWNGRADE_NONE) {
    return 0;
  }
  selection->is_velocity = 1;
  selection->alpn = text_bytes(PQQ__ALPN_VELOCITY);
  selection->reason = "ML-DSA identity, and the classical one by authenticator: velocity/1";
  return 1;
}

/* What only velocity/1 has. */
static int needs_velocity(const pqq__select_config *config) {
  return config->require_authentication == PQQ_REQUIRE_HYBRID || config->requires_client;
}

static int select_alpn(const pqq__client_hello *hello, const pqq__select_config *config,
                       pqq__selection *selection) {
  uint16_t downgrade = selection->downgrade;

  selection->alpn = text_bytes(PQQ__ALPN_H3);
  if (needs_velocity(config)) {
    fail(selection, PQQ_ERR_POLICY_AUTHENTICATION,
         downgrade != PQQ_DOWNGRADE_NONE ? PQQ__ALERT_INSUFFICIENT_SECURITY
                                         : PQQ__ALERT_NO_APPLICATION_PROTOCOL);
  } else if (!pqq__client_hello_has_alpn(hello, selection->alpn)) {
    fail(selection, PQQ_ERR_NO_SHARED_ALPN, PQQ__ALERT_NO_APPLICATION_PROTOCOL);
  } else {
    return 1;
  }
  selection->downgrade = downgrade; /* the refusal names why velocity/1 was not to be had */
  return 0;
}

/* Groups that libpqq knows and the policy has ruled out. */
static int has_forbidden_group(const pqq__client_hello *hello) {
  for (size_t i = 0; i < hello->groups.count; i++) {
    if (pqq__group_find(pqq__u16_list_at(&hello->groups, i)) != NULL) {
      return 1;
    }
  }
  return 0;
}

static int select_group(const pqq__client_hello *hello, const pqq__select_config *config,
                        pqq__selection *selection) {
  for (size_t i = 0; i < config->group_count; i++) {
    if (pqq__u16_list_has(&hello->groups, config->groups[i])) {
      take_group(hello, selection, config->groups[i]);
      return 1;
    }
  }
  if (config->require_key_exchange > PQQ_REQUIRE_ANY && has_forbidden_group(hello)) {
    fail(selection, PQQ_ERR_POLICY_KEY_EXCHANGE, PQQ__ALERT_INSUFFICIENT_SECURITY);
    return 0;
  }
  fail(selection, PQQ_ERR_NO_SHARED_GROUP,
       hello->groups.count > 0 ? PQQ__ALERT_HANDSHAKE_FAILURE : PQQ__ALERT_MISSING_EXTENSION);
  return 0;
}

static int select_cipher(const pqq__client_hello *hello, const pqq__select_config *config,
                         pqq__selection *selection) {
  if (find_cipher(hello, config, selection)) {
    return 1;
  }
  fail(selection, PQQ_ERR_TLS_ALERT, PQQ__ALERT_HANDSHAKE_FAILURE);
  return 0;
}

/* Both identities are there and the client offers both schemes. That a client
 * offers ML-DSA says nothing about the roots it trusts, hence the policy. */
static void select_by_policy(const pqq__select_config *config, const pqq__signature_scheme *pq,
                             const pqq__signature_scheme *classical, pqq__selection *selection) {
  const pqq__select_site *site = site_of(config, selection);

  if (config->require_authentication == PQQ_REQUIRE_PQ) {
    selection->scheme = pq;
    selection->reason = "ML-DSA identity: the policy requires it";
  } else if (config->pq_on_h3 == PQQ_PQ_ON_H3_ALWAYS) {
    selection->scheme = pq;
    selection->reason = "ML-DSA identity: pq_on_h3 is always and the client offers the scheme";
  } else if (config->pq_on_h3 == PQQ_PQ_ON_H3_NEVER) {
    selection->scheme = classical;
    selection->reason = "classical identity: pq_on_h3 is never";
  } else if (site->is_development) {
    selection->scheme = pq;
    selection->reason = "ML-DSA identity: development identities and the client offers the scheme";
  } else {
    selection->scheme = classical;
    selection->reason = "classical identity: pq_on_h3 is auto and the client may not trust the "
                        "ML-DSA identity's root";
  }
}

static int select_identity(const pqq__client_hello *hello, const pqq__select_config *config,
                           pqq__selection *selection) {
  const pqq__select_site *site = site_of(config, selection);
  const pqq__signature_scheme *pq = common(hello, site->pq);
  const pqq__signature_scheme *classical = common(hello, site->classical);

  if (pq == NULL && config->require_authentication == PQQ_REQUIRE_PQ && hello->schemes.count > 0) {
    fail(selection, PQQ_ERR_POLICY_AUTHENTICATION, PQQ__ALERT_INSUFFICIENT_SECURITY);
    return 0;
  }
  if (pq != NULL && classical != NULL) {
    select_by_policy(config, pq, classical, selection);
  } else if (pq != NULL) {
    selection->scheme = pq;
    selection->reason =
        site->classical == NULL
            ? "ML-DSA identity: the only one"
            : "ML-DSA identity: the client offers no scheme of the classical identity";
  } else if (classical != NULL) {
    selection->scheme = classical;
    selection->reason = site->pq == NULL
                            ? "classical identity: the only one"
                            : "classical identity: the client does not offer the ML-DSA scheme";
  } else {
    fail(selection, PQQ_ERR_NO_SHARED_SIGNATURE,
         hello->schemes.count > 0 ? PQQ__ALERT_HANDSHAKE_FAILURE : PQQ__ALERT_MISSING_EXTENSION);
    return 0;
  }
  return 1;
}

void pqq__select(const pqq__client_hello *hello, const pqq__select_config *config,
                 pqq__selection *selection) {
  memset(selection, 0, sizeof *selection);
  selection->profile = config->profile;
  selection->reason = "";
  if (!hello->has_transport_parameters) {
    /* RFC 9001 section 8.2. */
    fail(selection, PQQ_ERR_TLS_ALERT, PQQ__ALERT_MISSING_EXTENSION);
    return;
  }
  if (!select_site(hello, config, selection) || select_velocity(hello, config, selection)) {
    return;
  }
  if (select_alpn(hello, config, selection) && select_group(hello, config, selection) &&
      select_cipher(hello, config, selection)) {
    (void)select_identity(hello, config, selection);
  }
}

/* A text that is cut when it is full. */
struct text {
  char *data;
  size_t size;
  size_t len;
};

static __attribute__((format(printf, 2, 3))) void append(struct text *text, const char *format,
                                                         ...) {
  va_list args;
  int written;

  va_start(args, format);
  written = vsnprintf(text->data + text->len, text->size - text->len, format, args);
  va_end(args);
  if (written > 0) {
    text->len +=
        (size_t)written < text->size - text->len ? (size_t)written : text->size - text->len - 1;
  }
}

static const char *group_name(uint16_t id) {
  const pqq__group *group = pqq__group_find(id);

  return group != NULL ? group->name : NULL;
}

static const char *scheme_name(uint16_t id) {
  const pqq__signature_scheme *scheme = pqq__signature_scheme_find(id);

  return scheme != NULL ? scheme->name : NULL;
}

static const char *cipher_name(uint16_t id) {
  const pqq__cipher *cipher = pqq__cipher_find(id);

  return cipher != NULL ? cipher->name : NULL;
}

/* Values named before the rest is counted: enough for the usual clients, and
 * both halves of the sentence fit into 256 bytes. */
#define MAX_NAMED 4

static void append_value(struct text *text, uint16_t value, const char *(*name)(uint16_t),
                         int first) {
  if (name(value) != NULL) {
    append(text, "%s%s", first ? "" : ", ", name(value));
  } else {
    append(text, "%s0x%04x", first ? "" : ", ", value);
  }
}

static void append_offer(struct text *text, const pqq__u16_list *list,
                         const char *(*name)(uint16_t)) {
  size_t named = 0, more = 0;

  for (size_t i = 0; i < list->count; i++) {
    uint16_t value = pqq__u16_list_at(list, i);

    if (pqq__is_grease(value)) {
      continue;
    }
    if (named == MAX_NAMED) {
      more++;
      continue;
    }
    append_value(text, value, name, named++ == 0);
  }
  if (named == 0) {
    append(text, "none");
  } else if (more > 0) {
    append(text, " and %zu more", more);
  }
}

static void append_accepted(struct text *text, const uint16_t *values, size_t count,
                            const char *(*name)(uint16_t)) {
  append(text, "; accepted: ");
  for (size_t i = 0; i < count; i++) {
    append_value(text, values[i], name, i == 0);
  }
}

/* Bytes of a peer, cut and made printable. */
static void append_text(struct text *text, pqq_bytes bytes, size_t max) {
  for (size_t i = 0; i < bytes.len && i < max; i++) {
    append(text, "%c", bytes.data[i] > 0x20 && bytes.data[i] < 0x7f ? bytes.data[i] : '?');
  }
}

static void append_alpn(struct text *text, pqq_bytes list) {
  size_t at = 0;

  if (list.len == 0) {
    append(text, "none");
  }
  /* The list has been checked by the parser: each length is within it. */
  for (size_t shown = 0; at < list.len && shown < MAX_NAMED; shown++) {
    size_t len = list.data[at];

    append(text, "%s", shown == 0 ? "" : ", ");
    append_text(text, (pqq_bytes){list.data + at + 1, len}, 16);
    at += 1 + len;
  }
  append(text, "; accepted: " PQQ__ALPN_VELOCITY ", " PQQ__ALPN_H3);
}

static void append_schemes(struct text *text, const pqq__select_site *site) {
  uint16_t ours[PQQ__MAX_IDENTITIES];
  size_t count = 0;

  if (site->pq != NULL) {
    ours[count++] = site->pq->id;
  }
  if (site->classical != NULL) {
    ours[count++] = site->classical->id;
  }
  append_accepted(text, ours, count, scheme_name);
}

static void explain_authentication(struct text *text, const pqq__client_hello *hello,
                                   const pqq__select_config *config,
                                   const pqq__selection *selection) {
  append(text, "authentication is required to be %s%s; ",
         config->require_authentication == PQQ_REQUIRE_HYBRID ? "hybrid"
         : config->require_authentication == PQQ_REQUIRE_PQ   ? "pq"
                                                              : "any",
         config->requires_client ? ", of the client too" : "");
  if (selection->downgrade != PQQ_DOWNGRADE_NONE) {
    append(text, "velocity/1 cannot be had: %s; ", pqq__downgrade_name(selection->downgrade));
  } else if (needs_velocity(config)) {
    append(text, "the client does not offer velocity/1");
    return;
  }
  append(text, "the client offers signature schemes: ");
  append_offer(text, &hello->schemes, scheme_name);
  append_schemes(text, site_of(config, selection));
}

void pqq__select_explain(const pqq__client_hello *hello, const pqq__select_config *config,
                         const pqq__selection *selection, char *text, size_t size) {
  struct text out = {text, size, 0};

  text[0] = '\0';
  switch (selection->status) {
  case PQQ_ERR_COMMITMENT_INVALID:
    append(&out, "the client offers velocity/1 without a well-formed profile commitment");
    break;
  case PQQ_ERR_POLICY_AUTHENTICATION:
    explain_authentication(&out, hello, config, selection);
    break;
  case PQQ_ERR_SERVER_NAME_UNKNOWN:
    append(&out, "the client asks for ");
    append_text(&out, hello->server_name, 128);
    append(&out, ", which is the name of no site");
    break;
  case PQQ_ERR_NO_SHARED_ALPN:
    append(&out, "the client offers application protocols: ");
    append_alpn(&out, hello->alpn);
    break;
  case PQQ_ERR_POLICY_KEY_EXCHANGE:
    append(&out, "key exchange is required to be %s; ",
           config->require_key_exchange == PQQ_REQUIRE_HYBRID ? "hybrid" : "pq");
    append(&out, "the client offers groups: ");
    append_offer(&out, &hello->groups, group_name);
    append_accepted(&out, config->groups, config->group_count, group_name);
    break;
  case PQQ_ERR_NO_SHARED_GROUP:
    append(&out, "the client offers groups: ");
    append_offer(&out, &hello->groups, group_name);
    append_accepted(&out, config->groups, config->group_count, group_name);
    break;
  case PQQ_ERR_NO_SHARED_SIGNATURE:
    append(&out, "the client offers signature schemes: ");
    append_offer(&out, &hello->schemes, scheme_name);
    append_schemes(&out, site_of(config, selection));
    break;
  default:
    if (!hello->has_transport_parameters) {
      append(&out, "the ClientHello has no quic_transport_parameters");
      break;
    }
    append(&out, "the client offers cipher suites: ");
    append_offer(&out, &hello->ciphers, cipher_name);
    append_accepted(&out, config->ciphers, config->cipher_count, cipher_name);
  }
}
