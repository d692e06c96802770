// SPDX-License-Identifier: MIT
// From what callers write to what a client sends, and on to the next request when the answer is a redirect.
import { parseRequire, type Requirement, type Requirements } from "../config/index.js";
import { checkBody, isBodySource, type Body } from "../content.js";
import { errorFromStatus } from "../errors/index.js";
import { headerPairs, type HeaderPair, type HeadersInit } from "../headers.js";
import type { TrailersInit } from "../response.js";
import type { WireRequest } from "./client_stream.js";
import type { WholeBody } from "./commands.js";
import { MAX_WHOLE_BYTES, wholeSource, type ChunkedBody } from "./outgoing.js";
import type { Origin } from "./pool.js";
import { STATUS_URL_INVALID } from "./rows.js";

/** What to do with a redirect: follow it (at most 20 times), fail, or hand it to the caller. */
export type RedirectMode = "follow" | "error" | "manual";

/** Options of a request. */
export interface ClientRequestInit {
  /** @defaultValue `"GET"` */
  readonly method?: string | undefined;
  /** Header fields. `host` and those of HTTP/1.1 connections are left out. */
  readonly headers?: HeadersInit | undefined;
  /** Content. A string is sent as UTF-8, and gets `content-type: text/plain;charset=UTF-8` if there is none. */
  readonly body?: Body | null | undefined;
  /** Fields to send behind the content. */
  readonly trailers?: TrailersInit | undefined;
  /** Cancels the request, also while its response is being read. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that the request may take, its response's content included; 0 for no limit. */
  readonly timeoutMs?: number | undefined;
  /** @defaultValue `"follow"` */
  readonly redirect?: RedirectMode | undefined;
  /**
   * The least that the connection has to have, also behind redirects; see `SharedOptions.require`. It takes the place of
   * what the client's options require. A connection that has less is left to other requests.
   */
  readonly require?: Requirement | Requirements | undefined;
}

/** A checked request. */
export interface ParsedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly HeaderPair[];
  readonly body: WholeBody | ChunkedBody;
  readonly trailers: (() => Promise<readonly HeaderPair[]>) | null;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly redirect: RedirectMode;
  readonly require: Requirements;
}

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Those that fetch writes in upper case however they are given. */
const NORMALISED = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);
const TEXT_TYPE: HeaderPair = ["content-type", "text/plain;charset=UTF-8"];
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
  defaultTimeoutMs: number,
): ParsedRequest {
  const url = parseUrl(input);
  const method = parseMethod(init.method ?? "GET");
  const given = checkBody(init.body);
  const body = given === null ? null : toSendable(given);
  const headers = (init.headers === undefined ? [] : headerPairs(init.headers)).filter(
    ([name]) => name !== "host",
  );
  if (typeof body === "string" && !headers.some(([name]) => name === TEXT_TYPE[0])) {
    headers.push(TEXT_TYPE);
  }
  const { timeoutMs = defaultTimeoutMs, trailers } = init;
  if (!(timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RangeError(`timeoutMs: expected 0–${MAX_TIMEOUT_MS}, received ${timeoutMs}`);
  }
  return {
    url,
    method,
    headers,
    body,
    trailers: trailers === undefined ? null : async () => toTrailers(trailers),
    signal: init.signal,
    timeoutMs,
    redirect: init.redirect ?? "follow",
    require: parseRequire(init.require),
  };
}

/** Whether the content is still there when a request has to be sent a second time. */
export function isWhole(body: WholeBody | ChunkedBody): body is WholeBody {
  return body === null || typeof body === "string" || body instanceof Uint8Array;
}

/** Where a request goes. */
export function originOf(url: URL): Origin {
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return { origin: url.origin, host, port: url.port === "" ? HTTPS_PORT : Number(url.port) };
}

/** The request as it goes over the wire. */
export function toWire(request: ParsedRequest): WireRequest {
  const { url, method, headers, body, trailers, signal, timeoutMs, require } = request;
  let fields = `:method\0${method}\0:scheme\0https\0:authority\0${url.host}\0:path\0${url.pathname}${url.search}`;
  let headerCount = 4;
  const isLengthKnown = isWhole(body) && body !== null;
  for (const [name, value] of headers) {
    if (isLengthKnown && name === "content-length") continue;
    fields += `\0${name}\0${value}`;
    headerCount += 1;
  }
  if (isLengthKnown) {
    fields += `\0content-length\0${Buffer.byteLength(body)}`;
    headerCount += 1;
  }
  const isSmall = isWhole(body) && (body === null || body.length <= MAX_WHOLE_BYTES);
  const isOneCommand = isSmall && trailers === null;
  return {
    headers: fields,
    headerCount,
    isHead: method === "HEAD",
    whole: isOneCommand ? body : null,
    pieces: isOneCommand ? null : isWhole(body) ? wholeSource(body ?? "") : body,
    trailers,
    signal,
    timeoutMs,
    require,
  };
}

/**
 * The request that a redirect asks for, by the rules of fetch (section 4.4, HTTP-redirect fetch).
 *
 * @throws TypeError if there is no way to follow it.
 */
export function redirected(
  request: ParsedRequest,
  status: number,
  location: string,
): ParsedRequest {
  const url = parseUrl(location, request.url);
  if (url.hash === "") url.hash = request.url.hash;
  const isPost = request.method === "POST" && (status === 301 || status === 302);
  const isSeeOther = status === 303 && request.method !== "GET" && request.method !== "HEAD";
  const dropsBody = isPost || isSeeOther;
  if (!dropsBody && !isWhole(request.body)) {
    throw new TypeError(`a redirect (${status}) asks for content that has been sent already`);
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
    ...(dropsBody ? { method: "GET", body: null, trailers: null } : {}),
  };
}

/** What one origin is told and another must not hear. */
const CREDENTIALS = new Set(["authorization", "cookie", "proxy-authorization"]);

function parseUrl(input: string | URL, base?: URL): URL {
  let url: URL;
  try {
    url = new URL(input, base);
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
  if (!METHOD.test(method) || FORBIDDEN.has(upper)) {
    throw new TypeError(`method: ${JSON.stringify(method)} is not one that can be sent`);
  }
  return NORMALISED.has(upper) ? upper : method;
}

function toSendable(body: NonNullable<ReturnType<typeof checkBody>>): WholeBody | ChunkedBody {
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  return isBodySource(body) ? body.stream() : body;
}

async function toTrailers(trailers: TrailersInit): Promise<readonly HeaderPair[]> {
  return headerPairs(typeof trailers === "function" ? await trailers() : trailers);
}
