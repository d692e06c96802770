// SPDX-License-Identifier: MIT
// Makes a connection to a host (Happy Eyeballs version 2, RFC 8305): both families are resolved at the same time, their
// addresses are tried in turn, each with a head start on the next, and the first connection that is verified wins.
//
// A server that has answered and is refused, for its certificate or for what a policy requires, ends the race: another
// address of the same name must not paper over it, or whoever controls one of them could choose what is accepted.
import { isIP } from "node:net";
import type { PeerConnection } from "../connection.js";
import {
  ConnectError,
  HandshakeError,
  timeoutError,
  type ConnectAttempt,
} from "../errors/index.js";
import type { Clock, Timer } from "./clock.js";
import type { RequiredLevel } from "./policy.js";
import { resolveError, type Family, type Resolver } from "./resolve.js";

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
  /** The end is told to `attempt`. Returns by what {@link Connector.abandon} knows it. */
  connect(address: string, target: Target, attempt: Attempt): number;
  /** Gives an attempt up; nothing more is heard of it. */
  abandon(token: number): void;
}

/** A connection that is being made. */
export interface Attempt {
  onConnected(connection: PeerConnection): void;
  onFailed(error: unknown): void;
}

/** How a race is run. */
export interface DialOptions {
  readonly resolver: Resolver;
  /** Addresses to use instead of what the name resolves to. */
  readonly addresses?: readonly string[] | undefined;
  /** 0: both. */
  readonly family: 0 | Family;
  /** Head start of an attempt on the next one (RFC 8305 section 5). */
  readonly attemptDelayMs: number;
  /** What IPv4 waits for IPv6 addresses that are not here yet (RFC 8305 section 3). */
  readonly resolutionDelayMs: number;
  /** For all of it; 0: no limit. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A connection under way. */
export interface Dial {
  readonly connection: Promise<PeerConnection>;
  /** Nobody waits any more: ends all attempts, and rejects with `reason`. */
  abort(reason: unknown): void;
}

/** Resolves the target's host and connects. */
export function dial(connector: Connector, target: Target, options: DialOptions): Dial {
  const race = new Race(connector, target, options);
  race.begin();
  return race;
}

class Race implements Dial {
  readonly connection: Promise<PeerConnection>;
  readonly #connector: Connector;
  readonly #target: Target;
  readonly #options: DialOptions;
  readonly #clock: Clock;
  /** Addresses that have not been tried. */
  readonly #waiting: Record<Family, string[]> = { 4: [], 6: [] };
  readonly #resolving = new Set<Family>();
  readonly #resolveFailures: Error[] = [];
  /** By token: attempts under way. */
  readonly #running = new Map<number, string>();
  readonly #failed: ConnectAttempt[] = [];
  /** IPv6 is first (RFC 8305 section 4). */
  #nextFamily: Family = 6;
  #isRacing = false;
  #isSettled = false;
  #attemptTimer: Timer | undefined;
  #resolutionTimer: Timer | undefined;
  #limitTimer: Timer | undefined;
  #resolve: (connection: PeerConnection) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(connector: Connector, target: Target, options: DialOptions) {
    this.#connector = connector;
    this.#target = target;
    this.#options = options;
    this.#clock = options.clock;
    this.connection = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  begin(): void {
    const { timeoutMs, addresses } = this.#options;
    const { host } = this.#target;
    if (timeoutMs > 0) {
      this.#limitTimer = this.#clock.start(timeoutMs, () => {
        this.#fail(timeoutError("connect", timeoutMs, host, this.#gathered()));
      });
    }
    const known = addresses ?? (isIP(host) === 0 ? undefined : [host]);
    if (known === undefined) this.#lookUp();
    else this.#take(known);
  }

  abort(reason: unknown): void {
    this.#fail(reason);
  }

  #wants(family: Family): boolean {
    return this.#options.family === 0 || this.#options.family === family;
  }

  #lookUp(): void {
    const families = ([6, 4] as const).filter((family) => this.#wants(family));
    for (const family of families) this.#resolving.add(family);
    for (const family of families) {
      this.#options.resolver.resolve(this.#target.host, family, (result) => {
        if (!this.#isSettled) this.#onResolved(family, result);
      });
    }
  }

  /** Addresses that need no resolver. */
  #take(addresses: readonly string[]): void {
    for (const address of addresses) {
      const family = isIP(address) as Family;
      if (this.#wants(family)) this.#waiting[family].push(address);
    }
    this.#start();
  }

  #onResolved(family: Family, result: readonly string[] | Error): void {
    this.#resolving.delete(family);
    if (result instanceof Error) this.#resolveFailures.push(result);
    else this.#waiting[family].push(...result);
    if (this.#isRacing) {
      // Late addresses join the race; they need not wait if everybody before them has failed.
      if (this.#running.size === 0) this.#next();
    } else if (family === 4 && this.#resolving.has(6) && this.#waiting[4].length > 0) {
      this.#resolutionTimer = this.#clock.start(this.#options.resolutionDelayMs, () => {
        this.#start();
      });
    } else if (this.#waiting[6].length > 0 || this.#resolving.size === 0) {
      this.#start();
    }
  }

  #start(): void {
    if (this.#isRacing || this.#isSettled) return;
    this.#clock.stop(this.#resolutionTimer);
    this.#isRacing = true;
    this.#next();
  }

  /** Tries the next address, beside those that are being tried. */
  #next(): void {
    this.#clock.stop(this.#attemptTimer);
    this.#attemptTimer = undefined;
    const address = this.#pick();
    if (address === undefined) {
      if (this.#running.size === 0 && this.#resolving.size === 0) this.#fail(this.#verdict());
      return;
    }
    this.#try(address);
    if (this.#isSettled) return;
    this.#attemptTimer = this.#clock.start(this.#options.attemptDelayMs, () => {
      this.#next();
    });
  }

  /** The families in turn (RFC 8305 section 4, First Address Family Count 1). */
  #pick(): string | undefined {
    const other = this.#nextFamily === 6 ? 4 : 6;
    const family = this.#waiting[this.#nextFamily].length > 0 ? this.#nextFamily : other;
    const address = this.#waiting[family].shift();
    if (address !== undefined) this.#nextFamily = family === 6 ? 4 : 6;
    return address;
  }

  #try(address: string): void {
    let token = 0;
    token = this.#connector.connect(address, this.#target, {
      onConnected: (connection) => {
        this.#running.delete(token);
        this.#win(connection);
      },
      onFailed: (error) => {
        this.#running.delete(token);
        this.#lose(address, error);
      },
    });
    this.#running.set(token, address);
  }

  #win(connection: PeerConnection): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#resolve(connection);
  }

  #lose(address: string, error: unknown): void {
    if (this.#isSettled) return;
    if (error instanceof HandshakeError) {
      this.#fail(error);
      return;
    }
    const { port } = this.#target;
    this.#failed.push(Object.freeze({ address, port, error: error as Error }));
    this.#next();
  }

  #fail(error: unknown): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#isSettled = true;
    for (const timer of [this.#attemptTimer, this.#resolutionTimer, this.#limitTimer]) {
      this.#clock.stop(timer);
    }
    for (const token of this.#running.keys()) this.#connector.abandon(token);
    this.#running.clear();
  }

  /** Why there is no connection. One address has its own error, several have them all. */
  #verdict(): unknown {
    const { host, port } = this.#target;
    const [first] = this.#failed;
    if (first === undefined) return resolveError(host, this.#resolveFailures);
    return this.#failed.length === 1 ? first.error : new ConnectError(host, port, this.#failed);
  }

  #gathered(): ConnectError | undefined {
    const { host, port } = this.#target;
    return this.#failed.length === 0 ? undefined : new ConnectError(host, port, this.#failed);
  }
}
