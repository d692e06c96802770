// SPDX-License-Identifier: MIT
// The connections to one origin and the requests that wait for one: in turn, each for a connection that has room and is
// good enough. A connection is made when nothing else would let a request go on, and limits allow it.
import type { PeerConnection } from "../connection.js";
import { PqqError, timeoutError } from "../errors/index.js";
import type { Clock, Timer } from "./clock.js";
import { UnsentError } from "./client_stream.js";
import type { Dial } from "./dial.js";
import { satisfies, type RequiredLevel } from "./policy.js";
import { PooledConnection, type ConnectionLimits, type PooledOwner } from "./pooled.js";

/** Where requests go. */
export interface Origin {
  /** As in a URL: scheme, host, and the port if it is not 443. */
  readonly origin: string;
  /** DNS name or IP literal, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Limits of an origin's connections and of its queue. */
export interface OriginLimits extends ConnectionLimits {
  readonly maxConnectionsPerOrigin: number;
  readonly maxQueuedRequests: number;
}

/** What an origin needs of the pool that it belongs to. */
export interface OriginOwner {
  readonly limits: OriginLimits;
  readonly clock: Clock;
  /** Whether another connection may be made; makes room by closing an idle one of another origin if there is one. */
  mayConnect(origin: OriginPool): boolean;
  dial(origin: Origin, required: RequiredLevel): Dial;
  discard(connection: PeerConnection): void;
  /** A connection has no requests left. */
  onIdle(): void;
  /** Nothing is left of it. */
  onEmpty(origin: OriginPool): void;
}

interface Waiting {
  readonly resolve: (connection: PooledConnection) => void;
  readonly reject: (error: unknown) => void;
  timer: Timer | undefined;
}

/** Requests with the same requirement, and the connection that is being made for them. */
interface Queue {
  readonly required: RequiredLevel;
  readonly waiting: Set<Waiting>;
  /** One at a time, since the next may not be needed. */
  dial: Dial | undefined;
}

/** See the file's head. */
export class OriginPool implements PooledOwner {
  readonly origin: Origin;
  readonly #owner: OriginOwner;
  /** The last one made first. */
  #connections: PooledConnection[] = [];
  /** By requirement; one without requests and without an attempt is removed. */
  readonly #queues = new Map<string, Queue>();

  constructor(origin: Origin, owner: OriginOwner) {
    this.origin = origin;
    this.#owner = owner;
  }

  get connections(): readonly PooledConnection[] {
    return this.#connections;
  }

  get connecting(): number {
    return [...this.#queues.values()].filter(({ dial }) => dial !== undefined).length;
  }

  get queued(): number {
    let queued = 0;
    for (const { waiting } of this.#queues.values()) queued += waiting.size;
    return queued;
  }

  /** A connection with room for one request, which is reserved; undefined if there is none. */
  take(required: RequiredLevel): PooledConnection | undefined {
    const found = this.#connections.find(
      (connection) => connection.hasRoom && satisfies(connection.peer.level, required),
    );
    found?.reserve();
    return found;
  }

  /**
   * As {@link take}, as soon as there is one.
   *
   * @param timeoutMs - 0: no limit.
   * @throws PqqError `PQQ_ERR_QUEUE_FULL`
   */
  wait(
    required: RequiredLevel,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<PooledConnection> {
    const { limits, clock } = this.#owner;
    const { origin } = this.origin;
    const { queued } = this;
    if (queued >= limits.maxQueuedRequests) {
      throw new PqqError("PQQ_ERR_QUEUE_FULL", { detail: `${queued} for ${origin}` });
    }
    const queue = this.#queueOf(required);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#giveUp(queue, waiting, signal?.reason);
      };
      const end = (): void => {
        clock.stop(waiting.timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiting: Waiting = {
        timer: undefined,
        resolve: (connection) => {
          end();
          resolve(connection);
        },
        reject: (error) => {
          end();
          reject(asError(error));
        },
      };
      if (timeoutMs > 0) {
        waiting.timer = clock.start(timeoutMs, () => {
          this.#giveUp(queue, waiting, timeoutError("queue", timeoutMs, origin));
        });
      }
      signal?.addEventListener("abort", onAbort, { once: true });
      queue.waiting.add(waiting);
      this.pump();
    });
  }

  /** Gives waiting requests what there is, and makes connections that are needed. */
  pump(): void {
    for (const queue of this.#queues.values()) {
      for (const waiting of queue.waiting) {
        const connection = this.take(queue.required);
        if (connection === undefined) {
          this.#connectFor(queue);
          break;
        }
        queue.waiting.delete(waiting);
        waiting.resolve(connection);
      }
    }
    this.#tidy();
  }

  /** The server goes away. */
  retire(peer: PeerConnection): void {
    this.#connections.find((connection) => connection.peer === peer)?.retire();
    this.pump();
  }

  /** The connection has ended. */
  forget(peer: PeerConnection): void {
    const rest = this.#connections.filter((connection) => connection.peer !== peer);
    for (const connection of this.#connections) if (connection.peer === peer) connection.stop();
    this.#connections = rest;
    this.pump();
  }

  /** Closes a connection that nobody uses, if there is one. */
  closeIdle(): boolean {
    const idle = this.#connections.findLast(({ active, isRetired }) => active === 0 && !isRetired);
    idle?.retire();
    return idle !== undefined;
  }

  /** Fails everything that waits. */
  fail(error: unknown): void {
    for (const queue of this.#queues.values()) {
      this.#rejectAll(queue, error);
      stopDial(queue, error);
    }
  }

  onRoom(connection: PooledConnection): void {
    if (this.queued > 0) this.pump();
    if (connection.active === 0) this.#owner.onIdle();
  }

  onUseless(connection: PooledConnection): void {
    // Its end comes as an event; until then it counts, so that limits hold.
    this.#owner.discard(connection.peer);
  }

  #queueOf(required: RequiredLevel): Queue {
    const key = `${required.keyExchange} ${required.authentication}`;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { required, waiting: new Set(), dial: undefined };
      this.#queues.set(key, queue);
    }
    return queue;
  }

