// SPDX-License-Identifier: MIT
// The light Response. A global `new Response("…")` costs more than the rest of a request; this one keeps what it was
// given and makes Headers and streams only for those who ask.
import type { ReadableStream } from "node:stream/web";
import { Content, checkBody, type Body } from "./content.js";
import {
  headerPairs,
  toHeaders,
  WireHeaders,
  type HeaderPair,
  type HeadersInit,
} from "./headers.js";
import type { BodySource } from "./internal/body.js";

/** Trailer fields, or a function that is called when the content has ended. */
export type TrailersInit = HeadersInit | (() => HeadersInit | Promise<HeadersInit>);

/** Options of {@link Response}. */
export interface ResponseInit {
  /** 200–599. @defaultValue 200 */
  readonly status?: number | undefined;
  /** Header fields. Without `content-type`, a string gets `text/plain;charset=UTF-8`. */
  readonly headers?: HeadersInit | WireHeaders | undefined;
  /** Fields to send behind the content, such as a checksum (RFC 9114 section 4.1). */
  readonly trailers?: TrailersInit | undefined;
}

/** A file that the network thread is to send. */
export interface FileReference {
  /** The folder's number. */
  readonly folder: number;
  /** Fields of the request, pseudo-header fields first. */
  readonly request: readonly HeaderPair[];
}

/** What goes over the wire. */
export interface ResponseParts {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly body: Body | null;
  /** Called once, when the content has ended. */
  readonly trailers: (() => Promise<readonly HeaderPair[]>) | null;
  /** Takes the place of status and content. */
  readonly file?: FileReference | undefined;
}

const TEXT: readonly HeaderPair[] = [["content-type", "text/plain;charset=UTF-8"]];
const JSON_TYPE: HeaderPair = ["content-type", "application/json"];
const NO_HEADERS: readonly HeaderPair[] = [];
/** Statuses whose responses have no content (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

let partsOf: (response: Response) => ResponseParts;
let setFile: (response: Response, file: FileReference) => void;
let hasFile: (response: Response) => boolean;

/**
 * A response: what a handler returns and what a client gets. It reads like fetch's.
 *
 * @example
 * ```ts
 * new Response("not here\n", { status: 404 });
 * Response.json({ ok: true }, { headers: { "cache-control": "no-store" } });
 * ```
 */
export class Response {
  /** The HTTP status. */
  readonly status: number;
  readonly #body: Body | BodySource | null;
  readonly #trailers: TrailersInit | undefined;
  #pairs: readonly HeaderPair[] | WireHeaders;
  #headers: Headers | undefined;
  #content: Content | undefined;
  #file: FileReference | undefined;

