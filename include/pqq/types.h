/* SPDX-License-Identifier: MIT */
/* Plain types shared by all public headers. Structs here never change layout:
 * they carry no struct_size and are cheap to pass around. */
#ifndef PQQ_TYPES_H
#define PQQ_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_time_ns is a point in time in nanoseconds of any monotonic clock. One
 *  engine must always be given the same clock; a virtual one is fine. */
typedef uint64_t pqq_time_ns;

/** PQQ_TIME_NEVER is a deadline that never comes. */
#define PQQ_TIME_NEVER UINT64_MAX

/** pqq_id names a connection or a request stream of one driver or engine: bits
 *  0-23 slot, 24-31 worker, 32-63 generation. 0 is never a valid id, and an id
 *  is never given out again while the process could still hold it (a slot's
 *  generation grows with each use). */
typedef uint64_t pqq_id;

/** pqq_bytes is a borrowed view. A view handed to a callback or inside an
 *  event dies when the callback returns or the next event is taken. */
typedef struct pqq_bytes {
  const uint8_t *data;
  size_t len;
} pqq_bytes;

/** pqq_header is one header field. Names are lower case (RFC 9114 section
 *  4.2). Set `flags` to 0. */
typedef struct pqq_header {
  pqq_bytes name;
  pqq_bytes value;
  /** PQQ_HEADER_* bits. */
  uint32_t flags;
  uint32_t reserved;
} pqq_header;

/** The field is sensitive: it is sent as never-indexed (RFC 9204 section
 *  7.1.3). */
#define PQQ_HEADER_NEVER_INDEX 0x1u

/** pqq_address is a UDP address in host-independent form. */
typedef struct pqq_address {
  /** 4 or 6; 0 means "none". */
  uint16_t family;
  /** Host byte order. */
  uint16_t port;
  /** IPv6 scope id, else 0. */
  uint32_t scope_id;
  /** Network byte order; IPv4 uses the first four bytes, the rest is 0. */
  uint8_t ip[16];
} pqq_address;

/** pqq_prefix is a network: the first `bits` of an address (port and scope do
 *  not matter). IPv4 that is mapped into IPv6, ::ffff:0:0/96, is the same as
 *  IPv4; a shorter IPv6 prefix holds IPv6 only. */
typedef struct pqq_prefix {
  pqq_address address;
  /** 0-32, or 0-128. */
  uint32_t bits;
  uint32_t reserved;
} pqq_prefix;

/** pqq_block is an entry of a block list; see pqq_engine_block. */
typedef struct pqq_block {
  pqq_prefix prefix;
  /** When it is over, by the engine's clock; PQQ_TIME_NEVER: never. */
  pqq_time_ns until;
} pqq_block;

/** Profiles (spec/overview.md). The numbers are those of the profile commitment
 *  on the wire (spec/profile-commitment.md). */
enum {
  PQQ_PROFILE_LIGHT = 1,
  PQQ_PROFILE_BALANCED = 2,
  PQQ_PROFILE_SECURE = 3,
  /** Groups, cipher suites and signature schemes by IANA number; see
   *  pqq_config_options. */
  PQQ_PROFILE_CUSTOM = 255
};

/** What a policy requires, of the key exchange or of authentication. A
 *  requirement is never relaxed by anything that a peer says. */
enum {
  /** A client: ANY, or what the origin's pin says if the caller keeps pins. A
   *  server: ANY. */
  PQQ_REQUIRE_DEFAULT = 0,
  /** The best that both ends have. */
  PQQ_REQUIRE_ANY = 1,
  /** Key exchange: a group with ML-KEM in it. Authentication: at least
   *  PQQ_AUTH_PQ. */
  PQQ_REQUIRE_PQ = 2,
  /** Key exchange: ECDH and ML-KEM. Authentication: PQQ_AUTH_HYBRID, so
   *  `velocity/1` only. */
  PQQ_REQUIRE_HYBRID = 3
};

/** Why a connection is below the best that both ends claim to have: the codes
 *  of the server's profile commitment (spec/fallback.md). */
enum {
  PQQ_DOWNGRADE_NONE = 0,
  /** The server has no pair of identities that velocity/1 could prove. */
  PQQ_DOWNGRADE_NO_HYBRID_CERT = 1,
  /** velocity/1 is switched off there. */
  PQQ_DOWNGRADE_POLICY_DISABLED = 2,
  /** The client offers none of the server's profiles. */
  PQQ_DOWNGRADE_CLIENT_PROFILE_UNSUPPORTED = 3,
  PQQ_DOWNGRADE_MAINTENANCE_WINDOW = 4,
  /** No group of the profile is common; on h3 there may be another, also one with ML-KEM. */
  PQQ_DOWNGRADE_CLASSICAL_GROUP = 5,
  /** The client does not offer the signature schemes of both identities. */
  PQQ_DOWNGRADE_CLASSICAL_CERTIFICATE = 6,
  /** No cipher suite of the profile is common. */
  PQQ_DOWNGRADE_CIPHER = 7
};

/** IANA TLS Supported Groups, as far as libpqq names them. */
enum {
  PQQ_GROUP_SECP256R1 = 0x0017,
  PQQ_GROUP_SECP384R1 = 0x0018,
  PQQ_GROUP_X25519 = 0x001d,
  PQQ_GROUP_MLKEM512 = 0x0200,
  PQQ_GROUP_MLKEM768 = 0x0201,
  PQQ_GROUP_MLKEM1024 = 0x0202,
  PQQ_GROUP_SECP256R1MLKEM768 = 0x11eb,
  PQQ_GROUP_X25519MLKEM768 = 0x11ec,
  PQQ_GROUP_SECP384R1MLKEM1024 = 0x11ed
};

/** IANA TLS SignatureScheme, as far as libpqq names them. */
enum {
  PQQ_SCHEME_RSA_PKCS1_SHA256 = 0x0401,
  PQQ_SCHEME_ECDSA_SECP256R1_SHA256 = 0x0403,
  PQQ_SCHEME_RSA_PKCS1_SHA384 = 0x0501,
  PQQ_SCHEME_ECDSA_SECP384R1_SHA384 = 0x0503,
  PQQ_SCHEME_RSA_PKCS1_SHA512 = 0x0601,
  PQQ_SCHEME_RSA_PSS_RSAE_SHA256 = 0x0804,
  PQQ_SCHEME_RSA_PSS_RSAE_SHA384 = 0x0805,
  PQQ_SCHEME_RSA_PSS_RSAE_SHA512 = 0x0806,
  PQQ_SCHEME_ED25519 = 0x0807,
  PQQ_SCHEME_MLDSA44 = 0x0904,
  PQQ_SCHEME_MLDSA65 = 0x0905,
  PQQ_SCHEME_MLDSA87 = 0x0906
};

/** IANA TLS Cipher Suites of TLS 1.3 that QUIC has (RFC 9001 section 5.3). */
enum {
  PQQ_CIPHER_AES_128_GCM_SHA256 = 0x1301,
  PQQ_CIPHER_AES_256_GCM_SHA384 = 0x1302,
  PQQ_CIPHER_CHACHA20_POLY1305_SHA256 = 0x1303
};

/** How the server proved who it is. */
enum {
  PQQ_AUTH_NONE = 0,
  /** Only classical signatures. */
  PQQ_AUTH_CLASSICAL = 1,
  /** CertificateVerify and every signature of the verified chain are ML-DSA. */
  PQQ_AUTH_PQ = 2,
  /** Both, under different anchors (velocity/1 only). */
  PQQ_AUTH_HYBRID = 3
};

#ifdef __cplusplus
}
#endif

#endif
