// SPDX-License-Identifier: MIT
// Keys of a QUIC connection and what they open, by node:crypto alone: an independent check of what was recorded.
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { fromHex, join } from "./bytes.js";

/** A cipher suite of TLS 1.3, as far as a transcript needs it. */
export interface Suite {
  readonly hash: "sha256" | "sha384";
  readonly keyBytes: 16 | 32;
  readonly aead: "aes-128-gcm" | "aes-256-gcm";
  readonly mask: "aes-128-ecb" | "aes-256-ecb";
}

const aes128 = {
  hash: "sha256",
  keyBytes: 16,
  aead: "aes-128-gcm",
  mask: "aes-128-ecb",
} as const satisfies Suite;
const aes256 = {
  hash: "sha384",
  keyBytes: 32,
  aead: "aes-256-gcm",
  mask: "aes-256-ecb",
} as const satisfies Suite;

/** By the name that pqq_connection_info gives. */
export const suites: Readonly<Record<string, Suite>> = {
  TLS_AES_128_GCM_SHA256: aes128,
  TLS_AES_256_GCM_SHA384: aes256,
};

const tagBytes = 16;

/** RFC 8446 section 7.1. */
export function expandLabel(
  hash: Suite["hash"],
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const name = Buffer.from(`tls13 ${label}`);
  const info = join(
    Uint8Array.of(length >> 8, length & 0xff, name.length),
    name,
    Uint8Array.of(context.length),
    context,
  );
  let block = new Uint8Array();
  let out = new Uint8Array();
  for (let counter = 1; out.length < length; counter++) {
    block = Uint8Array.from(
      createHmac(hash, secret)
        .update(join(block, info, Uint8Array.of(counter)))
        .digest(),
    );
    out = Uint8Array.from(join(out, block));
  }
  return out.subarray(0, length);
}

export function digest(hash: Suite["hash"], data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash(hash).update(data).digest());
}

export function hmac(hash: Suite["hash"], key: Uint8Array, data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHmac(hash, key).update(data).digest());
}

/** RFC 8446 section 7.5, with an empty context. */
export function exportKey(suite: Suite, exporterSecret: Uint8Array, label: string): Uint8Array {
  const empty = digest(suite.hash, new Uint8Array());
  const secret = expandLabel(suite.hash, exporterSecret, label, empty, empty.length);
  return expandLabel(suite.hash, secret, "exporter", empty, empty.length);
}

/** The verify_data of a Finished (RFC 8446 section 4.4.4), from the sender's traffic secret. */
export function finished(suite: Suite, secret: Uint8Array, messages: Uint8Array): Uint8Array {
  const hash = digest(suite.hash, messages);
  const key = expandLabel(suite.hash, secret, "finished", new Uint8Array(), hash.length);
  return hmac(suite.hash, key, hash);
}

/** What one direction of one encryption level is protected with. */
export interface PacketKeys {
  readonly suite: Suite;
  readonly secret: Uint8Array;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly headerKey: Uint8Array;
}

/** RFC 9001 section 5.1. */
export function packetKeys(suite: Suite, secret: Uint8Array): PacketKeys {
  const derive = (label: string, length: number) =>
    expandLabel(suite.hash, secret, label, new Uint8Array(), length);
  return {
    suite,
    secret,
    key: derive("quic key", suite.keyBytes),
    iv: derive("quic iv", 12),
    headerKey: derive("quic hp", suite.keyBytes),
  };
}

const initialSalt = fromHex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");

/** RFC 9001 section 5.2: from the client's first Destination Connection ID, which everybody can read. */
export function initialKeys(destinationId: Uint8Array): { client: PacketKeys; server: PacketKeys } {
  const secret = hmac("sha256", initialSalt, destinationId); // HKDF-Extract
  const side = (label: string) =>
    packetKeys(aes128, expandLabel("sha256", secret, label, new Uint8Array(), 32));
  return { client: side("client in"), server: side("server in") };
}

/** RFC 9001 section 5.4.3: five bytes that hide the first byte's low bits and the packet number. */
export function headerMask(keys: PacketKeys, sample: Uint8Array): Uint8Array {
  const cipher = createCipheriv(keys.suite.mask, keys.headerKey, null).setAutoPadding(false);
  return Uint8Array.from(cipher.update(sample)).subarray(0, 5);
}

/** RFC 9001 section 5.3. @throws Error if a bit of the packet is not as it was sealed. */
export function open(
  keys: PacketKeys,
  packetNumber: number,
  header: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  const nonce = Uint8Array.from(keys.iv);
  const view = new DataView(nonce.buffer);
  view.setBigUint64(4, view.getBigUint64(4) ^ BigInt(packetNumber));
  const decipher = createDecipheriv(keys.suite.aead, keys.key, nonce, {
    authTagLength: tagBytes,
  });
  decipher.setAAD(header);
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return Uint8Array.from(
    Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]),
  );
}