  /**
   * @param body - Content. Bytes are not copied: do not change them afterwards.
   * @throws RangeError if the status is out of range; TypeError if a header field, or content of this type or with
   * this status, is not allowed.
   */
  constructor(body?: Body | BodySource | null, init?: ResponseInit) {
    this.status = init?.status ?? 200;
    this.#body = typeof body === "string" ? body : checkBody(body);
    this.#trailers = init?.trailers;
    this.#pairs = initialHeaders(init?.headers, typeof body === "string");
    if (this.status !== 200) checkStatus(this.status, this.#body !== null);
  }

  static {
    partsOf = (response) => response.#toParts();
    hasFile = (response) => response.#file !== undefined;
    setFile = (response, file) => {
      response.#file = file;
    };
  }

  /**
   * A response with `value` as JSON.
   *
   * @throws TypeError if `value` cannot be serialised.
   */
  static json(value: unknown, init: ResponseInit = {}): Response {
    // Typed as string, but undefined for what JSON does not have, such as a function.
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError("Response.json: the value has no JSON form");
    const { headers, ...rest } = init;
    const response = new Response(text, rest);
    const given = headers === undefined ? NO_HEADERS : headerPairs(headers);
    response.#pairs = hasContentType(given) ? given : [...given, JSON_TYPE];
    return response;
  }

  /** Whether the status is 200–299. */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** Header fields. Changes to them are sent, if the response has not been sent yet. */
  get headers(): Headers {
    if (this.#headers === undefined) {
      const pairs = this.#pairs;
      this.#headers = pairs instanceof WireHeaders ? pairs.toHeaders() : toHeaders(pairs);
    }
    return this.#headers;
  }

  /** The content as a stream, or null. Made when first asked for. */
  get body(): ReadableStream<Uint8Array> | null {
    return this.#readable().stream();
  }

  /** Whether the content has been read, or its reading has begun. */
  get bodyUsed(): boolean {
    return this.#content?.isUsed ?? false;
  }

  /** Trailer fields, empty if there are none. Of a received response: resolves when its content has been read. */
  get trailers(): Promise<Headers> {
    const body = this.#body;
    if (body !== null && typeof body === "object" && "trailers" in body)
      return body.trailers.then(toHeaders);
    return resolveTrailers(this.#trailers).then(toHeaders);
  }

  /** The content as text (UTF-8). */
  text(): Promise<string> {
    return this.#readable().text();
  }

  /** The content parsed as JSON. Rejects with a SyntaxError if it is none. */
  json(): Promise<unknown> {
    return this.#readable().json();
  }

  /** The content as bytes. */
  bytes(): Promise<Uint8Array> {
    return this.#readable().bytes();
  }

  /** The content as an ArrayBuffer of its own. */
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#readable().arrayBuffer();
  }

  /** The content as a Blob with the response's content type. */
  blob(): Promise<Blob> {
    return this.#readable().blob(this.headers.get("content-type") ?? "");
  }

  #readable(): Content {
    if (this.#file !== undefined)
      throw new TypeError("the content of a file is read by the server that sends it, not here");
    this.#content ??= new Content(this.#body);
    return this.#content;
  }

  #toParts(): ResponseParts {
    const trailers = this.#trailers;
    const body = this.#body;
    if (this.#file !== undefined) {
      const headers = this.#headers === undefined ? NO_HEADERS : headerPairs(this.#headers);
      return { status: this.status, headers, body: null, trailers: null, file: this.#file };
    }
    return {
      status: this.status,
      headers: this.#headers === undefined ? this.#givenPairs() : headerPairs(this.#headers),
      body: this.#content === undefined && isWhole(body) ? body : this.#readable().take(),
      trailers: trailers === undefined ? null : () => resolveTrailers(trailers),
    };
  }

  #givenPairs(): readonly HeaderPair[] {
    return this.#pairs instanceof WireHeaders ? headerPairs(this.#pairs) : this.#pairs;
  }
}

/** A response whose content the network thread finds. */
export function fileResponse(folder: number, request: readonly HeaderPair[]): Response {
  const response = new Response(null);
  setFile(response, { folder, request });
  return response;
}

/** Whether the network thread finds the content. */
export function isFileResponse(response: Response | globalThis.Response): boolean {
  return response instanceof Response && hasFile(response);
}

/**
 * Takes a handler's response apart for sending. A global `Response` is taken as well.
 *
 * @throws TypeError if it is no response, or its content has been read.
 */
export function responseParts(response: Response | globalThis.Response): ResponseParts {
  if (response instanceof Response) return partsOf(response);
  if (!isForeignResponse(response)) {
    throw new TypeError(`a handler returned ${String(response)} instead of a Response`);
  }
  if (response.bodyUsed)
    throw new TypeError("a handler returned a Response whose body has been read");
  return {
    status: response.status,
    headers: headerPairs(response.headers),
    body: response.body as ReadableStream<Uint8Array> | null,
    trailers: null,
  };
}

function isWhole(body: Body | BodySource | null): body is string | Uint8Array | null {
  return body === null || typeof body === "string" || body instanceof Uint8Array;
}

/** Not by instanceof: frameworks bring their own subclasses and realms. */
function isForeignResponse(value: unknown): value is globalThis.Response {
  return typeof value === "object" && value !== null && "status" in value && "headers" in value;
}

function initialHeaders(
  init: HeadersInit | WireHeaders | undefined,
  isText: boolean,
): readonly HeaderPair[] | WireHeaders {
  if (init === undefined) return isText ? TEXT : NO_HEADERS;
  if (init instanceof WireHeaders) return init;
  const pairs = headerPairs(init);
  return isText && !hasContentType(pairs) ? [...pairs, ...TEXT] : pairs;
}

function hasContentType(pairs: readonly HeaderPair[]): boolean {
  return pairs.some(([name]) => name === "content-type");
}

function checkStatus(status: number, hasBody: boolean): void {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`status: expected an integer 200–599, received ${String(status)}`);
  }
  if (hasBody && NULL_BODY_STATUSES.has(status)) {
    throw new TypeError(`a response with status ${String(status)} has no content`);
  }
}

async function resolveTrailers(init: TrailersInit | undefined): Promise<readonly HeaderPair[]> {
  if (init === undefined) return NO_HEADERS;
  return headerPairs(typeof init === "function" ? await init() : init);
}
