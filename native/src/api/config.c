/* SPDX-License-Identifier: MIT */
/* pqq_config: options checked and completed; certificates, keys and anchors
 * are loaded by tls. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "api/init.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/struct_size.h"
#include "crypto/algorithms.h"
#include "tls/config.h"

#define KIB 1024u
#define MIB (1024u * KIB)

/* Bounds of the flow control windows: below 16 KiB a single request body takes
 * many round trips, above 1 GiB one peer can fill a machine's memory. */
#define MIN_WINDOW (16u * KIB)
#define MAX_WINDOW (1024u * MIB)

#define STREAM_WINDOW (256u * KIB)
#define CONNECTION_WINDOW MIB
#define MAX_STREAM_WINDOW (6u * MIB)
#define MAX_CONNECTION_WINDOW (16u * MIB)

/* A numeric option: zero stands for its default. */
typedef struct pqq__range {
  const char *name;
  size_t offset;
  uint32_t minimum, maximum, otherwise;
} pqq__range;

#define RANGE(name, minimum, maximum, otherwise) \
  {#name, offsetof(pqq_config_options, name), minimum, maximum, otherwise}

/* As documented in include/pqq/config.h. */
static const pqq__range ranges[] = {
    RANGE(idle_timeout_ms, 1000, 600000, 30000),
    RANGE(handshake_timeout_ms, 100, 600000, 10000),
    RANGE(keep_alive_ms, 1000, 600000, 0),
    RANGE(max_concurrent_requests, 1, 65535, 100),
    RANGE(max_header_list_bytes, KIB, MIB, 64 * KIB),
    RANGE(stream_window_bytes, MIN_WINDOW, MAX_WINDOW, STREAM_WINDOW),
    RANGE(connection_window_bytes, MIN_WINDOW, MAX_WINDOW, CONNECTION_WINDOW),
    RANGE(max_stream_window_bytes, MIN_WINDOW, MAX_WINDOW, MAX_STREAM_WINDOW),
    RANGE(max_connection_window_bytes, MIN_WINDOW, MAX_WINDOW, MAX_CONNECTION_WINDOW),
    RANGE(max_connections, 1, 1000000, 65536),
    RANGE(max_udp_payload_bytes, 1200, 65527, 1452),
    RANGE(max_glitches, PQQ__GLITCHES_REFILL_S, 1000000, 1000),
    RANGE(connection_id_packets, 100, PQQ_CONNECTION_ID_KEEP, 10000),
    RANGE(pin_lifetime_s, 1, 31536000, 0),
    RANGE(handshake_cpu_ms, 1, 1000, 800),
    RANGE(connections_per_address, 1, 100000, 0),
    RANGE(headers_timeout_ms, 100, PQQ_TIMEOUT_NONE, 60000),
    RANGE(body_timeout_ms, 100, PQQ_TIMEOUT_NONE, 60000),
    RANGE(request_timeout_ms, 100, PQQ_TIMEOUT_NONE, PQQ_TIMEOUT_NONE),
    RANGE(send_timeout_ms, 100, PQQ_TIMEOUT_NONE, 60000),
    RANGE(min_rate_bytes_per_s, 1, 1024 * MIB, 240),
    RANGE(max_header_fields, 16, 32768, 512),
    RANGE(max_target_bytes, 256, MIB, 8 * KIB),
};

pqq_status pqq_config_options_init(pqq_config_options *options, size_t size) {
  static const pqq_config_options zero;

  return pqq__struct_init("pqq_config_options", options, size, &zero, sizeof zero);
}

static uint32_t *value_of(pqq_config_options *options, const pqq__range *range) {
  return (uint32_t *)(void *)((char *)options + range->offset);
}

static pqq_status check_ranges(pqq_config_options *options) {
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    const pqq__range *range = &ranges[i];
    uint32_t value = *value_of(options, range);

    if (value != 0 && (value < range->minimum || value > range->maximum)) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s: %u, allowed %u to %u", range->name, value,
                            range->minimum, range->maximum);
    }
  }
  return PQQ_OK;
}

static void fill_defaults(pqq_config_options *options) {
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    uint32_t *value = value_of(options, &ranges[i]);

    if (*value == 0) {
      *value = ranges[i].otherwise;
    }
  }
}

/* The first window is at most the largest one. Where the caller gave only one
 * of them, the other one's default gives way. */
static pqq_status check_windows(const char *name, uint32_t *first, uint32_t first_default,
                                uint32_t *largest, uint32_t largest_default) {
  if (*first == 0 && *largest != 0 && *largest < first_default) {
    *first = *largest;
  }
  if (*largest == 0 && *first > largest_default) {
    *largest = *first;
  }
  if (*largest != 0 && *first > *largest) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s: %u, allowed up to max_%s: %u", name, *first,
                          name, *largest);
  }
  return PQQ_OK;
}

static pqq_status check_connect(const pqq_config_options *options) {
  const uint32_t known = PQQ_CONNECT_EXTENDED | PQQ_CONNECT_PLAIN;

  return (options->enable_connect & ~known) == 0
             ? PQQ_OK
             : pqq__error_set(PQQ_ERR_INVALID_ARG, "enable_connect: %#x, allowed bits %#x",
                              options->enable_connect, known);
}

