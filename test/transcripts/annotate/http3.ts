// SPDX-License-Identifier: MIT
// What is on the streams: HTTP/3 (RFC 9114), QPACK's own streams, and the authenticators of velocity/1.
import { Reader } from "./bytes.js";
import type { Listing } from "./listing.js";
import * as names from "./names.js";
import {
  dynamicTable,
  type Entry,
  listDecoderStream,
  listEncoderStream,
  listFieldSection,
} from "./qpack.js";
import { listMessage, readMessages } from "./tls.js";

/** Types of frames on a stream of authenticators (spec/hybrid-authentication.md). */
const authenticatorFrames: Readonly<Record<number, string>> = {
  1: "AUTHENTICATOR",
  2: "AUTHENTICATOR_REQUEST",
};

function listSettings(reader: Reader, list: Listing): void {
  while (reader.left > 0) {
    const id = reader.varint();
    const isReserved = id.value >= 0x21 && (id.value - 0x21) % 0x1f === 0;
    const name = isReserved
      ? `reserved (0x${id.value.toString(16)})`
      : names.named(names.settings, id.value, 2);
    list.field("settings.id", id.bytes, name);
    const value = reader.varint();
    list.field("settings.value", value.bytes, value.value);
  }
}

function listHttp3Frame(reader: Reader, table: readonly Entry[], list: Listing): void {
  const type = reader.varint();
  list.group("h3.type", type.bytes, names.named(names.http3Frames, type.value, 2), () => {
    const length = reader.varint();
    list.field("h3.length", length.bytes, length.value);
    const body = new Reader(reader.take(length.value));
    switch (type.value) {
      case 0:
        list.field("h3.data", body.bytes, JSON.stringify(Buffer.from(body.bytes).toString()));
        break;
      case 1:
        listFieldSection(body.bytes, table, list);
        break;
      case 4:
        listSettings(body, list);
        break;
      case 7: {
        const id = body.varint();
        list.field("h3.goaway", id.bytes, id.value);
        break;
      }
      default:
        list.field("h3.unknown", body.bytes);
    }
  });
}

function listAuthenticatorFrame(reader: Reader, list: Listing): void {
  const type = reader.varint();
  const name = names.named(authenticatorFrames, type.value, 2);
  list.group("authenticators.type", type.bytes, name, () => {
    const length = reader.varint();
    list.field("authenticators.length", length.bytes, length.value);
    for (const message of readMessages(reader.take(length.value))) {
      list.group("authenticators.message", undefined, `${message.bytes.length} bytes`, () => {
        listMessage(message, list);
      });
    }
  });
}

/** The type of a unidirectional stream. */
export function streamType(bytes: Uint8Array): number {
  return new Reader(bytes).varint().value;
}

const encoderType = 2;
const decoderType = 3;
const authenticatorType = 0x56454c50;

/** The dynamic table of a sender: of its streams, the encoder's. */
export function tableOf(streams: readonly { id: number; bytes: Uint8Array }[]): Entry[] {
  const stream = streams.find(
    ({ id, bytes }) => (id & 2) !== 0 && streamType(bytes) === encoderType,
  );
  const reader = new Reader(stream?.bytes ?? Uint8Array.of(encoderType));
  reader.varint();
  return dynamicTable(reader);
}

/** Lists the content of a stream from its first byte on; `table` is its sender's. */
export function listStreamContent(
  id: number,
  bytes: Uint8Array,
  table: readonly Entry[],
  list: Listing,
): void {
  const reader = new Reader(bytes);
  let type: number | undefined;
  if (id & 2) {
    const read = reader.varint();
    type = read.value;
    list.field("streamType", read.bytes, names.named(names.streamTypes, type, 2));
  }
  if (type === encoderType) {
    listEncoderStream(reader, list);
  } else if (type === decoderType) {
    listDecoderStream(reader, list);
  }
  while (reader.left > 0) {
    if (type === undefined || type === 0) {
      listHttp3Frame(reader, table, list);
    } else if (type === authenticatorType) {
      listAuthenticatorFrame(reader, list);
    } else {
      list.field("streamBytes", reader.rest());
    }
  }
}
