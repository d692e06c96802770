// SPDX-License-Identifier: MIT
// A request on its way through a server: from its event to the handler, and from the handler's response to commands.
import type { Connection } from "../connection.js";
import { errorFromStatus } from "../errors/index.js";
import { headerPairs, WireHeaders, type HeaderPair, type HeadersInit } from "../headers.js";
import { createServerRequest, type RequestParts, type ServerRequest } from "../request.js";
import {
  responseParts,
  type FileReference,
  type Response,
  type ResponseParts,
} from "../response.js";
import { Tunnel } from "../tunnel.js";
import type { Endpoint } from "./endpoint.js";
import { IncomingBody } from "./incoming.js";
import { cancelContent, MAX_WHOLE_BYTES, wholeSource, type ChunkedBody } from "./outgoing.js";
import {
  COMMAND_FILE,
  COMMAND_RESPOND,
  COMMAND_SEND_DATAGRAM,
  COMMAND_TRAILERS,
  COMMAND_WRITE,
  H3_INTERNAL_ERROR,
  H3_NO_ERROR,
  H3_REQUEST_CANCELLED,
  STATUS_BODY_TOO_LARGE,
  STATUS_CANCELLED,
  STATUS_STATE,
  WRITE_END,
} from "./rows.js";
import { Stream } from "./stream.js";
import { headerText, splitText } from "./text.js";

/** What a handler gets beside the request. */
export interface RequestContext {
  /** The connection that the request came on. */
  readonly connection: Connection;
  /** Work that outlives the response: `close` waits for it, and its failure is an `error` event. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
  /**
   * Accepts a CONNECT request with 200: its two halves become streams of bytes, and datagrams can be sent. Return the
   * tunnel from the handler, which may go on with it as long as it likes.
   *
   * @example
   * ```ts
   * const tunnel = context.accept();
   * context.waitUntil(tunnel.readable.pipeTo(tunnel.writable));
   * return tunnel;
   * ```
   * @throws TypeError for other methods and for fields that are not allowed; PqqError `PQQ_ERR_STATE` the second time.
   */
  readonly accept: (options?: AcceptOptions) => Tunnel;
  /**
   * Sends 103 (Early Hints, RFC 8297) before the response, so that the client can begin to load what the page will
   * need. Browsers look at `link` alone.
   *
   * @example
   * ```ts
   * context.earlyHints({ link: ["</style.css>; rel=preload; as=style"] });
   * ```
   * @throws TypeError for fields that are not allowed; PqqError `PQQ_ERR_STATE` behind the response.
   */
  readonly earlyHints: (hints: HeadersInit) => void;
  /**
   * Sends an interim response (RFC 9110 section 15.2): 100–199, not 101. `100` asks a client that sent
   * `expect: 100-continue` for its content; reading the content does so by itself.
   *
   * @throws RangeError for other statuses, TypeError for fields that are not allowed; PqqError `PQQ_ERR_STATE` behind
   * the response.
   */
  readonly sendInterim: (status: number, headers?: HeadersInit) => void;
}

/** Options of `context.accept`. */
export interface AcceptOptions {
  /** Fields of the response. */
  readonly headers?: HeadersInit | undefined;
}

/** What a handler may return. */
export type HandlerResult = Response | globalThis.Response | Tunnel;

/** Answers a request. Throwing, or rejecting, answers 500 without the error's text. */
export type Handler = (
  request: ServerRequest,
  context: RequestContext,
) => HandlerResult | Promise<HandlerResult>;

/** The server behind a request. */
export interface RequestOwner {
  readonly handler: Handler;
  /** Whether the handler sees CONNECT for that protocol; `""`: for none. */
  takesConnect(protocol: string): boolean;
  /** HTTP datagrams are enabled. */
  readonly datagrams: boolean;
  waitUntil(promise: Promise<unknown>): void;
  reportError(error: unknown): void;
}

const HEAD = "HEAD";
const CONNECT = "CONNECT";
const CONTINUE = 100;
const EARLY_HINTS = 103;
const EMPTY = new Uint8Array(0);
/** A true boolean of Structured Fields, with or without parameters (RFC 9297 section 3.4). */
const CAPSULES = /^\?1(?:;|$)/;
/** PQQ__MAX_CAPSULE_BYTES. */
const MAX_CAPSULE_BYTES = 65_535;
const GET = "GET";
const GET_TEXT = `${GET}\0`;

/** Scheme and authority of a request, and how they stand in its text. */
interface Origin {
  readonly scheme: string;
  readonly authority: string;
  readonly text: string;
}

