// SPDX-License-Identifier: MIT
// From what callers write to what a client sends, and on to the next request when the answer is a redirect.
import {
  parseRequire,
  type ClientConfig,
  type Requirement,
  type Requirements,
} from "../config/index.js";
import { errorFromStatus, RedirectError } from "../errors/index.js";
import { headerPairs, TOKEN, type HeaderPair, type HeadersInit } from "../headers.js";
import type { TrailersInit } from "../response.js";
import type { InterimListener, WireRequest } from "./client_stream.js";
import { acceptEncoding } from "./decode.js";
import type { Origin } from "./origin_pool.js";
import {
  exactly,
  inPieces,
  requestContent,
  type RequestBody,
  type RequestContent,
} from "./request_content.js";
import { STATUS_URL_INVALID } from "./rows.js";
import { headerText } from "./text.js";

/** What to do with a redirect: follow it (at most `maxRedirects` times), fail, or hand it to the caller. */
export type RedirectMode = "follow" | "error" | "manual";

/** Options of a request. */
export interface ClientRequestInit {
  /** @defaultValue `"GET"` */
  readonly method?: string | undefined;
  /** Header fields. `host` and those of HTTP/1.1 connections are left out. */
  readonly headers?: HeadersInit | undefined;
  /**
   * Content. Without a `content-type`, a string gets that of text, `URLSearchParams`, `FormData` and a `Blob` their own.
   * Streams are read at the pace of the network, and only once: a request with one is not sent again, and a redirect that
   * wants the content again fails.
   */
  readonly body?: RequestBody | undefined;
  /** Fields to send behind the content. */
  readonly trailers?: TrailersInit | undefined;
  /**
   * Called with each interim (1xx) response (RFC 9110 section 15.2), such as 103 (Early Hints), before the response is
   * there; also of redirects.
   */
  readonly onInterim?: InterimListener | undefined;
  /** Cancels the request, also while its response is being read. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds that the request may take in all, with waiting, redirects, repetitions and its response's content; 0 for no
   * limit. @defaultValue `ClientOptions.requestTimeoutMs`
   */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds for a connection with room. @defaultValue `ClientOptions.queueTimeoutMs` */
  readonly queueTimeoutMs?: number | undefined;
  /** Milliseconds from the end of the request to the header section. @defaultValue `ClientOptions.headersTimeoutMs` */
  readonly headersTimeoutMs?: number | undefined;
  /** Milliseconds between bytes of content that are waited for. @defaultValue `ClientOptions.bodyTimeoutMs` */
  readonly bodyTimeoutMs?: number | undefined;
  /** Decompress the response's content. @defaultValue `ClientOptions.decompress` */
  readonly decompress?: boolean | undefined;
  /** How urgent the response is, for the server (RFC 9218). */
  readonly priority?: Priority | undefined;
  /** @defaultValue `"follow"` */
  readonly redirect?: RedirectMode | undefined;
  /**
   * The least that the connection has to have, also behind redirects; see `SharedOptions.require`. It takes the place of
   * what the client's options require. A connection that has less is left to other requests.
   */
  readonly require?: Requirement | Requirements | undefined;
}

/** How urgent a response is (RFC 9218). */
export interface Priority {
  /** 0 the most, 7 the least. @defaultValue 3 */
  readonly urgency?: number | undefined;
  /** Whether parts of it are of use: then it shares the connection with others that are equally urgent. @defaultValue false */
  readonly incremental?: boolean | undefined;
}

/** A checked request. */
export interface ParsedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly HeaderPair[];
  readonly content: RequestContent;
  readonly trailers: (() => Promise<readonly HeaderPair[]>) | null;
  readonly onInterim: InterimListener | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly queueTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly decompress: boolean;
  readonly redirect: RedirectMode;
  readonly require: Requirements;
}

/** Those that fetch writes in upper case however they are given. */
const NORMALISED = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);
const HTTPS_PORT = 443;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Checks a request.
 *
 * @throws TypeError, RangeError or ConfigError for what is not allowed; PqqError `PQQ_ERR_URL_INVALID`
 */
