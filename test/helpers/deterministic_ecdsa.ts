// SPDX-License-Identifier: MIT
// ECDSA with the nonce of RFC 6979, for fixed vectors: node:crypto draws its nonces at random. The numbers are
// JavaScript's, so nothing here is constant-time: for test keys only.
import { createECDH, createHash, createHmac } from "node:crypto";

export type Curve = "P-256" | "P-384";

interface Domain {
  readonly hash: "sha256" | "sha384";
  readonly opensslName: string;
  /** Order of the group (FIPS 186-5). */
  readonly order: bigint;
  readonly bytes: number;
}

const DOMAINS: Record<Curve, Domain> = {
  "P-256": {
    hash: "sha256",
    opensslName: "prime256v1",
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bytes: 32,
  },
  "P-384": {
    hash: "sha384",
    opensslName: "secp384r1",
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    bytes: 48,
  },
};

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex");
}

/** `value` to the power of -1 modulo a prime, by Fermat. */
function inverse(value: bigint, prime: bigint): bigint {
  let result = 1n;
  let base = value % prime;
  for (let exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) {
      result = (result * base) % prime;
    }
    base = (base * base) % prime;
  }
  return result;
}

/** RFC 6979 section 3.2 for a hash as long as the group order. */
function* nonces(domain: Domain, key: bigint, digest: bigint): Generator<bigint> {
  const hmac = (secret: Buffer, ...parts: Uint8Array[]): Buffer =>
    createHmac(domain.hash, secret).update(Buffer.concat(parts)).digest();
  const seed = Buffer.concat([
    toBytes(key, domain.bytes),
    toBytes(digest % domain.order, domain.bytes),
  ]);
  let v: Buffer = Buffer.alloc(domain.bytes, 1);
  let k: Buffer = hmac(Buffer.alloc(domain.bytes), v, Buffer.of(0), seed);
  v = hmac(k, v);
  k = hmac(k, v, Buffer.of(1), seed);
  v = hmac(k, v);
  for (;;) {
    v = hmac(k, v);
    const nonce = toNumber(v);
    if (nonce > 0n && nonce < domain.order) {
      yield nonce;
    }
    k = hmac(k, v, Buffer.of(0));
    v = hmac(k, v);
  }
}

/** The x coordinate of a multiple of the base point. */
function multiple(domain: Domain, factor: bigint): bigint {
  const ecdh = createECDH(domain.opensslName);
  ecdh.setPrivateKey(toBytes(factor, domain.bytes));
  return toNumber(ecdh.getPublicKey().subarray(1, 1 + domain.bytes));
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  let bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  if ((bytes[0] ?? 0) & 0x80) {
    bytes = Buffer.concat([Buffer.of(0), bytes]);
  }
  return Buffer.concat([Buffer.of(2, bytes.length), bytes]);
}

/** Signs `message` with the private scalar `key`; DER as TLS has it (RFC 8446 section 4.2.3). */
export function signDeterministically(curve: Curve, key: Uint8Array, message: Uint8Array): Buffer {
  const domain = DOMAINS[curve];
  const scalar = toNumber(key);
  const digest = toNumber(createHash(domain.hash).update(message).digest());
  for (const nonce of nonces(domain, scalar, digest)) {
    const r = multiple(domain, nonce) % domain.order;
    const s = (inverse(nonce, domain.order) * (digest + r * scalar)) % domain.order;
    if (r !== 0n && s !== 0n) {
      const body = Buffer.concat([derInteger(r), derInteger(s)]);
      return Buffer.concat([Buffer.of(0x30, body.length), body]);
    }
  }
  throw new Error("the generator of nonces never ends");
}
