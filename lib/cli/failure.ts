// SPDX-License-Identifier: MIT
// From an error to an exit code, one line, and what to do about it.
import { ConfigError, HandshakeError, isPqqError, type PqqErrorCode } from "../errors/index.js";
import { EXIT } from "./output.js";

/** A mistake on the command line that the parser cannot see. */
export class UsageError extends Error {
  override name = "UsageError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** What is said about an error. */
export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

const LISTENING =
  "is a server listening on this UDP port? firewalls often let TCP through and UDP not";

const HINTS: Partial<Record<PqqErrorCode, string>> = {
  PQQ_ERR_ADDRESS_IN_USE: "choose another port with --port, or --port 0 for a free one",
  PQQ_ERR_ADDRESS_UNAVAILABLE: "--host takes an address of this machine, such as 127.0.0.1 or ::",
  PQQ_ERR_PERMISSION: "ports below 1024 need privileges; --port 4433 does not",
  PQQ_ERR_CERT_UNTRUSTED: "name the root that issued it with --ca FILE",
  PQQ_ERR_CERT_NAME_MISMATCH:
    "use a name that is in the certificate; `pqq cert dev --name HOST` makes one for HOST",
  PQQ_ERR_CERT_EXPIRED:
    "renew the server's certificate, and check the clock; `pqq cert dev --renew` makes a new one",
  PQQ_ERR_NO_SHARED_GROUP: "the server may want another --profile",
  PQQ_ERR_NO_SHARED_SIGNATURE:
    "the server's certificate has an algorithm that this profile does not accept",
  PQQ_ERR_NO_SHARED_ALPN: "the server does not speak HTTP/3 on this port",
  PQQ_ERR_HANDSHAKE_TIMEOUT: LISTENING,
  PQQ_ERR_UNREACHABLE: LISTENING,
  PQQ_ERR_CONNECTION_REFUSED: LISTENING,
  PQQ_ERR_RESOLVE: "check the spelling of the host name",
  PQQ_ERR_REQUEST_TIMEOUT: "allow more with --timeout",
  PQQ_ERR_URL_INVALID: "a URL looks like https://localhost:4433/",
};

const USAGE_CODES: ReadonlySet<PqqErrorCode> = new Set([
  "PQQ_ERR_URL_INVALID",
  "PQQ_ERR_ADDON_MISSING",
  "PQQ_ERR_INVALID_ARG",
]);

const POLICY_CODES: ReadonlySet<PqqErrorCode> = new Set([
  "PQQ_ERR_NO_SHARED_GROUP",
  "PQQ_ERR_NO_SHARED_SIGNATURE",
  "PQQ_ERR_NO_SHARED_ALPN",
]);

/** handshake_failure, insufficient_security, no_application_protocol (RFC 8446 section 6.2): the peer refused us. */
const POLICY_ALERTS: ReadonlySet<number> = new Set([40, 71, 120]);

/** What to say about an error, and how to exit. */
export function explain(error: unknown): Failure {
  if (error instanceof UsageError) {
    return { exitCode: EXIT.usage, code: "USAGE", message: error.message, hint: error.hint };
  }
  if (isPqqError(error)) {
    return {
      exitCode: exitCodeOf(error),
      code: error.code,
      message: error.message,
      hint: HINTS[error.code],
    };
  }
  const { message, code } = error as NodeJS.ErrnoException;
  return {
    exitCode: EXIT.connection,
    code: code ?? "ERROR",
    message: message || String(error),
    hint: undefined,
  };
}

function exitCodeOf(error: Error & { readonly code: PqqErrorCode }): number {
  if (error instanceof ConfigError || USAGE_CODES.has(error.code)) return EXIT.usage;
  if (POLICY_CODES.has(error.code)) return EXIT.policy;
  const alert = error instanceof HandshakeError ? error.alert : undefined;
  return alert !== undefined && POLICY_ALERTS.has(alert) ? EXIT.policy : EXIT.connection;
}
