/* SPDX-License-Identifier: MIT */
/* Configuration: identities, trust, groups and limits, parsed once into an
 * immutable object that any number of drivers and engines share. */
#ifndef PQQ_CONFIG_H
#define PQQ_CONFIG_H

#include <pqq/error.h>
#include <pqq/signer.h>
#include <pqq/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_identity_source is where one certificate chain and its key come from.
 *  Give either the `_pem` views or the `_file` paths. The first certificate is
 *  the leaf, the rest its issuers in order (RFC 8446 section 4.4.2). The key
 *  is PKCS#8, encrypted or not (or SEC1 for EC, PKCS#1 for RSA): ML-DSA-44, -65, -87 in
 *  any private key form of RFC 9881 (seed, expanded key, both), or a classical one: ECDSA
 *  P-256, P-384, Ed25519, RSA of 2,048 to 4,096 bits. The classical half of velocity/1 is
 *  ECDSA; the others serve plain h3. Initialize with zeros. */
typedef struct pqq_identity_source {
  pqq_bytes cert_pem;
  pqq_bytes key_pem;
  const char *cert_file;
  const char *key_file;
  /** Of an encrypted PKCS#8 key (PBES2); empty if it is not encrypted. */
  pqq_bytes passphrase;
  /** Instead of a key: who signs for the certificate (signer.h). Copied. */
  const pqq_signer *signer;
} pqq_identity_source;

/** pqq_site_source is one site of a server that answers under several names:
 *  the names, and the identities that prove them. Which site a client gets is
 *  decided by its server_name (RFC 6066 section 3); an exact name goes before a
 *  wildcard, which stands for one left-most label (RFC 9525 section 6.3). */
typedef struct pqq_site_source {
  /** DNS names, at most 253 characters, such as "www.example" or "*.example.net". None:
   *  those that are in the subjectAltName of all its certificates. IP addresses
   *  are never sent as a server name; the default site answers for them. */
  const char *const *names;
  size_t name_count;
  /** At most one ML-DSA and one classical identity, at least one of them. */
  const pqq_identity_source *identities;
  size_t identity_count;
} pqq_site_source;

/** What a client gets that sends a server name which is that of no site. */
enum {
  /** The default site: as if it had named none. */
  PQQ_UNKNOWN_SERVER_NAME_DEFAULT = 0,
  /** The alert unrecognized_name (RFC 6066 section 3). */
  PQQ_UNKNOWN_SERVER_NAME_REFUSE = 1
};

/** Requests whose :authority the certificate of their connection does not cover. */
enum {
  /** REFUSE with `sites`, else ACCEPT. */
  PQQ_MISDIRECTED_AUTO = 0,
  /** 421 Misdirected Request (RFC 9110 section 15.5.20), counted in
   *  requests_misdirected. */
  PQQ_MISDIRECTED_REFUSE = 1,
  /** As any other. */
  PQQ_MISDIRECTED_ACCEPT = 2
};

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

/** QUIC version 1 (RFC 9000) and version 2 (RFC 9369). */
#define PQQ_QUIC_V1 0x00000001u
#define PQQ_QUIC_V2 0x6b3343cfu
/** Places of pqq_config_options.quic_versions. */
#define PQQ_MAX_QUIC_VERSIONS 3

/** When a server answers a client that has no address validation token with a
 *  Retry packet (RFC 9000 section 8.1.2): one round trip more for that client,
 *  no memory and little work for the server. */
enum {
  /** While it is busy: many handshakes are half-open, handshake_cpu_ms of this
   *  second is used up, or connections_per_address is reached. */
  PQQ_RETRY_AUTO = 0,
  PQQ_RETRY_ALWAYS = 1,
  /** Then clients are refused only at the hard limits. */
  PQQ_RETRY_NEVER = 2
};

/** pqq_config_options is filled by the caller after pqq_config_options_init.
 *  Zero in a numeric field means its default. All views and strings are
 *  copied by pqq_config_new. */
