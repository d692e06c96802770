// SPDX-License-Identifier: MIT
// A client's connections: one per origin, used by all its requests, made again when it has ended.
import type { ClientConfig } from "../config/index.js";
import { PeerConnection, type HandshakeSummary } from "../connection.js";
import { errorFromStatus, isPqqError, type StatusInfo } from "../errors/index.js";
import { closeFacts } from "./close_facts.js";
import { ClientStream, UnsentError, type ResponseHead, type WireRequest } from "./client_stream.js";
import { dial, type Attempt, type Connector, type Target } from "./dial.js";
import { Endpoint, type EndpointListener } from "./endpoint.js";
import { holdLoop, releaseLoop } from "./keep_alive.js";
import { clientNativeOptions } from "./native_options.js";
import { PinKeeper } from "./pin_keeper.js";
import { requiredFacts, requiredLevel, satisfies, type RequiredLevel } from "./policy.js";
import {
  COMMAND_CONNECT,
  COMMAND_REQUEST,
  H3_NO_ERROR,
  STATUS_CANCELLED,
  STATUS_CONNECTION_CLOSED,
  STATUS_NOT_FOUND,
  STATUS_POLICY_AUTHENTICATION,
  STATUS_POLICY_KEY_EXCHANGE,
} from "./rows.js";
import { SlotTable } from "./slots.js";

/** How often a request is sent again that the server has certainly not processed (RFC 9114 section 4.1.1). */
const MAX_RETRIES = 3;
const MAX_TOKEN = 0xffffffff;
/** Origins whose handshake's size is remembered: more than a program talks to in turn, at some 100 bytes each. */
const MAX_FLIGHTS = 1024;

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
  /** As in a URL: scheme, host, and the port if it is not 443. */
  readonly origin: string;
  /** DNS name or IP literal, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** An attempt to connect, with what it has to come to. */
interface Dialling {
  readonly attempt: Attempt;
  readonly required: RequiredLevel;
}

/** See the file's head. */
export class Pool implements EndpointListener, Connector {
  readonly endpoint: Endpoint;
  /** By origin: the connections for new requests, the last one made first. More than one if requirements differ. */
  readonly #origins = new Map<string, PeerConnection[]>();
  /** The making of one, by origin and requirement. */
  readonly #dials = new Map<string, Promise<PeerConnection>>();
  /** By origin: the bytes of the last handshake. */
  readonly #flights = new Map<string, number>();
  readonly #connections = new SlotTable<PeerConnection>();
  readonly #attempts = new Map<number, Dialling>();
  /** Requests whose stream is not known yet. */
  readonly #opening = new Map<number, ClientStream>();
  readonly pins: PinKeeper;
  readonly #config: ClientConfig;
  readonly #onEnd: (status: number) => void;
  #lastToken = 0;
  #isClosed = false;

  constructor(config: ClientConfig, onEnd: (status: number) => void) {
    this.#config = config;
    this.#onEnd = onEnd;
    this.pins = new PinKeeper(config.pins);
    this.endpoint = new Endpoint(clientNativeOptions(config), this);
  }