/** That of the request before: most requests have the same, and need no strings of their own then. */
let lastOrigin: Origin = { scheme: "", authority: "", text: "\0\0" };

function originAt(text: string, start: number): Origin {
  if (text.startsWith(lastOrigin.text, start)) return lastOrigin;
  const authority = text.indexOf("\0", start) + 1;
  const end = text.indexOf("\0", authority);
  lastOrigin = {
    scheme: text.slice(start, authority - 1),
    authority: text.slice(authority, end),
    text: text.slice(start, end + 1),
  };
  return lastOrigin;
}

/** See the file's head. The members of RequestParts are made when they are asked for. */
export class ServerStream extends Stream implements RequestParts {
  readonly keepsAlive = false;
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly protocol: string;
  readonly #owner: RequestOwner;
  readonly #connection: Connection;
  readonly #text: string;
  /** Where the fields begin in the text; behind its end if there are none. */
  readonly #fieldsAt: number;
  #abort: AbortController | undefined;
  #failure: Error | undefined;
  /** What the reader of content over `maxRequestBodyBytes` has got. */
  #tooLarge: Error | undefined;
  #hasResponded = false;
  #isSent = false;
  /** libpqq has not taken the response. */
  #isRefused = false;
  /** The client holds its content back until it hears 100 or the response. */
  #isContinueAwaited = false;

  constructor(
    endpoint: Endpoint,
    owner: RequestOwner,
    connection: Connection,
    low: number,
    high: number,
    text: string,
    isEnd: boolean,
  ) {
    super(endpoint);
    this.idLow = low;
    this.idHigh = high;
    this.#owner = owner;
    this.#connection = connection;
    // native/addon/event_text.h: method, scheme, authority, path, protocol, then the fields.
    this.method = text.startsWith(GET_TEXT) ? GET : text.slice(0, text.indexOf("\0"));
    const scheme = this.method.length + 1;
    const origin = originAt(text, scheme);
    const path = scheme + origin.text.length;
    const protocol = text.indexOf("\0", path) + 1;
    const end = text.indexOf("\0", protocol);
    this.scheme = origin.scheme;
    this.authority = origin.authority;
    this.path = text.slice(path, protocol - 1);
    this.protocol = end < 0 ? text.slice(protocol) : text.slice(protocol, end);
    this.#text = text;
    this.#fieldsAt = end < 0 ? text.length : end + 1;
    if (isEnd) return;
    this.incoming = new IncomingBody(this);
    this.#isContinueAwaited =
      text.includes("expect", this.#fieldsAt) &&
      this.#field("expect")?.toLowerCase() === "100-continue";
  }

  get headers(): readonly string[] {
    return splitText(this.#text.slice(this.#fieldsAt));
  }

  get body(): IncomingBody | null {
    return this.incoming;
  }

  signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#failure !== undefined) this.#abort.abort(this.#failure);
    }
    return this.#abort.signal;
  }

