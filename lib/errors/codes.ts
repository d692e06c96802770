// SPDX-License-Identifier: MIT
/**
 * Every status code of libpqq, as include/pqq/error_codes.def has them; a unit test compares the two.
 * Columns: number, retryable, message.
 */
export const STATUS_TABLE = {
  PQQ_ERR_NULL_ARG: [-101, false, "a required argument is NULL"],
  PQQ_ERR_STRUCT_SIZE: [-102, false, "struct_size is zero or larger than this library knows"],
  PQQ_ERR_INVALID_ARG: [-103, false, "an argument is out of its range"],
  PQQ_ERR_STATE: [-104, false, "the object is not in a state that allows this call"],
  PQQ_ERR_NOT_FOUND: [-105, false, "no connection or stream has this id any more"],
  PQQ_ERR_NOT_INITIALIZED: [-106, false, "pqq_init has not been called"],
  PQQ_ERR_UNSUPPORTED: [-107, false, "not supported by this build or platform"],
  PQQ_ERR_HEADER_INVALID: [-108, false, "a header field name or value is not allowed in HTTP/3"],
  PQQ_ERR_URL_INVALID: [-109, false, "the URL is not an absolute https URL"],
  PQQ_ERR_CONTENT_LENGTH: [
    -110,
    false,
    "the content does not have the length that content-length says",
  ],
  PQQ_ERR_NO_MEMORY: [-201, true, "out of memory"],
  PQQ_ERR_LIMIT: [-202, true, "a documented limit was reached"],
  PQQ_ERR_BODY_TOO_LARGE: [-203, false, "the message body is larger than max_body_bytes"],
  PQQ_ERR_HEADERS_TOO_LARGE: [
    -204,
    false,
    "the header section is larger than max_header_list_bytes or max_header_fields",
  ],
  PQQ_ERR_TOO_MANY_CONNECTIONS: [-205, true, "max_connections is reached"],
  PQQ_ERR_TOO_MANY_REQUESTS: [-206, true, "too many requests wait for a stream of this connection"],
  PQQ_ERR_DATAGRAM_TOO_LARGE: [
    -211,
    false,
    "the datagram is larger than what the peer and the path take",
  ],
  PQQ_ERR_CERT_UNREADABLE: [-301, false, "the certificate file or PEM text cannot be read"],
  PQQ_ERR_KEY_UNREADABLE: [-302, false, "the private key file or PEM text cannot be read"],
  PQQ_ERR_KEY_MISMATCH: [-303, false, "the private key does not belong to the certificate"],
  PQQ_ERR_KEY_TYPE_UNSUPPORTED: [
    -304,
    false,
    "the key type is not supported for a server identity",
  ],
  PQQ_ERR_NO_IDENTITY: [-305, false, "a server needs at least one certificate and key"],
  PQQ_ERR_CA_UNREADABLE: [-306, false, "the trust anchors cannot be read or are empty"],
  PQQ_ERR_NO_ROOTS: [-307, false, "a client needs trust anchors (ca)"],
  PQQ_ERR_CERT_UNTRUSTED: [
    -308,
    false,
    "the peer's certificate chain does not end at a trust anchor",
  ],
  PQQ_ERR_CERT_NAME_MISMATCH: [-309, false, "the peer's certificate is for another name"],
  PQQ_ERR_CERT_EXPIRED: [
    -310,
    false,
    "a certificate of the peer's chain is expired or not yet valid",
  ],
  PQQ_ERR_CERT_INVALID: [-311, false, "the peer's certificate chain or its signature is not valid"],
  PQQ_ERR_NO_SHARED_GROUP: [-312, false, "no key-exchange group is acceptable to both ends"],
  PQQ_ERR_NO_SHARED_SIGNATURE: [-313, false, "no signature scheme is acceptable to both ends"],
  PQQ_ERR_NO_SHARED_ALPN: [-314, false, "no application protocol is acceptable to both ends"],
  PQQ_ERR_TLS_ALERT: [-315, false, "the TLS handshake failed with an alert"],
  PQQ_ERR_GROUP_UNKNOWN: [-316, false, "the key-exchange group is not known or not available"],
  PQQ_ERR_PROFILE_UNKNOWN: [-317, false, "the profile is not one of light, balanced, secure"],
  PQQ_ERR_SIGN_FAILED: [-318, false, "making the CertificateVerify signature failed"],
  PQQ_ERR_POLICY_KEY_EXCHANGE: [-319, false, "the key exchange is below what the policy requires"],
  PQQ_ERR_POLICY_AUTHENTICATION: [-320, false, "authentication is below what the policy requires"],
  PQQ_ERR_POLICY_REFUSED: [-321, false, "the peer's policy requires more than we offered"],
  PQQ_ERR_POLICY_CONFIG: [-322, false, "the policy cannot be met with this configuration"],
  PQQ_ERR_PROFILE_IDENTITY: [-323, false, "an identity is weaker than the profile"],
  PQQ_ERR_SHARED_ROOT: [-324, false, "both identities hang on the same trust anchor"],
  PQQ_ERR_CHAIN_CROSSED: [-325, false, "a certificate chain mixes ML-DSA and classical signatures"],
  PQQ_ERR_COMMITMENT_INVALID: [
    -326,
    false,
    "the profile commitment is missing, malformed or not kept",
  ],
  PQQ_ERR_AUTHENTICATOR_MISSING: [-327, false, "the peer did not send its authenticator"],
  PQQ_ERR_AUTHENTICATOR_LATE: [-328, false, "the peer's authenticator was not complete in time"],
  PQQ_ERR_AUTHENTICATOR_MALFORMED: [
    -329,
    false,
    "the peer's authenticator is malformed or too large",
  ],
  PQQ_ERR_AUTHENTICATOR_DUPLICATE: [-330, false, "the peer sent more than one authenticator"],
  PQQ_ERR_AUTHENTICATOR_SCHEME: [
    -331,
    false,
    "a proof was made with a signature scheme that it must not use",
  ],
  PQQ_ERR_AUTHENTICATOR_INVALID: [
    -332,
    false,
    "the authenticator is forged or belongs to another connection",
  ],
  PQQ_ERR_RELATED_CERTIFICATE: [
    -333,
    false,
    "the RelatedCertificate extension does not match the other leaf",
  ],
  PQQ_ERR_CLIENT_IDENTITY: [-334, false, "the server asks for a client identity that is not there"],
  PQQ_ERR_SERVER_NAME_UNKNOWN: [
    -335,
    false,
    "the server has no site of the name that the client asked for",
  ],
  PQQ_ERR_SIGNATURE_INVALID: [
    -336,
    false,
    "the external signer's signature does not verify with the certificate",
  ],
  PQQ_ERR_SIGNER_TIMEOUT: [-337, true, "the external signer did not answer within its timeout_ms"],
  PQQ_ERR_SIGNER_BUSY: [-338, true, "max_pending signatures wait for the external signer"],
  PQQ_ERR_HANDSHAKE_TIMEOUT: [
    -401,
    true,
    "the handshake did not finish within handshake_timeout_ms",
  ],
  PQQ_ERR_IDLE_TIMEOUT: [-402, true, "the connection was idle for idle_timeout_ms"],
  PQQ_ERR_CONNECTION_CLOSED: [-403, true, "the connection is closed"],
  PQQ_ERR_CONNECTION_REFUSED: [-404, true, "the peer refused the connection"],
  PQQ_ERR_TRANSPORT: [-405, false, "the peer broke the QUIC protocol or reported that we did"],
  PQQ_ERR_VERSION_NEGOTIATION: [-406, false, "the peer speaks no QUIC version that we do"],
  PQQ_ERR_STATELESS_RESET: [-407, true, "the peer has lost the connection's state"],
  PQQ_ERR_STREAM_RESET: [-501, false, "the peer reset the stream"],
  PQQ_ERR_STREAM_REFUSED: [
    -502,
    true,
    "the peer did not process the request and it may be sent again",
  ],
  PQQ_ERR_HTTP_PROTOCOL: [-503, false, "the peer broke the HTTP/3 protocol"],
  PQQ_ERR_GOING_AWAY: [-504, true, "the connection is shutting down and takes no new requests"],
  PQQ_ERR_CANCELLED: [-505, false, "the request was cancelled"],
  PQQ_ERR_REQUEST_TIMEOUT: [-506, true, "the request did not finish in time"],
  PQQ_ERR_DATAGRAM_UNSUPPORTED: [
    -511,
    false,
    "the peer takes no HTTP datagrams, or they are not enabled",
  ],
  PQQ_ERR_CONNECT_UNSUPPORTED: [-512, false, "the server does not take CONNECT with a protocol"],
  PQQ_ERR_CONNECT_REFUSED: [-513, false, "the server has refused the CONNECT request"],
  PQQ_ERR_ADDRESS_IN_USE: [-601, true, "the UDP port is in use"],
  PQQ_ERR_ADDRESS_UNAVAILABLE: [
    -602,
    false,
    "the address is not one of this machine or its family is not available",
  ],
  PQQ_ERR_PERMISSION: [-603, false, "the operating system refused the operation"],
  PQQ_ERR_IO: [-604, true, "an operating system call failed"],
  PQQ_ERR_RESOLVE: [-605, true, "the host name cannot be resolved"],
  PQQ_ERR_UNREACHABLE: [-606, true, "no answer from the peer"],
  PQQ_ERR_INTERNAL: [-901, false, "an internal invariant does not hold; please report it"],
} as const satisfies Record<string, readonly [status: number, retryable: boolean, message: string]>;

