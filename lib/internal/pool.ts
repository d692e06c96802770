// SPDX-License-Identifier: MIT
// A client's connections, by origin, and the way of a request to one of them: waiting, sending, and sending again where
// the server has certainly not processed it. Events of the network come in here.
import { isIP } from "node:net";
import type { ClientConfig } from "../config/index.js";
import { PeerConnection } from "../connection.js";
import { errorFromStatus } from "../errors/index.js";
import { AddressTokens } from "./address_tokens.js";
import { systemClock, type Clock, type Timer } from "./clock.js";
import { ClientStream, UnsentError, type ResponseHead, type WireRequest } from "./client_stream.js";
import { belowError, closeError, dialError } from "./dial_error.js";
import { dial, type Attempt, type Connector, type Dial, type Target } from "./dial.js";
import { Endpoint, type EndpointListener } from "./endpoint.js";
import { FlightMemory } from "./flight_memory.js";
import { holdLoop, releaseLoop } from "./keep_alive.js";
import { clientNativeOptions } from "./native_options.js";
import { KEY_LOG_WARNING } from "./key_log.js";
import { OriginPool, type Origin, type OriginOwner } from "./origin_pool.js";
import { PinKeeper } from "./pin_keeper.js";
import { requiredLevel, satisfies, type RequiredLevel } from "./policy.js";
import type { PooledConnection } from "./pooled.js";
import { makeResolver, type Resolver } from "./resolve.js";
import { mayRetry } from "./retry.js";
import {
  COMMAND_CONNECT,
  COMMAND_REQUEST,
  H3_NO_ERROR,
  STATUS_CANCELLED,
  STATUS_NOT_FOUND,
} from "./rows.js";
import { Signers } from "./signers.js";
import { SlotTable } from "./slots.js";

const MAX_TOKEN = 0xffffffff;

/** What a client's connections and requests are doing. */
export interface PoolStats {
  /** Origins with a connection or a request. */
  readonly origins: number;
  /** Connections, those that only finish what they have included. */
  readonly connections: number;
  /** Connections that are being made. */
  readonly connecting: number;
  /** Requests that have a connection, until their response's content has ended. */
  readonly running: number;
  /** Requests that wait for a connection. */
  readonly queued: number;
  /** Since the client was made: requests that were sent again. */
  readonly retries: number;
}

/** An attempt to connect, with what it has to come to. */
interface Dialling {
  readonly attempt: Attempt;
  /** Whose tokens it may use. */
  readonly server: string;
  readonly required: RequiredLevel;
}

/** See the file's head. */
export class Pool implements EndpointListener, Connector, OriginOwner {
  readonly endpoint: Endpoint;
  readonly pins: PinKeeper;
  readonly limits: ClientConfig;
  readonly clock: Clock = systemClock;
  readonly #origins = new Map<string, OriginPool>();
  readonly #flights = new FlightMemory();
  readonly #tokens = new AddressTokens();
  readonly #servers = new WeakMap<PeerConnection, string>();
  readonly #connections = new SlotTable<PeerConnection>();
  readonly #attempts = new Map<number, Dialling>();
  /** Requests whose stream is not known yet. */
  readonly #opening = new Map<number, ClientStream>();
  readonly #resolver: Resolver;
  readonly #onEnd: (status: number) => void;
  #lastToken = 0;
  #retries = 0;
  /** Requests, from their call to the end of their response. */
  #unfinished = 0;
  #isClosed = false;
  #isStopped = false;
  #stopReason: unknown;
  #drainTimer: Timer | undefined;

  constructor(config: ClientConfig, onEnd: (status: number) => void) {
    this.limits = config;
    this.#onEnd = onEnd;
    this.#resolver = makeResolver(config.lookup);
    this.pins = new PinKeeper(config.pins);
    // What a signer does wrong is an error of the request that it was for.
    const signers = new Signers(() => undefined);
    if (config.keyLog !== undefined) {
      process.emitWarning(KEY_LOG_WARNING, { code: "PQQ_KEY_LOG" });
    }
    this.endpoint = new Endpoint(clientNativeOptions(config, signers), signers, this);
  }

