// SPDX-License-Identifier: MIT
// Datagrams to packets with their payload in the clear (RFC 9000 section 17, RFC 9001 section 5).
import { Reader, fromHex } from "./bytes.js";
import { type PacketKeys, type Suite, headerMask, initialKeys, open, packetKeys } from "./keys.js";
import type { Recording, Side } from "./recording.js";

export type Level = "Initial" | "Handshake" | "1-RTT";

export interface Packet {
  readonly level: Level;
  readonly from: Side;
  readonly number: number;
  /** As sent, and with header protection removed. */
  readonly protectedFirst: number;
  readonly first: number;
  readonly version: Uint8Array;
  readonly destinationId: Uint8Array;
  readonly sourceId: Uint8Array;
  readonly token: Uint8Array;
  readonly tokenLength: Uint8Array;
  readonly length: Uint8Array;
  readonly protectedNumber: Uint8Array;
  readonly numberBytes: Uint8Array;
  readonly sealed: Uint8Array;
  readonly payload: Uint8Array;
}

export interface Datagram {
  readonly index: number;
  readonly from: Side;
  readonly atNs: number;
  readonly ecn: number;
  readonly bytes: Uint8Array;
  readonly packets: readonly Packet[];
}

/** Of connection ids that libpqq makes; a short header does not say it. */
const idBytes = 16;
const sampleBytes = 16;
/** A packet number of four bytes begins where the sample of five bytes does not (RFC 9001 section 5.4.2). */
const sampleOffset = 4;

const labels = {
  Handshake: {
    client: "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    server: "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  },
  "1-RTT": { client: "CLIENT_TRAFFIC_SECRET_0", server: "SERVER_TRAFFIC_SECRET_0" },
} as const;

export type AllKeys = Readonly<Record<Level, Readonly<Record<Side, PacketKeys>>>>;

/** The keys of all levels: the first ones from the first datagram, the others from the key log. */
export function allKeys(recording: Recording, suite: Suite): AllKeys {
  const first = new Reader(fromHex(recording.datagrams[0]!.hex));
  first.take(5);
  const side = (level: "Handshake" | "1-RTT", from: Side) =>
    packetKeys(suite, recording.secret(labels[level][from]));
  return {
    Initial: initialKeys(first.vector(1).body.bytes),
    Handshake: { client: side("Handshake", "client"), server: side("Handshake", "server") },
    "1-RTT": { client: side("1-RTT", "client"), server: side("1-RTT", "server") },
  };
}

/** RFC 9000 appendix A.3. */
function decodeNumber(largest: number, truncated: number, bytes: number): number {
  const window = 256 ** bytes;
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2) {
    return candidate + window;
  }
  return candidate > expected + window / 2 && candidate >= window ? candidate - window : candidate;
}

interface Header {
  level: Level;
  version: Uint8Array;
  destinationId: Uint8Array;
  sourceId: Uint8Array;
  token: Uint8Array;
  tokenLength: Uint8Array;
  length: Uint8Array;
  /** Bytes from the packet number on. */
  rest: number;
}

const nothing = new Uint8Array();

function readHeader(reader: Reader): Header {
  const first = reader.take(1)[0]!;
  const header: Header = {
    level: "1-RTT",
    version: nothing,
    destinationId: nothing,
    sourceId: nothing,
    token: nothing,
    tokenLength: nothing,
    length: nothing,
    rest: 0,
  };
  if ((first & 0x80) === 0) {
    header.destinationId = reader.take(idBytes);
    header.rest = reader.left;
    return header;
  }
  const type = (first >> 4) & 3;
  if (type !== 0 && type !== 2) {
    throw new Error(`a long header of type ${type}`);
  }
  header.level = type === 0 ? "Initial" : "Handshake";
  header.version = reader.take(4);
  header.destinationId = reader.vector(1).body.bytes;
  header.sourceId = reader.vector(1).body.bytes;
  if (type === 0) {
    const length = reader.varint();
    header.tokenLength = length.bytes;
    header.token = reader.take(length.value);
  }
  const length = reader.varint();
  header.length = length.bytes;
  header.rest = length.value;
  return header;
}

/** Takes one packet from a datagram. */
function readPacket(
  reader: Reader,
  from: Side,
  keys: AllKeys,
  largest: Map<string, number>,
): Packet {
  const start = reader.at;
  const { rest, ...header } = readHeader(reader);
  const numberAt = reader.at - start;
  const end = reader.at + rest;
  const bytes = Uint8Array.from(reader.bytes.subarray(start, end));
  reader.take(rest);
  const own = keys[header.level][from];
  const sampleAt = numberAt + sampleOffset;
  const mask = headerMask(own, bytes.subarray(sampleAt, sampleAt + sampleBytes));
  const protectedFirst = bytes[0]!;
  bytes[0] = protectedFirst ^ (mask[0]! & (protectedFirst & 0x80 ? 0x0f : 0x1f));
  const size = (bytes[0] & 3) + 1;
  const protectedNumber = Uint8Array.from(bytes.subarray(numberAt, numberAt + size));
  protectedNumber.forEach((byte, index) => {
    bytes[numberAt + index] = byte ^ mask[1 + index]!;
  });
  const numberBytes = bytes.subarray(numberAt, numberAt + size);
  const space = `${header.level} ${from}`;
  const truncated = new Reader(numberBytes).number(size).value;
  const number = decodeNumber(largest.get(space) ?? -1, truncated, size);
  largest.set(space, Math.max(number, largest.get(space) ?? -1));
  const sealed = bytes.subarray(numberAt + size);
  const payload = open(own, number, bytes.subarray(0, numberAt + size), sealed);
  return {
    ...header,
    from,
    number,
    protectedFirst,
    first: bytes[0],
    protectedNumber,
    numberBytes,
    sealed,
    payload,
  };
}

/** All datagrams with what is in them. @throws Error if one packet does not open. */
export function readDatagrams(recording: Recording, keys: AllKeys): Datagram[] {
  const largest = new Map<string, number>();
  return recording.datagrams.map(({ from, atNs, ecn, hex }, index) => {
    const bytes = fromHex(hex);
    const reader = new Reader(bytes);
    const packets: Packet[] = [];
    while (reader.left > 0) {
      packets.push(readPacket(reader, from, keys, largest));
    }
    return { index, from, atNs, ecn, bytes, packets };
  });
}
