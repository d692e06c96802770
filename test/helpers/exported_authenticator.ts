// SPDX-License-Identifier: MIT
// Exported authenticators (RFC 9261) as spec/hybrid-authentication.md has them, a second time: written from the
// text, with node:crypto, without a look at native/src/tls/exported_authenticator.c. For tests only.
import {
  createHash,
  createHmac,
  createPublicKey,
  timingSafeEqual,
  verify,
  X509Certificate,
} from "node:crypto";
import { AuthenticatorError, message, number, Reader, vector } from "./tls_messages.js";

export type Hash = "sha256" | "sha384";
export type Sender = "client" | "server";

/** What both ends of a connection export for one sender. */
export interface Keys {
  readonly hash: Hash;
  readonly handshakeContext: Uint8Array;
  readonly finishedKey: Uint8Array;
}

export const SCHEMES = {
  ecdsa_secp256r1_sha256: 0x0403,
  ecdsa_secp384r1_sha384: 0x0503,
  mldsa44: 0x0904,
  mldsa65: 0x0905,
  mldsa87: 0x0906,
} as const;

const HASH_BYTES: Record<Hash, number> = { sha256: 32, sha384: 48 };
/** FIPS 204 table 2: this Node may have no ML-DSA, so only the length can be looked at. */
const MLDSA_BYTES = new Map<number, number>([
  [SCHEMES.mldsa44, 2420],
  [SCHEMES.mldsa65, 3309],
  [SCHEMES.mldsa87, 4627],
]);
const ECDSA = new Map<number, { hash: Hash; curve: string }>([
  [SCHEMES.ecdsa_secp256r1_sha256, { hash: "sha256", curve: "prime256v1" }],
  [SCHEMES.ecdsa_secp384r1_sha384, { hash: "sha384", curve: "secp384r1" }],
]);
const TYPE = { certificate: 11, certificateRequest: 13, certificateVerify: 15, finished: 20 };
const SIGNATURE_ALGORITHMS = 13;
const CONTEXT_BYTES = 32;
const MAX_CHAIN = 8;

// --- Keys (RFC 9261 section 5.1) -----------------------------------------------------------------

/** HKDF-Expand-Label (RFC 8446 section 7.1). */
function expandLabel(
  hash: Hash,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Buffer {
  const info = Buffer.concat([
    number(length, 2),
    vector(1, Buffer.from(`tls13 ${label}`)),
    vector(1, context),
  ]);
  let block = Buffer.alloc(0);
  let out = Buffer.alloc(0);
  for (let count = 1; out.length < length; count++) {
    block = createHmac(hash, secret)
      .update(Buffer.concat([block, info, Buffer.of(count)]))
      .digest();
    out = Buffer.concat([out, block]);
  }
  return out.subarray(0, length);
}

/** The TLS exporter (RFC 8446 section 7.5) with an empty context value. */
function exportKeyingMaterial(hash: Hash, exporterSecret: Uint8Array, label: string): Buffer {
  const empty = createHash(hash).digest();
  const derived = expandLabel(hash, exporterSecret, label, empty, HASH_BYTES[hash]);
  return expandLabel(hash, derived, "exporter", empty, HASH_BYTES[hash]);
}

/** The keys for what `sender` sends, from exporter_master_secret. */
export function exportKeys(hash: Hash, exporterSecret: Uint8Array, sender: Sender): Keys {
  const value = (what: string): Buffer =>
    exportKeyingMaterial(hash, exporterSecret, `EXPORTER-${sender} authenticator ${what}`);
  return {
    hash,
    handshakeContext: value("handshake context"),
    finishedKey: value("finished key"),
  };
}

// --- Transcript ----------------------------------------------------------------------------------

export function transcriptHash(keys: Keys, ...messages: Uint8Array[]): Buffer {
  const hash = createHash(keys.hash).update(keys.handshakeContext);
  for (const one of messages) {
    hash.update(one);
  }
  return hash.digest();
}

/** What CertificateVerify signs (RFC 9261 section 5.2.2). */
export function signedContent(hash: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.alloc(64, 0x20),
    Buffer.from("Exported Authenticator"),
    Buffer.of(0),
    hash,
  ]);
}

