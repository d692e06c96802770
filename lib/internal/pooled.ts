// SPDX-License-Identifier: MIT
// A connection of a client's pool: how many requests it has, and whether it takes another.
import type { PeerConnection } from "../connection.js";
import type { Clock, Timer } from "./clock.js";

/** Limits of one connection; 0 for none, but of `maxConcurrentRequests`. */
export interface ConnectionLimits {
  readonly maxConcurrentRequests: number;
  readonly maxRequestsPerConnection: number;
  readonly keepAliveTimeoutMs: number;
}

/** What a connection tells its origin. */
export interface PooledOwner {
  /** It has room again. */
  onRoom(connection: PooledConnection): void;
  /** It has no requests left and is not wanted any more: close it. */
  onUseless(connection: PooledConnection): void;
}

/** See the file's head. */
export class PooledConnection {
  readonly peer: PeerConnection;
  readonly #owner: PooledOwner;
  readonly #limits: ConnectionLimits;
  readonly #clock: Clock;
  /** Requests at once: ours, or what the server takes. */
  readonly #maxActive: number;
  #active = 0;
  #used = 0;
  #isRetired = false;
  #idleTimer: Timer | undefined;

  constructor(peer: PeerConnection, limits: ConnectionLimits, owner: PooledOwner, clock: Clock) {
    this.peer = peer;
    this.#limits = limits;
    this.#owner = owner;
    this.#clock = clock;
    // A server that takes none at first may take some later: libpqq lets one request wait for that.
    this.#maxActive = Math.max(1, Math.min(limits.maxConcurrentRequests, peer.maxRequests));
  }

  /** Requests that are under way. */
  get active(): number {
    return this.#active;
  }

  /** Takes no new requests: the server goes away, or it has served its number. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  get hasRoom(): boolean {
    return !this.#isRetired && this.#active < this.#maxActive;
  }

  /** A request goes here. Each reservation ends with one {@link release}. */
  reserve(): void {
    this.#active += 1;
    this.#used += 1;
    this.#clock.stop(this.#idleTimer);
    this.#idleTimer = undefined;
    const { maxRequestsPerConnection } = this.#limits;
    if (this.#used === maxRequestsPerConnection) this.#isRetired = true;
  }

  release(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#onIdle();
    this.#owner.onRoom(this);
  }

  /** No new requests; closed when the last one is done. */
  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    if (this.#active === 0) this.#onIdle();
  }

  /** It is gone. */
  stop(): void {
    this.#isRetired = true;
    this.#clock.stop(this.#idleTimer);
  }

  /** A connection without requests since it was made counts as idle too. */
  watchIdle(): void {
    if (this.#active === 0 && !this.#isRetired) this.#onIdle();
  }

  #onIdle(): void {
    if (this.#isRetired) {
      this.#owner.onUseless(this);
      return;
    }
    const { keepAliveTimeoutMs } = this.#limits;
    if (keepAliveTimeoutMs === 0) return;
    this.#idleTimer = this.#clock.start(keepAliveTimeoutMs, () => {
      if (this.#active > 0) return;
      this.#isRetired = true;
      this.#owner.onUseless(this);
    });
  }
}