typedef struct pqq_config_options {
  uint32_t struct_size;
  /** PQQ_PROFILE_*; default PQQ_PROFILE_BALANCED. PQQ_PROFILE_CUSTOM takes its
   *  algorithms from groups, ciphers and signature_schemes, which then must not
   *  be empty. */
  int32_t profile;
  /** At most one ML-DSA and one classical identity: of a server, or what a client
   *  answers a server's authenticator requests with. */
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
  /** PQQ_REQUIRE_*. A server refuses clients below that and counts them
   *  (policy_refusals). A client offers only what can satisfy it;
   *  pqq_connect_options may ask for another level for one connection. */
  int32_t require_key_exchange;
  int32_t require_authentication;
  /** PQQ_REQUIRE_* of client certificates (a server; needs anchors): DEFAULT
   *  none are asked for; else the client must prove that level with
   *  authenticators (RFC 9261) before a request is handled. Works on velocity/1
   *  only, so plain h3 is refused then. ANY: a classical or an ML-DSA identity. */
  int32_t require_client_authentication;
  /** Nonzero: neither offer nor choose velocity/1. */
  uint32_t disable_velocity;
  /** Lifetime in seconds of the pin that a server asks clients to keep: for
   *  that long they accept nothing but hybrid authentication from this origin.
   *  0 (default): none; at most 31,536,000 (a year). Sent in the profile
   *  commitment of velocity/1 connections. */
  uint32_t pin_lifetime_s;
  /** Nonzero: do not compress certificates (RFC 8879). */
  uint32_t disable_certificate_compression;
  /** Nonzero: a client does not repeat its first flight; see
   *  spec/flight-budget.md. */
  uint32_t disable_first_flight_repeat;
  /** Nonzero: one of both leaves must name the other (RelatedCertificate, RFC
   *  9763). Where the extension is present it is always checked. */
  uint32_t require_related_certificate;
  /** Cipher suites by IANA number, most preferred first, and signature schemes
   *  of CertificateVerify: only with PQQ_PROFILE_CUSTOM. */
  const uint16_t *ciphers;
  size_t cipher_count;
  const uint16_t *signature_schemes;
  size_t signature_scheme_count;
  /** Profiles that a client offers on velocity/1, most preferred first, at most
   *  PQQ_MAX_PROFILES; default: `profile` alone. */
  const int32_t *profiles;
  size_t profile_count;
  /** Nonzero: datagrams of max_udp_payload_bytes from the first one on, without
   *  a probe. For networks whose MTU is known: where the path takes less, no
   *  handshake completes. */
  uint32_t assume_max_udp_payload;
  /** QUIC versions (PQQ_QUIC_V1, PQQ_QUIC_V2), most preferred first, unused
   *  places 0. A client begins with the first and lists all of them as
   *  compatible (RFC 9368); a server answers others with Version Negotiation,
   *  and takes a client that offers several to the one that it prefers.
   *  Default (all 0): versions 1 and 2; a server then stays with what the client
   *  has begun with. */
  uint32_t quic_versions[PQQ_MAX_QUIC_VERSIONS];
  /** PQQ_UNKNOWN_SERVER_NAME_*; default DEFAULT. */
  int32_t unknown_server_name;
  /** A server's sites, at most 4,096. `identities`, if there are any, are a site before
   *  them, with the names in their certificates. The first site is the default one: for
   *  clients that send no server name, or one of no site. */
  const pqq_site_source *sites;
  size_t site_count;
  /** PQQ_MISDIRECTED_*; default AUTO. */
  int32_t misdirected_requests;
  /** Glitches: what a peer does that is allowed and of no use, such as streams of
   *  unknown types, frames that change nothing, data that was there before. So
   *  many at once, of which a thirtieth comes back each second, and ten times as
   *  many in QUIC frames; then the connection is closed with H3_EXCESSIVE_LOAD
   *  (RFC 9114 section 10.5). 30-1,000,000; default 1,000. */
  uint32_t max_glitches;
  /** Packets sent to one connection id of the peer's; then another one of the peer's is
   *  used and the old one retired (RFC 9000 section 5.1.2), so that nobody on the way can
   *  follow a long connection by its id. Each time between half and one and a half times as
   *  many, at random. 100-4,294,967,294; default 10,000; PQQ_CONNECTION_ID_KEEP: only a new
   *  path changes it. */
  uint32_t connection_id_packets;
  /** Nonzero: final responses get no `date` field; see pqq_engine_set_unix_time. */
  uint32_t disable_date;
  /** Which CONNECT requests a server takes: bits of PQQ_CONNECT_*; default 0,
   *  none: plain ones get 501, and others are malformed. */
  uint32_t enable_connect;
  /** Nonzero: send and take HTTP datagrams (RFC 9297) where the peer does, too. */
  uint32_t enable_datagrams;
  /** Requests of one connection, 1-4,294,967,295, after which a server sends GOAWAY
   *  and closes it when the last is answered; clients go on with a new one.
   *  Default 0: no limit. */
  uint32_t max_requests_per_connection;
  /** PQQ_RETRY_*; default AUTO. A server's, as the three below; docs/admission.md. */
  int32_t retry;
  /** CPU time in ms that a worker spends on handshakes per second, 1-1,000;
   *  default 800. Above it clients without a token get a Retry (unless NEVER),
   *  above 125 % of it every new client is refused. Measured only where the
   *  host gives a clock (pqq_engine_options.work_clock; the driver does). */
  uint32_t handshake_cpu_ms;
  /** New connections per second of one address (IPv4, or IPv6 /64) at one worker,
   *  1-100,000; a site (/24, /48) gets eight times that. Default 0: no limit,
   *  because many users may share an address (carrier NAT, a load balancer).
   *  Unproven addresses above it get a Retry, proven ones are refused. */
  uint32_t connections_per_address;
  /** Limits of a server's requests (docs/http.md), in milliseconds, 100-4,294,967,294;
   *  PQQ_TIMEOUT_NONE: no limit. From a request stream's first byte to the end of
   *  its header section; default 60,000. Then the answer is 408. */
  uint32_t headers_timeout_ms;
  /** How long content may not come; default 60,000. What comes buys time at
   *  min_rate_bytes_per_s, never more than this, so that content that comes more
   *  slowly runs out of it. Time does not count in which the application has not
   *  taken what is there, nor that of tunnels (CONNECT). Then the answer is 408, or the
   *  response that has begun is reset with H3_REQUEST_CANCELLED, and
   *  PQQ_EVENT_RESET says PQQ_ERR_REQUEST_TIMEOUT. */
  uint32_t body_timeout_ms;
  /** The whole request with its content; default PQQ_TIMEOUT_NONE. */
  uint32_t request_timeout_ms;
  /** How long a client may take less of a response than min_rate_bytes_per_s, because
   *  it gives no more flow control credit; default 60,000. Then the response is reset
   *  with H3_REQUEST_CANCELLED. A client that does so to the whole connection, or
   *  acknowledges nothing any more, loses it with H3_EXCESSIVE_LOAD. */
  uint32_t send_timeout_ms;
  /** Bytes per second, 1-1,073,741,824; default 240. */
  uint32_t min_rate_bytes_per_s;
  /** Fields of a peer's header section, 16-32,768; default 512: browsers keep 180
   *  cookies for a name and send each in a field of its own. A request with more is
   *  answered with 431. */
  uint32_t max_header_fields;
  /** Length of a request's :path, 256-1,048,576; default 8,192 (RFC 9110 section 4.1 asks
   *  for 8,000). A longer one is answered with 414. */
  uint32_t max_target_bytes;
  /** Content of a request in bytes; default 0: no limit, PQQ_BODY_NONE: none is
   *  taken. A request that announces more is answered with 413 and not shown. One
   *  that turns out to have more ends with PQQ_EVENT_RESET and PQQ_ERR_BODY_TOO_LARGE;
   *  its response is still the application's. */
  uint64_t max_request_body_bytes;
  /** Key log: gets the TLS secrets of every connection, with which whoever has recorded it can read
   * all of it. For debugging alone; NULL (default): none. No environment variable sets it. `line`
   * is one of the NSS key log format (draft-ietf-tls-keylogfile) without its line end, valid for
   * the call: the labels CLIENT_HANDSHAKE_TRAFFIC_SECRET, SERVER_HANDSHAKE_TRAFFIC_SECRET,
   * CLIENT_TRAFFIC_SECRET_0, SERVER_TRAFFIC_SECRET_0 and EXPORTER_SECRET. Called on the owner
   * thread of the connection's engine, which it must not call; several may call at once.
   * `keylog_user_data` stays valid until the last connection with this configuration is gone. */
  void (*on_keylog)(void *user_data, const char *line);
  void *keylog_user_data;
} pqq_config_options;

