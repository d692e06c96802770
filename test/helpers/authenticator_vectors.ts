// SPDX-License-Identifier: MIT
// The vectors of spec/vectors/exported-authenticator.json: what is in the file, and how it is made. The inputs are
// hashes of their names and the ECDSA nonces those of RFC 6979, so making them again gives the same file; the one
// ML-DSA signature is kept as it is.
import { createHash, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Curve, signDeterministically } from "./deterministic_ecdsa.js";
import {
  certificateMessage,
  certificateVerifyMessage,
  exportKeys,
  finishedMessage,
  type Hash,
  type Keys,
  makeAuthenticator,
  makeEmptyAuthenticator,
  makeRequest,
  SCHEMES,
  type Sender,
  type Steps,
  transcriptHash,
} from "./exported_authenticator.js";
import type { Refusal } from "./tls_messages.js";

const FOLDER = new URL("../../spec/vectors/", import.meta.url);
export const VECTORS_JSON = new URL("exported-authenticator.json", FOLDER);
export const VECTORS_TEXT = new URL("exported-authenticator.txt", FOLDER);

/** Bytes are in hexadecimal everywhere. */
export interface IdentityEntry {
  readonly name: string;
  readonly scheme: string;
  readonly chain: readonly string[];
  /** PKCS#8. */
  readonly privateKey: string;
}

export interface Vector {
  readonly name: string;
  readonly sender: Sender;
  readonly hash: Hash;
  readonly exporterSecret: string;
  readonly handshakeContext: string;
  readonly finishedKey: string;
  /** "" for a server's own authenticator. */
  readonly request: string;
  readonly context: string;
  /** "" for an empty authenticator, which has none of the values between. */
  readonly identity: string;
  readonly certificate: string;
  readonly transcriptHash: string;
  readonly signedContent: string;
  readonly signature: string;
  readonly certificateVerify: string;
  readonly finishedHash: string;
  readonly finished: string;
  readonly authenticator: string;
}

/** Bytes that must be refused in the place of those of the vector `of`. */
export interface BadVector {
  readonly name: string;
  readonly of: string;
  readonly refusal: Refusal;
  readonly handshakeContext: string;
  readonly finishedKey: string;
  readonly request: string;
  readonly authenticator: string;
}

export interface Vectors {
  readonly about: string;
  readonly identities: readonly IdentityEntry[];
  readonly vectors: readonly Vector[];
  readonly bad: readonly BadVector[];
}

export function readVectors(): Vectors {
  return JSON.parse(readFileSync(VECTORS_JSON, "utf8")) as Vectors;
}

