// SPDX-License-Identifier: MIT
// The server: one endpoint, its connections, and a handler.
import { EventEmitter } from "node:events";
import { isIPv6 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseIdentityUpdate, parseServerOptions } from "./config/index.js";
import type { IdentityUpdate, ServerConfig, ServerOptions } from "./config/index.js";
import { PeerConnection, type Connection } from "./connection.js";
import { errorFromStatus, type PqqError } from "./errors/index.js";
import {
  flightReport,
  flightWarning,
  nativeQuery,
  type FlightQuery,
  type FlightReport,
} from "./flight.js";
import { openFolders } from "./files.js";
import { BlockList, type BlockedPrefix, type BlockOptions } from "./internal/block_list.js";
import { closeFacts } from "./internal/close_facts.js";
import { Endpoint, type EndpointListener } from "./internal/endpoint.js";
import { holdLoop, releaseLoop } from "./internal/keep_alive.js";
import { KEY_LOG_WARNING } from "./internal/key_log.js";
import { serverNativeOptions } from "./internal/native_options.js";
import { ServerStream, type Handler, type RequestOwner } from "./internal/server_stream.js";
import { Signers } from "./internal/signers.js";
import { SlotTable } from "./internal/slots.js";
import { Response } from "./response.js";
import { toStats, type Stats } from "./stats.js";

export type { BlockedPrefix, BlockOptions } from "./internal/block_list.js";
export type {
  AcceptOptions,
  Handler,
  HandlerResult,
  RequestContext,
} from "./internal/server_stream.js";

/** A bound address. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** Options of {@link Server.close}. */
export interface CloseOptions {
  /** Milliseconds that requests may take to finish. @defaultValue 5000 for servers, 0 for clients */
  readonly drainMs?: number | undefined;
}

/** Events of {@link Server}. */
export interface ServerEvents {
  /** A handler has failed, or the network has. Without a listener it becomes a process warning. */
  error: [error: unknown];
  /** The server works, but not as well as it could. Without a listener it becomes a process warning. */
  warning: [message: string];
  /** {@link ServerOptions.files} have answered a request; only with `reportFiles`. */
  file: [request: FileRequest];
  /**
   * A handshake has failed in a way worth knowing: no common algorithm, a policy, an authenticator, an alert of the
   * client. Timeouts and broken packets are only counted, and so is everything if 256 wait to be told.
   */
  handshakeError: [error: PqqError, peer: FailedPeer];
  /**
   * A signer ({@link Signer}) has failed (`PQQ_ERR_SIGN_FAILED`, with what it has thrown as `cause`), or its signature does not
   * verify (`PQQ_ERR_SIGNATURE_INVALID`). The handshake that it was for has failed, too. Without a listener the first one becomes
   * a process warning. One that takes too long is a `handshakeError`.
   */
  signerError: [error: PqqError, scheme: string];
}

/** A request that {@link ServerOptions.files} have answered. */
export interface FileRequest {
  readonly connection: Connection;
  readonly method: string;
  /** As it came, with its query. */
  readonly path: string;
  readonly status: number;
  /** Of content, as announced. */
  readonly bytes: number;
}

/** Whose handshake has failed. */
export interface FailedPeer {
  readonly remoteAddress: string;
  readonly remotePort: number;
}

const DRAIN_MS = 5_000;

/** The handler of a server that has none. */
function notFound(): Response {
  return new Response(null, { status: 404 });
}

/**
 * An HTTP/3 server.
 *
 * @example
 * ```ts
 * const server = await Server.serve(
 *   { port: 4433, identity: { cert, key } },
 *   (request) => new Response(`you asked for ${request.url}\n`),
 * );
 * console.log(server.url);
 * ```
 */
