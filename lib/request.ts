// SPDX-License-Identifier: MIT
// The request a handler gets: a Request by every outward sign, of which nothing is made before it is asked for.
import type { ReadableStream } from "node:stream/web";
import { Content } from "./content.js";
import { PqqError } from "./errors/index.js";
import { toHeaders, WireHeaders } from "./headers.js";
import type { BodySource } from "./internal/body.js";

/** A request as it came over the wire. */
export interface RequestParts {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  /** Of CONNECT (RFC 9220); empty if there is none. */
  readonly protocol: string;
  /** n0, v0, n1, v1, … without pseudo-header fields. */
  readonly headers: readonly string[];
  readonly body: BodySource | null;
  /** Aborts when the peer cancels. Called when somebody asks for the signal. */
  signal(): AbortSignal;
}

/**
 * Makes the request that a handler gets.
 *
 * @throws PqqError `PQQ_ERR_URL_INVALID` if scheme, authority and path are no URL: answer 400.
 */
export function createServerRequest(parts: RequestParts): ServerRequest {
  linkPrototype();
  return new ServerRequest(parts, requestUrl(parts));
}

/**
 * A received request. It is `instanceof Request` and reads like one; the global `Request` is not constructed, which
 * would cost more than all the rest. Code that builds on the internals of a real one, such as
 * `new Request(request, init)`, wants `toRequest()` or {@link webHandler}.
 */
export class ServerRequest implements globalThis.Request {
  /** The method, such as `"GET"`. */
  readonly method: string;
  /** The absolute URL. */
  readonly url: string;
  readonly #parts: RequestParts;
  #content: Content | undefined;
  #headers: Headers | undefined;

  /** @internal */
  constructor(parts: RequestParts, url: string, content?: Content) {
    this.method = parts.method;
    this.url = url;
    this.#parts = parts;
    this.#content = content;
  }

  /** What CONNECT asks to speak (RFC 9220), such as `"websocket"`; null in other requests. Not in fetch's Request. */
  get protocol(): string | null {
    return this.#parts.protocol === "" ? null : this.#parts.protocol;
  }

  /** Header fields. Cookies that came in several fields are one. */
  get headers(): Headers {
    this.#headers ??= new WireHeaders(this.#parts.headers).toHeaders();
    return this.#headers;
  }

  /** Aborts when the client cancels the request or its connection ends. */
  get signal(): AbortSignal {
    return this.#parts.signal();
  }

  /** The content as a stream, or null. Made when first asked for. */
  get body(): ReadableStream<Uint8Array> | null {
    return this.#readable().stream();
  }

  /** Whether the content has been read, or its reading has begun. */
  get bodyUsed(): boolean {
    return this.#content?.isUsed ?? false;
  }

  /** Trailer fields; resolves when the content has been read. Not in fetch's Request. */
  get trailers(): Promise<Headers> {
    return this.#parts.body?.trailers.then(toHeaders) ?? Promise.resolve(new Headers());
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

  /** The content as a Blob with the request's content type. */
  blob(): Promise<Blob> {
    return this.#readable().blob(this.#contentType);
  }

  /** A multipart or URL-encoded form. All of it is held in memory. */
  formData(): Promise<FormData> {
    return this.#readable().formData(this.#contentType);
  }

  /** A second request with the same content; both can be read. */
  clone(): ServerRequest {
    return new ServerRequest(this.#parts, this.url, this.#readable().clone());
  }

  /**
   * A global `Request` with the same content; read one of the two.
   *
   * Content of GET and HEAD is left out, because fetch forbids it.
   *
   * @throws TypeError for CONNECT and TRACE, which fetch forbids as well.
   */
  toRequest(): globalThis.Request {
    const { method, headers, signal } = this;
    const body = method === "GET" || method === "HEAD" ? null : this.body;
    return new globalThis.Request(this.url, { method, headers, signal, body, duplex: "half" });
  }

  // What fetch's Request says when it is made from a URL: a server has nothing better to say. Getters, because
  // fields would cost every request.
  /* eslint-disable @typescript-eslint/class-literal-property-style */

  /** Always `"default"`. */
  get cache(): RequestCache {
    return "default";
  }

  /** Always `"same-origin"`. */
  get credentials(): RequestCredentials {
    return "same-origin";
  }

  /** Always empty. */
  get destination(): RequestDestination {
    return "";
  }

  /** Always `"half"`. */
  get duplex(): RequestDuplex {
    return "half";
  }

  /** Always empty. */
  get integrity(): string {
    return "";
  }

  /** Always false. */
  get isHistoryNavigation(): boolean {
    return false;
  }

  /** Always false. */
  get isReloadNavigation(): boolean {
    return false;
  }

  /** Always false. */
  get keepalive(): boolean {
    return false;
  }

  /** Always `"cors"`. */
  get mode(): RequestMode {
    return "cors";
  }

  /** Always `"follow"`. */
  get redirect(): RequestRedirect {
    return "follow";
  }

  /** Always `"about:client"`; what the client sent is in `headers`. */
  get referrer(): string {
    return "about:client";
  }

  /** Always empty. */
  get referrerPolicy(): ReferrerPolicy {
    return "";
  }

  get [Symbol.toStringTag](): string {
    return "Request";
  }

  /* eslint-enable @typescript-eslint/class-literal-property-style */

  /** What console.log shows. */
  [Symbol.for("nodejs.util.inspect.custom")](
    _depth: number,
    options: object,
    inspect: (value: object, options: object) => string,
  ): string {
    const { method, url, bodyUsed } = this;
    const headers = Object.fromEntries(this.headers);
    return `ServerRequest ${inspect({ method, url, headers, bodyUsed }, options)}`;
  }

  #readable(): Content {
    this.#content ??= new Content(this.#parts.body);
    return this.#content;
  }

  get #contentType(): string {
    return this.headers.get("content-type") ?? "";
  }
}