export function parseRequest(
  input: string | URL,
  init: ClientRequestInit,
  defaults: RequestDefaults,
): ParsedRequest {
  const { trailers } = init;
  const content = requestContent(init.body);
  return {
    url: parseUrl(input),
    method: parseMethod(init.method ?? "GET"),
    headers: parseHeaders(init.headers, content, init.priority),
    content,
    trailers: trailers === undefined ? null : async () => toTrailers(trailers),
    onInterim: init.onInterim,
    signal: init.signal,
    timeoutMs: limit("timeoutMs", init.timeoutMs, defaults.requestTimeoutMs),
    queueTimeoutMs: limit("queueTimeoutMs", init.queueTimeoutMs, defaults.queueTimeoutMs),
    headersTimeoutMs: limit("headersTimeoutMs", init.headersTimeoutMs, defaults.headersTimeoutMs),
    bodyTimeoutMs: limit("bodyTimeoutMs", init.bodyTimeoutMs, defaults.bodyTimeoutMs),
    decompress: init.decompress ?? defaults.decompress,
    redirect: init.redirect ?? "follow",
    require: parseRequire(init.require),
  };
}

/** @throws RangeError */
export function checkPriority(priority: Priority): { urgency: number; incremental: boolean } {
  const { urgency = 3, incremental = false } = priority;
  if (!Number.isInteger(urgency) || urgency < 0 || urgency > 7) {
    throw new RangeError(`priority.urgency: expected an integer 0–7, received ${urgency}`);
  }
  return { urgency, incremental };
}

/** What a client's options say for requests that say nothing. */
export type RequestDefaults = Pick<
  ClientConfig,
  "requestTimeoutMs" | "queueTimeoutMs" | "headersTimeoutMs" | "bodyTimeoutMs" | "decompress"
>;

function limit(name: string, given: number | undefined, byDefault: number): number {
  const value = given ?? byDefault;
  if (value >= 0 && value <= MAX_TIMEOUT_MS) return value;
  throw new RangeError(`${name}: expected 0–${MAX_TIMEOUT_MS}, received ${value}`);
}

/** Content types and lengths that are known by the content are added, or take the place of what is given. */
function parseHeaders(
  init: HeadersInit | undefined,
  content: RequestContent,
  priority: Priority | undefined,
): HeaderPair[] {
  const given = init === undefined ? [] : headerPairs(init);
  const headers = given.filter(
    ([name]) => name !== "host" && !(name === "content-length" && content.length !== undefined),
  );
  const { type, length } = content;
  if (type !== undefined && !headers.some(([name]) => name === "content-type")) {
    headers.push(["content-type", type]);
  }
  if (length !== undefined) headers.push(["content-length", String(length)]);
  if (priority !== undefined && !headers.some(([name]) => name === "priority")) {
    const { urgency, incremental } = checkPriority(priority);
    headers.push(["priority", `u=${urgency}${incremental ? ", i" : ""}`]);
  }
  return headers;
}

/** Where a request goes. */
export function originOf(url: URL): Origin {
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return { origin: url.origin, host, port: url.port === "" ? HTTPS_PORT : Number(url.port) };
}

/** The request as it goes over the wire. */
export function toWire(request: ParsedRequest): WireRequest {
  const { url, method, headers, content, trailers } = request;
  let fields = `:method\0${method}\0:scheme\0https\0:authority\0${url.host}\0:path\0${url.pathname}${url.search}`;
  let headerCount = 4;
  for (const [name, value] of headers) {
    fields += `\0${name}\0${value}`;
    headerCount += 1;
  }
  const accepted = request.decompress ? acceptEncoding(headers) : undefined;
  if (accepted !== undefined) {
    fields += `\0accept-encoding\0${accepted}`;
    headerCount += 1;
  }
  // RFC 9110 section 10.1.1: content waits for 100 (Continue).
  const isExpecting =
    (content.whole !== null || content.pieces !== null) &&
    headers.some(([name, value]) => name === "expect" && value.toLowerCase() === "100-continue");
  const isOneCommand = trailers === null && !isExpecting;
  return {
    method,
    origin: url.origin,
    headers: fields,
    headerCount,
    whole: isOneCommand ? content.whole : null,
    pieces: isOneCommand ? piecesOf(request) : inPieces(content),
    isReplayable: content.isReplayable,
    trailers,
    connect: undefined,
    isContinueAwaited: isExpecting,
    onInterim: request.onInterim,
    signal: request.signal,
    queueTimeoutMs: request.queueTimeoutMs,
    headersTimeoutMs: request.headersTimeoutMs,
    bodyTimeoutMs: request.bodyTimeoutMs,
    require: request.require,
  };
}

