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
  PQQ_ERR_NO_SHARED_ALPN:
    "the server speaks neither HTTP/3 nor, if --require hybrid or a pin asks for it, velocity/1 on this port",
  PQQ_ERR_POLICY_KEY_EXCHANGE:
    "the server has no group that is good enough; --require-kex says what is",
  PQQ_ERR_POLICY_AUTHENTICATION:
    "the server cannot prove what --require or a pin asks for; `pqq probe --require any` shows what it has",
  PQQ_ERR_POLICY_REFUSED:
    "offer more: no --alpn h3, the server's --profile, or --client-cert and --client-key if it asks who you are",
  PQQ_ERR_POLICY_CONFIG:
    "--require hybrid needs an ML-DSA and a classical root: name them with --ca FILE",
  PQQ_ERR_PROFILE_IDENTITY: "take a stronger certificate, or the profile that fits it",
  PQQ_ERR_SHARED_ROOT: "the two identities have to come from two roots",
  PQQ_ERR_CHAIN_CROSSED: "every signature of a chain has to be of one kind, up to the root",
  PQQ_ERR_COMMITMENT_INVALID:
    "something between here and the server changes the handshake, or the server is broken",
  PQQ_ERR_AUTHENTICATOR_MISSING:
    "the server promised velocity/1 and did not keep it; --alpn h3 does without",
  PQQ_ERR_AUTHENTICATOR_LATE: "the connection is slow, or the server is: allow more with --timeout",
  PQQ_ERR_AUTHENTICATOR_SCHEME:
    "an identity is weaker than the profile; the server has to renew it",
  PQQ_ERR_RELATED_CERTIFICATE: "the server's two certificates do not belong together",
  PQQ_ERR_CLIENT_IDENTITY: "say who you are with --client-cert FILE --client-key FILE",
  PQQ_ERR_PIN_STORE: "`pqq pins` says what is wrong; --no-pins does without",
  PQQ_ERR_HANDSHAKE_TIMEOUT: LISTENING,
  PQQ_ERR_UNREACHABLE: LISTENING,
  PQQ_ERR_CONNECT_TIMEOUT: LISTENING,
  PQQ_ERR_HEADERS_TIMEOUT: "the server has taken the request and does not answer",
  PQQ_ERR_BODY_TIMEOUT: "the transfer has stopped on its way, or at the server",
  PQQ_ERR_CONTENT_CODING: "without --compressed content comes as it is",
  PQQ_ERR_DECOMPRESSION_LIMIT: "without --compressed content comes as it is",
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

/** What one end requires, the other does not have, or has not proven. */
const POLICY_CODES: ReadonlySet<PqqErrorCode> = new Set([
  "PQQ_ERR_NO_SHARED_GROUP",
  "PQQ_ERR_NO_SHARED_SIGNATURE",
  "PQQ_ERR_NO_SHARED_ALPN",
  "PQQ_ERR_POLICY_KEY_EXCHANGE",
  "PQQ_ERR_POLICY_AUTHENTICATION",
  "PQQ_ERR_POLICY_REFUSED",
  "PQQ_ERR_POLICY_CONFIG",
  "PQQ_ERR_SHARED_ROOT",
  "PQQ_ERR_CHAIN_CROSSED",
  "PQQ_ERR_COMMITMENT_INVALID",
  "PQQ_ERR_AUTHENTICATOR_MISSING",
  "PQQ_ERR_AUTHENTICATOR_LATE",
  "PQQ_ERR_AUTHENTICATOR_MALFORMED",
  "PQQ_ERR_AUTHENTICATOR_DUPLICATE",
  "PQQ_ERR_AUTHENTICATOR_SCHEME",
  "PQQ_ERR_AUTHENTICATOR_INVALID",
  "PQQ_ERR_RELATED_CERTIFICATE",
  "PQQ_ERR_CLIENT_IDENTITY",
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
      hint: pinHint(error) ?? HINTS[error.code],
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

/** A pin may be what is in the way, and it is not on the command line to be seen. */
function pinHint(error: Error): string | undefined {
  const pinnedUntil = error instanceof HandshakeError ? error.required?.pinnedUntil : undefined;
  return pinnedUntil && "ask its operator; then `pqq pins forget ORIGIN`, or --no-pins for once";
}

function exitCodeOf(error: Error & { readonly code: PqqErrorCode }): number {
  if (error instanceof ConfigError || USAGE_CODES.has(error.code)) return EXIT.usage;
  if (POLICY_CODES.has(error.code)) return EXIT.policy;
  const alert = error instanceof HandshakeError ? error.alert : undefined;
  return alert !== undefined && POLICY_ALERTS.has(alert) ? EXIT.policy : EXIT.connection;
}
