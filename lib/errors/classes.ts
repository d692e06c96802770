// SPDX-License-Identifier: MIT
// One class per layer that can fail, with the facts that the layer knows.
import { PqqError, type PqqErrorOptions } from "./base.js";
import type { Requirement } from "../config/index.js";
import type { Authentication } from "../connection.js";
import type { PqqErrorCode } from "./codes.js";

/** One mistake in a configuration. */
export interface ConfigIssue {
  /** The option, such as `"identity.classical.key"`. */
  readonly path: string;
  /** What is allowed there. */
  readonly expected: string;
  /** What was there, shortened; never key material. */
  readonly received: string;
  /** What to do about it: a value that works, or the name that was probably meant. */
  readonly hint?: string | undefined;
}

/** An option or an argument is not usable. Thrown synchronously; nothing has been started. */
export class ConfigError extends PqqError {
  override name = "ConfigError";
  /** The option, such as `"idleTimeoutMs"`. */
  readonly path: string;
  readonly expected: string;
  readonly received: string;
  /** Every mistake that was found; the first is also in `path`, `expected` and `received`. */
  readonly issues: readonly ConfigIssue[];

  constructor(
    issues: readonly [ConfigIssue, ...ConfigIssue[]],
    code: PqqErrorCode = "PQQ_ERR_INVALID_ARG",
    cause?: unknown,
  ) {
    super(code, cause === undefined ? {} : { cause });
    this.message = issues.map(describeIssue).join("\n");
    this.issues = issues;
    ({ path: this.path, expected: this.expected, received: this.received } = issues[0]);
  }
}

function describeIssue(issue: ConfigIssue): string {
  const sentence = `${issue.path}: expected ${issue.expected}, received ${issue.received}`;
  return issue.hint ? `${sentence}; ${issue.hint}` : sentence;
}

/** What a connection had to have. */
export interface RequiredFacts {
  readonly keyExchange: Requirement;
  readonly authentication: Requirement;
  /** Set if it was the origin's pin that made `authentication` hybrid. */
  readonly pinnedUntil: Date | undefined;
}

/** What a client had offered, by IANA names, in its order; at most 16 of each. */
export interface Offer {
  readonly groups: readonly string[];
  readonly signatureSchemes: readonly string[];
  readonly protocols: readonly string[];
}

/** Facts of a handshake that failed, as far as it got. */
export interface HandshakeFacts {
  /** The key-exchange group by its IANA name, if one had been negotiated. */
  readonly group?: string | undefined;
  /** The scheme of the server's CertificateVerify, if it had been seen. */
  readonly signature?: string | undefined;
  /** How far the server had proven who it is, if the TLS handshake was done. */
  readonly authentication?: Authentication | undefined;
  /** What was required; on clients. */
  readonly required?: RequiredFacts | undefined;
  /** What the client had offered; on servers that refused its ClientHello. */
  readonly offered?: Offer | undefined;
  /** The TLS alert (RFC 8446 section 6), if there was one. */
  readonly alert?: number | undefined;
  /** Whether the peer ended it. */
  readonly remote?: boolean | undefined;
}

/** TLS, a certificate, an authenticator or a policy: the two ends do not have what either of them requires. */
export class HandshakeError extends PqqError {
  override name = "HandshakeError";
  readonly group: string | undefined;
  readonly signature: string | undefined;
  readonly authentication: Authentication | undefined;
  readonly required: RequiredFacts | undefined;
  readonly offered: Offer | undefined;
  readonly alert: number | undefined;
  readonly remote: boolean;

  constructor(code: PqqErrorCode, facts: HandshakeFacts = {}, options?: PqqErrorOptions) {
    super(code, options);
    this.group = facts.group;
    this.signature = facts.signature;
    this.authentication = facts.authentication;
    this.required = facts.required;
    this.offered = facts.offered;
    this.alert = facts.alert;
    this.remote = facts.remote ?? false;
  }
}

/** How a connection or a stream was ended on the wire. */
export interface WireFacts {
  /** The QUIC or HTTP/3 error code, if one was sent or received. */
  readonly wireCode?: bigint | undefined;
  /** Whether the peer ended it. */
  readonly remote?: boolean | undefined;
}

/** What the three wire-level classes have in common. */
abstract class WireError extends PqqError {
  /** The error code on the wire (RFC 9000 section 20, RFC 9114 section 8.1), if there was one. */
  readonly wireCode: bigint | undefined;
  /** Whether the peer ended it. */
  readonly remote: boolean;

  constructor(code: PqqErrorCode, facts: WireFacts = {}, options?: PqqErrorOptions) {
    super(code, options);
    this.wireCode = facts.wireCode;
    this.remote = facts.remote ?? false;
  }
}