  /** Makes a request and resolves with its response's head. */
  async request(origin: Origin, request: WireRequest): Promise<ResponseHead> {
    for (let retries = 0; ; retries++) {
      if (this.#isClosed) throw errorFromStatus(STATUS_CANCELLED, "the client is closed");
      request.signal?.throwIfAborted();
      // Each time: another process may have seen a pin meanwhile.
      const pin = this.pins.get(origin.origin);
      const required = requiredLevel(request.require, this.#config, pin);
      const connection =
        this.#usable(origin, required) ?? (await this.#dialled(origin, required, request.signal));
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

  connect(address: string, target: Target, attempt: Attempt): void {
    if (this.#isClosed) {
      attempt.onFailed(errorFromStatus(STATUS_CANCELLED, "the client was closed"));
      return;
    }
    const token = this.#nextToken();
    const { host, port, required, flightBytes } = target;
    this.#attempts.set(token, { attempt, required });
    this.endpoint.commands.connect(token, address, port, host, required, flightBytes);
  }

  discard(connection: PeerConnection): void {
    this.endpoint.commands.close(connection.idLow, connection.idHigh, H3_NO_ERROR);
  }

  onConnected(idLow: number, idHigh: number, token: number, facts: string): void {
    const connection = new PeerConnection(this.endpoint, idLow, idHigh, facts);
    this.#connections.add(connection);
    const dialling = this.#attempts.get(token);
    this.#attempts.delete(token);
    if (dialling === undefined) {
      this.discard(connection);
    } else if (satisfies(connection.level, dialling.required)) {
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
    this.#forget(connection);
    this.#connections.remove(connection);
    for (const [opening, stream] of this.#opening) {
      if (stream.connection !== connection) continue;
      this.#opening.delete(opening);
      stream.onUnsent(error);
    }
    connection.noteClosed(error);
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
    this.#failOpening(errorFromStatus(status === 0 ? STATUS_CANCELLED : status));
    this.#onEnd(status);
  }

  onRequest(): void {
    // Only servers get requests.
  }

  /** The newest connection that is good enough. */
  #usable({ origin }: Origin, required: RequiredLevel): PeerConnection | undefined {
    return this.#origins.get(origin)?.find(({ level }) => satisfies(level, required));
  }

  /** A new connection for an origin. Waiting for it can be aborted; making it goes on for the others. */
  async #dialled(
    origin: Origin,
    required: RequiredLevel,
    signal: AbortSignal | undefined,
  ): Promise<PeerConnection> {
    const key = `${origin.origin} ${required.keyExchange} ${required.authentication}`;
    let dialling = this.#dials.get(key);
    if (dialling === undefined) {
      dialling = this.#dial(origin, required).finally(() => this.#dials.delete(key));
      this.#dials.set(key, dialling);
    }
    holdLoop();
    try {
      return await (signal === undefined ? dialling : abortable(dialling, signal));
    } finally {
      releaseLoop();
    }
  }

  async #dial({ origin, host, port }: Origin, required: RequiredLevel): Promise<PeerConnection> {
    const flightBytes = this.#flights.get(origin) ?? this.#config.expectedFlightBytes;
    const connection = await dial(this, { host, port, required, flightBytes });
    this.#noteFlight(origin, connection.handshake);
    this.pins.note(origin, connection.security);
    if (this.#isKnown(connection)) {
      this.#origins.set(origin, [connection, ...(this.#origins.get(origin) ?? [])]);
    }
    return connection;
  }

  /** Whether the end of the connection has not been heard of. */
  #isKnown(connection: PeerConnection): boolean {
    return this.#connections.get(connection.idLow, connection.idHigh) === connection;
  }

  #noteFlight(origin: string, handshake: HandshakeSummary): void {
    // Copies of the first flight that saved no round trip are not worth sending again.
    const wasInVain = handshake.firstFlightRepeats > 0 && handshake.tlsRoundTrips > 1;
    // The origin seen last is the last.
    this.#flights.delete(origin);
    this.#flights.set(origin, wasInVain ? 0 : handshake.bytesReceived);
    const [oldest] = this.#flights.keys();
    if (this.#flights.size > MAX_FLIGHTS && oldest !== undefined) this.#flights.delete(oldest);
  }

  #send(connection: PeerConnection, request: WireRequest): Promise<ResponseHead> {
    // It may have ended in the turn in which it was made: a server that does not want us closes at once.
    if (connection.closeError !== undefined) {
      return Promise.reject(new UnsentError(connection.closeError));
    }
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
    for (const [origin, connections] of this.#origins) {
      const rest = connections.filter((other) => other !== connection);
      if (rest.length === 0) this.#origins.delete(origin);
      else if (rest.length < connections.length) this.#origins.set(origin, rest);
    }
  }

  /** Fails requests without a stream, and attempts to connect. */
  #failOpening(error: unknown): void {
    for (const stream of this.#opening.values()) stream.cancel(error);
    this.#opening.clear();
    const attempts = [...this.#attempts.values()];
    this.#attempts.clear();
    for (const { attempt } of attempts) attempt.onFailed(error);
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

function closeError(status: number, text: string, required?: RequiredLevel): Error {
  const facts = closeFacts(text);
  return dialError(status === 0 ? STATUS_CONNECTION_CLOSED : status, facts.reason, facts, required);
}

/** Says too what was required, and that it was a pin that did so. */
function dialError(
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

function belowError({ level, security }: PeerConnection, required: RequiredLevel): Error {
  const { group, signature, authentication } = security;
  const status =
    level.keyExchange < required.keyExchange
      ? STATUS_POLICY_KEY_EXCHANGE
      : STATUS_POLICY_AUTHENTICATION;
  return dialError(status, undefined, { group, signature, authentication }, required);
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
