// SPDX-License-Identifier: MIT
// The frames of a packet (RFC 9000 section 19), and what they carry for TLS and for streams.
import { Reader } from "./bytes.js";
import type { ExplanationKey } from "./explanations.js";
import type { Listing } from "./listing.js";

/** A piece of a byte stream that a packet carries. */
export interface Piece {
  readonly stream: number | "crypto";
  readonly offset: number;
  readonly data: Uint8Array;
  readonly isEnd: boolean;
}

type Take = (piece: Piece) => void;

type FieldKind = "varint" | "id" | 8 | 16 | "reason";

/** Frames that are a row of fields. */
const plain: Readonly<Record<number, readonly [string, readonly [ExplanationKey, FieldKind][]]>> = {
  0x01: ["PING", []],
  0x05: [
    "STOP_SENDING",
    [
      ["frame.streamId", "varint"],
      ["frame.applicationError", "varint"],
    ],
  ],
  0x10: ["MAX_DATA", [["frame.maxData", "varint"]]],
  0x11: [
    "MAX_STREAM_DATA",
    [
      ["frame.streamId", "varint"],
      ["frame.maxStreamData", "varint"],
    ],
  ],
  0x12: ["MAX_STREAMS (bidirectional)", [["frame.maxStreams", "varint"]]],
  0x13: ["MAX_STREAMS (unidirectional)", [["frame.maxStreams", "varint"]]],
  0x18: [
    "NEW_CONNECTION_ID",
    [
      ["frame.sequence", "varint"],
      ["frame.retirePriorTo", "varint"],
      ["frame.connectionId", "id"],
      ["frame.resetToken", 16],
    ],
  ],
  0x19: ["RETIRE_CONNECTION_ID", [["frame.sequence", "varint"]]],
  0x1c: [
    "CONNECTION_CLOSE (QUIC)",
    [
      ["frame.transportError", "varint"],
      ["frame.closeFrameType", "varint"],
      ["frame.reason", "reason"],
    ],
  ],
  0x1d: [
    "CONNECTION_CLOSE (application)",
    [
      ["frame.applicationError", "varint"],
      ["frame.reason", "reason"],
    ],
  ],
  0x1e: ["HANDSHAKE_DONE", []],
};

function listPlain(reader: Reader, list: Listing, fields: readonly [ExplanationKey, FieldKind][]) {
  for (const [key, kind] of fields) {
    if (kind === "varint") {
      const { value, bytes } = reader.varint();
      list.field(key, bytes, value);
    } else if (kind === "id") {
      const length = reader.number(1);
      list.field("frame.connectionIdLength", length.bytes, length.value);
      list.field(key, reader.take(length.value));
    } else if (kind === "reason") {
      const length = reader.varint();
      list.field("frame.reasonLength", length.bytes, length.value);
      const bytes = reader.take(length.value);
      if (bytes.length > 0) {
        list.field(key, bytes, JSON.stringify(Buffer.from(bytes).toString()));
      }
    } else {
      list.field(key, reader.take(kind));
    }
  }
}

function listAck(reader: Reader, list: Listing, hasEcn: boolean) {
  const largest = reader.varint();
  list.field("ack.largest", largest.bytes, largest.value);
  const delay = reader.varint();
  list.field("ack.delay", delay.bytes, delay.value);
  const count = reader.varint();
  list.field("ack.rangeCount", count.bytes, count.value);
  const first = reader.varint();
  list.field("ack.firstRange", first.bytes, first.value);
  for (let i = 0; i < count.value; i++) {
    const gap = reader.varint();
    list.field("ack.gap", gap.bytes, gap.value);
    const range = reader.varint();
    list.field("ack.range", range.bytes, range.value);
  }
  for (const key of hasEcn ? (["ack.ect0", "ack.ect1", "ack.ce"] as const) : []) {
    const { value, bytes } = reader.varint();
    list.field(key, bytes, value);
  }
}

function listCrypto(reader: Reader, list: Listing, take: Take) {
  const offset = reader.varint();
  list.field("crypto.offset", offset.bytes, offset.value);
  const length = reader.varint();
  list.field("crypto.length", length.bytes, length.value);
  take({
    stream: "crypto",
    offset: offset.value,
    data: reader.take(length.value),
    isEnd: false,
  });
  list.field("crypto.data", undefined, range(offset.value, length.value));
}

function range(offset: number, length: number): string {
  return length === 0 ? "none" : `bytes ${offset} to ${offset + length - 1}`;
}

function listStream(reader: Reader, list: Listing, type: number, take: Take) {
  const id = reader.varint();
  list.field("frame.streamId", id.bytes, `${id.value}, ${streamKind(id.value)}`);
  let offset = 0;
  if (type & 4) {
    const read = reader.varint();
    offset = read.value;
    list.field("stream.offset", read.bytes, offset);
  }
  let length = reader.left;
  if (type & 2) {
    const read = reader.varint();
    length = read.value;
    list.field("stream.length", read.bytes, length);
  }
  take({ stream: id.value, offset, data: reader.take(length), isEnd: (type & 1) !== 0 });
  list.field("stream.data", undefined, range(offset, length));
}

/** RFC 9000 section 2.1. */
export function streamKind(id: number): string {
  return `${id & 1 ? "server" : "client"}'s, ${id & 2 ? "unidirectional" : "bidirectional"}`;
}

function listPadding(reader: Reader, list: Listing) {
  let count = 0;
  while (reader.left > 0 && reader.peek() === 0) {
    reader.take(1);
    count++;
  }
  list.field("frame.padding", undefined, `${count} bytes 00`);
}

/** Lists all frames of a packet's payload; what they carry goes to `take`. */
export function listFrames(payload: Uint8Array, list: Listing, take: Take): void {
  const reader = new Reader(payload);
  while (reader.left > 0) {
    if (reader.peek() === 0) {
      listPadding(reader, list);
      continue;
    }
    const { value: type, bytes } = reader.varint();
    const entry = plain[type];
    if (entry) {
      list.group("frame.type", bytes, entry[0], () => {
        listPlain(reader, list, entry[1]);
      });
    } else if (type === 2 || type === 3) {
      list.group("frame.type", bytes, type === 3 ? "ACK with ECN counts" : "ACK", () => {
        listAck(reader, list, type === 3);
      });
    } else if (type === 6) {
      list.group("frame.type", bytes, "CRYPTO", () => {
        listCrypto(reader, list, take);
      });
    } else if (type === 7) {
      list.group("frame.type", bytes, "NEW_TOKEN", () => {
        const { value, bytes: length } = reader.varint();
        list.field("newToken.length", length, value);
        list.field("newToken.token", reader.take(value));
      });
    } else if (type >= 8 && type <= 0xf) {
      const flags = [type & 4 ? "OFF" : "", type & 2 ? "LEN" : "", type & 1 ? "FIN" : ""];
      const shown = flags.filter((flag) => flag !== "").join(", ");
      list.group("frame.type", bytes, `STREAM${shown ? ` (${shown})` : ""}`, () => {
        listStream(reader, list, type, take);
      });
    } else {
      throw new Error(`a frame of type 0x${type.toString(16)}`);
    }
  }
}

/** The names of a payload's frames, each once, for a table. */
export function frameNames(lines: readonly string[]): string {
  const names = lines.flatMap((line) => {
    const match = /^\S{2,16} +frame = ([A-Z_]+)/.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return [...new Set(names)].join(", ");
}
