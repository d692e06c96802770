// SPDX-License-Identifier: MIT
// `pqq get`
import { createReadStream, createWriteStream, existsSync, rmSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { constants } from "node:os";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BlobLike, ClientResponse } from "../client.js";
import type { HeaderPair } from "../headers.js";
import { makeClient, type ConnectionOptions } from "./client.js";
import { UsageError } from "./failure.js";
import { EXIT, note, print, printJson, size } from "./output.js";
import { clientRequirements } from "./policy.js";
import { startProgress } from "./progress.js";
import { nextRequest } from "./redirect.js";

/** Options of `pqq get`. */
export interface GetOptions extends ConnectionOptions {
  readonly output?: string;
  readonly header?: readonly HeaderPair[] | undefined;
  readonly method?: string | undefined;
  readonly data?: string | undefined;
  readonly location?: boolean;
  readonly maxRedirects?: number;
  readonly head?: boolean;
  readonly compressed?: boolean;
  readonly retry?: number;
  readonly include?: boolean;
  readonly json?: boolean;
}

/** Fetches a URL and prints or saves the body. */
export async function get(first: URL, options: GetOptions): Promise<number> {
  const file = options.output === "-" ? undefined : options.output;
  if (file !== undefined) checkTarget(file);
  const interrupt = new Interrupt();
  const endMs = options.timeout === undefined ? Infinity : performance.now() + options.timeout;
  try {
    let hop: Hop | null = { url: first, options: withHead(options) };
    let status = 0;
    for (let redirects = 0; hop !== null; redirects += 1) {
      ({ hop, status } = await getHop(hop, file, redirects, endMs, interrupt.signal));
    }
    return status >= 400 ? EXIT.http : EXIT.ok;
  } catch (error) {
    if (interrupt.exitCode !== 0) return interrupt.exitCode;
    throw error;
  } finally {
    interrupt.stop();
  }
}

/** `-I` is another word for a method, and for what is printed. */
function withHead(options: GetOptions): GetOptions {
  if (options.head !== true) return options;
  if (options.data !== undefined) {
    throw new UsageError("-I and --data do not go together", "a HEAD request has no body");
  }
  return { ...options, method: options.method ?? "HEAD", include: true };
}

interface Hop {
  readonly url: URL;
  readonly options: GetOptions;
}

/** One request, and either its redirect or its response delivered. */
async function getHop(
  { url, options }: Hop,
  file: string | undefined,
  redirects: number,
  endMs: number,
  signal: AbortSignal,
): Promise<{ readonly hop: Hop | null; readonly status: number }> {
  const body = requestBody(options.data);
  // Of the request and not of the client: what cannot be had is then a refusal, not a mistake in options.
  const require = clientRequirements(options);
  const { retry } = options;
  const repetition = retry === undefined ? {} : { retries: retry, retryAfter: true };
  const client = makeClient(url, options, repetition);
  try {
    const response = await client.request(url, {
      method: options.method ?? (body === null ? "GET" : "POST"),
      headers: options.header ?? [],
      body,
      redirect: "manual",
      require,
      signal,
      decompress: options.compressed === true,
      // One limit for all hops; what is left of it for this one.
      timeoutMs: endMs === Infinity ? 0 : Math.max(1, Math.ceil(endMs - performance.now())),
    });
    const hop = nextRequest(response, url, options, redirects);
    if (hop === null) await deliver(response, url, file, options);
    return { hop, status: response.status };
  } finally {
    await client.close();
  }
}

/** Puts the response where the options want it. */
async function deliver(
  response: ClientResponse,
  url: URL,
  file: string | undefined,
  options: GetOptions,
): Promise<void> {
  if (options.json === true) {
    printJson(await summary(response, url, file, options));
    return;
  }
  if (options.include === true) {
    print(
      `HTTP/3 ${String(response.status)}`,
      ...headerPairsOf(response).map(([name, value]) => `${name}: ${value}`),
      "",
    );
  }
  if (file !== undefined && response.ok) {
    const bytes = await save(response, file, options);
    if (process.stderr.isTTY) note(`saved ${size(bytes)} to ${file}`);
    return;
  }
  if (file !== undefined) note(`HTTP ${String(response.status)}: not saved to ${file}`);
  else await pipeline(chunksOf(response), process.stdout, { end: false });
}

