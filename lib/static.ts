// SPDX-License-Identifier: MIT
// A folder as a handler: safe paths, index.html, conditional requests and single ranges (RFC 9110 sections 13 and 14).
import { statSync, realpathSync, type Stats } from "node:fs";
import { open, readFile, realpath, stat } from "node:fs/promises";
import { STATUS_CODES } from "node:http";
import { join, sep } from "node:path";
import { lookup } from "mrmime";
import { ConfigError } from "./errors/index.js";
import { Response } from "./response.js";

/** Options of {@link staticFiles}. */
export interface StaticOptions {
  /** What a folder answers with. @defaultValue `"index.html"` */
  readonly index?: string | undefined;
  /** Value of `cache-control`. @defaultValue `"no-cache"`: keep it, but ask whether it is still the same */
  readonly cacheControl?: string | undefined;
}

/** What is read of a request. */
type StaticRequest = Pick<Request, "method" | "url" | "headers">;

/** Files up to this size are read at once: one call instead of a stream. */
const WHOLE_FILE_BYTES = 64 * 1024;
/** What is read from a large file at a time, and so held in memory for each download. */
const CHUNK_BYTES = 128 * 1024;

/**
 * Makes a handler that serves the files under `root`.
 *
 * Files and folders whose name begins with a dot are hidden, except `.well-known`, and so is what a symbolic link
 * points to outside of `root`.
 *
 * @throws ConfigError if `root` is not a folder.
 *
 * @example
 * ```ts
 * await Server.serve({ identity }, staticFiles("./public"));
 * ```
 */
export function staticFiles(
  root: string,
  options: StaticOptions = {},
): (request: StaticRequest) => Promise<Response> {
  const folder = realFolder(root);
  const { index = "index.html", cacheControl = "no-cache" } = options;
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD")
      return page(405, { allow: "GET, HEAD" });
    const { pathname, search } = new URL(request.url);
    const segments = safeSegments(pathname);
    if (segments === null) return page(404);
    const found = await find(folder, segments);
    if (found === null) return page(404);
    const wantsFolder = pathname.endsWith("/");
    if (!found.stats.isDirectory()) {
      return wantsFolder ? page(404) : fileResponse(request, found, cacheControl);
    }
    if (!wantsFolder)
      return page(308, { location: `/${segments.map(encodeURIComponent).join("/")}/${search}` });
    const indexFile = await find(folder, [...segments, index]);
    return indexFile?.stats.isFile() ? fileResponse(request, indexFile, cacheControl) : page(404);
  };
}

/** A small HTML page that says a status. */
function page(status: number, headers: Record<string, string> = {}): Response {
  const title = `${String(status)} ${STATUS_CODES[status] ?? ""}`;
  const html =
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
    `<body style="font:1.1rem system-ui;margin:15vh auto;max-width:30rem;text-align:center"><h1>${title}</h1></body></html>\n`;
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html;charset=utf-8",
      "x-content-type-options": "nosniff",
      ...headers,
    },
  });
}

function realFolder(root: string): string {
  try {
    if (statSync(root).isDirectory()) return realpathSync(root);
  } catch (cause) {
    throw notAFolder(root, (cause as NodeJS.ErrnoException).code, cause);
  }
  throw notAFolder(root, "not a folder");
}

function notAFolder(root: string, why = "unreadable", cause?: unknown): ConfigError {
  const issue = {
    path: "root",
    expected: "a folder that can be read",
    received: `${JSON.stringify(root)} (${why})`,
  };
  return new ConfigError([issue], "PQQ_ERR_INVALID_ARG", cause);
}

