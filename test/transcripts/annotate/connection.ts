// SPDX-License-Identifier: MIT
// A recorded connection put together: its datagrams with the listing of every packet, the TLS messages, the streams.
import type { ExplanationKey } from "./explanations.js";
import { listFrames, type Piece } from "./frames.js";
import { type Suite, suites } from "./keys.js";
import { Listing } from "./listing.js";
import {
  type AllKeys,
  allKeys,
  type Datagram,
  type Level,
  type Packet,
  readDatagrams,
} from "./packets.js";
import type { Recording, Side } from "./recording.js";
import { type Message, readMessages } from "./tls.js";

export interface SentMessage extends Message {
  readonly from: Side;
  readonly level: Level;
}

export interface SentStream {
  readonly id: number;
  readonly from: Side;
  readonly bytes: Uint8Array;
  readonly isEnded: boolean;
}

export interface ListedPacket {
  readonly packet: Packet;
  readonly list: Listing;
}

export interface Connection {
  readonly recording: Recording;
  readonly suite: Suite;
  readonly keys: AllKeys;
  readonly datagrams: readonly { datagram: Datagram; packets: readonly ListedPacket[] }[];
  /** In the order of the handshake. */
  readonly messages: readonly SentMessage[];
  /** In the order of their ids, the opener's half first. */
  readonly streams: readonly SentStream[];
}

/** Bytes put together from pieces that may come twice and in any order. */
class Assembly {
  #bytes = new Uint8Array();
  #has: boolean[] = [];
  isEnded = false;

  add({ offset, data, isEnd }: Piece): void {
    const end = offset + data.length;
    if (end > this.#bytes.length) {
      const longer = new Uint8Array(end);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes.set(data, offset);
    for (let at = offset; at < end; at++) {
      this.#has[at] = true;
    }
    this.isEnded ||= isEnd;
  }

  get bytes(): Uint8Array {
    if (this.#has.filter(Boolean).length !== this.#bytes.length) {
      throw new Error("bytes are missing");
    }
    return this.#bytes;
  }
}

function listHeader(packet: Packet, list: Listing): void {
  const field = (key: ExplanationKey, bytes: Uint8Array) => {
    if (bytes.length > 0) {
      list.field(key, bytes);
    }
  };
  list.field("packet.protectedFirst", Uint8Array.of(packet.protectedFirst));
  const form = packet.level === "1-RTT" ? "short header" : `long header, ${packet.level}`;
  const size = packet.numberBytes.length;
  list.field(
    "packet.first",
    Uint8Array.of(packet.first),
    `${form}, packet number of ${size} byte${size === 1 ? "" : "s"}`,
  );
  field("packet.version", packet.version);
  field("packet.destinationId", packet.destinationId);
  field("packet.sourceId", packet.sourceId);
  field("packet.tokenLength", packet.tokenLength);
  field("packet.token", packet.token);
  if (packet.length.length > 0) {
    const tag = packet.sealed.length + packet.numberBytes.length;
    list.field("packet.length", packet.length, tag);
  }
  list.field("packet.protectedNumber", packet.protectedNumber);
  list.field("packet.number", packet.numberBytes, packet.number);
}

const levels = ["Initial", "Handshake", "1-RTT"] as const;

/** The handshake's order: what the server can send only after the ClientHello comes after it. */
function messageOrder({ type, from }: SentMessage): number {
  const order = [1, 2, 8, 13, 11, 25, 15, 20];
  return order.indexOf(type) + (from === "client" && type !== 1 ? order.length : 0);
}

export function readConnection(recording: Recording): Connection {
  const suite = suites[recording.cipher];
  if (suite === undefined) {
    throw new Error(`${recording.cipher} is not known here`);
  }
  const keys = allKeys(recording, suite);
  const assemblies = new Map<string, Assembly>();
  const datagrams = readDatagrams(recording, keys).map((datagram) => ({
    datagram,
    packets: datagram.packets.map((packet) => {
      const list = new Listing();
      listHeader(packet, list);
      list.group("packet.payload", undefined, `${packet.payload.length} bytes`, () => {
        listFrames(packet.payload, list, (piece) => {
          const name =
            piece.stream === "crypto"
              ? `${packet.level} ${packet.from}`
              : `stream ${packet.from} ${piece.stream}`;
          const assembly = assemblies.get(name) ?? new Assembly();
          assemblies.set(name, assembly);
          assembly.add(piece);
        });
      });
      return { packet, list };
    }),
  }));
  const messages = levels.flatMap((level) =>
    (["client", "server"] as const).flatMap((from) =>
      readMessages(assemblies.get(`${level} ${from}`)?.bytes ?? new Uint8Array()).map(
        (message): SentMessage => ({ ...message, from, level }),
      ),
    ),
  );
  messages.sort((a, b) => messageOrder(a) - messageOrder(b));
  return { recording, suite, keys, datagrams, messages, streams: readStreams(assemblies) };
}

function readStreams(assemblies: ReadonlyMap<string, Assembly>): SentStream[] {
  const found: SentStream[] = [];
  for (const [name, assembly] of assemblies) {
    const [kind, from, id] = name.split(" ");
    if (kind === "stream") {
      found.push({
        id: Number(id),
        from: from as Side,
        bytes: assembly.bytes,
        isEnded: assembly.isEnded,
      });
    }
  }
  const opener = ({ id, from }: SentStream) => ((id & 1) === (from === "server" ? 1 : 0) ? 0 : 1);
  return found.sort((a, b) => a.id - b.id || opener(a) - opener(b));
}