/** QUIC failed: the connection was refused, lost, reset or closed with a transport error. */
export class TransportError extends WireError {
  override name = "TransportError";
}

/** HTTP/3 failed on the whole connection, or it is shutting down. */
export class ApplicationError extends WireError {
  override name = "ApplicationError";
}

/** One request failed; its connection may be fine. */
export class StreamError extends WireError {
  override name = "StreamError";
}

/** What a time limit is for. */
export type TimeoutPhase = "queue" | "connect" | "headers" | "body" | "request";

/** What is known of a time limit that has passed. */
export interface TimeoutFacts {
  readonly phase?: TimeoutPhase | undefined;
  readonly limitMs?: number | undefined;
}

/** A documented time limit passed: of a connection (`handshakeTimeoutMs`, `idleTimeoutMs`) or of a phase of a request. */
export class TimeoutError extends PqqError {
  override name = "TimeoutError";
  /** The phase of a request; undefined for limits of a connection. */
  readonly phase: TimeoutPhase | undefined;
  /** The limit in milliseconds, where `phase` is set. */
  readonly limitMs: number | undefined;

  constructor(code: PqqErrorCode, options?: PqqErrorOptions, facts: TimeoutFacts = {}) {
    super(code, options);
    this.phase = facts.phase;
    this.limitMs = facts.limitMs;
  }
}

const TIMEOUT_CODES = {
  queue: "PQQ_ERR_QUEUE_TIMEOUT",
  connect: "PQQ_ERR_CONNECT_TIMEOUT",
  headers: "PQQ_ERR_HEADERS_TIMEOUT",
  body: "PQQ_ERR_BODY_TIMEOUT",
  request: "PQQ_ERR_REQUEST_TIMEOUT",
} as const satisfies Record<TimeoutPhase, PqqErrorCode>;

/**
 * The error of a phase that took longer than `limitMs`.
 *
 * @param where - Origin or host, for people.
 */
export function timeoutError(
  phase: TimeoutPhase,
  limitMs: number,
  where: string,
  cause?: unknown,
): TimeoutError {
  const detail = `${where}, ${limitMs} ms`;
  const options = cause === undefined ? { detail } : { detail, cause };
  return new TimeoutError(TIMEOUT_CODES[phase], options, { phase, limitMs });
}

/** One address of a host, and why there is no connection to it. */
export interface ConnectAttempt {
  readonly address: string;
  readonly port: number;
  readonly error: Error;
}

/** None of several addresses of a host has answered. With a single one its own error is thrown instead. */
export class ConnectError extends PqqError {
  override name = "ConnectError";
  /** In the order in which they failed. */
  readonly attempts: readonly ConnectAttempt[];

  /** @internal */
  constructor(host: string, port: number, attempts: readonly ConnectAttempt[]) {
    const each = attempts.map(({ address, error }) => `${address}: ${error.message}`).join("; ");
    super(commonCode(attempts), { detail: `${host} port ${port} (${each})` });
    this.attempts = Object.freeze([...attempts]);
  }

  /** As in an AggregateError. */
  get errors(): readonly Error[] {
    return this.attempts.map(({ error }) => error);
  }
}

/** That of all attempts if they agree. */
function commonCode(attempts: readonly ConnectAttempt[]): PqqErrorCode {
  const codes = new Set(attempts.map(({ error }) => (error as Partial<PqqError>).code));
  const [code] = codes;
  return codes.size === 1 && code !== undefined ? code : "PQQ_ERR_UNREACHABLE";
}

/** A redirect that is not followed: too many, not https, not allowed, or for content that is gone. */
export class RedirectError extends PqqError {
  override name = "RedirectError";
  /** The URL that answered with the redirect. */
  readonly url: string;
  readonly status: number;
  /** As the server sent it. */
  readonly location: string;

  /** @internal */
  constructor(why: string, facts: { url: string; status: number; location: string }) {
    super("PQQ_ERR_REDIRECT", { detail: `${facts.url}: ${why}` });
    ({ url: this.url, status: this.status, location: this.location } = facts);
  }
}

/** A server has answered CONNECT with something else than 2xx. */
export class TunnelError extends StreamError {
  override name = "TunnelError";
  /** The HTTP status, such as 403 or 501. */
  readonly status: number;
  /** Fields of the response. */
  readonly headers: Headers;

  constructor(status: number, headers: Headers) {
    super("PQQ_ERR_CONNECT_REFUSED", {}, { detail: `status ${status}` });
    this.status = status;
    this.headers = headers;
  }
}
