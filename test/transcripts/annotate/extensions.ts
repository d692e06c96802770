// SPDX-License-Identifier: MIT
// TLS extensions and, in one of them, QUIC's transport parameters.
import { Reader } from "./bytes.js";
import type { ExplanationKey } from "./explanations.js";
import type { Listing } from "./listing.js";
import * as names from "./names.js";

/** The message that an extension is in. */
export type Context =
  "client_hello" | "server_hello" | "encrypted_extensions" | "certificate" | "certificate_request";

function listLength(reader: Reader, list: Listing, size: number): Reader {
  const { length, body } = reader.vector(size);
  list.field("extension.listLength", length.bytes, length.value);
  return body;
}

/** A list of 16-bit numbers behind their byte count. */
function listNumbers(
  reader: Reader,
  list: Listing,
  size: number,
  key: ExplanationKey,
  table: Readonly<Record<number, string>>,
): void {
  const entries = listLength(reader, list, size);
  while (entries.left > 0) {
    const { value, bytes } = entries.number(2);
    list.field(key, bytes, names.named(table, value));
  }
}

function listServerName(reader: Reader, list: Listing): void {
  const entries = listLength(reader, list, 2);
  list.field("serverName.type", entries.take(1), "host_name");
  const { length, body } = entries.vector(2);
  list.field("serverName.length", length.bytes, length.value);
  const name = body.rest();
  list.field("serverName.name", name, Buffer.from(name).toString());
}

function listAlpn(reader: Reader, list: Listing): void {
  const entries = listLength(reader, list, 2);
  while (entries.left > 0) {
    const { length, body } = entries.vector(1);
    list.field("alpn.length", length.bytes, length.value);
    const name = body.rest();
    list.field("alpn.protocol", name, Buffer.from(name).toString());
  }
}

/** Lengths of the two halves of a hybrid key share: client's and server's, first half first. */
const halves: Readonly<
  Record<
    number,
    Record<"client_hello" | "server_hello", readonly [ExplanationKey, number, ExplanationKey]>
  >
> = {
  0x11ec: {
    client_hello: ["keyShare.encapsulationKey", 1184, "keyShare.x25519"],
    server_hello: ["keyShare.ciphertext", 1088, "keyShare.x25519"],
  },
  0x11ed: {
    client_hello: ["keyShare.p384", 97, "keyShare.encapsulationKey"],
    server_hello: ["keyShare.p384", 97, "keyShare.ciphertext"],
  },
};

function listKeyShare(
  reader: Reader,
  list: Listing,
  context: "client_hello" | "server_hello",
): void {
  const group = reader.number(2);
  list.field("keyShare.group", group.bytes, names.named(names.groups, group.value));
  const { length, body } = reader.vector(2);
  list.field("keyShare.length", length.bytes, length.value);
  const parts = halves[group.value]?.[context];
  if (parts === undefined) {
    list.field(group.value === 0x1d ? "keyShare.x25519" : "keyShare.other", body.rest());
    return;
  }
  const [first, size, second] = parts;
  list.field(first, body.take(size));
  list.field(second, body.rest());
}

function listCommitment(value: Reader, list: Listing, context: Context): void {
  const version = value.number(1);
  list.field("commitment.version", version.bytes, version.value);
  if (context === "client_hello") {
    while (value.left > 0) {
      const profile = value.number(1);
      list.field(
        "commitment.offered",
        profile.bytes,
        names.named(names.profiles, profile.value, 2),
      );
    }
    return;
  }
  const profile = value.number(1);
  list.field("commitment.profile", profile.bytes, names.named(names.profiles, profile.value, 2));
  const reason = value.number(1);
  list.field("commitment.reason", reason.bytes, names.named(names.reasons, reason.value, 2));
  const lifetime = value.number(4);
  list.field("commitment.pin", lifetime.bytes, `${lifetime.value} s`);
}