type RequestCache = globalThis.Request["cache"];
type RequestCredentials = globalThis.Request["credentials"];
type RequestDestination = globalThis.Request["destination"];
type RequestDuplex = globalThis.Request["duplex"];
type RequestMode = globalThis.Request["mode"];
type RequestRedirect = globalThis.Request["redirect"];
type ReferrerPolicy = globalThis.Request["referrerPolicy"];

/**
 * Makes a handler of a fetch-style function that needs real `Request`s, such as a web framework's `app.fetch`. The
 * second argument is the handler's context; what frameworks call their environment or bindings.
 *
 * @example
 * ```ts
 * await Server.serve({ identity }, webHandler(app.fetch));
 * ```
 */
export function webHandler<Context, Result>(
  fetchLike: (request: globalThis.Request, context: Context) => Result,
): (request: ServerRequest, context: Context) => Result {
  return (request, context) => fetchLike(request.toRequest(), context);
}

let isLinked = false;

/** Puts Request.prototype behind ours. At the first request: naming `Request` makes Node.js load all of fetch. */
function linkPrototype(): void {
  if (isLinked) return;
  Object.setPrototypeOf(ServerRequest.prototype, globalThis.Request.prototype);
  isLinked = true;
}

/** Paths and authorities that a URL parser leaves as they are; nearly all. */
const PLAIN_PATH = /^(?:\/(?!\.)[!$&()*+,\-.0-9:;=?@A-Z_a-z~]*)+$/;
/** The same with percent-encoding, which may hide a dot. */
const PLAIN_ENCODED_PATH = /^(?=\/)(?:(?!\/\.|%2e)[!$%&()*+,\-./0-9:;=?@A-Z_a-z~])*$/i;
const PLAIN_AUTHORITY =
  /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z])|\[::1\]|127\.0\.0\.1)(?::(?:[1-9][0-9]{1,3}|[1-5][0-9]{4}))?$/;
const DEFAULT_PORT = ":443";
/** What would make a part of the authority something else. User information is not allowed (RFC 9114 section 4.3.1). */
const NOT_IN_AUTHORITY = /[/?#@\\]/;

/** The authority for which a plain path was last found to make a URL of https, and that URL up to the path. */
let lastAuthority: string | undefined;
let lastOrigin = "";

function requestUrl(parts: RequestParts): string {
  const { authority } = parts;
  if (authority === lastAuthority && parts.scheme === "https" && PLAIN_PATH.test(parts.path))
    return lastOrigin + parts.path;
  // Plain CONNECT names whom to connect to and nothing else (RFC 9114 section 4.4).
  const isPlainConnect = parts.method === "CONNECT" && parts.protocol === "";
  const scheme = isPlainConnect ? "https" : parts.scheme;
  const path = isPlainConnect ? "/" : parts.path;
  const url = `${scheme}://${authority}${path}`;
  const isPlainOrigin =
    scheme === "https" && PLAIN_AUTHORITY.test(authority) && !authority.endsWith(DEFAULT_PORT);
  if (isPlainOrigin && PLAIN_ENCODED_PATH.test(path)) {
    lastAuthority = authority;
    lastOrigin = `https://${authority}`;
    return url;
  }
  if (authority === "" || NOT_IN_AUTHORITY.test(authority)) throw invalidUrl(url);
  // `OPTIONS *` asks about the server, not about a path (RFC 9110 section 7.1).
  const absolute = path.startsWith("/")
    ? url
    : `${scheme}://${authority}/${path === "*" ? "" : path}`;
  try {
    const parsed = new URL(absolute);
    parsed.hash = "";
    return parsed.href;
  } catch (cause) {
    throw invalidUrl(absolute, cause);
  }
}

function invalidUrl(url: string, cause?: unknown): PqqError {
  return new PqqError("PQQ_ERR_URL_INVALID", { detail: JSON.stringify(url), cause });
}
