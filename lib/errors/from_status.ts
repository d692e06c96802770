// SPDX-License-Identifier: MIT
// From a status number of libpqq to the error class of its layer.
import { PqqError, type PqqErrorOptions } from "./base.js";
import {
  ApplicationError,
  ConfigError,
  HandshakeError,
  StreamError,
  TimeoutError,
  TransportError,
  type HandshakeFacts,
  type WireFacts,
} from "./classes.js";
import { codeOfStatus, messageOfCode, type PqqErrorCode } from "./codes.js";

/** The option at fault when libpqq refuses a configuration that the schema could not judge. */
const OPTION_OF_CODE: Partial<Record<PqqErrorCode, string>> = {
  PQQ_ERR_CERT_UNREADABLE: "identity.cert",
  PQQ_ERR_KEY_UNREADABLE: "identity.key",
  PQQ_ERR_KEY_MISMATCH: "identity.key",
  PQQ_ERR_KEY_TYPE_UNSUPPORTED: "identity.key",
  PQQ_ERR_NO_IDENTITY: "identity",
  PQQ_ERR_CA_UNREADABLE: "ca",
  PQQ_ERR_NO_ROOTS: "ca",
  PQQ_ERR_GROUP_UNKNOWN: "groups",
  PQQ_ERR_PROFILE_UNKNOWN: "profile",
  PQQ_ERR_PROFILE_IDENTITY: "profile",
};

/** Codes that are mistakes of a configuration only where one is made; of a peer or a connection elsewhere. */
const AT_START: Partial<Record<PqqErrorCode, readonly [option: string, expected: string]>> = {
  PQQ_ERR_INVALID_ARG: ["identity", "one ML-DSA and one ECDSA certificate at most"],
  PQQ_ERR_POLICY_CONFIG: ["require", "what these identities, trust anchors and groups can satisfy"],
  PQQ_ERR_SHARED_ROOT: ["identity.classical", "a certificate under a root of its own"],
  PQQ_ERR_CHAIN_CROSSED: ["identity", "chains with signatures of one kind up to their root"],
  PQQ_ERR_RELATED_CERTIFICATE: [
    "requireRelatedCertificate",
    "identities that name each other (RFC 9763)",
  ],
};

/** Trust anchors of a server are those of its clients. */
const SERVER_OPTIONS: Readonly<Record<string, string>> = { ca: "clientAuthentication.ca" };

const EXPECTED_OF_OPTION: Readonly<Record<string, string>> = {
  identity: "at least one certificate with its key",
  "identity.cert": "a readable PEM certificate chain, leaf first",
  "identity.key": "the certificate's PEM private key: ML-DSA-44, -65, -87 or ECDSA P-256, P-384",
  ca: "readable PEM trust anchors",
  groups: "key-exchange groups of this build",
  profile: "light, balanced or secure, with identities that are as strong",
};

/** What is known beside the status number. */
export interface StatusInfo extends HandshakeFacts, WireFacts {
  readonly cause?: unknown;
  /** Whose configuration was being made, so that it is an option that is at fault. */
  readonly startOf?: "server" | "client";
}

/**
 * The typed error of a libpqq status.
 *
 * @param status - A negative `pqq_status`.
 * @param detail - `pqq_error_detail`, a peer's reason phrase, or what was being done.
 */
export function errorFromStatus(status: number, detail?: string, info: StatusInfo = {}): PqqError {
  const code = codeOfStatus(status);
  const options: PqqErrorOptions = {
    detail,
    ...("cause" in info ? { cause: info.cause } : {}),
  };
  const fault = optionAtFault(code, info.startOf);
  if (fault !== undefined) {
    const [path, expected] = fault;
    const received = detail ? `${messageOfCode(code)} (${detail})` : messageOfCode(code);
    return new ConfigError([{ path, expected, received }], code, info.cause);
  }
  switch (code) {
    case "PQQ_ERR_HANDSHAKE_TIMEOUT":
    case "PQQ_ERR_IDLE_TIMEOUT":
    case "PQQ_ERR_REQUEST_TIMEOUT":
      return new TimeoutError(code, options);
    case "PQQ_ERR_HTTP_PROTOCOL":
    case "PQQ_ERR_GOING_AWAY":
      return new ApplicationError(code, info, options);
    default:
      return errorOfBand(Math.ceil(status / 100), code, info, options);
  }
}

/** The option that libpqq refuses, and what is expected there; undefined: it is not an option that is at fault. */
function optionAtFault(
  code: PqqErrorCode,
  startOf: StatusInfo["startOf"],
): readonly [option: string, expected: string] | undefined {
  const option = OPTION_OF_CODE[code];
  if (option === undefined) return startOf === undefined ? undefined : AT_START[code];
  const path = startOf === "server" ? (SERVER_OPTIONS[option] ?? option) : option;
  return [path, EXPECTED_OF_OPTION[option] ?? ""];
}

/** Bands of error_codes.def: -3xx TLS, -4xx QUIC, -5xx HTTP/3; the rest has no class of its own. */
function errorOfBand(
  band: number,
  code: PqqErrorCode,
  info: StatusInfo,
  options: PqqErrorOptions,
): PqqError {
  switch (band) {
    case -3:
      return new HandshakeError(code, info, options);
    case -4:
      return new TransportError(code, info, options);
    case -5:
      return new StreamError(code, info, options);
    default:
      return new PqqError(code, options);
  }
}
