// SPDX-License-Identifier: MIT
// A request on its way through a server: from its event to the handler, and from the handler's response to commands.
import type { Connection } from "../connection.js";
import { errorFromStatus } from "../errors/index.js";
import type { HeaderPair } from "../headers.js";
import { createServerRequest, type RequestParts, type ServerRequest } from "../request.js";
import {
  responseParts,
  type FileReference,
  type Response,
  type ResponseParts,
} from "../response.js";
import type { Endpoint } from "./endpoint.js";
import { httpDate } from "./http_date.js";
import { IncomingBody } from "./incoming.js";
import { MAX_WHOLE_BYTES, wholeSource, type ChunkedBody } from "./outgoing.js";
import {
  COMMAND_FILE,
  COMMAND_RESPOND,
  COMMAND_TRAILERS,
  H3_INTERNAL_ERROR,
  H3_NO_ERROR,
  STATUS_CANCELLED,
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
}

/** What a handler may return. */
export type HandlerResult = Response | globalThis.Response;

/** Answers a request. Throwing, or rejecting, answers 500 without the error's text. */
export type Handler = (
  request: ServerRequest,
  context: RequestContext,
) => HandlerResult | Promise<HandlerResult>;

/** The server behind a request. */
export interface RequestOwner {
  readonly handler: Handler;
  readonly maxRequestBodyBytes: number;
  waitUntil(promise: Promise<unknown>): void;
  reportError(error: unknown): void;
}

const HEAD = "HEAD";
const EMPTY = new Uint8Array(0);

/** See the file's head. The members of RequestParts are made when they are asked for. */
export class ServerStream extends Stream implements RequestParts {
  readonly keepsAlive = false;
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly #owner: RequestOwner;
  readonly #connection: Connection;
  readonly #fields: string;
  #abort: AbortController | undefined;
  #failure: Error | undefined;
  #hasResponded = false;
  #isSent = false;

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
    // native/addon/event_text.h: method, scheme, authority, path, then the fields.
    const scheme = text.indexOf("\0") + 1;
    const authority = text.indexOf("\0", scheme) + 1;
    const path = text.indexOf("\0", authority) + 1;
    const end = text.indexOf("\0", path);
    this.method = text.slice(0, scheme - 1);
    this.scheme = text.slice(scheme, authority - 1);
    this.authority = text.slice(authority, path - 1);
    this.path = end < 0 ? text.slice(path) : text.slice(path, end);
    this.#fields = end < 0 ? "" : text.slice(end + 1);
    if (!isEnd) this.incoming = new IncomingBody(this, owner.maxRequestBodyBytes);
  }

  get headers(): readonly string[] {
    return splitText(this.#fields);
  }

  get body(): IncomingBody | null {
    return this.incoming;
  }

  readonly signal = (): AbortSignal => {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#failure !== undefined) this.#abort.abort(this.#failure);
    }
    return this.#abort.signal;
  };

  /** Calls the handler and sends what it returns. Never throws. */
  handle(): void {
    if (this.#isTooLarge()) {
      this.#answer(413);
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
      const context = new Context(this.#owner, this.#connection);
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

  onCommandFailed(type: number, status: number): void {
    if (type !== COMMAND_RESPOND && type !== COMMAND_TRAILERS && type !== COMMAND_FILE) return;
    const error = errorFromStatus(status, `response to ${this.method} ${this.path}`);
    this.pump?.stop(error);
    this.#owner.reportError(error);
    if (type === COMMAND_RESPOND) this.#answer(500);
    else this.abandon(H3_INTERNAL_ERROR, error);
  }

  override onStopped(wireCode: number): void {
    super.onStopped(wireCode);
    this.onFailed(
      errorFromStatus(STATUS_CANCELLED, undefined, { wireCode: BigInt(wireCode), remote: true }),
    );
  }

  onSourceFailed(error: unknown): void {
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

  #isTooLarge(): boolean {
    const limit = this.#owner.maxRequestBodyBytes;
    if (limit === Infinity || this.incoming === null) return false;
    const fields = this.headers;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      if (fields[i] === "content-length" && Number(fields[i + 1]) > limit) return true;
    }
    return false;
  }

  #respond(response: HandlerResult): void {
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
      cancelSource(body, this.#failure);
      return;
    }
    try {
      this.#send(parts, body);
    } catch (error) {
      cancelSource(body, error);
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
      cancelSource(body, undefined);
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
    let hasDate = false;
    for (const pair of parts.headers) {
      const name = pair[0];
      if (isLengthKnown && name === "content-length") continue;
      if (name === "date") hasDate = true;
      text += count === 0 ? name : `\0${name}`;
      text += `\0${pair[1]}`;
      count += 1;
    }
    if (!hasDate) {
      text += count === 0 ? `date\0${httpDate()}` : `\0date\0${httpDate()}`;
      count += 1;
    }
    if (measured !== undefined && measured !== null) {
      text += `\0content-length\0${Buffer.byteLength(measured)}`;
      count += 1;
    }
    this.commands.respond(this.idLow, this.idHigh, parts.status, text, count, body, flags);
  }

  #fail(error: unknown): void {
    // What the peer's own cancellation made fail is no news.
    if (error !== this.#failure) this.#owner.reportError(error);
    if (this.#hasResponded) this.abandon(H3_INTERNAL_ERROR, error);
    else this.#answer(500);
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

/** `waitUntil` works when it is taken out of its object; it is made for those who want it. */
class Context implements RequestContext {
  readonly connection: Connection;
  readonly #owner: RequestOwner;

  constructor(owner: RequestOwner, connection: Connection) {
    this.connection = connection;
    this.#owner = owner;
  }

  get waitUntil(): (promise: Promise<unknown>) => void {
    const owner = this.#owner;
    return (promise) => {
      owner.waitUntil(promise);
    };
  }
}

function isPromise(
  result: HandlerResult | Promise<HandlerResult>,
): result is Promise<HandlerResult> {
  return typeof (result as { then?: unknown } | undefined)?.then === "function";
}

/** Tells a source of content that nobody will read it. */
function cancelSource(body: string | Uint8Array | ChunkedBody | null, reason: unknown): void {
  if (body === null || typeof body === "string" || body instanceof Uint8Array) return;
  const cancelled =
    "getReader" in body ? body.cancel(reason) : body[Symbol.asyncIterator]().return?.();
  Promise.resolve(cancelled).catch(() => undefined);
}
