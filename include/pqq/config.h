/* SPDX-License-Identifier: MIT */
/* Configuration: identities, trust, groups and limits, parsed once into an
 * immutable object that any number of drivers and engines share. */
#ifndef PQQ_CONFIG_H
#define PQQ_CONFIG_H

#include <pqq/error.h>
#include <pqq/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_identity_source is where one certificate chain and its key come from.
 *  Give either the `_pem` views or the `_file` paths. The first certificate is
 *  the leaf, the rest its issuers in order (RFC 8446 section 4.4.2). The key
 *  is PKCS#8 (or SEC1 for EC): ECDSA P-256, P-384, or ML-DSA-44, -65, -87 in
 *  any private key form of RFC 9881 (seed, expanded key, both). */
typedef struct pqq_identity_source {
  pqq_bytes cert_pem;
  pqq_bytes key_pem;
  const char *cert_file;
  const char *key_file;
} pqq_identity_source;

/** When an ML-DSA identity is used on plain `h3`. */
enum {
  /** ALWAYS if it is the only identity or the identities are development ones
   *  (`pqq cert dev`), else NEVER. */
  PQQ_PQ_ON_H3_AUTO = 0,
  /** Only if the client offers no classical signature scheme that we have. */
  PQQ_PQ_ON_H3_NEVER = 1,
  /** Whenever the client offers the ML-DSA scheme. */
  PQQ_PQ_ON_H3_ALWAYS = 2
};

/** pqq_config_options is filled by the caller after pqq_config_options_init.
 *  Zero in a numeric field means its default. All views and strings are
 *  copied by pqq_config_new. */
typedef struct pqq_config_options {
  uint32_t struct_size;
  /** PQQ_PROFILE_*; default PQQ_PROFILE_BALANCED. */
  int32_t profile;
  /** Server identities, at most one ML-DSA and one ECDSA. */
  const pqq_identity_source *identities;
  size_t identity_count;
  /** Trust anchors of a client: PEM text, or a file. libpqq has none of its
   *  own. */
  pqq_bytes ca_pem;
  const char *ca_file;
  /** Key-exchange groups by IANA number, most preferred first. Default: those
   *  of the profile, then X25519. */
  const uint16_t *groups;
  size_t group_count;
  /** PQQ_PQ_ON_H3_*; default AUTO. */
  int32_t pq_on_h3;
  /** RFC 9000 section 10.1, milliseconds, 1,000-600,000; default 30,000. */
  uint32_t idle_timeout_ms;
  /** Milliseconds, 100-600,000; default 10,000. Bounds half-open state. */
  uint32_t handshake_timeout_ms;
  /** A client's PING interval on an idle connection, milliseconds, 0 = none
   *  (default) or 1,000-600,000. */
  uint32_t keep_alive_ms;
  /** Requests that a peer may have open at once on one connection, 1-65,535;
   *  default 100 (RFC 9114 section 6.1). */
  uint32_t max_concurrent_requests;
  /** Size of a peer's header section, name + value + 32 per field (RFC 9114
   *  section 4.2.2), 1,024-1,048,576; default 65,536. */
  uint32_t max_header_list_bytes;
  /** Flow control: what a peer may send before we have consumed it. The first
   *  windows grow up to the `max_` ones as the path needs (auto-tuning).
   *  16,384-2^30; defaults 256 KiB per stream, 1 MiB per connection, up to
   *  6 MiB and 16 MiB. */
  uint32_t stream_window_bytes;
  uint32_t connection_window_bytes;
  uint32_t max_stream_window_bytes;
  uint32_t max_connection_window_bytes;
  /** Connections per worker, 1-1,000,000; default 65,536. */
  uint32_t max_connections;
  /** Largest UDP payload we send, 1,200-65,527; default 1,452 found by PMTUD. */
  uint32_t max_udp_payload_bytes;
  /** Nonzero: do not probe for larger datagrams than 1,200 bytes. */
  uint32_t disable_pmtud;
} pqq_config_options;

/** pqq_config is immutable and reference-counted. Thread-safe. */
typedef struct pqq_config pqq_config;

/** pqq_config_options_init writes defaults (all zero) and `struct_size`.
 *  `size` is sizeof(pqq_config_options) as the caller was compiled.
 *  Errors: PQQ_ERR_NULL_ARG; PQQ_ERR_STRUCT_SIZE (size is 0 or too large). */
PQQ_EXPORT pqq_status pqq_config_options_init(pqq_config_options *options, size_t size);

/** pqq_config_new checks `options`, loads certificates, keys and anchors and
 *  returns an immutable object with one reference in `*config`. The same
 *  object can serve as a server's and a client's configuration; a server needs
 *  an identity, a client needs anchors, and the driver says which is missing.
 *  Ownership: the caller calls pqq_config_unref.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_NOT_INITIALIZED,
 *  PQQ_ERR_INVALID_ARG (a value out of range, two identities of one kind),
 *  PQQ_ERR_PROFILE_UNKNOWN, PQQ_ERR_GROUP_UNKNOWN, PQQ_ERR_CERT_UNREADABLE,
 *  PQQ_ERR_KEY_UNREADABLE, PQQ_ERR_KEY_MISMATCH, PQQ_ERR_KEY_TYPE_UNSUPPORTED,
 *  PQQ_ERR_CA_UNREADABLE, PQQ_ERR_NO_MEMORY. pqq_error_detail names the file
 *  or the option. */
PQQ_EXPORT pqq_status pqq_config_new(const pqq_config_options *options, pqq_config **config);

/** pqq_config_ref adds a reference and returns `config`. */
PQQ_EXPORT pqq_config *pqq_config_ref(pqq_config *config);

/** pqq_config_unref drops a reference; the last one frees. NULL is ignored. */
PQQ_EXPORT void pqq_config_unref(pqq_config *config);

/** pqq_dev_identity is what pqq_dev_identity_new makes; all PEM text. */
typedef struct pqq_dev_identity {
  /** Both roots (ML-DSA, then ECDSA) in one text, for a client's `ca`. */
  pqq_bytes ca_pem;
  pqq_bytes pq_cert_pem;
  pqq_bytes pq_key_pem;
  pqq_bytes classical_cert_pem;
  pqq_bytes classical_key_pem;
} pqq_dev_identity;

/** pqq_dev_identity_new makes two private roots and two server certificates,
 *  each issued directly by its own root: ML-DSA-44, -65 or -87 and ECDSA P-256
 *  or P-384, as `profile` says. For development only. The root keys are thrown
 *  away, so nobody can issue more under them.
 *  `names` are DNS names or IP addresses for subjectAltName (at least one).
 *  `days` is the validity, 1-825.
 *  Ownership: the caller calls pqq_dev_identity_free.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_INITIALIZED, PQQ_ERR_INVALID_ARG (a
 *  name that is neither, days), PQQ_ERR_PROFILE_UNKNOWN, PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_dev_identity_new(int32_t profile, const char *const *names,
                                           size_t name_count, uint32_t days,
                                           pqq_dev_identity **identity);

/** pqq_dev_identity_free frees and wipes. NULL is ignored. */
PQQ_EXPORT void pqq_dev_identity_free(pqq_dev_identity *identity);

#ifdef __cplusplus
}
#endif

#endif