/** CONNECT as it goes over the wire; `protocol` null asks a proxy for the origin itself. */
export function toConnect(request: ParsedRequest, protocol: string | null): WireRequest {
  const { url, headers } = request;
  // Plain CONNECT says the port, whatever it is (RFC 9110 section 9.3.6).
  const authority = url.port === "" ? `${url.hostname}:${HTTPS_PORT}` : url.host;
  const target: HeaderPair[] =
    protocol === null
      ? [[":authority", authority]]
      : [
          [":scheme", "https"],
          [":authority", url.host],
          [":path", `${url.pathname}${url.search}`],
          [":protocol", protocol],
        ];
  const fields: HeaderPair[] = [[":method", "CONNECT"], ...target, ...headers];
  return {
    ...toWire(request),
    headers: headerText(fields),
    headerCount: fields.length,
    connect: { protocol },
  };
}

/** A length that the caller has announced for a stream is held to. */
function piecesOf({ headers, content }: ParsedRequest): WireRequest["pieces"] {
  const { pieces, length } = content;
  if (pieces === null || length !== undefined) return pieces;
  const announced = headers.find(([name]) => name === "content-length");
  if (announced === undefined) return pieces;
  return () => exactly(pieces(), Number(announced[1]));
}

/**
 * The request that a redirect asks for, by the rules of fetch (section 4.4, HTTP-redirect fetch).
 *
 * @throws RedirectError if there is no way to follow it.
 */
export function redirected(
  request: ParsedRequest,
  status: number,
  location: string,
): ParsedRequest {
  const fail = (why: string): never => {
    throw new RedirectError(why, { url: request.url.href, status, location });
  };
  const url = URL.canParse(location, request.url.href) ? new URL(location, request.url) : null;
  if (url?.protocol !== "https:") return fail(`the target ${location} is no https URL`);
  if (url.username !== "" || url.password !== "") {
    return fail("the target has a user name or password in it");
  }
  if (url.hash === "") url.hash = request.url.hash;
  const isPost = request.method === "POST" && (status === 301 || status === 302);
  const isSeeOther = status === 303 && request.method !== "GET" && request.method !== "HEAD";
  const dropsBody = isPost || isSeeOther;
  if (!dropsBody && !request.content.isReplayable) {
    return fail(`status ${status} asks for content again that came from a stream`);
  }
  const isSameOrigin = url.origin === request.url.origin;
  const headers = request.headers.filter(
    ([name]) =>
      !(dropsBody && name.startsWith("content-")) && (isSameOrigin || !CREDENTIALS.has(name)),
  );
  return {
    ...request,
    url,
    headers,
    ...(dropsBody ? { method: "GET", content: requestContent(null), trailers: null } : {}),
  };
}

/** What one origin is told and another must not hear. */
const CREDENTIALS = new Set(["authorization", "cookie", "proxy-authorization"]);

function parseUrl(input: string | URL): URL {
  let url: URL;
  try {
    url = new URL(input);
  } catch (cause) {
    throw errorFromStatus(STATUS_URL_INVALID, String(input), { cause });
  }
  if (url.protocol !== "https:") throw errorFromStatus(STATUS_URL_INVALID, url.href);
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("a URL with a user name or password: use an authorization field instead");
  }
  return url;
}

function parseMethod(method: string): string {
  const upper = method.toUpperCase();
  if (!TOKEN.test(method) || FORBIDDEN.has(upper)) {
    throw new TypeError(`method: ${JSON.stringify(method)} is not one that can be sent`);
  }
  return NORMALISED.has(upper) ? upper : method;
}

async function toTrailers(trailers: TrailersInit): Promise<readonly HeaderPair[]> {
  return headerPairs(typeof trailers === "function" ? await trailers() : trailers);
}