/** Of the time limits in pqq_config_options: no limit. */
#define PQQ_TIMEOUT_NONE UINT32_MAX
/** Of pqq_config_options.connection_id_packets: no end. */
#define PQQ_CONNECTION_ID_KEEP UINT32_MAX
/** Of pqq_config_options.max_request_body_bytes: no content at all. */
#define PQQ_BODY_NONE UINT64_MAX

/** Bits of pqq_config_options.enable_connect. */
enum {
  /** CONNECT with :protocol (RFC 9220), as WebSockets and connect-udp use it. */
  PQQ_CONNECT_EXTENDED = 0x1,
  /** CONNECT to an authority (RFC 9110 section 9.3.6): a proxy. */
  PQQ_CONNECT_PLAIN = 0x2
};

/** Most profiles of pqq_config_options. */
#define PQQ_MAX_PROFILES 4

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
 *  PQQ_ERR_INVALID_ARG (a value out of range, two identities of one kind,
 *  names of sites, a signer beside a key or without `sign`), PQQ_ERR_NO_IDENTITY (a site without
 * one), PQQ_ERR_PROFILE_UNKNOWN, PQQ_ERR_GROUP_UNKNOWN, PQQ_ERR_CERT_UNREADABLE,
 *  PQQ_ERR_KEY_UNREADABLE, PQQ_ERR_KEY_MISMATCH, PQQ_ERR_KEY_TYPE_UNSUPPORTED,
 *  PQQ_ERR_CA_UNREADABLE, PQQ_ERR_PROFILE_IDENTITY (an identity is weaker than
 *  the profile), PQQ_ERR_SHARED_ROOT and PQQ_ERR_CHAIN_CROSSED (two identities
 *  that could not prove two things), PQQ_ERR_POLICY_CONFIG (what is required
 *  cannot be had with these identities, anchors or groups), PQQ_ERR_NO_MEMORY.
 *  pqq_error_detail names the file or the option and what to do. */
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
 *  each issued directly by its own root and good for clients too: ML-DSA-44, -65 or -87 and ECDSA
 * P-256 or P-384, as `profile` says. For development only. The root keys are thrown away, so nobody
 * can issue more under them. `names` are DNS names or IP addresses for subjectAltName (at least
 * one). `days` is the validity, 1-825. Ownership: the caller calls pqq_dev_identity_free. Errors:
 * PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_INITIALIZED, PQQ_ERR_INVALID_ARG (a name that is neither, days),
 * PQQ_ERR_PROFILE_UNKNOWN, PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_dev_identity_new(int32_t profile, const char *const *names,
                                           size_t name_count, uint32_t days,
                                           pqq_dev_identity **identity);

