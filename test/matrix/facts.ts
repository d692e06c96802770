// SPDX-License-Identifier: MIT
// What the ends of a cell claim, in words. The algorithms are written down here once more, from spec/ and docs/profiles.md:
// the matrix does not take the word of what it judges.
import type { Requirement } from "../../lib/index.js";

export type Level = Requirement;

/** What one end requires. */
export interface Levels {
  readonly keyExchange: Level;
  readonly authentication: Level;
}

export const PROFILE_NAMES = ["light", "balanced", "secure"] as const;
export type Profile = (typeof PROFILE_NAMES)[number];

interface ProfileFacts {
  /** Number in the API. */
  readonly number: number;
  /** Groups of velocity/1, and what plain h3 takes beside them. */
  readonly groups: readonly string[];
  readonly h3Groups: readonly string[];
  readonly ciphers: readonly string[];
  /** Schemes of the development identities. */
  readonly pq: string;
  readonly classical: string;
}

const AES_128 = "TLS_AES_128_GCM_SHA256";
const AES_256 = "TLS_AES_256_GCM_SHA384";
const CHACHA = "TLS_CHACHA20_POLY1305_SHA256";
export const ALL_CIPHERS: readonly string[] = [AES_128, AES_256, CHACHA];

export const PROFILES: Readonly<Record<Profile, ProfileFacts>> = {
  light: {
    number: 1,
    groups: ["X25519MLKEM768"],
    h3Groups: ["X25519"],
    ciphers: [AES_128, CHACHA],
    pq: "ML-DSA-44",
    classical: "ecdsa_secp256r1_sha256",
  },
  balanced: {
    number: 2,
    groups: ["X25519MLKEM768"],
    h3Groups: ["X25519"],
    ciphers: ALL_CIPHERS,
    pq: "ML-DSA-65",
    classical: "ecdsa_secp256r1_sha256",
  },
  secure: {
    number: 3,
    groups: ["SecP384r1MLKEM1024"],
    h3Groups: ["X25519MLKEM768", "X25519"],
    ciphers: [AES_256],
    pq: "ML-DSA-87",
    classical: "ecdsa_secp384r1_sha384",
  },
};

const ML_KEM_ALONE: readonly string[] = ["MLKEM512", "MLKEM768", "MLKEM1024"];
const WITH_ECDH: readonly string[] = ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"];
const RANKS: Readonly<Record<Level, number>> = { any: 0, pq: 1, hybrid: 2 };

/** What a key-exchange group is good for. */
export function groupLevel(group: string): Level {
  return WITH_ECDH.includes(group) ? "hybrid" : ML_KEM_ALONE.includes(group) ? "pq" : "any";
}

export const isMlDsa = (scheme: string): boolean => scheme.startsWith("ML-DSA-");

/** Whether `has` is what `required` asks for, or more. */
export function reaches(has: Level, required: Level): boolean {
  return RANKS[has] >= RANKS[required];
}

/** A server as its operator has set it up. */
export interface ServerFacts {
  readonly profile: Profile;
  /** Which of the two identities it has. */
  readonly hasPq: boolean;
  readonly hasClassical: boolean;
  readonly velocity: boolean;
  /** Whether clients on h3 that take both schemes get ML-DSA. */
  readonly pqOnH3: boolean;
  /** Most preferred first. */
  readonly groups: readonly string[];
  readonly require: Levels;
}

/** A client as its user has set it up, before it leaves out what cannot satisfy its requirement. */
export interface ClientFacts {
  /** Those it would offer on velocity/1; none: it does not know velocity/1. */
  readonly profiles: readonly Profile[];
  readonly groups: readonly string[];
  readonly ciphers: readonly string[];
  readonly schemes: readonly string[];
  /** Of which kind its trust anchors are. */
  readonly trustsPq: boolean;
  readonly trustsClassical: boolean;
  readonly require: Levels;
}

/** What one end knows of a connection; a peer's program may not say all of it. */
export interface View {
  readonly protocol: string;
  readonly group: string;
  readonly cipher: string;
  readonly signature: string;
  readonly classicalSignature: string | null;
  readonly authentication: string;
  readonly profile: string;
  readonly downgrade: string | null;
  /** Whether that reason is only what the other end says. */
  readonly claimed: boolean;
}

export interface Connected {
  readonly kind: "connected";
  readonly client: Partial<View>;
  readonly server: View;
  /** Why the server took the identity that it took, in its words. */
  readonly selection: string;
}

export interface Failed {
  readonly kind: "failed";
  /** PQQ_ERR_*, or what another program calls it. */
  readonly code: string;
  /** The TLS alert on the wire, if the client says. */
  readonly alert: number | undefined;
  /** Who ended it, as far as the client says; "nobody" if nothing was sent. */
  readonly by: "client" | "server" | "nobody" | undefined;
  readonly text: string;
}

/** What became of one cell. */
export type Outcome = Connected | Failed;