export function bytes(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

/** Inputs that nobody has chosen. Another `seed` than that of the file gives other ones. */
type Named = (name: string, hash?: Hash) => Buffer;

function namedBy(seed: string): Named {
  return (name, hash = "sha256") => createHash(hash).update(`velocity/1 ${seed}: ${name}`).digest();
}

const CURVES: Record<string, Curve> = { "P-256": "P-256", "P-384": "P-384" };

function signer(entry: IdentityEntry, given: string): (content: Uint8Array) => Uint8Array {
  const curve = CURVES[entry.name];
  if (curve === undefined) {
    return () => bytes(given);
  }
  const key = createPrivateKey({ key: bytes(entry.privateKey), format: "der", type: "pkcs8" });
  const scalar = Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url");
  return (content) => signDeterministically(curve, scalar, content);
}

interface Plan {
  readonly name: string;
  readonly sender: Sender;
  readonly hash: Hash;
  readonly identity: string;
  /** What the request asks for; none for a server's own. */
  readonly schemes?: readonly number[];
}

const CLASSICAL = [SCHEMES.ecdsa_secp256r1_sha256, SCHEMES.ecdsa_secp384r1_sha384];
const MLDSA = [SCHEMES.mldsa44, SCHEMES.mldsa65, SCHEMES.mldsa87];

const PLANS: readonly Plan[] = [
  { name: "server P-256 SHA-256", sender: "server", hash: "sha256", identity: "P-256" },
  { name: "server P-256 SHA-384", sender: "server", hash: "sha384", identity: "P-256" },
  { name: "server P-384 SHA-384", sender: "server", hash: "sha384", identity: "P-384" },
  {
    name: "client P-256 SHA-256",
    sender: "client",
    hash: "sha256",
    identity: "P-256",
    schemes: CLASSICAL,
  },
  {
    name: "client P-384 SHA-384",
    sender: "client",
    hash: "sha384",
    identity: "P-384",
    schemes: CLASSICAL,
  },
  {
    name: "client ML-DSA-44 SHA-256",
    sender: "client",
    hash: "sha256",
    identity: "ML-DSA-44",
    schemes: MLDSA,
  },
  { name: "client empty SHA-256", sender: "client", hash: "sha256", identity: "", schemes: MLDSA },
  { name: "client empty SHA-384", sender: "client", hash: "sha384", identity: "", schemes: MLDSA },
];

function hexOf(steps: Steps): { [Name in keyof Steps]: string } {
  const entries = Object.entries(steps) as [keyof Steps, Buffer][];
  return Object.fromEntries(entries.map(([name, value]) => [name, value.toString("hex")])) as {
    [Name in keyof Steps]: string;
  };
}

/** An empty authenticator is a Finished over a Certificate that is not sent. */
function emptySteps(keys: Keys, request: Buffer, context: Buffer): Steps {
  const none = Buffer.alloc(0);
  const certificate = certificateMessage(context, []);
  const finished = makeEmptyAuthenticator(keys, request);
  return {
    certificate,
    transcriptHash: none,
    signedContent: none,
    signature: none,
    certificateVerify: none,
    finishedHash: transcriptHash(keys, request, certificate),
    finished,
    authenticator: finished,
  };
}

function makeVector(plan: Plan, old: Vectors, named: Named): Vector | undefined {
  const entry = old.identities.find(({ name }) => name === plan.identity);
  if (plan.identity !== "" && entry === undefined) {
    return undefined;
  }
  const exporterSecret = named(`${plan.name}: exporter_master_secret`, plan.hash);
  const keys = exportKeys(plan.hash, exporterSecret, plan.sender);
  const context = named(`${plan.name}: certificate_request_context`);
  const request = plan.schemes ? makeRequest(context, plan.schemes) : Buffer.alloc(0);
  const given = old.vectors.find(({ name }) => name === plan.name)?.signature ?? "";
  const steps = entry
    ? makeAuthenticator(keys, request, context, {
        scheme: Number.parseInt(entry.scheme, 16),
        chain: entry.chain.map(bytes),
        sign: signer(entry, given),
      })
    : emptySteps(keys, request, context);
  return {
    name: plan.name,
    sender: plan.sender,
    hash: plan.hash,
    exporterSecret: exporterSecret.toString("hex"),
    handshakeContext: Buffer.from(keys.handshakeContext).toString("hex"),
    finishedKey: Buffer.from(keys.finishedKey).toString("hex"),
    request: request.toString("hex"),
    context: context.toString("hex"),
    identity: plan.identity,
    ...hexOf(steps),
  };
}

export function keysOf(vector: Pick<Vector, "hash" | "handshakeContext" | "finishedKey">): Keys {
  return {
    hash: vector.hash,
    handshakeContext: bytes(vector.handshakeContext),
    finishedKey: bytes(vector.finishedKey),
  };
}

function flipped(data: Buffer, at: number): Buffer {
  const changed = Buffer.from(data);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** What somebody who knows the connection's secrets can make of other parts. */
function sealed(vector: Vector, certificate: Buffer, certificateVerify: Buffer): Buffer {
  const keys = keysOf(vector);
  const hash = transcriptHash(keys, bytes(vector.request), certificate, certificateVerify);
  return Buffer.concat([certificate, certificateVerify, finishedMessage(keys, hash)]);
}

function badOf(
  of: Vector,
  name: string,
  refusal: Refusal,
  change: Partial<Pick<BadVector, "handshakeContext" | "finishedKey" | "request">> & {
    readonly data?: Buffer;
  },
): BadVector {
  const { data, ...rest } = change;
  return {
    name,
    of: of.name,
    refusal,
    handshakeContext: of.handshakeContext,
    finishedKey: of.finishedKey,
    request: of.request,
    ...rest,
    authenticator: data?.toString("hex") ?? of.authenticator,
  };
}

/** Structure: what is sent cannot be read. */
function malformed(own: Vector, chain: readonly Buffer[]): BadVector[] {
  const certificate = bytes(own.certificate);
  const certificateVerify = bytes(own.certificateVerify);
  const all = bytes(own.authenticator);
  const shortContext = certificateMessage(bytes(own.context).subarray(1), chain);
  const chainLess = certificateMessage(bytes(own.context), []);
  const withExtension = Buffer.concat([certificate.subarray(0, -2), bytes("0004000d0000")]);
  // The lengths of the message and of certificate_list, behind a context of 32 bytes.
  for (const at of [1, 37]) {
    withExtension.writeUIntBE(withExtension.readUIntBE(at, 3) + 4, at, 3);
  }
  const bad = (name: string, data: Buffer): BadVector => badOf(own, name, "malformed", { data });
  return [
    bad("one byte too many", Buffer.concat([all, Buffer.of(0)])),
    bad("one byte too few", all.subarray(0, -1)),
    bad("without Finished", Buffer.concat([certificate, certificateVerify])),
    bad(
      "CertificateVerify first",
      Buffer.concat([certificateVerify, certificate, bytes(own.finished)]),
    ),
    bad("no certificate", sealed(own, chainLess, certificateVerify)),
    bad("an extension in an entry", sealed(own, withExtension, certificateVerify)),
    bad("a context of 31 bytes", sealed(own, shortContext, certificateVerify)),
  ];
}

/** Authenticity: what is sent can be read and proves nothing. */
function invalid(own: Vector, answer: Vector, other: Vector, named: Named): BadVector[] {
  const certificate = bytes(own.certificate);
  const all = bytes(own.authenticator);
  const badSignature = flipped(bytes(own.signature), bytes(own.signature).length - 1);
  const bad = (
    of: Vector,
    name: string,
    change: Parameters<typeof badOf>[3],
    refusal: Refusal = "invalid",
  ): BadVector => badOf(of, name, refusal, change);
  return [
    bad(own, "Finished changed", { data: flipped(all, all.length - 1) }),
    bad(own, "certificate changed", { data: flipped(all, 100) }),
    bad(own, "signature changed, Finished made anew", {
      data: sealed(own, certificate, certificateVerifyMessage(0x0403, badSignature)),
    }),
    bad(
      own,
      "scheme changed, Finished made anew",
      { data: sealed(own, certificate, certificateVerifyMessage(0x0806, bytes(own.signature))) },
      "scheme",
    ),
    bad(own, "of another connection", {
      handshakeContext: named("another connection").toString("hex"),
    }),
    bad(own, "of the other direction", {
      handshakeContext: answer.handshakeContext,
      finishedKey: answer.finishedKey,
    }),
    bad(answer, "for another request", { request: other.request }),
    bad(answer, "unasked", { request: "" }),
  ];
}

/** All vectors, from the identities and given signatures of `old`. */
export function makeVectors(old: Vectors, seed = "vectors"): Vectors {
  const named = namedBy(seed);
  const vectors = PLANS.map((plan) => makeVector(plan, old, named)).filter(
    (vector) => vector !== undefined,
  );
  const find = (name: string): Vector => vectors.find((vector) => vector.name === name)!;
  const own = find("server P-256 SHA-256");
  const answer = find("client P-256 SHA-256");
  const chain = old.identities.find(({ name }) => name === own.identity)!.chain.map(bytes);
  return {
    about:
      "Exported authenticators (RFC 9261) as in spec/hybrid-authentication.md. All bytes in hexadecimal; see README.md.",
    identities: old.identities,
    vectors,
    bad: [...malformed(own, chain), ...invalid(own, answer, find("client empty SHA-256"), named)],
  };
}

/** As in the file. */
export function jsonOf(vectors: Vectors): string {
  return `${JSON.stringify(vectors, undefined, 2)}\n`;
}

const ABOUT_TEXT = [
  "# exported-authenticator.json for programs without a JSON parser: test/native/tls. A block of `name value` lines for",
  "# each identity, vector and bad vector. Made by `npm run gen:vectors`.",
];

/** The same as lines of text. */
export function textOf({ identities, vectors, bad }: Vectors): string {
  const blocks = [
    ...identities.map((entry) => ["identity", entry] as const),
    ...vectors.map((entry) => ["vector", entry] as const),
    ...bad.map((entry) => ["bad", entry] as const),
  ];
  const lines = blocks.flatMap(([kind, entry]) => [
    "",
    kind,
    ...Object.entries(entry).flatMap(([name, value]: [string, string | readonly string[]]) =>
      typeof value === "string"
        ? `${name} ${value}`.trimEnd()
        : value.map((one) => `${name} ${one}`),
    ),
  ]);
  return [...ABOUT_TEXT, ...lines, ""].join("\n");
}
