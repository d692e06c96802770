// SPDX-License-Identifier: MIT
// Errors of connections that were not made or have ended: what libpqq says of them, and what was required.
import type { PeerConnection } from "../connection.js";
import { errorFromStatus, type StatusInfo } from "../errors/index.js";
import { closeFacts } from "./close_facts.js";
import { requiredFacts, type RequiredLevel } from "./policy.js";
import {
  STATUS_CONNECTION_CLOSED,
  STATUS_POLICY_AUTHENTICATION,
  STATUS_POLICY_KEY_EXCHANGE,
} from "./rows.js";

/** Of a connection's last event; `required` if it was still being made. */
export function closeError(status: number, text: string, required?: RequiredLevel): Error {
  const facts = closeFacts(text);
  return dialError(status === 0 ? STATUS_CONNECTION_CLOSED : status, facts.reason, facts, required);
}

/** Says too what was required, and that it was a pin that did so. */
export function dialError(
  status: number,
  reason: string | undefined,
  info: StatusInfo,
  required: RequiredLevel | undefined,
): Error {
  if (required === undefined) return errorFromStatus(status, reason, info);
  const facts = requiredFacts(required);
  const pinned =
    required.pin &&
    `${required.pin.origin} is pinned to hybrid authentication until ${required.pin.expires.toISOString()}`;
  const detail = [reason, pinned].filter((text) => text).join("; ");
  return errorFromStatus(status, detail, { ...info, required: facts });
}

/** Of a connection that came to less than was required. */
export function belowError({ level, security }: PeerConnection, required: RequiredLevel): Error {
  const { group, signature, authentication } = security;
  const status =
    level.keyExchange < required.keyExchange
      ? STATUS_POLICY_KEY_EXCHANGE
      : STATUS_POLICY_AUTHENTICATION;
  return dialError(status, undefined, { group, signature, authentication }, required);
}
