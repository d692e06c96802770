// SPDX-License-Identifier: MIT
// From what callers give as content to what is sent: whole, or in pieces, with its type and its length if they are known.
import { checkBody, isBodySource, type Body } from "../content.js";
import { PqqError } from "../errors/index.js";
import type { WholeBody } from "./commands.js";
import { MAX_WHOLE_BYTES, wholeSource, type ChunkedBody } from "./outgoing.js";

/** Content that can be read as often as it has to be sent, such as a `Blob`. */
export interface BlobLike {
  /** All of it, from its beginning. */
  stream(): ChunkedBody;
  /** Bytes. */
  readonly size: number;
  /** Content type, empty if it is not known. */
  readonly type?: string;
}

/** What a client can send. */
export type RequestBody =
  Body | ArrayBufferView | Blob | BlobLike | FormData | URLSearchParams | null;

/** Content as it is sent. */
export interface RequestContent {
  /** The content if it goes with the header section; null: there is none, or it comes in pieces. */
  readonly whole: WholeBody;
  /** Called once for each time that the content is sent. */
  readonly pieces: (() => ChunkedBody) | null;
  /** Whether it can be sent a second time. */
  readonly isReplayable: boolean;
  /** Undefined: none, or the caller has to know. */
  readonly type: string | undefined;
  /** In bytes; undefined: there is no content, or it is as long as it gets. */
  readonly length: number | undefined;
}

const NONE: RequestContent = {
  whole: null,
  pieces: null,
  isReplayable: true,
  type: undefined,
  length: undefined,
};

/** @throws TypeError for what cannot be sent. */
export function requestContent(body: RequestBody | undefined): RequestContent {
  if (body === undefined || body === null) return NONE;
  if (body instanceof URLSearchParams) {
    return wholeContent(body.toString(), "application/x-www-form-urlencoded;charset=UTF-8");
  }
  if (body instanceof FormData) return formContent(body);
  if (ArrayBuffer.isView(body)) {
    const { buffer, byteOffset, byteLength } = body;
    return wholeContent(new Uint8Array(buffer, byteOffset, byteLength), undefined);
  }
  if (isBlobLike(body)) return blobContent(body);
  const given = checkBody(body);
  if (given === null) return NONE;
  if (typeof given === "string") return wholeContent(given, "text/plain;charset=UTF-8");
  if (given instanceof Uint8Array) return wholeContent(given, undefined);
  if (given instanceof ArrayBuffer) return wholeContent(new Uint8Array(given), undefined);
  const stream = isBodySource(given) ? given.stream() : given;
  return { ...NONE, pieces: () => stream, isReplayable: false };
}

/**
 * `source`, if it has as many bytes as was announced; else it fails, before the server finds out (RFC 9114 section
 * 4.1.2).
 */
export async function* exactly(source: ChunkedBody, length: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > length) throw lengthError(`${length} announced, more given`);
    yield chunk;
  }
  if (bytes < length) throw lengthError(`${length} announced, ${bytes} given`);
}

function lengthError(detail: string): Error {
  return new PqqError("PQQ_ERR_CONTENT_LENGTH", { detail });
}

function wholeContent(body: string | Uint8Array, type: string | undefined): RequestContent {
  const isSmall = body.length <= MAX_WHOLE_BYTES;
  return {
    whole: isSmall ? body : null,
    pieces: isSmall ? null : () => wholeSource(body),
    isReplayable: true,
    type,
    length: Buffer.byteLength(body),
  };
}

/** Whole too, for a request with trailers: they come behind pieces only. */
export function inPieces({ whole, pieces }: RequestContent): () => ChunkedBody {
  return pieces ?? ((): ChunkedBody => wholeSource(whole ?? ""));
}

function blobContent(blob: BlobLike): RequestContent {
  return {
    whole: null,
    pieces: () => exactly(blob.stream(), blob.size),
    isReplayable: true,
    type: blob.type === "" ? undefined : blob.type,
    length: blob.size,
  };
}

/** Encoded by Node.js, once: the boundary in the content type is that of the bytes. */
function formContent(form: FormData): RequestContent {
  const encoded = new globalThis.Response(form);
  const type = encoded.headers.get("content-type") ?? undefined;
  const hasFiles = [...form.values()].some((value) => typeof value !== "string");
  if (hasFiles) {
    // Files may be large: they are streamed, and so cannot be sent again.
    const stream = encoded.body as ChunkedBody;
    return { ...NONE, pieces: () => stream, isReplayable: false, type };
  }
  let text: Promise<Uint8Array> | undefined;
  return {
    ...NONE,
    pieces: () => laterChunk((text ??= encoded.arrayBuffer().then((it) => new Uint8Array(it)))),
    type,
  };
}

async function* laterChunk(bytes: Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await bytes;
}

function isBlobLike(body: object | string): body is BlobLike {
  return (
    typeof body === "object" &&
    "stream" in body &&
    typeof body.stream === "function" &&
    "size" in body &&
    typeof body.size === "number"
  );
}