function listVersionInformation(value: Reader, list: Listing): void {
  list.field("versions.chosen", value.take(4));
  while (value.left > 0) {
    list.field("versions.available", value.take(4));
  }
}

/** Parameters that are a number (RFC 9000 section 18.2). */
const numeric = new Set([0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0e]);

const parameterKeys: Readonly<Record<number, ExplanationKey>> = {
  0x00: "parameter.originalDestination",
  0x01: "parameter.idleTimeout",
  0x02: "parameter.resetToken",
  0x03: "parameter.maxUdpPayload",
  0x04: "parameter.maxData",
  0x05: "parameter.maxStreamDataLocal",
  0x06: "parameter.maxStreamDataRemote",
  0x07: "parameter.maxStreamDataUni",
  0x08: "parameter.maxStreamsBidi",
  0x09: "parameter.maxStreamsUni",
  0x0a: "parameter.ackDelayExponent",
  0x0b: "parameter.maxAckDelay",
  0x0e: "parameter.activeIds",
  0x0f: "parameter.initialSource",
  0x11: "parameter.versions",
  0x2ab2: "parameter.greaseQuicBit",
  0x56454c4f: "parameter.commitment",
};

function listTransportParameters(reader: Reader, list: Listing, context: Context): void {
  while (reader.left > 0) {
    const id = reader.varint();
    const length = reader.varint();
    const value = new Reader(reader.take(length.value));
    const name = names.named(names.transportParameters, id.value, 2);
    list.group("parameter.id", id.bytes, name, () => {
      list.field("parameter.length", length.bytes, length.value);
      const key = parameterKeys[id.value] ?? "parameter.unknown";
      if (id.value === 0x56454c4f) {
        list.group(key, undefined, undefined, () => {
          listCommitment(value, list, context);
        });
      } else if (id.value === 0x11) {
        list.group(key, undefined, undefined, () => {
          listVersionInformation(value, list);
        });
      } else if (numeric.has(id.value)) {
        const read = value.varint();
        list.field(key, read.bytes, read.value);
      } else {
        list.field(key, value.rest());
      }
    });
  }
}

function listBody(type: number, reader: Reader, list: Listing, context: Context): void {
  switch (type) {
    case 0:
      listServerName(reader, list);
      break;
    case 10:
      listNumbers(reader, list, 2, "groups.group", names.groups);
      break;
    case 13:
      listNumbers(reader, list, 2, "signatureAlgorithms.scheme", names.schemes);
      break;
    case 16:
      listAlpn(reader, list);
      break;
    case 27:
      listNumbers(reader, list, 1, "compressCertificate.algorithm", names.compression);
      break;
    case 43:
      if (context === "client_hello") {
        listNumbers(reader, list, 1, "supportedVersions.version", { 0x0304: "TLS 1.3" });
      } else {
        list.field("supportedVersions.selected", reader.take(2), "TLS 1.3");
      }
      break;
    case 45: {
      const modes = listLength(reader, list, 1);
      list.field("pskModes.mode", modes.rest(), "psk_dhe_ke");
      break;
    }
    case 51:
      if (context === "client_hello") {
        const shares = listLength(reader, list, 2);
        while (shares.left > 0) {
          listKeyShare(shares, list, "client_hello");
        }
      } else {
        listKeyShare(reader, list, "server_hello");
      }
      break;
    case 57:
      listTransportParameters(reader, list, context);
      break;
    default:
      list.field("extension.unknown", reader.rest());
      break;
  }
}

/** Lists all extensions of `reader`. */
export function listExtensions(reader: Reader, list: Listing, context: Context): void {
  while (reader.left > 0) {
    const type = reader.number(2);
    list.group("extension.type", type.bytes, names.named(names.extensions, type.value), () => {
      const { length, body } = reader.vector(2);
      list.field("extension.length", length.bytes, length.value);
      if (body.left > 0) {
        listBody(type.value, body, list, context);
      }
      if (body.left > 0) {
        throw new Error(`${body.left} bytes behind extension ${type.value}`);
      }
    });
  }
}
