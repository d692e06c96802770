// SPDX-License-Identifier: MIT
// A client's connections: one per origin, used by all its requests, made again when it has ended.
import { PROFILES, type ClientConfig } from "../config/index.js";
import { PeerConnection } from "../connection.js";
import { errorFromStatus, isPqqError } from "../errors/index.js";
import { ClientStream, UnsentError, type ResponseHead, type WireRequest } from "./client_stream.js";
import { dial, type Attempt, type Connector } from "./dial.js";
import { Endpoint, type EndpointListener } from "./endpoint.js";
import { holdLoop, releaseLoop } from "./keep_alive.js";
import {
  COMMAND_CONNECT,
  COMMAND_REQUEST,
  H3_NO_ERROR,
  STATUS_CANCELLED,
  STATUS_CONNECTION_CLOSED,
} from "./rows.js";
import { SlotTable } from "./slots.js";
import { splitText } from "./text.js";

/** How often a request is sent again that the server has certainly not processed (RFC 9114 section 4.1.1). */
const MAX_RETRIES = 3;
const MAX_TOKEN = 0xffffffff;

/** Why a request cannot be sent on a connection that was fine a moment ago. */
const STALE: ReadonlySet<string> = new Set([
  "PQQ_ERR_NOT_FOUND",
  "PQQ_ERR_GOING_AWAY",
  "PQQ_ERR_CONNECTION_CLOSED",
  "PQQ_ERR_IDLE_TIMEOUT",
  "PQQ_ERR_STATELESS_RESET",
]);

/** Where requests go. */
export interface Origin {
  /** DNS name or IP literal, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** See the file's head. */
export class Pool implements EndpointListener, Connector {
  readonly endpoint: Endpoint;
  /** By host and port: the connection for new requests, or the making of one. */
  readonly #origins = new Map<string, PeerConnection>();
  readonly #dials = new Map<string, Promise<PeerConnection>>();
  readonly #connections = new SlotTable<PeerConnection>();
  readonly #attempts = new Map<number, Attempt>();
  /** Requests whose stream is not known yet. */
  readonly #opening = new Map<number, ClientStream>();
  readonly #onEnd: (status: number) => void;
  #lastToken = 0;
  #isClosed = false;

  constructor(config: ClientConfig, onEnd: (status: number) => void) {
    this.#onEnd = onEnd;
    const profile = PROFILES[config.profile];
    this.endpoint = new Endpoint({ ...config, isServer: false, profile }, this);
  }

