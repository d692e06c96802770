// SPDX-License-Identifier: MIT
// Names that IANA and this project give to numbers. A number that is not here is shown as such.

type Names = Readonly<Record<number, string>>;

export const messages: Names = {
  1: "client_hello",
  2: "server_hello",
  4: "new_session_ticket",
  8: "encrypted_extensions",
  11: "certificate",
  13: "certificate_request",
  15: "certificate_verify",
  20: "finished",
  25: "compressed_certificate",
};

export const cipherSuites: Names = {
  0x1301: "TLS_AES_128_GCM_SHA256",
  0x1302: "TLS_AES_256_GCM_SHA384",
  0x1303: "TLS_CHACHA20_POLY1305_SHA256",
};

export const groups: Names = {
  0x0017: "secp256r1",
  0x0018: "secp384r1",
  0x001d: "x25519",
  0x0200: "MLKEM512",
  0x0201: "MLKEM768",
  0x0202: "MLKEM1024",
  0x11eb: "SecP256r1MLKEM768",
  0x11ec: "X25519MLKEM768",
  0x11ed: "SecP384r1MLKEM1024",
};

export const schemes: Names = {
  0x0401: "rsa_pkcs1_sha256",
  0x0403: "ecdsa_secp256r1_sha256",
  0x0501: "rsa_pkcs1_sha384",
  0x0503: "ecdsa_secp384r1_sha384",
  0x0601: "rsa_pkcs1_sha512",
  0x0804: "rsa_pss_rsae_sha256",
  0x0805: "rsa_pss_rsae_sha384",
  0x0806: "rsa_pss_rsae_sha512",
  0x0807: "ed25519",
  0x0904: "mldsa44",
  0x0905: "mldsa65",
  0x0906: "mldsa87",
};

export const extensions: Names = {
  0: "server_name",
  10: "supported_groups",
  13: "signature_algorithms",
  16: "application_layer_protocol_negotiation",
  27: "compress_certificate",
  43: "supported_versions",
  45: "psk_key_exchange_modes",
  51: "key_share",
  57: "quic_transport_parameters",
};

export const compression: Names = { 1: "zlib", 2: "brotli", 3: "zstd" };

export const transportParameters: Names = {
  0x00: "original_destination_connection_id",
  0x01: "max_idle_timeout",
  0x02: "stateless_reset_token",
  0x03: "max_udp_payload_size",
  0x04: "initial_max_data",
  0x05: "initial_max_stream_data_bidi_local",
  0x06: "initial_max_stream_data_bidi_remote",
  0x07: "initial_max_stream_data_uni",
  0x08: "initial_max_streams_bidi",
  0x09: "initial_max_streams_uni",
  0x0a: "ack_delay_exponent",
  0x0b: "max_ack_delay",
  0x0c: "disable_active_migration",
  0x0e: "active_connection_id_limit",
  0x0f: "initial_source_connection_id",
  0x11: "version_information",
  0x2ab2: "grease_quic_bit",
  0x56454c4f: "profile commitment",
};

/** spec/profile-commitment.md. */
export const profiles: Names = { 0: "h3", 1: "light", 2: "balanced", 3: "secure", 255: "custom" };

/** PQQ_DOWNGRADE_* of include/pqq/types.h. */
export const reasons: Names = {
  0: "none",
  1: "no_hybrid_cert",
  2: "policy_disabled",
  3: "client_profile_unsupported",
  4: "maintenance_window",
  5: "classical_group",
  6: "classical_certificate",
  7: "cipher",
};

export const streamTypes: Names = {
  0: "control",
  2: "QPACK encoder",
  3: "QPACK decoder",
  0x56454c50: "authenticators",
};

export const http3Frames: Names = { 0: "DATA", 1: "HEADERS", 4: "SETTINGS", 7: "GOAWAY" };

export const settings: Names = {
  0x01: "SETTINGS_QPACK_MAX_TABLE_CAPACITY",
  0x06: "SETTINGS_MAX_FIELD_SECTION_SIZE",
  0x07: "SETTINGS_QPACK_BLOCKED_STREAMS",
  0x08: "SETTINGS_ENABLE_CONNECT_PROTOCOL",
  0x33: "SETTINGS_H3_DATAGRAM",
};

/** Object identifiers in certificates. */
export const objects: Readonly<Record<string, string>> = {
  "1.2.840.10045.2.1": "id-ecPublicKey",
  "1.2.840.10045.3.1.7": "secp256r1",
  "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
  "2.16.840.1.101.3.4.3.17": "id-ml-dsa-44",
  "2.16.840.1.101.3.4.3.18": "id-ml-dsa-65",
  "2.16.840.1.101.3.4.3.19": "id-ml-dsa-87",
  "2.5.4.3": "commonName",
  "2.5.4.10": "organizationName",
  "2.5.29.15": "keyUsage",
  "2.5.29.17": "subjectAltName",
  "2.5.29.19": "basicConstraints",
  "2.5.29.37": "extKeyUsage",
  "1.3.6.1.5.5.7.3.1": "id-kp-serverAuth",
  "1.3.6.1.5.5.7.3.2": "id-kp-clientAuth",
};

/** `name (0x1234)`, or the number alone. Values that RFC 8701 reserves are called GREASE. */
export function named(names: Names, value: number, digits = 4): string {
  const number = `0x${value.toString(16).padStart(digits, "0")}`;
  const isGrease = digits === 4 && (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
  const name = names[value] ?? (isGrease ? "GREASE" : undefined);
  return name === undefined ? number : `${name} (${number})`;
}