  #giveUp(queue: Queue, waiting: Waiting, reason: unknown): void {
    if (!queue.waiting.delete(waiting)) return;
    waiting.reject(reason);
    if (queue.waiting.size === 0) stopDial(queue, reason);
    this.#tidy();
  }

  #connectFor(queue: Queue): void {
    const { maxConnectionsPerOrigin } = this.#owner.limits;
    if (queue.dial !== undefined) return;
    if (this.#countFor(queue.required) >= maxConnectionsPerOrigin) return;
    if (!this.#owner.mayConnect(this)) return;
    const dial = this.#owner.dial(this.origin, queue.required);
    queue.dial = dial;
    dial.connection.then(
      (peer) => {
        queue.dial = undefined;
        this.#onDialled(queue, peer);
      },
      (error: unknown) => {
        // Stopped: whoever waits now waits for another one.
        if (queue.dial !== dial) return;
        queue.dial = undefined;
        this.#rejectAll(queue, error);
        this.pump();
      },
    );
  }

  /**
   * Connections that are good enough, those that are being made included. What is on its way out does not count: its
   * successor may come before it is gone.
   */
  #countFor(required: RequiredLevel): number {
    const existing = this.#connections.filter(
      ({ isRetired, peer }) => !isRetired && satisfies(peer.level, required),
    );
    const coming = [...this.#queues.values()].filter(
      (queue) => queue.dial !== undefined && satisfies(queue.required, required),
    );
    return existing.length + coming.length;
  }

  #onDialled(queue: Queue, peer: PeerConnection): void {
    // It may have ended in the turn in which it was made: a server that does not want us closes at once.
    if (peer.closeError !== undefined) {
      this.#rejectAll(queue, new UnsentError(peer.closeError));
      this.pump();
      return;
    }
    const { limits, clock } = this.#owner;
    const connection = new PooledConnection(peer, limits, this, clock);
    this.#connections.unshift(connection);
    if (peer.isGoingAway) connection.retire();
    this.pump();
    connection.watchIdle();
  }

  #rejectAll(queue: Queue, error: unknown): void {
    for (const waiting of queue.waiting) {
      queue.waiting.delete(waiting);
      waiting.reject(error);
    }
  }

  #tidy(): void {
    for (const [key, { waiting, dial }] of this.#queues) {
      if (waiting.size === 0 && dial === undefined) this.#queues.delete(key);
    }
    if (this.#queues.size + this.#connections.length === 0) this.#owner.onEmpty(this);
  }
}

function stopDial(queue: Queue, reason: unknown): void {
  const { dial } = queue;
  queue.dial = undefined;
  dial?.abort(reason);
}

/** Abort reasons can be anything; they are passed on as they are. */
function asError(reason: unknown): Error {
  return reason as Error;
}
