// SPDX-License-Identifier: MIT
// What a request requires of its connection, and whether a connection has it. libpqq enforces it in the handshake; a
// client asks again before it uses a connection, because connections are shared.
import {
  REQUIREMENTS,
  type ClientConfig,
  type Requirement,
  type Requirements,
} from "../config/index.js";
import type { RequiredFacts } from "../errors/index.js";
import type { Pin } from "../pins.js";

/** Numbers of REQUIREMENTS: a larger one has what a smaller one has. */
export interface Level {
  readonly keyExchange: number;
  readonly authentication: number;
}

/** A level with where it comes from. */
export interface RequiredLevel extends Level {
  /** The pin without which less would do. */
  readonly pin: Pin | undefined;
}

type Defaults = Pick<ClientConfig, "requireKeyExchange" | "requireAuthentication">;

/**
 * What a request requires: what it says itself, else what its client says, else anything; and hybrid authentication
 * from a pinned origin. A pin is stricter than what anybody has said or the same, so it always holds.
 */
export function requiredLevel(
  request: Requirements,
  client: Defaults,
  pin: Pin | undefined,
): RequiredLevel {
  const keyExchange = rank(request.keyExchange ?? client.requireKeyExchange);
  const authentication = rank(request.authentication ?? client.requireAuthentication);
  const isRaised = pin !== undefined && authentication < REQUIREMENTS.hybrid;
  return {
    keyExchange,
    authentication: isRaised ? REQUIREMENTS.hybrid : authentication,
    pin: isRaised ? pin : undefined,
  };
}

/** Whether a connection of level `has` is good enough. */
export function satisfies(has: Level, required: Level): boolean {
  return has.keyExchange >= required.keyExchange && has.authentication >= required.authentication;
}

/** The form that errors show. */
export function requiredFacts({ keyExchange, authentication, pin }: RequiredLevel): RequiredFacts {
  return Object.freeze({
    keyExchange: nameOf(keyExchange),
    authentication: nameOf(authentication),
    pinnedUntil: pin?.expires,
  });
}

function rank(requirement: Requirement | undefined): number {
  return REQUIREMENTS[requirement ?? "any"];
}

function nameOf(number: number): Requirement {
  return number === REQUIREMENTS.hybrid ? "hybrid" : number === REQUIREMENTS.pq ? "pq" : "any";
}