/** Codes of the TypeScript layer: they have no number, because nothing native returns them. */
export const LOCAL_TABLE = {
  PQQ_ERR_ADDON_MISSING: [0, false, "the native addon is missing or cannot be loaded"],
  PQQ_ERR_PIN_STORE: [0, false, "the file of origin pins cannot be used"],
  PQQ_ERR_QUEUE_FULL: [0, true, "maxQueuedRequests requests wait for a connection already"],
  PQQ_ERR_QUEUE_TIMEOUT: [0, true, "no connection had room within queueTimeoutMs"],
  PQQ_ERR_CONNECT_TIMEOUT: [0, true, "there was no connection within connectTimeoutMs"],
  PQQ_ERR_HEADERS_TIMEOUT: [
    0,
    true,
    "the header section of the response did not come within headersTimeoutMs",
  ],
  PQQ_ERR_BODY_TIMEOUT: [0, true, "no content came or went for bodyTimeoutMs"],
  PQQ_ERR_REDIRECT: [0, false, "a redirect cannot be followed"],
  PQQ_ERR_CONTENT_CODING: [0, false, "the content is not what content-encoding says"],
  PQQ_ERR_DECOMPRESSION_LIMIT: [0, false, "decompressed content is larger than allowed"],
} as const satisfies Record<string, readonly [status: 0, retryable: boolean, message: string]>;