function finishedValue(keys: Keys, hash: Uint8Array): Buffer {
  return createHmac(keys.hash, keys.finishedKey).update(hash).digest();
}

// --- Requests (RFC 9261 section 4) ---------------------------------------------------------------

export function makeRequest(context: Uint8Array, schemes: readonly number[]): Buffer {
  const list = vector(2, ...schemes.map((scheme) => number(scheme, 2)));
  const extension = Buffer.concat([number(SIGNATURE_ALGORITHMS, 2), vector(2, list)]);
  return message(TYPE.certificateRequest, vector(1, context), vector(2, extension));
}

export function readRequest(request: Uint8Array): { context: Buffer; schemes: number[] } {
  const reader = new Reader(request);
  const { body } = reader.message(TYPE.certificateRequest);
  reader.end();
  const context = body.vector(1).all();
  const extensions = body.vector(2);
  body.end();
  let schemes: number[] | undefined;
  while (extensions.length > 0) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === SIGNATURE_ALGORITHMS) {
      const list = content.vector(2);
      content.end();
      if (schemes !== undefined || list.length === 0) {
        throw new AuthenticatorError("malformed", "signature_algorithms is empty or there twice");
      }
      schemes = [];
      while (list.length > 0) {
        schemes.push(list.number(2));
      }
    }
  }
  if (schemes === undefined || context.length === 0) {
    throw new AuthenticatorError("malformed", "a request without schemes or context");
  }
  return { context, schemes };
}

// --- Making --------------------------------------------------------------------------------------

export interface Identity {
  readonly scheme: number;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly sign: (content: Uint8Array) => Uint8Array;
}

/** An authenticator with every value on the way to it. */
export interface Steps {
  readonly certificate: Buffer;
  readonly transcriptHash: Buffer;
  readonly signedContent: Buffer;
  readonly signature: Buffer;
  readonly certificateVerify: Buffer;
  readonly finishedHash: Buffer;
  readonly finished: Buffer;
  readonly authenticator: Buffer;
}

export function certificateMessage(context: Uint8Array, chain: readonly Uint8Array[]): Buffer {
  const entries = chain.map((one) => Buffer.concat([vector(3, one), number(0, 2)]));
  return message(TYPE.certificate, vector(1, context), vector(3, ...entries));
}

export function certificateVerifyMessage(scheme: number, signature: Uint8Array): Buffer {
  return message(TYPE.certificateVerify, number(scheme, 2), vector(2, signature));
}

export function finishedMessage(keys: Keys, hash: Uint8Array): Buffer {
  return message(TYPE.finished, finishedValue(keys, hash));
}

/** `request`: what is answered, whose context then is `context`; empty for a server's own. */
export function makeAuthenticator(
  keys: Keys,
  request: Uint8Array,
  context: Uint8Array,
  identity: Identity,
): Steps {
  const certificate = certificateMessage(context, identity.chain);
  const hash = transcriptHash(keys, request, certificate);
  const content = signedContent(hash);
  const signature = Buffer.from(identity.sign(content));
  const certificateVerify = certificateVerifyMessage(identity.scheme, signature);
  const finishedHash = transcriptHash(keys, request, certificate, certificateVerify);
  const finished = finishedMessage(keys, finishedHash);
  return {
    certificate,
    transcriptHash: hash,
    signedContent: content,
    signature,
    certificateVerify,
    finishedHash,
    finished,
    authenticator: Buffer.concat([certificate, certificateVerify, finished]),
  };
}

/** The answer of somebody without such an identity (RFC 9261 section 6). */
export function makeEmptyAuthenticator(keys: Keys, request: Uint8Array): Buffer {
  const certificate = certificateMessage(readRequest(request).context, []);
  return finishedMessage(keys, transcriptHash(keys, request, certificate));
}

// --- Verifying -----------------------------------------------------------------------------------

interface Parsed {
  readonly context: Buffer;
  readonly chain: Buffer[];
  readonly scheme: number;
  readonly signature: Buffer;
  readonly certificate: Buffer;
  readonly certificateVerify: Buffer;
  readonly finished: Buffer;
}