/** The response as one value; the body is in it unless it goes to a file. */
async function summary(
  response: ClientResponse,
  url: URL,
  file: string | undefined,
  options: GetOptions,
): Promise<object> {
  const { status, connection } = response;
  const isSaved = file !== undefined && response.ok;
  const content = isSaved
    ? { bytes: await save(response, file, options), file }
    : bodyFields(await response.bytes());
  const headers = headerPairsOf(response);
  return { url: url.href, status, headers, ...content, connection: connection.security };
}

/** Text where it is text. */
function bodyFields(bytes: Uint8Array): object {
  try {
    const body = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { bytes: bytes.length, body };
  } catch {
    return { bytes: bytes.length, bodyBase64: Buffer.from(bytes).toString("base64") };
  }
}

function headerPairsOf(response: ClientResponse): HeaderPair[] {
  return [...response.headers];
}

function chunksOf(response: ClientResponse): AsyncIterable<Uint8Array> {
  return response.body ?? Readable.from([]);
}

/** Writes the body beside its target and renames it when it is complete. Returns its size. */
async function save(response: ClientResponse, file: string, options: GetOptions): Promise<number> {
  const part = `${file}.${String(process.pid)}.part`;
  // Behind a decoder nobody knows how much it will be.
  const isDecoded = options.compressed === true && response.headers.has("content-encoding");
  const length = isDecoded ? null : response.headers.get("content-length");
  const progress = await startProgress(length === null ? null : Number(length));
  let bytes = 0;
  try {
    const counted = async function* (
      chunks: AsyncIterable<Uint8Array>,
    ): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        progress.add(chunk.length);
        yield chunk;
      }
    };
    await pipeline(chunksOf(response), counted, createWriteStream(part, { flags: "wx" }));
    await rename(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  } finally {
    progress.stop();
  }
  return bytes;
}

/** Before anything is sent: a target that cannot be written would waste the download. */
function checkTarget(file: string): void {
  const folder = dirname(file);
  if (!existsSync(folder))
    throw new UsageError(`${folder} does not exist`, "make the folder first");
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UsageError(`${file} is a folder`, "name a file in it with -o");
  }
}

/** The body of `--data`. */
function requestBody(
  data: string | undefined,
): string | AsyncIterable<Uint8Array> | BlobLike | null {
  if (data === undefined) return null;
  if (data === "@-") return process.stdin;
  if (!data.startsWith("@")) return data;
  const file = data.slice(1);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) throw new UsageError(`--data: ${file} is not a file`);
  const { size } = stats;
  // Its size is announced, and it can be sent again: behind a redirect, or when the connection is lost.
  return { size, stream: () => withProgress(createReadStream(file), size) };
}

/** An upload with its bar. */
async function* withProgress(
  source: AsyncIterable<Uint8Array>,
  totalBytes: number,
): AsyncGenerator<Uint8Array> {
  const progress = await startProgress(totalBytes);
  try {
    for await (const chunk of source) {
      progress.add(chunk.length);
      yield chunk;
    }
  } finally {
    progress.stop();
  }
}

/** Aborts its signal at SIGINT and SIGTERM, so that a half-written file is removed. */
class Interrupt {
  readonly #controller = new AbortController();
  #exitCode = 0;

  constructor() {
    process.once("SIGINT", this.#onSignal).once("SIGTERM", this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** That of a process ended by the signal, 0 if none has come. */
  get exitCode(): number {
    return this.#exitCode;
  }

  stop(): void {
    process.off("SIGINT", this.#onSignal).off("SIGTERM", this.#onSignal);
  }

  readonly #onSignal = (signal: "SIGINT" | "SIGTERM"): void => {
    this.#exitCode = 128 + constants.signals[signal];
    this.#controller.abort();
  };
}