  /** Calls the handler and sends what it returns. Never throws. */
  handle(): void {
    if (this.method === CONNECT && !this.#owner.takesConnect(this.protocol)) {
      this.#answer(501);
      return;
    }
    let request: ServerRequest;
    try {
      request = createServerRequest(this);
    } catch {
      this.#answer(400);
      return;
    }
    try {
      const context = new Context(this, this.#owner, this.#connection);
      const result = this.#owner.handler(request, context);
      if (isPromise(result)) {
        result.then(
          (response) => {
            this.#respond(response);
          },
          (error: unknown) => {
            this.#fail(error);
          },
        );
      } else {
        this.#respond(result);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponse(): void {
    // Only clients get responses.
  }

  /** See RequestContext. A client that has cancelled is not told. */
  sendInterim(status: number, headers: HeadersInit): void {
    if (!Number.isInteger(status) || status < 100 || status > 199 || status === 101) {
      throw new RangeError(`status: expected 100–199 and not 101, received ${status}`);
    }
    const pairs = headerPairs(headers).filter(([name]) => name !== "content-length");
    if (this.#hasResponded) {
      throw errorFromStatus(STATUS_STATE, "an interim response behind the final one");
    }
    if (this.isClosed) return;
    if (status === CONTINUE) this.#isContinueAwaited = false;
    const text = headerText(pairs);
    this.commands.respond(this.idLow, this.idHigh, status, text, pairs.length, null, 0);
  }

  /** See RequestContext. */
  accept(options: AcceptOptions): Tunnel {
    if (this.method !== CONNECT) throw new TypeError(`accept: ${this.method} is not CONNECT`);
    const pairs = headerPairs(options.headers ?? {});
    if (this.#hasResponded) throw errorFromStatus(STATUS_STATE, "the request was answered");
    this.#hasResponded = true;
    if (this.#speaksCapsules(pairs)) this.datagrams.maxBytes = MAX_CAPSULE_BYTES;
    const text = headerText(pairs);
    if (!this.isClosed) {
      this.commands.respond(this.idLow, this.idHigh, 200, text, pairs.length, null, 0);
    }
    const tunnel = this.openTunnel({
      protocol: this.protocol === "" ? null : this.protocol,
      headers: new WireHeaders(this.headers).toHeaders(),
      connection: this.#connection,
    });
    if (this.#failure !== undefined) this.fail(this.#failure);
    return tunnel;
  }

  /** Somebody wants to read the content (RFC 9110 section 10.1.1). */
  override onTaken(): void {
    if (this.#isContinueAwaited && !this.#hasResponded) this.sendInterim(CONTINUE, {});
  }

  onCommandFailed(type: number, status: number): void {
    if (type === COMMAND_SEND_DATAGRAM) this.datagrams.noteDropped();
    const isResponse = type === COMMAND_RESPOND || type === COMMAND_FILE;
    if (!isResponse && type !== COMMAND_TRAILERS && type !== COMMAND_WRITE) return;
    const error = errorFromStatus(status, `response to ${this.method} ${this.path}`);
    this.pump?.stop(error);
    this.#owner.reportError(error);
    if (isResponse && this.#hasResponded && !this.#isRefused) {
      this.#isRefused = true;
      this.#answer(500);
      return;
    }
    // An interim response that was not sent is missed by nobody.
    if (isResponse) return;
    this.abandon(H3_INTERNAL_ERROR, error);
  }

  override onStopped(wireCode: number): void {
    super.onStopped(wireCode);
    if (this.isTunnel) return;
    this.onFailed(
      errorFromStatus(STATUS_CANCELLED, undefined, { wireCode: BigInt(wireCode), remote: true }),
    );
  }

  /** Of content that is too large its reader hears, and what the handler then answers is sent; else libpqq has answered. */
  protected override onOverLimit(error: Error, status: number): void {
    if (status === STATUS_BODY_TOO_LARGE) {
      this.#tooLarge = error;
      this.incoming?.fail(error);
    } else {
      this.fail(error);
    }
  }

  onSourceFailed(error: unknown): void {
    if (this.isTunnel) {
      // Whoever wrote has given up its half.
      this.commands.stopWriting(this.idLow, this.idHigh, H3_REQUEST_CANCELLED);
      return;
    }
    this.#owner.reportError(error);
    this.abandon(H3_INTERNAL_ERROR, error);
  }

  /** The response is out: a request body that nobody has begun to read is not needed (RFC 9114 section 4.1). */
  onSent(): void {
    this.#isSent = true;
    if (this.incoming !== null && !this.incoming.isTaken) this.incoming.cancel();
  }

  protected readonly stopReadingCode = H3_NO_ERROR;

  protected onFailed(error: Error): void {
    // Behind the response there is nothing left to abort.
    if (this.#isSent) return;
    this.#failure ??= error;
    this.#abort?.abort(this.#failure);
  }

  /** As libpqq decides (pqq_engine_send_datagram): both ends have said so, of CONNECT with a protocol. */
  #speaksCapsules(response: readonly HeaderPair[]): boolean {
    if (!this.#owner.datagrams || this.protocol === "") return false;
    const ours = response.find(([name]) => name === "capsule-protocol")?.[1];
    return CAPSULES.test(ours ?? "") && CAPSULES.test(this.#field("capsule-protocol") ?? "");
  }

  #field(wanted: string): string | undefined {
    const fields = this.headers;
    for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i] === wanted) return fields[i + 1];
    return undefined;
  }

  #respond(response: HandlerResult): void {
    if (response instanceof Tunnel) return;
    let parts: ResponseParts;
    try {
      parts = responseParts(response);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (parts.file !== undefined) {
      this.#sendFile(parts.file, parts.headers);
      return;
    }
    const body = parts.body instanceof ArrayBuffer ? new Uint8Array(parts.body) : parts.body;
    // A client that has cancelled wants nothing; a source of content has to be told.
    if (this.isClosed || this.#failure !== undefined) {
      cancelContent(body, this.#failure);
      return;
    }
    try {
      this.#send(parts, body);
    } catch (error) {
      cancelContent(body, error);
      this.#fail(error);
    }
  }

  #send(parts: ResponseParts, body: string | Uint8Array | ChunkedBody | null): void {
    this.#hasResponded = true;
    const { status, trailers } = parts;
    const isWhole = body === null || typeof body === "string" || body instanceof Uint8Array;
    const hasNoContent = this.method === HEAD || status === 204 || status === 205 || status === 304;
    if (isWhole && !hasNoContent && trailers === null && (body?.length ?? 0) <= MAX_WHOLE_BYTES) {
      this.#begin(parts, body, undefined, WRITE_END);
      this.onSent();
      return;
    }
    this.#begin(parts, null, isWhole ? body : undefined, hasNoContent ? WRITE_END : 0);
    if (hasNoContent) {
      cancelContent(body, undefined);
      this.onSent();
    } else {
      this.sendPieces(isWhole ? wholeSource(body ?? EMPTY) : body, trailers);
    }
  }

  /** What has come of a request's fields belongs into the command: the network thread keeps none. */
  #sendFile({ folder, request }: FileReference, headers: readonly HeaderPair[]): void {
    if (this.isClosed || this.#failure !== undefined) return;
    this.#hasResponded = true;
    const text = headerText([...request, ...headers]);
    const count = request.length + headers.length;
    try {
      this.commands.file(this.idLow, this.idHigh, folder, text, count, request.length);
      this.onSent();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends the header section; `measured` is content that follows later or, for HEAD, not at all. */
  #begin(
    parts: ResponseParts,
    body: string | Uint8Array | null,
    measured: string | Uint8Array | null | undefined,
    flags: number,
  ): void {
    const isLengthKnown = body !== null || (measured !== undefined && measured !== null);
    let text = "";
    let count = 0;
    // RFC 9110 section 8.6: never with 204. Handlers set it nevertheless.
    const dropsLength = isLengthKnown || parts.status === 204;
    for (const pair of parts.headers) {
      const name = pair[0];
      if (dropsLength && name === "content-length") continue;
      text += count === 0 ? name : `\0${name}`;
      text += `\0${pair[1]}`;
      count += 1;
    }
    if (measured !== undefined && measured !== null) {
      text += `${count === 0 ? "" : "\0"}content-length\0${Buffer.byteLength(measured)}`;
      count += 1;
    }
    this.commands.respond(this.idLow, this.idHigh, parts.status, text, count, body, flags);
  }

  #fail(error: unknown): void {
    // What the peer's own cancellation, or its too large content, made fail is no news.
    const status = error !== undefined && error === this.#tooLarge ? 413 : 500;
    if (error !== this.#failure && status === 500) this.#owner.reportError(error);
    if (this.#hasResponded) this.abandon(H3_INTERNAL_ERROR, error);
    else this.#answer(status);
  }

  /** An answer of our own, without content. */
  #answer(status: number): void {
    if (this.isClosed) return;
    this.#hasResponded = true;
    const headers: readonly HeaderPair[] = [];
    this.#begin({ status, headers, body: null, trailers: null }, EMPTY, undefined, WRITE_END);
    this.onSent();
  }
}

/** Its functions work when they are taken out of it; they are made for those who want them. */
class Context implements RequestContext {
  readonly connection: Connection;
  readonly #stream: ServerStream;
  readonly #owner: RequestOwner;

  constructor(stream: ServerStream, owner: RequestOwner, connection: Connection) {
    this.connection = connection;
    this.#stream = stream;
    this.#owner = owner;
  }

  get accept(): (options?: AcceptOptions) => Tunnel {
    const stream = this.#stream;
    return (options = {}) => stream.accept(options);
  }

  get earlyHints(): (hints: HeadersInit) => void {
    const stream = this.#stream;
    return (hints) => {
      stream.sendInterim(EARLY_HINTS, hints);
    };
  }

  get sendInterim(): (status: number, headers?: HeadersInit) => void {
    const stream = this.#stream;
    return (status, headers = {}) => {
      stream.sendInterim(status, headers);
    };
  }

  get waitUntil(): (promise: Promise<unknown>) => void {
    const owner = this.#owner;
    return (promise) => {
      owner.waitUntil(promise);
    };
  }
}

/** Whether a handler will have its result later. */
export function isPromise(
  result: HandlerResult | Promise<HandlerResult>,
): result is Promise<HandlerResult> {
  return typeof (result as { then?: unknown } | undefined)?.then === "function";
}