  /** Makes a request and resolves with its response's head. */
  async request(origin: Origin, request: WireRequest): Promise<ResponseHead> {
    const key = `${origin.host}:${origin.port}`;
    for (let retries = 0; ; retries++) {
      if (this.#isClosed) throw errorFromStatus(STATUS_CANCELLED, "the client is closed");
      request.signal?.throwIfAborted();
      const connection =
        this.#origins.get(key) ?? (await this.#dialled(key, origin, request.signal));
      try {
        return await this.#send(connection, request);
      } catch (error) {
        const cause = error instanceof UnsentError ? error.cause : error;
        if (retries === MAX_RETRIES || !mayRetry(error, request)) throw cause;
      }
    }
  }

  /** Fails what is under way once `drainMs` are over; the end comes as `onEnd`. */
  close(drainMs: number, reason?: unknown): void {
    this.#isClosed = true;
    if (drainMs === 0) {
      const error = reason ?? errorFromStatus(STATUS_CANCELLED, "the client was closed");
      for (const stream of this.endpoint.streams.values()) {
        if (stream instanceof ClientStream) stream.cancel(error);
      }
      this.#failOpening(error);
    }
    this.endpoint.stop(drainMs);
  }

  connect(address: string, port: number, serverName: string, attempt: Attempt): void {
    if (this.#isClosed) {
      attempt.onFailed(errorFromStatus(STATUS_CANCELLED, "the client was closed"));
      return;
    }
    const token = this.#nextToken();
    this.#attempts.set(token, attempt);
    this.endpoint.commands.connect(token, address, port, serverName);
  }

  discard(connection: PeerConnection): void {
    this.endpoint.commands.close(connection.idLow, connection.idHigh, H3_NO_ERROR);
  }

  onConnected(idLow: number, idHigh: number, token: number, facts: string): void {
    const connection = new PeerConnection(this.endpoint, idLow, idHigh, facts);
    this.#connections.add(connection);
    const attempt = this.#attempts.get(token);
    this.#attempts.delete(token);
    if (attempt === undefined) this.discard(connection);
    else attempt.onConnected(connection);
  }

  onClosed(idLow: number, idHigh: number, token: number, status: number, facts: string): void {
    const attempt = this.#attempts.get(token);
    if (attempt !== undefined) {
      this.#attempts.delete(token);
      attempt.onFailed(closeError(status, facts));
    }
    const connection = this.#connections.get(idLow, idHigh);
    if (connection === undefined) return;
    this.#forget(connection);
    this.#connections.remove(connection);
    for (const [opening, stream] of this.#opening) {
      if (stream.connection !== connection) continue;
      this.#opening.delete(opening);
      stream.onOpenFailed(status === 0 ? STATUS_CONNECTION_CLOSED : status);
    }
  }

  onGoingAway(idLow: number, idHigh: number): void {
    const connection = this.#connections.get(idLow, idHigh);
    if (connection !== undefined) this.#forget(connection);
  }

  onOpened(idLow: number, idHigh: number, token: number): void {
    const stream = this.#opening.get(token);
    this.#opening.delete(token);
    stream?.onOpened(idLow, idHigh);
  }

  onOpenFailed(token: number, status: number): void {
    const stream = this.#opening.get(token);
    this.#opening.delete(token);
    stream?.onOpenFailed(status);
  }

  onCommandFailed(type: number, idLow: number, idHigh: number, status: number): void {
    if (type === COMMAND_CONNECT) {
      this.#attempts.get(idHigh)?.onFailed(errorFromStatus(status));
      this.#attempts.delete(idHigh);
    } else if (type === COMMAND_REQUEST) {
      this.onOpenFailed(idHigh, status);
    } else {
      this.endpoint.streams.get(idLow, idHigh)?.onCommandFailed(type, status);
    }
  }

  onEnd(status: number): void {
    this.#isClosed = true;
    this.#failOpening(errorFromStatus(status === 0 ? STATUS_CANCELLED : status));
    this.#onEnd(status);
  }

  onRequest(): void {
    // Only servers get requests.
  }

  /** A new connection for an origin. Waiting for it can be aborted; making it goes on for the others. */
  async #dialled(
    key: string,
    origin: Origin,
    signal: AbortSignal | undefined,
  ): Promise<PeerConnection> {
    let dialling = this.#dials.get(key);
    if (dialling === undefined) {
      dialling = this.#dial(key, origin).finally(() => this.#dials.delete(key));
      this.#dials.set(key, dialling);
    }
    holdLoop();
    try {
      return await (signal === undefined ? dialling : abortable(dialling, signal));
    } finally {
      releaseLoop();
    }
  }

  async #dial(key: string, origin: Origin): Promise<PeerConnection> {
    const connection = await dial(this, origin.host, origin.port);
    // It may have ended already; then its requests fail as unsent and are sent again.
    if (this.#connections.get(connection.idLow, connection.idHigh) === connection) {
      this.#origins.set(key, connection);
    }
    return connection;
  }

  #send(connection: PeerConnection, request: WireRequest): Promise<ResponseHead> {
    const stream = new ClientStream(this.endpoint, connection, request);
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

  /** New requests to its origin get a new connection. */
  #forget(connection: PeerConnection): void {
    for (const [key, current] of this.#origins) {
      if (current === connection) this.#origins.delete(key);
    }
  }

  /** Fails requests without a stream, and attempts to connect. */
  #failOpening(error: unknown): void {
    for (const stream of this.#opening.values()) stream.cancel(error);
    this.#opening.clear();
    const attempts = [...this.#attempts.values()];
    this.#attempts.clear();
    for (const attempt of attempts) attempt.onFailed(error);
  }

  #nextToken(): number {
    this.#lastToken = this.#lastToken === MAX_TOKEN ? 1 : this.#lastToken + 1;
    return this.#lastToken;
  }
}

/** Whether the server has certainly not processed the request, and the request is still whole. */
function mayRetry(error: unknown, request: WireRequest): boolean {
  if (error instanceof UnsentError) return isPqqError(error.cause) && STALE.has(error.cause.code);
  if (request.pieces !== null || !isPqqError(error)) return false;
  return error.code === "PQQ_ERR_STREAM_REFUSED" || error.code === "PQQ_ERR_GOING_AWAY";
}

/** native/addon/event_text.h: is remote, is application code, TLS alert, wire code, reason. */
function closeError(status: number, facts: string): Error {
  const [isRemote, , alert, wireCode, reason] = splitText(facts);
  return errorFromStatus(status === 0 ? STATUS_CONNECTION_CLOSED : status, reason, {
    remote: isRemote === "1",
    wireCode: wireCode === undefined ? undefined : BigInt(wireCode),
    alert: alert === undefined || alert === "" ? undefined : Number(alert),
  });
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", onAbort);
    });
  });
}