static pqq_status check_numbers(pqq_config_options *options) {
  pqq_status status = check_ranges(options);

  if (status == PQQ_OK) {
    status = check_connect(options);
  }
  if (status == PQQ_OK) {
    status = check_windows("stream_window_bytes", &options->stream_window_bytes, STREAM_WINDOW,
                           &options->max_stream_window_bytes, MAX_STREAM_WINDOW);
  }
  if (status == PQQ_OK) {
    status = check_windows("connection_window_bytes", &options->connection_window_bytes,
                           CONNECTION_WINDOW, &options->max_connection_window_bytes,
                           MAX_CONNECTION_WINDOW);
  }
  if (status == PQQ_OK) {
    fill_defaults(options);
  }
  return status;
}

static pqq_status check_pointers(const pqq_config_options *options) {
  if (options->identities == NULL && options->identity_count > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "identities");
  }
  if (options->sites == NULL && options->site_count > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "sites");
  }
  if (options->groups == NULL && options->group_count > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "groups");
  }
  if ((options->ciphers == NULL && options->cipher_count > 0) ||
      (options->signature_schemes == NULL && options->signature_scheme_count > 0) ||
      (options->profiles == NULL && options->profile_count > 0)) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "ciphers, signature_schemes or profiles");
  }
  if (options->ca_pem.data == NULL && options->ca_pem.len > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "ca_pem");
  }
  return PQQ_OK;
}

/* Options that are one of a few: from 0 on. */
static pqq_status check_enums(const pqq_config_options *options) {
  const struct {
    const char *name;
    int32_t value, largest;
  } rows[] = {
      {"pq_on_h3", options->pq_on_h3, PQQ_PQ_ON_H3_ALWAYS},
      {"require_key_exchange", options->require_key_exchange, PQQ_REQUIRE_HYBRID},
      {"require_authentication", options->require_authentication, PQQ_REQUIRE_HYBRID},
      {"require_client_authentication", options->require_client_authentication, PQQ_REQUIRE_HYBRID},
      {"unknown_server_name", options->unknown_server_name, PQQ_UNKNOWN_SERVER_NAME_REFUSE},
      {"misdirected_requests", options->misdirected_requests, PQQ_MISDIRECTED_ACCEPT},
      {"retry", options->retry, PQQ_RETRY_NEVER},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].value < 0 || rows[i].value > rows[i].largest) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s: %d, allowed 0 to %d", rows[i].name,
                            rows[i].value, rows[i].largest);
    }
  }
  return PQQ_OK;
}

static int is_quic_version(uint32_t version) {
  return version == PQQ_QUIC_V1 || version == PQQ_QUIC_V2;
}

/* Known ones, each once, and nothing behind the first empty place. */
static pqq_status check_quic_versions(const uint32_t versions[PQQ_MAX_QUIC_VERSIONS]) {
  for (size_t i = 0; i < PQQ_MAX_QUIC_VERSIONS; i++) {
    if (versions[i] == 0 && (i + 1 == PQQ_MAX_QUIC_VERSIONS || versions[i + 1] == 0)) {
      continue;
    }
    if (!is_quic_version(versions[i])) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG, "quic_versions[%zu]: 0x%x, allowed 0x%x and 0x%x",
                            i, versions[i], PQQ_QUIC_V1, PQQ_QUIC_V2);
    }
    for (size_t j = 0; j < i; j++) {
      if (versions[j] == versions[i]) {
        return pqq__error_set(PQQ_ERR_INVALID_ARG, "quic_versions: 0x%x is given twice",
                              versions[i]);
      }
    }
  }
  return PQQ_OK;
}

static pqq_status check_choices(pqq_config_options *options) {
  pqq_status status = check_quic_versions(options->quic_versions);

  if (status != PQQ_OK) {
    return status;
  }

  if (options->profile == 0) {
    options->profile = PQQ_PROFILE_BALANCED;
  }
  if (options->profile != PQQ_PROFILE_CUSTOM && pqq__profile_find(options->profile) == NULL) {
    return pqq__error_set(PQQ_ERR_PROFILE_UNKNOWN, "profile: %d, allowed 1 to 3, and %d for custom",
                          options->profile, PQQ_PROFILE_CUSTOM);
  }
  return check_enums(options);
}

static pqq_status check(pqq_config_options *options) {
  pqq_status status = check_pointers(options);

  if (status == PQQ_OK) {
    status = check_choices(options);
  }
  return status == PQQ_OK ? check_numbers(options) : status;
}

/* What they pointed to was the caller's and may be gone. */
static void forget_pointers(pqq_config_options *options) {
  options->identities = NULL;
  options->identity_count = 0;
  options->ca_pem = (pqq_bytes){0};
  options->ca_file = NULL;
  options->groups = options->ciphers = options->signature_schemes = NULL;
  options->group_count = options->cipher_count = options->signature_scheme_count = 0;
  options->sites = NULL;
  options->site_count = 0;
  options->profiles = NULL;
  options->profile_count = 0;
}

pqq_status pqq_config_new(const pqq_config_options *options, pqq_config **config) {
  pqq_config_options values = {0};
  pqq_config *made;
  pqq_status status;

  pqq__error_clear();
  if (config == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "config");
  }
  status = pqq__struct_read("pqq_config_options", &values, sizeof values, options);
  if (status == PQQ_OK) {
    status = pqq__check_initialized();
  }
  if (status == PQQ_OK) {
    status = check(&values);
  }
  if (status != PQQ_OK) {
    return status;
  }
  made = calloc(1, sizeof *made);
  if (made == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  status = pqq__tls_config_new(&values, &made->tls);
  if (status != PQQ_OK) {
    free(made);
    return status;
  }
  forget_pointers(&values);
  values.struct_size = sizeof values;
  made->values = values;
  atomic_init(&made->refs, 1);
  *config = made;
  return PQQ_OK;
}
