// SPDX-License-Identifier: MIT
// Compresses what handlers answer, for clients that take it (RFC 9110 sections 8.4 and 12.5.3).
import { chooseCoding, hasCoding, MAX_QUALITY, type ContentCoding } from "./internal/coding.js";
import { compressChunks, compressWhole } from "./internal/compressor.js";
import { isPromise, type Handler, type HandlerResult } from "./internal/server_stream.js";
import type { ServerRequest } from "./request.js";
import { isFileResponse, Response, responseParts, type ResponseParts } from "./response.js";
import { Tunnel } from "./tunnel.js";

export type { ContentCoding } from "./internal/coding.js";

/** Options of {@link compress}. */
export interface CompressOptions {
  /**
   * Content codings, most preferred first; the client's q-values go before that order.
   *
   * @defaultValue `["br", "zstd", "gzip"]`, without those that this Node.js does not have (zstd: 22.15)
   */
  readonly codings?: readonly ContentCoding[] | undefined;
  /** Whole content of fewer bytes is sent as it is. @defaultValue 1024 */
  readonly minBytes?: number | undefined;
  /**
   * Which content types are compressed; called without parameters such as `charset`, in lower case.
   *
   * @defaultValue text, JSON, XML, JavaScript, WebAssembly, SVG and fonts that are not compressed themselves
   */
  readonly types?: ((type: string) => boolean) | undefined;
  /** How hard: `br` 0–11, `zstd` 1–22, `gzip` 1–9. @defaultValue `{ br: 4, zstd: 3, gzip: 6 }`: for content that is made anew each time */
  readonly quality?: Readonly<Partial<Record<ContentCoding, number>>> | undefined;
  /**
   * Responses that are being compressed at the same time; one more is sent as it is. Each takes up to 2 MiB and its
   * share of libuv's threads. @defaultValue 64
   */
  readonly maxConcurrent?: number | undefined;
}

const ALL: readonly ContentCoding[] = ["br", "zstd", "gzip"];
const QUALITY: Readonly<Record<ContentCoding, number>> = { br: 4, zstd: 3, gzip: 6 };
const MIN_BYTES = 1024;
const MAX_CONCURRENT = 64;

/** Types that shrink. Images, media, archives and woff2 are compressed already. */
const COMPRESSIBLE =
  /^(?:text\/.+|.+\+(?:json|xml|text)|application\/(?:json|xml|javascript|wasm|x-ndjson|graphql|sql|yaml|toml|rtf|vnd\.ms-fontobject)|font\/(?:ttf|otf|collection)|image\/(?:bmp|vnd\.microsoft\.icon|x-icon))$/;

function isCompressible(type: string): boolean {
  return COMPRESSIBLE.test(type);
}

interface Settings {
  readonly codings: readonly ContentCoding[];
  readonly minBytes: number;
  readonly types: (type: string) => boolean;
  readonly quality: Readonly<Record<ContentCoding, number>>;
  readonly maxConcurrent: number;
  active: number;
}

/**
 * Makes a handler whose responses are compressed for clients that take it.
 *
 * Streams are flushed whenever their source has nothing more at once, so that events arrive when they are sent. `vary` is
 * added, a strong entity tag becomes weak, `content-length` goes. Left as they are: responses with a `content-encoding`, with
 * `cache-control: no-transform`, partial ones, and those of `staticFiles`, which has compressed files beside the plain ones.
 *
 * Content in which a secret stands beside what a client has sent can be guessed by its compressed length (BREACH): mark
 * such responses with `cache-control: no-transform`.
 *
 * @throws RangeError for options that are not allowed.
 *
 * @example
 * ```ts
 * await Server.serve({ identity }, compress(handler));
 * ```
 */
export function compress(handler: Handler, options: CompressOptions = {}): Handler {
  const settings = checkOptions(options);
  return (request, context) => {
    const result = handler(request, context);
    return isPromise(result)
      ? result.then((response) => compressed(settings, request, response))
      : compressed(settings, request, result);
  };
}

