// SPDX-License-Identifier: MIT
// Made by `npm run gen` from include/pqq/profiles.def, include/pqq/types.h and native/src/crypto/algorithms.c.

/** Key-exchange groups by IANA name: TLS Supported Groups. */
export const GROUPS = {
  "X25519MLKEM768": 0x11ec,
  "SecP256r1MLKEM768": 0x11eb,
  "SecP384r1MLKEM1024": 0x11ed,
  "MLKEM512": 0x0200,
  "MLKEM768": 0x0201,
  "MLKEM1024": 0x0202,
  "X25519": 0x001d,
  "secp256r1": 0x0017,
  "secp384r1": 0x0018,
} as const;

/** Cipher suites by IANA name: TLS Cipher Suites. */
export const CIPHERS = {
  "TLS_AES_128_GCM_SHA256": 0x1301,
  "TLS_AES_256_GCM_SHA384": 0x1302,
  "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
} as const;

/** Schemes of CertificateVerify and authenticators by IANA name: TLS SignatureScheme. */
export const SIGNATURE_SCHEMES = {
  "ML-DSA-44": 0x0904,
  "ML-DSA-65": 0x0905,
  "ML-DSA-87": 0x0906,
  "ecdsa_secp256r1_sha256": 0x0403,
  "ecdsa_secp384r1_sha384": 0x0503,
  "ed25519": 0x0807,
  "rsa_pss_rsae_sha256": 0x0804,
  "rsa_pss_rsae_sha384": 0x0805,
  "rsa_pss_rsae_sha512": 0x0806,
} as const;

/** The profiles: lists are in order of preference, identities are the weakest that each takes. */
export const PROFILE_TABLE = {
  light: {
    id: 1,
    groups: ["X25519MLKEM768"],
    h3Groups: ["X25519"],
    ciphers: ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
    pqScheme: "ML-DSA-44",
    classicalScheme: "ecdsa_secp256r1_sha256",
    firstFlightDatagrams: 3,
    summary: "small flights",
  },
  balanced: {
    id: 2,
    groups: ["X25519MLKEM768"],
    h3Groups: ["X25519"],
    ciphers: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
    pqScheme: "ML-DSA-65",
    classicalScheme: "ecdsa_secp256r1_sha256",
    firstFlightDatagrams: 4,
    summary: "the open web and services",
  },
  secure: {
    id: 3,
    groups: ["SecP384r1MLKEM1024"],
    h3Groups: ["X25519MLKEM768", "X25519"],
    ciphers: ["TLS_AES_256_GCM_SHA384"],
    pqScheme: "ML-DSA-87",
    classicalScheme: "ecdsa_secp384r1_sha384",
    firstFlightDatagrams: 2,
    summary: "rules like CNSA 2.0",
  },
} as const;