/** The decoded segments of a path, or null if it could leave the folder or name something hidden. */
function safeSegments(pathname: string): string[] | null {
  const segments: string[] = [];
  for (const encoded of pathname.split("/")) {
    if (encoded === "") continue;
    const segment = decode(encoded);
    // A decoded slash or backslash would be a separator to the file system, a colon a drive or stream on Windows.
    if (segment === null || /[/\\\0]/.test(segment) || (sep === "\\" && segment.includes(":")))
      return null;
    if (segment.startsWith(".") && segment !== ".well-known") return null;
    segments.push(segment);
  }
  return segments;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

interface Found {
  readonly file: string;
  readonly stats: Stats;
}

/** A file or folder under `folder`, links followed; null if there is none or it is outside. */
async function find(folder: string, segments: readonly string[]): Promise<Found | null> {
  try {
    const file = await realpath(join(folder, ...segments));
    if (file !== folder && !file.startsWith(folder.endsWith(sep) ? folder : folder + sep))
      return null;
    const stats = await stat(file);
    return stats.isFile() || stats.isDirectory() ? { file, stats } : null;
  } catch {
    // Absent, not readable, or a name that the file system does not take: the client is told the same.
    return null;
  }
}

async function fileResponse(
  request: StaticRequest,
  found: Found,
  cacheControl: string,
): Promise<Response> {
  const { size, mtime } = found.stats;
  const etag = `"${mtime.getTime().toString(36)}-${size.toString(36)}"`;
  const lastModified = mtime.toUTCString();
  const headers: Record<string, string | number> = {
    "cache-control": cacheControl,
    etag: etag,
    "last-modified": lastModified,
  };
  if (isUnchanged(request.headers, etag, mtime))
    return new Response(null, { status: 304, headers });

  headers["accept-ranges"] = "bytes";
  headers["content-type"] = contentType(found.file);
  headers["x-content-type-options"] = "nosniff";
  const range = wantedRange(request, size, etag, lastModified);
  if (range === "unsatisfiable") return page(416, { "content-range": `bytes */${String(size)}` });
  const { start, end } = range ?? { start: 0, end: size };
  headers["content-length"] = end - start;
  if (range !== null)
    headers["content-range"] = `bytes ${String(start)}-${String(end - 1)}/${String(size)}`;
  const body = request.method === "HEAD" ? null : await content(found, start, end);
  return new Response(body, { status: range === null ? 200 : 206, headers });
}

/** RFC 9110 section 13.2.2: If-None-Match, and only without it If-Modified-Since. */
function isUnchanged(headers: Headers, etag: string, mtime: Date): boolean {
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) {
    const tags = noneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    return tags.includes(etag) || tags.includes("*");
  }
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  // HTTP dates have whole seconds. An unreadable date is NaN, and no comparison with it is true.
  return Math.floor(mtime.getTime() / 1000) * 1000 <= since;
}

interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** One range of a GET; null for the whole file, which is also the answer to several ranges (RFC 9110 section 14.2). */
function wantedRange(
  request: StaticRequest,
  size: number,
  etag: string,
  lastModified: string,
): ByteRange | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(request.headers.get("range") ?? "");
  const condition = request.headers.get("if-range");
  if (request.method !== "GET" || match === null) return null;
  if (condition !== null && condition !== etag && condition !== lastModified) return null;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return null;
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "unsatisfiable" : { start: size - count, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}

function contentType(file: string): string {
  const type = lookup(file) ?? "application/octet-stream";
  return type.startsWith("text/") ? `${type};charset=utf-8` : type;
}

async function content(
  found: Found,
  start: number,
  end: number,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (found.stats.size > WHOLE_FILE_BYTES) return chunks(found, start, end);
  const bytes = await readFile(found.file);
  if (bytes.length !== found.stats.size) throw changed(found.file);
  return bytes.subarray(start, end);
}

/** Opens the file when the first chunk is asked for: a response that is never read must not hold a descriptor. */
async function* chunks(found: Found, start: number, end: number): AsyncGenerator<Uint8Array> {
  const handle = await open(found.file);
  try {
    const { ino, size } = await handle.stat();
    if (ino !== found.stats.ino || size !== found.stats.size) throw changed(found.file);
    for (let position = start; position < end;) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, end - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) throw changed(found.file);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function changed(file: string): Error {
  return new Error(`${file} has changed while it was being sent`);
}
