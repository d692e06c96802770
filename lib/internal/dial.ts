// SPDX-License-Identifier: MIT
// Makes a connection to a host: its addresses one after the other, the next one as soon as one has failed or has been
// silent for a while (RFC 8305). The first that answers wins.
import { lookup, type LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { PeerConnection } from "../connection.js";
import { errorFromStatus, HandshakeError } from "../errors/index.js";
import type { RequiredLevel } from "./policy.js";
import { STATUS_RESOLVE, STATUS_UNREACHABLE } from "./rows.js";

/** Time that an address has before the next is tried beside it (RFC 8305 section 5). */
const STAGGER_MS = 250;

/** Where to, and with what. */
export interface Target {
  /** DNS name or IP literal, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly required: RequiredLevel;
  /** What its handshake took the last time, 0 if that is not known. */
  readonly flightBytes: number;
}

/** What can begin connections. */
export interface Connector {
  /** The end is told to `attempt`. */
  connect(address: string, target: Target, attempt: Attempt): void;
  /** A connection that came too late. */
  discard(connection: PeerConnection): void;
}

/** A connection that is being made. */
export interface Attempt {
  onConnected(connection: PeerConnection): void;
  onFailed(error: unknown): void;
}

/** Resolves the target's host and connects. Rejects with the error that says most. */
export async function dial(connector: Connector, target: Target): Promise<PeerConnection> {
  const { host } = target;
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  return new Promise((done, fail) => {
    new Dial(connector, addresses, target, done, fail).next();
  });
}

class Dial implements Attempt {
  readonly #connector: Connector;
  readonly #addresses: readonly string[];
  readonly #target: Target;
  readonly #done: (connection: PeerConnection) => void;
  readonly #fail: (error: unknown) => void;
  #tried = 0;
  #pending = 0;
  #isDone = false;
  #error: unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    connector: Connector,
    addresses: readonly string[],
    target: Target,
    done: (connection: PeerConnection) => void,
    fail: (error: unknown) => void,
  ) {
    this.#connector = connector;
    this.#addresses = addresses;
    this.#target = target;
    this.#done = done;
    this.#fail = fail;
  }

  next(): void {
    clearTimeout(this.#timer);
    const address = this.#addresses[this.#tried];
    if (address === undefined) {
      if (this.#pending === 0) this.#fail(this.#error ?? errorFromStatus(STATUS_UNREACHABLE));
      return;
    }
    this.#tried += 1;
    this.#pending += 1;
    this.#connector.connect(address, this.#target, this);
    if (this.#tried < this.#addresses.length) {
      this.#timer = setTimeout(() => {
        this.next();
      }, STAGGER_MS).unref();
    }
  }

  onConnected(connection: PeerConnection): void {
    if (this.#isDone) {
      this.#connector.discard(connection);
      return;
    }
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#done(connection);
  }

  onFailed(error: unknown): void {
    this.#pending -= 1;
    // A certificate that is refused says more than an address that is silent.
    if (!(this.#error instanceof HandshakeError)) this.#error = error;
    if (!this.#isDone) this.next();
  }
}

async function resolve(host: string): Promise<string[]> {
  const addresses = await new Promise<LookupAddress[]>((done, fail) => {
    lookup(host, { all: true, order: "verbatim" }, (error, found) => {
      if (error === null) done(found);
      else fail(errorFromStatus(STATUS_RESOLVE, host, { cause: error }));
    });
  });
  return interleave(addresses);
}

/** The families in turn, beginning with that of the first address. */
function interleave(addresses: readonly LookupAddress[]): string[] {
  const first = addresses.filter((entry) => entry.family === addresses[0]?.family);
  const second = addresses.filter((entry) => entry.family !== addresses[0]?.family);
  const mixed: string[] = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    for (const entry of [first[i], second[i]]) if (entry !== undefined) mixed.push(entry.address);
  }
  return mixed;
}