  /** Makes a request and resolves with its response's head. */
  async request(origin: Origin, request: WireRequest): Promise<ResponseHead> {
    if (this.#isClosed) throw errorFromStatus(STATUS_CANCELLED, "the client is closed");
    this.#unfinished += 1;
    try {
      return await this.#requestUntil(origin, request);
    } catch (error) {
      this.#noteFinished();
      throw error;
    }
  }

  onKeyLog(line: string): void {
    this.limits.keyLog?.(line);
  }

  stats(): PoolStats {
    const origins = [...this.#origins.values()];
    const sum = (count: (origin: OriginPool) => number): number =>
      origins.reduce((total, origin) => total + count(origin), 0);
    return Object.freeze({
      origins: origins.length,
      connections: sum(({ connections }) => connections.length),
      connecting: sum(({ connecting }) => connecting),
      running: sum(({ connections }) => connections.reduce((n, { active }) => n + active, 0)),
      queued: sum(({ queued }) => queued),
      retries: this.#retries,
    });
  }

  /** Takes no new requests and fails what is under way once `drainMs` are over; the end comes as `onEnd`. */
  close(drainMs: number, reason?: unknown): void {
    this.#isClosed = true;
    const error = reason ?? errorFromStatus(STATUS_CANCELLED, "the client was closed");
    if (drainMs === 0) {
      this.#stop(error);
      return;
    }
    this.clock.stop(this.#drainTimer);
    if (Number.isFinite(drainMs)) {
      this.#drainTimer = this.clock.start(drainMs, () => {
        this.#stop(error);
      });
    }
    this.#stopIfDrained();
  }

  connect(address: string, target: Target, attempt: Attempt): number {
    const token = this.#nextToken();
    const { host, port, required, flightBytes } = target;
    const server = serverKey(target, address);
    const addressToken = this.#tokens.take(server);
    this.#attempts.set(token, { attempt, server, required });
    this.endpoint.commands.connect(token, address, port, host, required, flightBytes, addressToken);
    return token;
  }

  abandon(token: number): void {
    if (this.#attempts.delete(token)) this.endpoint.commands.abandon(token);
  }

  dial({ origin, host, port }: Origin, required: RequiredLevel): Dial {
    const { limits } = this;
    const flightBytes = this.#flights.bytesOf(origin) ?? limits.expectedFlightBytes;
    const target = { host, port, required, flightBytes };
    const made = dial(this, target, {
      resolver: this.#resolver,
      addresses: limits.resolve.get(`${host}:${port}`),
      family: limits.family,
      attemptDelayMs: limits.connectionAttemptDelayMs,
      resolutionDelayMs: limits.resolutionDelayMs,
      timeoutMs: limits.connectTimeoutMs,
      clock: this.clock,
    });
    const connection = made.connection.then((peer) => {
      this.#flights.note(origin, peer.handshake);
      this.pins.note(origin, peer.security);
      return peer;
    });
    return {
      connection,
      abort: (reason) => {
        made.abort(reason);
      },
    };
  }

  mayConnect(origin: OriginPool): boolean {
    const { maxConnections } = this.limits;
    const origins = [...this.#origins.values()];
    const total = origins.reduce((n, one) => n + one.connections.length + one.connecting, 0);
    if (total < maxConnections) return true;
    // One that is on its way out makes room already.
    const others = origins.filter((other) => other !== origin);
    const isLeaving = ({ isRetired, active }: PooledConnection): boolean =>
      isRetired && active === 0;
    if (!others.some((other) => other.connections.some(isLeaving))) {
      others.some((other) => other.closeIdle());
    }
    return false;
  }

  onIdle(): void {
    // Its connection may be closed for one of another origin, if that waits for room.
    if (this.#connections.size < this.limits.maxConnections) return;
    for (const origin of this.#origins.values()) if (origin.queued > 0) origin.pump();
  }

  onEmpty(pool: OriginPool): void {
    const { origin } = pool.origin;
    if (this.#origins.get(origin) === pool) this.#origins.delete(origin);
  }

  onConnected(idLow: number, idHigh: number, token: number, facts: string): void {
    const connection = new PeerConnection(this.endpoint, idLow, idHigh, facts);
    this.#connections.add(connection);
    const dialling = this.#attempts.get(token);
    this.#attempts.delete(token);
    if (dialling === undefined) {
      this.discard(connection);
      return;
    }
    this.#servers.set(connection, dialling.server);
    if (satisfies(connection.level, dialling.required)) {
      dialling.attempt.onConnected(connection);
    } else {
      // libpqq does not let it come to this; a requirement is worth two looks.
      this.discard(connection);
      dialling.attempt.onFailed(belowError(connection, dialling.required));
    }
  }

  onClosed(idLow: number, idHigh: number, token: number, status: number, facts: string): void {
    const dialling = this.#attempts.get(token);
    if (dialling !== undefined) {
      this.#attempts.delete(token);
      dialling.attempt.onFailed(closeError(status, facts, dialling.required));
    }
    const connection = this.#connections.get(idLow, idHigh);
    if (connection === undefined) return;
    const error = closeError(status, facts);
    this.#connections.remove(connection);
    // First: whoever is told of a request's end may make the next one.
    connection.noteClosed(error);
    for (const [opening, stream] of this.#opening) {
      if (stream.connection !== connection) continue;
      this.#opening.delete(opening);
      stream.onUnsent(error);
    }
    for (const origin of [...this.#origins.values()]) origin.forget(connection);
  }

  onNewToken(idLow: number, idHigh: number, addressToken: string): void {
    const connection = this.#connections.get(idLow, idHigh);
    const server = connection && this.#servers.get(connection);
    if (server !== undefined) this.#tokens.add(server, addressToken);
  }

  onGoingAway(idLow: number, idHigh: number): void {
    const connection = this.#connections.get(idLow, idHigh);
    if (connection === undefined) return;
    connection.isGoingAway = true;
    for (const origin of [...this.#origins.values()]) origin.retire(connection);
  }

  onFile(): void {
    // Only servers have folders.
  }

  onOpened(idLow: number, idHigh: number, token: number): void {
    const stream = this.#opening.get(token);
    this.#opening.delete(token);
    stream?.onOpened(idLow, idHigh);
  }

  onOpenFailed(token: number, status: number): void {
    const stream = this.#opening.get(token);
    // The connection has gone, and why is in its last event, which is still to come.
    if (status === STATUS_NOT_FOUND && stream !== undefined && this.#isKnown(stream.connection)) {
      return;
    }
    this.#opening.delete(token);
    stream?.onOpenFailed(status);
  }

  onCommandFailed(type: number, idLow: number, idHigh: number, status: number): void {
    if (type === COMMAND_CONNECT) {
      const dialling = this.#attempts.get(idHigh);
      this.#attempts.delete(idHigh);
      dialling?.attempt.onFailed(dialError(status, undefined, {}, dialling.required));
    } else if (type === COMMAND_REQUEST) {
      this.onOpenFailed(idHigh, status);
    } else {
      this.endpoint.streams.get(idLow, idHigh)?.onCommandFailed(type, status);
    }
  }

  onEnd(status: number): void {
    this.#isClosed = true;
    this.#isStopped = true;
    this.clock.stop(this.#drainTimer);
    this.#failAll(errorFromStatus(status === 0 ? STATUS_CANCELLED : status));
    this.#onEnd(status);
  }

  onRequest(): void {
    // Only servers get requests.
  }

  async #requestUntil(origin: Origin, request: WireRequest): Promise<ResponseHead> {
    let attempts = 1;
    for (let tries = 1; ; tries++) {
      request.signal?.throwIfAborted();
      let isSent = false;
      try {
        const connection = await this.#place(origin, request);
        isSent = true;
        return await this.#send(connection, request, attempts);
      } catch (error) {
        const isUnsent = error instanceof UnsentError;
        if (this.#isStopped || tries > this.limits.retries || !mayRetry(error, request)) {
          throw isUnsent ? error.cause : error;
        }
        // Who found nobody to send it to has not sent it: what follows is not sent again.
        if (!isSent || isUnsent) continue;
        attempts += 1;
        this.#retries += 1;
      }
    }
  }

  /** A connection for a request, with a place on it. */
  #place(origin: Origin, request: WireRequest): PooledConnection | Promise<PooledConnection> {
    // Each time: another process may have seen a pin meanwhile.
    const pin = this.pins.get(origin.origin);
    const required = requiredLevel(request.require, this.limits, pin);
    const pool = this.#originPool(origin);
    const connection = pool.take(required);
    if (connection !== undefined) return connection;
    // Throws where the queue is full; what does not wait must not hold the loop.
    const waiting = pool.wait(required, request.queueTimeoutMs, request.signal);
    holdLoop();
    return waiting.finally(releaseLoop);
  }

  #originPool(origin: Origin): OriginPool {
    let pool = this.#origins.get(origin.origin);
    if (pool === undefined) {
      pool = new OriginPool(origin, this);
      this.#origins.set(origin.origin, pool);
    }
    return pool;
  }

  #send(pooled: PooledConnection, request: WireRequest, attempts: number): Promise<ResponseHead> {
    const { peer } = pooled;
    const obstacle = this.#isStopped ? this.#stopReason : peer.closeError;
    if (obstacle !== undefined) {
      pooled.release();
      return Promise.reject(
        this.#isStopped ? (obstacle as Error) : new UnsentError(obstacle as Error),
      );
    }
    const stream = new ClientStream(this.endpoint, peer, request, {
      attempts,
      clock: this.clock,
      onDone: (hasResponse) => {
        pooled.release();
        if (hasResponse) this.#noteFinished();
      },
    });
    const token = this.#nextToken();
    this.#opening.set(token, stream);
    try {
      stream.send(token);
    } catch (error) {
      this.#opening.delete(token);
      stream.cancel(error);
    }
    return stream.response;
  }

  #noteFinished(): void {
    this.#unfinished -= 1;
    this.#stopIfDrained();
  }

  #stopIfDrained(): void {
    if (this.#isClosed && this.#unfinished === 0) this.#stop(undefined);
  }

  #stop(error: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#stopReason = error;
    this.clock.stop(this.#drainTimer);
    // First those that wait: they must not get the places that the others leave.
    this.#failAll(error);
    for (const stream of this.endpoint.streams.values()) {
      if (stream instanceof ClientStream) stream.cancel(error);
    }
    this.endpoint.stop(0);
  }

  /** Whether the end of the connection has not been heard of. */
  #isKnown(connection: PeerConnection): boolean {
    return this.#connections.get(connection.idLow, connection.idHigh) === connection;
  }

  discard(connection: PeerConnection): void {
    this.endpoint.commands.close(connection.idLow, connection.idHigh, H3_NO_ERROR);
  }

  /** Fails requests without a stream, and attempts to connect. */
  #failAll(error: unknown): void {
    for (const origin of [...this.#origins.values()]) origin.fail(error);
    for (const stream of this.#opening.values()) stream.cancel(error);
    this.#opening.clear();
  }

  #nextToken(): number {
    this.#lastToken = this.#lastToken === MAX_TOKEN ? 1 : this.#lastToken + 1;
    return this.#lastToken;
  }
}

/** A token is for one server, and for the address of ours that it sees: at least that of the same family. */
function serverKey({ host, port }: Target, address: string): string {
  return `${host} ${port} ${isIP(address)}`;
}