function checkOptions(options: CompressOptions): Settings {
  const { codings = ALL.filter((coding) => hasCoding(coding)), minBytes = MIN_BYTES } = options;
  const { maxConcurrent = MAX_CONCURRENT, types = isCompressible } = options;
  const quality = { ...QUALITY, ...options.quality };
  for (const coding of codings) {
    if (!ALL.includes(coding))
      throw new RangeError(`codings: ${coding} is none of ${ALL.join(", ")}`);
    if (!hasCoding(coding)) throw new RangeError(`codings: this Node.js has no ${coding}`);
  }
  for (const coding of ALL)
    checkInteger(
      `quality.${coding}`,
      quality[coding],
      coding === "br" ? 0 : 1,
      MAX_QUALITY[coding],
    );
  checkInteger("minBytes", minBytes, 0, 2 ** 31);
  checkInteger("maxConcurrent", maxConcurrent, 1, 65_536);
  return { codings, minBytes, types, quality, maxConcurrent, active: 0 };
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${name}: expected an integer ${min}–${max}, received ${String(value)}`);
}

/** Whether another client could get this response compressed: then it says `vary`. */
function isEligible({ types }: Settings, response: Exclude<HandlerResult, Tunnel>): boolean {
  const { status, headers } = response;
  // 206 is a part of bytes that are named by their place; the others have no content.
  if (status < 200 || [204, 205, 206, 304].includes(status)) return false;
  if (isFileResponse(response)) return false;
  if (headers.has("content-encoding") || headers.has("content-range")) return false;
  if (/(?:^|[\s,])no-transform(?:$|[\s,])/i.test(headers.get("cache-control") ?? "")) return false;
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return type !== "" && types(type);
}

function compressed(
  settings: Settings,
  request: ServerRequest,
  response: HandlerResult,
): HandlerResult | Promise<HandlerResult> {
  // What is no response is for the server to complain about.
  if (typeof response !== "object" || !("headers" in response)) return response;
  if (response instanceof Tunnel) return response;
  if (!isEligible(settings, response)) return response;
  const parts = responseParts(response);
  const headers = new Headers(parts.headers.map(([name, value]) => [name, value]));
  addVary(headers);
  const size = wholeSize(parts.body);
  const coding = chooseCoding(request.headers.get("accept-encoding"), settings.codings);
  if (coding === null || (size ?? settings.minBytes) < settings.minBytes)
    return rebuilt(parts, headers, parts.body);
  // A stream goes on to the server, which tells its source that nobody reads it.
  if (request.method === "HEAD")
    return rebuilt(parts, encoded(headers, coding), size === undefined ? parts.body : null);
  if (settings.active >= settings.maxConcurrent) return rebuilt(parts, headers, parts.body);
  return withCoding(settings, coding, parts, headers);
}

async function withCoding(
  settings: Settings,
  coding: ContentCoding,
  parts: ResponseParts,
  headers: Headers,
): Promise<Response> {
  const { body } = parts;
  const quality = settings.quality[coding];
  settings.active += 1;
  const done = (): void => {
    settings.active -= 1;
  };
  if (
    body === null ||
    typeof body === "string" ||
    body instanceof Uint8Array ||
    body instanceof ArrayBuffer
  ) {
    try {
      const bytes = toBytes(body ?? "");
      const small = await compressWhole(coding, quality, bytes);
      return small.length < bytes.length
        ? rebuilt(parts, encoded(headers, coding), small)
        : rebuilt(parts, headers, bytes);
    } finally {
      done();
    }
  }
  return rebuilt(parts, encoded(headers, coding), compressChunks(coding, quality, body, done));
}

/** The entity tag names these bytes no more, only what they mean (RFC 9110 section 8.8.1). */
function encoded(headers: Headers, coding: ContentCoding): Headers {
  headers.set("content-encoding", coding);
  headers.delete("content-length");
  headers.delete("accept-ranges");
  const etag = headers.get("etag");
  if (etag?.startsWith('"') === true) headers.set("etag", `W/${etag}`);
  return headers;
}

function addVary(headers: Headers): void {
  const vary = headers.get("vary") ?? "";
  if (!/(?:^|[\s,])(?:accept-encoding|\*)(?:$|[\s,])/i.test(vary))
    headers.append("vary", "accept-encoding");
}

function rebuilt(
  { status, trailers }: ResponseParts,
  headers: Headers,
  body: ResponseParts["body"],
): Response {
  return new Response(body, { status, headers, trailers: trailers ?? undefined });
}

/** Bytes of content that is whole; undefined for a stream. */
function wholeSize(body: ResponseParts["body"]): number | undefined {
  if (body === null) return 0;
  if (typeof body === "string") return Buffer.byteLength(body);
  return body instanceof Uint8Array || body instanceof ArrayBuffer ? body.byteLength : undefined;
}

function toBytes(body: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof body === "string") return Buffer.from(body);
  return body instanceof ArrayBuffer ? new Uint8Array(body) : body;
}