/** pqq_dev_identity_free frees and wipes. NULL is ignored. */
PQQ_EXPORT void pqq_dev_identity_free(pqq_dev_identity *identity);

/** Handshakes of a server whose flight pqq_config_predict_flight counts. */
enum {
  /** VELOCITY with an ML-DSA and a classical identity (unless disable_velocity),
   *  else H3_PQ with an ML-DSA one, else H3_CLASSICAL. */
  PQQ_FLIGHT_AUTO = 0,
  /** velocity/1: the ML-DSA identity in TLS, the classical one behind it. */
  PQQ_FLIGHT_VELOCITY = 1,
  /** h3 with the ML-DSA identity. */
  PQQ_FLIGHT_H3_PQ = 2,
  /** h3 with the classical identity. */
  PQQ_FLIGHT_H3_CLASSICAL = 3
};

/** What pqq_config_predict_flight takes as given, to see what would help. */
enum {
  /** Only leaves are sent: they are issued directly by the clients' roots. */
  PQQ_FLIGHT_LEAF_ONLY = 0x1,
  /** The client brings an address validation token, so there is no
   *  three-times limit (RFC 9000 section 8.1.1). */
  PQQ_FLIGHT_VALIDATED = 0x2,
  /** The session is resumed: no certificate and no signature is sent. */
  PQQ_FLIGHT_RESUMED = 0x4,
  /** The client does not take compressed certificates. */
  PQQ_FLIGHT_UNCOMPRESSED = 0x8
};

/** What would help most, by pqq_flight_report. */
enum {
  /** Nothing that a server can change; or all fits. */
  PQQ_FLIGHT_ADVICE_NONE = 0,
  /** Leaves that the clients' roots issue directly: PQQ_FLIGHT_LEAF_ONLY. */
  PQQ_FLIGHT_ADVICE_ROOT_DIRECT = 1
};

/** pqq_flight_options: set struct_size, zero means the default. */
typedef struct pqq_flight_options {
  uint32_t struct_size;
  /** PQQ_FLIGHT_AUTO to _H3_CLASSICAL. */
  int32_t kind;
  /** PQQ_FLIGHT_LEAF_ONLY and so on. */
  uint32_t flags;
  /** Size of the datagrams of both ends, 1,200-65,527; default 1,200, or
   *  max_udp_payload_bytes with assume_max_udp_payload. */
  uint32_t datagram_bytes;
  /** Group of the key exchange by IANA number; default the configuration's
   *  first. */
  uint16_t group;
  uint16_t reserved;
  /** Datagrams of the client's first flight; default as many as its
   *  ClientHello takes. */
  uint32_t client_datagrams;
} pqq_flight_options;

/** pqq_flight_report is the first flight of a server, byte by byte. Set
 *  struct_size before the call. Messages are with their handshake headers. */
