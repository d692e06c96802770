// SPDX-License-Identifier: MIT
// The content of a request or response: read once, as fetch has it, and no stream is made before one is asked for.
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import type { BodySource } from "./internal/body.js";

/** What can be given as content. A Node.js `Readable` is an async iterable of bytes, so it can be given too. */
export type Body =
  string | Uint8Array | ArrayBuffer | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

const DECODER = new TextDecoder();
const EMPTY = new Uint8Array(0);

/** Whether `body` comes from a peer. */
export function isBodySource(body: object): body is BodySource {
  return "collect" in body;
}

/**
 * Returns `body`, if it is something that can be sent.
 *
 * @throws TypeError
 */
export function checkBody(body: unknown): Body | BodySource | null {
  if (body === undefined || body === null) return null;
  if (typeof body === "string" || body instanceof Uint8Array || body instanceof ArrayBuffer)
    return body;
  if (typeof body === "object") {
    if (Symbol.asyncIterator in body) return body as AsyncIterable<Uint8Array>;
    if (isBodySource(body)) return body;
  }
  throw new TypeError(
    "body: expected a string, a Uint8Array, an ArrayBuffer, a ReadableStream or an async iterable of Uint8Array, " +
      `received ${typeof body}`,
  );
}

/** Content with the reading methods of fetch's `Body`. */
export class Content {
  readonly #source: Body | BodySource | null;
  #stream: ReadableStream<Uint8Array> | null = null;
  #isTaken = false;

  constructor(source: Body | BodySource | null) {
    this.#source = source;
  }

  /** Whether somebody has begun to read. */
  get isUsed(): boolean {
    return this.#isTaken || (this.#stream !== null && isDisturbed(this.#stream));
  }

  /** The content as a stream, the same one each time; null if there is none. */
  stream(): ReadableStream<Uint8Array> | null {
    if (this.#source === null) return null;
    this.#stream ??= this.#isTaken ? consumedStream() : toStream(this.#source);
    return this.#stream;
  }

  /** The content as it was given, for sending it. Streams can be taken once; strings and bytes as often as wanted. */
  take(): Body | null {
    const source = this.#source;
    if (source === null || typeof source === "string" || isBytes(source)) return source;
    this.#claim();
    return this.#stream ?? (isBodySource(source) ? source.stream() : source);
  }

  async bytes(): Promise<Uint8Array> {
    this.#claim();
    if (this.#stream !== null) return concatenate(this.#stream);
    const source = this.#source;
    if (source === null) return EMPTY;
    if (typeof source === "string") return Buffer.from(source);
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    if (source instanceof Uint8Array) return source;
    return isBodySource(source) ? source.collect() : concatenate(source);
  }

  async text(): Promise<string> {
    if (typeof this.#source === "string" && this.#stream === null) {
      this.#claim();
      return this.#source;
    }
    return DECODER.decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    // A view of a pool, or of shared memory, must not hand its neighbours out.
    if (bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer)
      return bytes.buffer;
    return Uint8Array.from(bytes).buffer;
  }

  async blob(contentType: string): Promise<Blob> {
    return new Blob([new Uint8Array(await this.arrayBuffer())], { type: contentType });
  }

  /** Multipart and URL-encoded forms; the parser is that of Node.js. */
  async formData(contentType: string): Promise<FormData> {
    const headers = { "content-type": contentType };
    const response = new globalThis.Response(await this.arrayBuffer(), { headers });
    // Deprecated because it holds all of a form in memory; fetch's Request has it, and so must ours.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return response.formData();
  }

  /** A second reader of the same content; both see all of it. */
  clone(): Content {
    if (this.isUsed || this.#stream?.locked) throw unusable();
    const source = this.#source;
    if (source === null || typeof source === "string" || isBytes(source))
      return new Content(source);
    const [ours, theirs] = (this.#stream ?? toStream(source)).tee();
    this.#stream = ours;
    return new Content(theirs);
  }

  #claim(): void {
    if (this.isUsed || this.#stream?.locked) throw unusable();
    this.#isTaken = this.#source !== null;
  }
}

/** Node.js takes web streams here too; its types do not say so yet. */
function isDisturbed(stream: ReadableStream<Uint8Array>): boolean {
  return Readable.isDisturbed(stream as unknown as NodeJS.ReadableStream);
}

function unusable(): TypeError {
  return new TypeError("Body is unusable: it has been read or is locked by a reader");
}

function isBytes(source: Body | BodySource): source is Uint8Array | ArrayBuffer {
  return source instanceof Uint8Array || source instanceof ArrayBuffer;
}

function toStream(source: Body | BodySource): ReadableStream<Uint8Array> {
  if (source instanceof ReadableStream) return source;
  if (typeof source === "string") return ReadableStream.from([Buffer.from(source)]);
  if (source instanceof ArrayBuffer) return ReadableStream.from([new Uint8Array(source)]);
  if (source instanceof Uint8Array) return ReadableStream.from([source]);
  return isBodySource(source) ? source.stream() : ReadableStream.from(source);
}

/** What `body` is after text() and its like: closed, with a reader, as in fetch. */
function consumedStream(): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.close();
    },
  });
  stream.getReader();
  return stream;
}

async function concatenate(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}