function readChain(list: Reader): Buffer[] {
  const chain: Buffer[] = [];
  while (list.length > 0) {
    const der = list.vector(3).all();
    if (der.length === 0 || list.vector(2).length > 0 || chain.length === MAX_CHAIN) {
      throw new AuthenticatorError("malformed", "an entry that must not be there");
    }
    chain.push(der);
  }
  if (chain.length === 0) {
    throw new AuthenticatorError("malformed", "no certificate");
  }
  return chain;
}

function parse(bytes: Uint8Array): Parsed {
  const reader = new Reader(bytes);
  const certificate = reader.message(TYPE.certificate);
  const context = certificate.body.vector(1).all();
  const chain = readChain(certificate.body.vector(3));
  certificate.body.end();
  const certificateVerify = reader.message(TYPE.certificateVerify);
  const scheme = certificateVerify.body.number(2);
  const signature = certificateVerify.body.vector(2).all();
  certificateVerify.body.end();
  const finished = reader.message(TYPE.finished).body.all();
  reader.end();
  if (signature.length === 0) {
    throw new AuthenticatorError("malformed", "no signature");
  }
  return {
    context,
    chain,
    scheme,
    signature,
    certificate: certificate.whole,
    certificateVerify: certificateVerify.whole,
    finished,
  };
}

function expectFinished(keys: Keys, hash: Uint8Array, value: Uint8Array): void {
  const expected = finishedValue(keys, hash);
  if (value.length !== expected.length || !timingSafeEqual(expected, value)) {
    throw new AuthenticatorError("invalid", "Finished is wrong");
  }
}

/** Returns false where this Node cannot verify the scheme. */
function checkSignature({ scheme, chain, signature }: Parsed, content: Uint8Array): boolean {
  const length = MLDSA_BYTES.get(scheme);
  if (length !== undefined) {
    if (signature.length !== length) {
      throw new AuthenticatorError("invalid", "an ML-DSA signature of the wrong length");
    }
    return false;
  }
  const ecdsa = ECDSA.get(scheme);
  const key = createPublicKey(
    new X509Certificate(chain[0] ?? Buffer.alloc(0)).publicKey.export({
      type: "spki",
      format: "pem",
    }),
  );
  if (
    ecdsa === undefined ||
    key.asymmetricKeyDetails?.namedCurve !== ecdsa.curve ||
    !verify(ecdsa.hash, content, key, signature)
  ) {
    throw new AuthenticatorError("invalid", "the signature is wrong");
  }
  return true;
}

export interface Proven {
  readonly chain: Buffer[];
  readonly scheme: number;
  readonly isSignatureChecked: boolean;
}

/**
 * Verifies everything but the certificates.
 *
 * `schemes`: those that are acceptable, of ClientHello or of the request. Throws an AuthenticatorError.
 */
export function verifyAuthenticator(
  keys: Keys,
  request: Uint8Array,
  schemes: readonly number[],
  bytes: Uint8Array,
): Proven {
  const parsed = parse(bytes);
  if (request.length === 0) {
    if (parsed.context.length !== CONTEXT_BYTES) {
      throw new AuthenticatorError("malformed", "a context that does not have 32 bytes");
    }
  } else if (!parsed.context.equals(readRequest(request).context)) {
    throw new AuthenticatorError("invalid", "the answer to another request");
  }
  const { certificate, certificateVerify } = parsed;
  expectFinished(
    keys,
    transcriptHash(keys, request, certificate, certificateVerify),
    parsed.finished,
  );
  if (!schemes.includes(parsed.scheme)) {
    throw new AuthenticatorError("scheme", "a scheme that was not offered");
  }
  const content = signedContent(transcriptHash(keys, request, certificate));
  const isSignatureChecked = checkSignature(parsed, content);
  return { chain: parsed.chain, scheme: parsed.scheme, isSignatureChecked };
}

/** Throws an AuthenticatorError unless `bytes` is the empty authenticator for that request. */
export function verifyEmptyAuthenticator(keys: Keys, request: Uint8Array, bytes: Uint8Array): void {
  const reader = new Reader(bytes);
  const finished = reader.message(TYPE.finished).body.all();
  reader.end();
  const certificate = certificateMessage(readRequest(request).context, []);
  expectFinished(keys, transcriptHash(keys, request, certificate), finished);
}