/** What `PqqError.code` can be. Codes are stable: one is never renamed or given another meaning. */
export type PqqErrorCode = keyof typeof STATUS_TABLE | keyof typeof LOCAL_TABLE;

const ROWS: Readonly<
  Record<PqqErrorCode, readonly [status: number, retryable: boolean, message: string]>
> = {
  ...STATUS_TABLE,
  ...LOCAL_TABLE,
};

const CODE_OF_STATUS = new Map<number, PqqErrorCode>(
  Object.entries(STATUS_TABLE).map(([code, [status]]) => [status, code as PqqErrorCode]),
);

/** The code of a libpqq status number. An unknown number is a newer library's: `PQQ_ERR_INTERNAL`. */
export function codeOfStatus(status: number): PqqErrorCode {
  return CODE_OF_STATUS.get(status) ?? "PQQ_ERR_INTERNAL";
}

/** The libpqq status number of a code, 0 for codes of the TypeScript layer. */
export function statusOfCode(code: PqqErrorCode): number {
  return ROWS[code][0];
}

/** Whether the same operation may succeed if it is tried again later. */
export function isRetryable(code: PqqErrorCode): boolean {
  return ROWS[code][1];
}

/** One sentence for people. */
export function messageOfCode(code: PqqErrorCode): string {
  return ROWS[code][2];
}
