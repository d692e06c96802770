// SPDX-License-Identifier: MIT
// What callers write (…Options) and what the rest of the package reads (…Config).
import type { GroupName, PqOnH3, Profile } from "./fields.js";

/** PEM text, or its bytes. */
export type Pem = string | Uint8Array;

/** A certificate chain, leaf first, and the leaf's private key, as PEM text. */
export interface PemKeyPair {
  readonly cert: Pem;
  /** PKCS#8 (or SEC1 for ECDSA); ML-DSA in any private key form of RFC 9881. Not encrypted. */
  readonly key: Pem;
}

/** As {@link PemKeyPair}, in files. */
export interface FileKeyPair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** One certificate with its key. */
export type KeyPair = PemKeyPair | FileKeyPair;

/** Who a server is: one certificate, or an ML-DSA one and a classical one beside it. */
export type Identity = KeyPair & {
  /** An ECDSA certificate for clients that do not know ML-DSA, such as today's browsers. */
  readonly classical?: KeyPair | undefined;
  /**
   * Whether clients on plain `h3` that offer ML-DSA get the ML-DSA certificate. They may not trust its root: offering
   * the algorithm says nothing about roots.
   *
   * @defaultValue `"auto"`: always if it is the only identity or a development one, else never.
   */
  readonly pqOnH3?: PqOnH3 | undefined;
};

/** What servers and clients share. Every number has a range; a mistake is a `ConfigError` that names it. */
export interface SharedOptions {
  /**
   * The named set of algorithms.
   *
   * @defaultValue `"balanced"`: X25519MLKEM768, ML-DSA-65 beside ECDSA P-256, AES-128-GCM first.
   */
  readonly profile?: Profile | undefined;
  /**
   * Key-exchange groups by IANA name, most preferred first.
   *
   * @defaultValue those of the profile, then X25519
   */
  readonly groups?: readonly GroupName[] | undefined;
  /** Milliseconds without traffic until a connection is closed, 1,000–600,000. @defaultValue 30000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Milliseconds a handshake may take, 100–600,000. Bounds half-open state. @defaultValue 10000 */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Largest header section accepted, name + value + 32 per field, 1,024–1,048,576. @defaultValue 65536 */
  readonly maxHeaderListBytes?: number | undefined;
  /** First flow-control window of a stream, 16,384–1,073,741,824. @defaultValue 262144 */
  readonly streamWindowBytes?: number | undefined;
  /** First flow-control window of a connection, 16,384–1,073,741,824. @defaultValue 1048576 */
  readonly connectionWindowBytes?: number | undefined;
  /** How far a stream's window may grow. @defaultValue 6291456, or `streamWindowBytes` if that is larger */
  readonly maxStreamWindowBytes?: number | undefined;
  /** How far a connection's window may grow. @defaultValue 16777216, or `connectionWindowBytes` if that is larger */
  readonly maxConnectionWindowBytes?: number | undefined;
  /** Largest UDP payload sent, 1,200–65,527. @defaultValue 1452 */
  readonly maxUdpPayloadBytes?: number | undefined;
  /** Stay at datagrams of 1,200 bytes instead of probing for larger ones. @defaultValue false */
  readonly disablePmtud?: boolean | undefined;
  /** Do not use UDP GSO and GRO even if the kernel has them. @defaultValue false */
  readonly disableOffload?: boolean | undefined;
}

/** Options of `Server.serve`. */
export interface ServerOptions extends SharedOptions {
  /** Who the server is. */
  readonly identity: Identity;
  /** UDP port, 0–65,535; 0 picks a free one. @defaultValue 4433 */
  readonly port?: number | undefined;
  /**
   * IP addresses to listen on, at most 8.
   *
   * @defaultValue `"::"`, IPv4 and IPv6, or `0.0.0.0` where there is no IPv6
   */
  readonly host?: string | readonly string[] | undefined;
  /** Network threads, 1–64. @defaultValue 1 */
  readonly workers?: number | undefined;
  /**
   * Threads that sign with ML-DSA keys when handshakes come in bursts, 1–64, shared by the workers and started by the
   * first burst; 0: none, workers sign everything themselves.
   *
   * @defaultValue one per worker, but no more than there are cores beside those of the workers, and at least one
   */
  readonly signingThreads?: number | undefined;
  /** Requests that a client may have open at once on one connection, 1–65,535. @defaultValue 100 */
  readonly maxConcurrentRequests?: number | undefined;
  /** Largest request body in bytes. @defaultValue none: bodies are streamed, at the pace of their reader */
  readonly maxRequestBodyBytes?: number | undefined;
  /** Connections of one worker, 1–1,000,000. @defaultValue 65536 */
  readonly maxConnections?: number | undefined;
}

/** Options of `Client`. */
export interface ClientOptions extends SharedOptions {
  /**
   * Trust anchors as PEM text. They replace the default ones.
   *
   * @defaultValue the roots that come with Node.js and those of `NODE_EXTRA_CA_CERTS`
   */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** A file with trust anchors, instead of `ca`. */
  readonly caFile?: string | undefined;
  /** Milliseconds between PINGs on an idle connection, 1,000–600,000, or 0 for none. @defaultValue 0 */
  readonly keepAliveMs?: number | undefined;
  /** Milliseconds that a request may take, its body included, or 0 for no limit. @defaultValue 0 */
  readonly requestTimeoutMs?: number | undefined;
  /** Closes the client and fails its requests with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One identity as libpqq takes it. */
export type IdentitySource =
  | { readonly certPem: Uint8Array; readonly keyPem: Uint8Array }
  | { readonly certFile: string; readonly keyFile: string };

/** Checked options with every default filled in. Frozen. */
export interface SharedConfig {
  readonly profile: Profile;
  /** IANA numbers; empty means those of the profile. */
  readonly groups: readonly number[];
  readonly idleTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly maxHeaderListBytes: number;
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly maxStreamWindowBytes: number;
  readonly maxConnectionWindowBytes: number;
  readonly maxUdpPayloadBytes: number;
  readonly disablePmtud: boolean;
  readonly disableOffload: boolean;
}

/** See {@link SharedConfig}. */
export interface ServerConfig extends SharedConfig {
  /** IP literals; empty means `::`, or `0.0.0.0` where there is no IPv6. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** One or two. */
  readonly identities: readonly IdentitySource[];
  readonly pqOnH3: PqOnH3;
  readonly workers: number;
  /** Undefined: libpqq decides; 0: none. */
  readonly signingThreads: number | undefined;
  readonly maxConcurrentRequests: number;
  /** Undefined: no limit. */
  readonly maxRequestBodyBytes: number | undefined;
  readonly maxConnections: number;
}

/** See {@link SharedConfig}. Exactly one of `caPem` and `caFile` is set. */
export interface ClientConfig extends SharedConfig {
  readonly caPem: Uint8Array | undefined;
  readonly caFile: string | undefined;
  readonly keepAliveMs: number;
  readonly requestTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}