typedef struct pqq_flight_report {
  uint32_t struct_size;
  /** PQQ_FLIGHT_VELOCITY to _H3_CLASSICAL. */
  int32_t kind;
  uint32_t datagram_bytes;
  uint32_t server_hello_bytes;
  uint32_t encrypted_extensions_bytes;
  /** Certificate, or CompressedCertificate (RFC 8879). */
  uint32_t certificate_bytes;
  uint32_t certificate_verify_bytes;
  uint32_t finished_bytes;
  /** velocity/1: the stream with the exported authenticator of the classical
   *  identity, and of that its Certificate message. */
  uint32_t authenticator_bytes;
  uint32_t authenticator_certificate_bytes;
  /** 0.5-RTT data of HTTP/3 and QUIC: SETTINGS, connection ids. */
  uint32_t settings_bytes;
  /** Headers and tags of packets, frame headers, padding. */
  uint32_t overhead_bytes;
  /** All of it in datagrams, and the part of it until TLS is done. */
  uint32_t total_bytes;
  uint32_t total_datagrams;
  uint32_t tls_bytes;
  uint32_t tls_datagrams;
  /** Certificates in the Certificate message, its size without compression, and
   *  the algorithm that it is compressed with: 0 none, 1 zlib, 2 brotli. */
  uint32_t certificate_count;
  uint32_t certificate_plain_bytes;
  uint32_t certificate_compression;
  /** What the client sends at first, and three times that: what the server may
   *  send before it knows the client's address; UINT32_MAX with
   *  PQQ_FLIGHT_VALIDATED. */
  uint32_t client_datagrams;
  uint32_t client_bytes;
  uint32_t limit_bytes;
  /** The same with the copies by which a client of libpqq makes it fit; none
   *  where they save no round trip. */
  uint32_t repeats;
  uint32_t repeat_limit_bytes;
  /** Initial congestion window of the server (RFC 9002 section 7.2). */
  uint32_t window_bytes;
  /** Round trips until TLS is done, and until all identities are verified, with
   *  a client that repeats nothing and with one that does. */
  uint32_t tls_round_trips;
  uint32_t round_trips;
  uint32_t repeat_tls_round_trips;
  uint32_t repeat_round_trips;
  /** PQQ_FLIGHT_ADVICE_*: what makes round_trips or repeat_round_trips less, and
   *  how many bytes that saves. */
  int32_t advice;
  uint32_t advice_saves_bytes;
  uint32_t reserved;
} pqq_flight_report;

/** pqq_flight_facts is what decides the size of a server's flight that is known
 *  from a connection to it (pqq_connection_info). Set struct_size. */
typedef struct pqq_flight_facts {
  uint32_t struct_size;
  /** PQQ_FLIGHT_VELOCITY to _H3_CLASSICAL. */
  int32_t kind;
  /** IANA numbers. `classical_signature` is the authenticator's, on velocity/1. */
  uint16_t group;
  uint16_t cipher;
  uint16_t signature;
  uint16_t classical_signature;
  /** Sizes of the certificates in DER, leaf first; borrowed for the call. */
  const uint32_t *chain_bytes;
  size_t chain_length;
  const uint32_t *classical_chain_bytes;
  size_t classical_chain_length;
  /** As in pqq_connection_info; 0 if the chain came as it is. */
  uint16_t certificate_compression;
  uint16_t reserved;
  uint32_t certificate_wire_bytes;
} pqq_flight_facts;

/** pqq_config_predict_flight counts the first flight of a server with this
 *  configuration, and predicts how many round trips a handshake takes on a path
 *  without loss. `options` may be NULL for all defaults.
 *  Thread-safe; compresses and signs nothing on the wire, but may take some
 *  milliseconds.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_NO_IDENTITY,
 *  PQQ_ERR_INVALID_ARG (datagram_bytes, client_datagrams above 64, a kind for
 *  which the identity is missing), PQQ_ERR_GROUP_UNKNOWN, PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_config_predict_flight(const pqq_config *config,
                                                const pqq_flight_options *options,
                                                pqq_flight_report *report);

/** pqq_predict_flight does the same for a server of which the facts are known.
 *  `kind` and `group` of `options` are those of `facts` if they are 0.
 *  Thread-safe.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_INVALID_ARG (as
 *  above; a signature that libpqq has no size for; no chain, or one longer than
 *  8), PQQ_ERR_GROUP_UNKNOWN. */
PQQ_EXPORT pqq_status pqq_predict_flight(const pqq_flight_facts *facts,
                                         const pqq_flight_options *options,
                                         pqq_flight_report *report);

#ifdef __cplusplus
}
#endif

#endif
