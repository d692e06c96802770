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

/** A documented time limit passed: `handshakeTimeoutMs`, `idleTimeoutMs` or a request's `timeoutMs`. */
export class TimeoutError extends PqqError {
  override name = "TimeoutError";
}