export class Server extends EventEmitter<ServerEvents> implements AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #signers: Signers;
  #hasWarnedOfSigner = false;
  #config: ServerConfig;
  #updates: Promise<unknown> = Promise.resolve();
  readonly #background = new Set<Promise<unknown>>();
  readonly #ended: Promise<void>;
  readonly #blocked: BlockList;

  /**
   * Starts a server. It keeps the process alive until it is closed. Without a handler it needs `files`, and answers 404 to
   * what is not in them.
   *
   * Rejects with a ConfigError for a certificate or key that is not usable, and with a PqqError
   * `PQQ_ERR_ADDRESS_IN_USE`, `PQQ_ERR_ADDRESS_UNAVAILABLE` or `PQQ_ERR_PERMISSION` if the port cannot be had.
   *
   * @throws ConfigError for options that are not allowed.
   */
  static serve(options: ServerOptions, handler?: Handler): Promise<Server> {
    const config = parseServerOptions(options);
    // Said by JavaScript too, which has no types.
    const given: unknown = handler;
    if (typeof given !== "function" && (given !== undefined || config.files.length === 0)) {
      throw new TypeError(`Server.serve: the handler has to be a function, not ${typeof given}`);
    }
    return new Promise((resolve) => {
      resolve(new Server(config, handler));
    });
  }

  private constructor(config: ServerConfig, handler: Handler | undefined) {
    super();
    this.#config = config;
    const folders = openFolders(config.files, handler !== undefined);
    let settle: () => void = () => undefined;
    this.#ended = new Promise((resolve) => {
      settle = resolve;
    });
    const listener = new ServerListener({
      handler: handler ?? notFound,
      datagrams: config.datagrams,
      takesConnect: (protocol) =>
        protocol === "" ? config.connectPlain : config.connectProtocols.includes(protocol),
      waitUntil: (promise) => {
        this.#waitUntil(promise);
      },
      reportError: (error) => {
        this.#reportError(error);
      },
      reportFile: (request) => {
        this.emit("file", request);
      },
      reportHandshake: (status, text) => {
        this.#reportHandshake(status, text);
      },
      keyLog: (line) => {
        try {
          this.#config.keyLog?.(line);
        } catch (error) {
          this.#reportError(error);
        }
      },
      onEnd: (status) => {
        releaseLoop();
        if (status !== 0) this.#reportError(errorFromStatus(status, "a network thread has ended"));
        settle();
      },
    });
    this.#signers = new Signers((error, scheme) => {
      this.#reportSigner(error, scheme);
    });
    const native = serverNativeOptions(config, this.#signers);
    this.#endpoint = new Endpoint({ ...native, folders }, this.#signers, listener);
    listener.endpoint = this.#endpoint;
    this.#blocked = new BlockList(this.#endpoint);
    holdLoop();
    // Not before somebody can have begun to listen.
    setImmediate(() => {
      this.#warnOfFlight();
      if (config.keyLog !== undefined) this.#warn(KEY_LOG_WARNING, "PQQ_KEY_LOG");
    });
  }

  /** The UDP port. */
  get port(): number {
    return this.#endpoint.addresses[0]?.port ?? 0;
  }

  /** All addresses that the server listens on. */
  get addresses(): readonly ServerAddress[] {
    return this.#endpoint.addresses;
  }

  /** A URL of the server, such as `"https://localhost:4433/"`. */
  get url(): string {
    const host = this.#config.hosts.find((address) => !isOfThisMachine(address)) ?? "localhost";
    return `https://${isIPv6(host) ? `[${host}]` : host}:${this.port}/`;
  }

  /** The bytes of the server's first flight, and the round trips that they cost. */
  flight(query: FlightQuery = {}): FlightReport {
    return flightReport(this.#endpoint.flight(nativeQuery(query)));
  }

  /** Counters since the start. */
  stats(): Stats {
    return toStats(this.#endpoint.stats());
  }

  /**
   * Swaps certificates and keys while the server runs. Handshakes that begin once the promise has resolved get the new
   * ones; connections that are there, and handshakes under way, go on with the old ones until they end. Everything is loaded and
   * checked first: after a rejection, with a ConfigError, the old identity is in force. All other options stay. Calls are
   * carried out one after the other.
   *
   * @throws ConfigError for options that are not allowed, as a rejection too.
   */
  async updateIdentity(update: IdentityUpdate): Promise<void> {
    const before = this.#updates;
    const swapped = (async () => {
      await before;
      const config = parseIdentityUpdate(this.#config, update);
      await this.#endpoint.updateConfig(serverNativeOptions(config, this.#signers));
      this.#config = config;
    })();
    this.#updates = swapped.catch(() => undefined);
    await swapped;
    this.#warnOfFlight();
  }

  /**
   * Drops everything that comes from an address or a prefix, for `forMs` or for good. Resolves when all workers do so.
   * Connections from there get no farewell: they time out (docs/admission.md).
   *
   * Rejects with a PqqError: `PQQ_ERR_INVALID_ARG` for what is no prefix, `PQQ_ERR_LIMIT` if 4,096 are blocked.
   */
  block(prefix: string, options: BlockOptions = {}): Promise<void> {
    return this.#blocked.add(prefix, options.forMs);
  }

  /** Takes exactly this prefix off the list. False: it was not on it. */
  unblock(prefix: string): Promise<boolean> {
    return this.#blocked.remove(prefix);
  }

  /** What is blocked, oldest first. */
  get blocked(): readonly BlockedPrefix[] {
    return this.#blocked.list();
  }

  /**
   * Takes no new requests, lets those under way finish for up to `drainMs`, and ends. Resolves when the port is free
   * again; calling it again can only shorten the time.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const drainMs = options.drainMs ?? DRAIN_MS;
    this.#endpoint.stop(drainMs);
    await this.#ended;
    if (this.#background.size === 0 || drainMs === 0) return;
    const timeout = new AbortController();
    const rest = Promise.allSettled(this.#background);
    await Promise.race([rest, delay(drainMs, undefined, { signal: timeout.signal })]);
    timeout.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #waitUntil(promise: Promise<unknown>): void {
    const background: Promise<unknown> = Promise.resolve(promise).then(
      () => this.#background.delete(background),
      (error: unknown) => {
        this.#background.delete(background);
        this.#reportError(error);
      },
    );
    this.#background.add(background);
  }

  #warnOfFlight(): void {
    const message = flightWarning(this.flight());
    if (message !== null) this.#warn(message, "PQQ_FLIGHT");
  }

  #warn(message: string, code: string): void {
    if (this.listenerCount("warning") > 0) this.emit("warning", message);
    else process.emitWarning(message, { code });
  }

  #reportHandshake(status: number, text: string): void {
    if (this.listenerCount("handshakeError") === 0) return;
    const { reason, remoteAddress, remotePort, ...info } = closeFacts(text);
    this.emit("handshakeError", errorFromStatus(status, reason, info), {
      remoteAddress,
      remotePort,
    });
  }

  #reportSigner(error: PqqError, scheme: string): void {
    if (this.listenerCount("signerError") > 0) {
      this.emit("signerError", error, scheme);
    } else if (!this.#hasWarnedOfSigner) {
      // An HSM that is down fails each handshake: one line is enough.
      this.#hasWarnedOfSigner = true;
      process.emitWarning(error);
    }
  }

  #reportError(error: unknown): void {
    if (this.listenerCount("error") > 0) this.emit("error", error);
    else process.emitWarning(error instanceof Error ? error : String(error));
  }
}

interface ListenerOwner extends RequestOwner {
  reportFile(request: FileRequest): void;
  reportHandshake(status: number, text: string): void;
  keyLog(line: string): void;
  onEnd(status: number): void;
}

/** The server's side of its endpoint. */
class ServerListener implements EndpointListener {
  endpoint: Endpoint | undefined;
  readonly #owner: ListenerOwner;
  readonly #connections = new SlotTable<PeerConnection>();

  constructor(owner: ListenerOwner) {
    this.#owner = owner;
  }

  onConnected(idLow: number, idHigh: number, _token: number, facts: string): void {
    const { endpoint } = this;
    if (endpoint === undefined) return;
    this.#connections.add(new PeerConnection(endpoint, idLow, idHigh, facts));
  }

  onClosed(idLow: number, idHigh: number, _token: number, status: number, facts: string): void {
    const connection = this.#connections.get(idLow, idHigh);
    if (connection !== undefined) this.#connections.remove(connection);
    else if (status !== 0) this.#owner.reportHandshake(status, facts);
  }

  onRequest(
    idLow: number,
    idHigh: number,
    connLow: number,
    connHigh: number,
    text: string,
    isEnd: boolean,
    datagramBytes: number,
  ): void {
    const { endpoint } = this;
    const connection = this.#connections.get(connLow, connHigh);
    if (endpoint === undefined || connection === undefined) return;
    const stream = new ServerStream(endpoint, this.#owner, connection, idLow, idHigh, text, isEnd);
    stream.datagramBytes = datagramBytes;
    endpoint.streams.add(stream);
    stream.handle();
  }

  onCommandFailed(type: number, idLow: number, idHigh: number, status: number): void {
    this.endpoint?.streams.get(idLow, idHigh)?.onCommandFailed(type, status);
  }

  onKeyLog(line: string): void {
    this.#owner.keyLog(line);
  }

  onEnd(status: number): void {
    this.#owner.onEnd(status);
  }

  onFile(idLow: number, idHigh: number, status: number, bytes: number, text: string): void {
    const connection = this.#connections.get(idLow, idHigh);
    if (connection === undefined) return;
    const [method = "", , , path = ""] = text.split("\0", 4);
    this.#owner.reportFile({ connection, method, path, status, bytes });
  }

  onGoingAway(): void {
    // Clients do not push, so their GOAWAY asks for nothing (RFC 9114 section 5.2).
  }

  onNewToken(): void {
    // Only servers give tokens.
  }

  onOpened(): void {
    // Only clients open streams.
  }

  onOpenFailed(): void {
    // Only clients open streams.
  }
}

/** Addresses for which a URL better says `localhost`. */
function isOfThisMachine(address: string): boolean {
  return (
    address === "::" || address === "0.0.0.0" || address === "::1" || address.startsWith("127.")
  );
}
