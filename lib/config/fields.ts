// SPDX-License-Identifier: MIT
// Every option that is a plain value, once: its range, its default, and the words an error says about it. The numbers
// are those of include/pqq/config.h and native/src/api/config.c; libpqq checks them again.
import {
  PROFILE_TABLE,
  type CIPHERS,
  type GROUPS,
  type SIGNATURE_SCHEMES,
} from "./profiles.generated.js";

export { CIPHERS, GROUPS, PROFILE_TABLE, SIGNATURE_SCHEMES } from "./profiles.generated.js";

/** PQQ_MAX_FILES. */
export const MAX_FOLDERS = 16;

/** An integer option. */
export interface IntegerField {
  readonly min: number;
  readonly max: number;
  /** Undefined: no default, the option may be left out. */
  readonly default: number | undefined;
  readonly unit: string;
  /** What 0 means, where it is allowed although `min` is larger. */
  readonly zero?: string;
  /** What leaving it out means, of an option without a default. */
  readonly absent?: string;
  readonly summary: string;
}

const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;
/** A pin cannot be taken back from a client that does not come again: no operator can promise more than a year. */
const YEAR_S = 365 * 24 * 60 * 60;

/** Window sizes: 16 KiB holds one datagram burst; above 1 GiB nothing gets faster and a peer could fill memory. */
const WINDOW = { min: 16_384, max: 1024 * MIB, unit: "bytes" } as const;

/** Options that servers and clients share. */
export const SHARED_INTEGERS = {
  idleTimeoutMs: {
    min: 1_000,
    max: 10 * MINUTE_MS,
    default: 30_000,
    unit: "milliseconds",
    summary: "A connection without traffic is closed after this time (RFC 9000 section 10.1).",
  },
  handshakeTimeoutMs: {
    min: 100,
    max: 10 * MINUTE_MS,
    default: 10_000,
    unit: "milliseconds",
    summary: "A handshake that takes longer is given up; bounds half-open state.",
  },
  maxHeaderListBytes: {
    min: 1_024,
    max: MIB,
    default: 65_536,
    unit: "bytes",
    summary:
      "Largest header section accepted: name + value + 32 per field (RFC 9114 section 4.2.2).",
  },
  maxHeaderFields: {
    min: 16,
    max: 32_768,
    default: 512,
    unit: "fields",
    summary: "Fields of a header section accepted; a request with more gets 431.",
  },
  streamWindowBytes: {
    ...WINDOW,
    default: 256 * 1024,
    summary: "What a peer may send on one stream before it is consumed, at first.",
  },
  connectionWindowBytes: {
    ...WINDOW,
    default: MIB,
    summary: "What a peer may send on one connection before it is consumed, at first.",
  },
  maxStreamWindowBytes: {
    ...WINDOW,
    default: 6 * MIB,
    summary: "How far a stream's window may grow with the path.",
  },
  maxConnectionWindowBytes: {
    ...WINDOW,
    default: 16 * MIB,
    summary: "How far a connection's window may grow with the path.",
  },
  maxGlitches: {
    min: 30,
    max: 1_000_000,
    default: 1_000,
    unit: "glitches",
    summary: "Useless but allowed things that a peer may do before its connection is closed.",
  },
  connectionIdPackets: {
    min: 100,
    max: 0xffff_fffe,
    default: 10_000,
    zero: "no change but with the path",
    unit: "packets",
    summary:
      "Packets sent to one connection id of the peer's before another one is used (RFC 9000 section 5.1.2); each time between half and one and a half times as many.",
  },
  maxUdpPayloadBytes: {
    min: 1_200,
    max: 65_527,
    default: 1_452,
    unit: "bytes",
    summary: "Largest UDP payload sent; sizes above 1,200 are probed first (RFC 8899).",
  },
} as const satisfies Record<string, IntegerField>;

/** Of the C side; 0 stands for none. */
const LIMIT_MS = { min: 100, max: 2 ** 31 - 1, zero: "none", unit: "milliseconds" } as const;

/** What a server takes of requests; docs/http.md. */
export const REQUEST_INTEGERS = {
  headersTimeoutMs: {
    ...LIMIT_MS,
    default: 60_000,
    summary: "For a request's header section from its first byte on; then 408.",
  },
  bodyTimeoutMs: {
    ...LIMIT_MS,
    default: 60_000,
    summary:
      "How long content may not come, and be below minRateBytesPerS; then 408, or a reset of the response.",
  },
  requestTimeoutMs: {
    ...LIMIT_MS,
    default: 0,
    summary: "For a whole request with its content; then 408, or a reset of the response.",
  },
  sendTimeoutMs: {
    ...LIMIT_MS,
    default: 60_000,
    summary:
      "How long a client may take less of a response than minRateBytesPerS; then it is reset.",
  },
  minRateBytesPerS: {
    min: 1,
    max: 2 ** 30,
    default: 240,
    unit: "bytes per second",
    summary: "The lowest rate at which content has to come, and a response has to be taken.",
  },
  maxTargetBytes: {
    min: 256,
    max: MIB,
    default: 8_192,
    unit: "bytes",
    summary: "Path and query of a request; a longer one gets 414.",
  },
} as const satisfies Record<string, IntegerField>;

/** The limits of a server's requests. */
export type RequestIntegers = { readonly [K in keyof typeof REQUEST_INTEGERS]: number };

/** Options of servers only. */
export const SERVER_INTEGERS = {
  ...REQUEST_INTEGERS,
  port: {
    min: 0,
    max: 65_535,
    default: 4433,
    unit: "a UDP port, 0 picks a free one",
    summary: "UDP port to listen on, the same on every host.",
  },
  workers: {
    min: 1,
    max: 64,
    default: 1,
    unit: "threads",
    summary: "Network threads, each with its own socket.",
  },
  signingThreads: {
    min: 0,
    max: 64,
    default: undefined,
    absent: "for one per worker as far as there are cores",
    unit: "threads, 0 for none",
    summary:
      "Threads that sign with ML-DSA keys when handshakes come in bursts; shared by the workers, started by the first burst.",
  },
  maxConcurrentRequests: {
    min: 1,
    max: 65_535,
    default: 100,
    unit: "requests",
    summary:
      "Requests that a client may have open at once on one connection (RFC 9114 section 6.1).",
  },
  maxRequestsPerConnection: {
    min: 1,
    max: 2 ** 32 - 1,
    default: undefined,
    unit: "requests",
    summary: "A connection is ended gracefully after so many requests (RFC 9114 section 5.2).",
  },
  maxRequestBodyBytes: {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: undefined,
    unit: "bytes",
    summary:
      "Larger request bodies fail. Without it, bodies are streamed and only the reader's pace limits them.",
  },
  maxConnections: {
    min: 1,
    max: 1_000_000,
    default: 65_536,
    unit: "connections of one worker",
    summary: "More are refused.",
  },
  handshakeCpuMs: {
    min: 1,
    max: 1_000,
    default: 800,
    unit: "milliseconds of CPU time per second",
    summary:
      "What a worker spends on handshakes per second; above it newcomers have to prove their address, above 125 % they are refused.",
  },
  connectionsPerAddress: {
    min: 0,
    max: 100_000,
    default: 0,
    unit: "connections per second, 0 for no limit",
    summary:
      "New connections of one address (IPv4, IPv6 /64) at each worker; a site (/24, /48) may have eight times that.",
  },
  pinLifetimeS: {
    min: 0,
    max: YEAR_S,
    default: 0,
    unit: "seconds, 0 asks for no pin",
    summary:
      "For this long clients accept nothing but hybrid authentication from this origin, each time they have seen it.",
  },
} as const satisfies Record<string, IntegerField>;

/** Timers of JavaScript take no more. */
const TIMEOUT = { min: 1, max: 2 ** 31 - 1, unit: "milliseconds" } as const;

/** Options of clients only. */
export const CLIENT_INTEGERS = {
  expectedFlightBytes: {
    min: 0,
    max: 65_535,
    default: 0,
    unit: "bytes",
    summary:
      "Bytes that a server's first flight is expected to have, where no connection to it has told.",
  },
  pingIntervalMs: {
    min: 1_000,
    max: 10 * MINUTE_MS,
    default: 0,
    zero: "none",
    unit: "milliseconds",
    summary: "Interval of PINGs on an idle connection.",
  },
  keepAliveTimeoutMs: {
    ...TIMEOUT,
    default: 0,
    zero: "until idleTimeoutMs",
    summary: "A connection without requests is closed after this time.",
  },
  maxConnectionsPerOrigin: {
    min: 1,
    max: 256,
    default: 1,
    unit: "connections",
    summary:
      "Connections to one origin that are good enough for the same request; RFC 9114 section 3.3 asks for one.",
  },
  maxConnections: {
    min: 1,
    max: 65_536,
    default: 256,
    unit: "connections",
    summary: "Connections to all origins; beyond it one that nobody uses is closed for another.",
  },
  maxConcurrentRequests: {
    min: 1,
    max: 65_535,
    default: 1_000,
    unit: "requests",
    summary: "Requests at once on one connection, as far as the server takes as many.",
  },
  maxRequestsPerConnection: {
    min: 1,
    max: 2 ** 31 - 1,
    default: 0,
    zero: "none",
    unit: "requests",
    summary: "A connection that has had so many takes no more and is replaced.",
  },
  maxQueuedRequests: {
    min: 1,
    max: 1_000_000,
    default: 16_384,
    unit: "requests",
    summary: "Requests that wait for a connection to one origin; more fail at once.",
  },
  queueTimeoutMs: {
    ...TIMEOUT,
    default: 0,
    zero: "none",
    summary: "A request that waits longer for a connection with room fails.",
  },
  connectTimeoutMs: {
    ...TIMEOUT,
    default: 10_000,
    zero: "none",
    summary: "Resolving a name and connecting to one of its addresses may take this long.",
  },
  connectionAttemptDelayMs: {
    min: 10,
    max: 2_000,
    default: 250,
    unit: "milliseconds",
    summary: "Head start of one address on the next (RFC 8305 section 5).",
  },
  resolutionDelayMs: {
    min: 1,
    max: 2_000,
    default: 50,
    zero: "none",
    unit: "milliseconds",
    summary: "What IPv4 addresses wait for IPv6 ones (RFC 8305 section 3).",
  },
  headersTimeoutMs: {
    ...TIMEOUT,
    default: 5 * MINUTE_MS,
    zero: "none",
    summary: "From the end of the request to the header section of its response.",
  },
  bodyTimeoutMs: {
    ...TIMEOUT,
    default: 5 * MINUTE_MS,
    zero: "none",
    summary: "Between bytes of content that somebody waits for, in either direction.",
  },
  requestTimeoutMs: {
    ...TIMEOUT,
    default: 0,
    zero: "none",
    summary: "A request that takes longer in all fails.",
  },
  retries: {
    min: 1,
    max: 10,
    default: 2,
    zero: "none",
    unit: "times",
    summary: "How often a request is sent again where RFC 9110 section 9.2.2 allows it.",
  },
  maxRedirects: {
    min: 1,
    max: 100,
    default: 20,
    zero: "none",
    unit: "redirects",
    summary: "Redirects that are followed for one request.",
  },
  maxDecompressedBytes: {
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    default: 0,
    zero: "none but that of the ratio",
    unit: "bytes",
    summary: "Decompressed content that is larger fails.",
  },
} as const satisfies Record<string, IntegerField>;

/** A number for each of {@link CLIENT_INTEGERS}. */
export type ClientIntegers = Readonly<Record<keyof typeof CLIENT_INTEGERS, number>>;

/** What a profile can be: a row of include/pqq/profiles.def. */
export const PROFILE_NAMES = Object.keys(PROFILE_TABLE) as readonly Profile[];

/** A named set of algorithms: `light`, `balanced` (the default) or `secure`. */
export type Profile = keyof typeof PROFILE_TABLE;

/** Profile names and their numbers in include/pqq/types.h. */
export const PROFILES = {
  light: PROFILE_TABLE.light.id,
  balanced: PROFILE_TABLE.balanced.id,
  secure: PROFILE_TABLE.secure.id,
  custom: 255,
} as const;

/** The name of a profile; `"custom"` stands for one made of names of algorithms. */
export type ProfileName = keyof typeof PROFILES;

/** When an ML-DSA identity is used on plain `h3`, and the numbers in include/pqq/config.h. */
export const PQ_ON_H3 = { auto: 0, never: 1, always: 2 } as const;

/** See {@link PQ_ON_H3}. */
export type PqOnH3 = keyof typeof PQ_ON_H3;

/** QUIC versions and their numbers on the wire (RFC 9000, RFC 9369). */
export const QUIC_VERSIONS = { 1: 0x00000001, 2: 0x6b3343cf } as const;

/** A QUIC version. */
export type QuicVersion = keyof typeof QUIC_VERSIONS;

/** What clients get that ask for a name of no site, and the numbers in include/pqq/config.h. */
export const UNKNOWN_SERVER_NAMES = { default: 0, refuse: 1 } as const;

/** See {@link UNKNOWN_SERVER_NAMES}. */
export type UnknownServerName = keyof typeof UNKNOWN_SERVER_NAMES;

/** What happens to requests for a name that the certificate is not for, and the numbers in include/pqq/config.h. */
export const MISDIRECTED_REQUESTS = { auto: 0, refuse: 1, accept: 2 } as const;

/** See {@link MISDIRECTED_REQUESTS}. */
export type MisdirectedRequests = keyof typeof MISDIRECTED_REQUESTS;

/** Most sites of one server (PQQ__MAX_SITES). */
export const MAX_SITES = 4096;

/** When newcomers are asked to prove their address with a Retry packet, and the numbers in include/pqq/config.h. */
export const RETRY_MODES = { auto: 0, always: 1, never: 2 } as const;

/** See {@link RETRY_MODES}. */
export type RetryMode = keyof typeof RETRY_MODES;

/** What a policy requires, and the numbers in include/pqq/types.h. */
export const REQUIREMENTS = { any: 1, pq: 2, hybrid: 3 } as const;

/**
 * What a policy requires at least.
 *
 * - Of the key exchange: `"hybrid"` ECDH and ML-KEM, `"pq"` ML-KEM with or without ECDH, `"any"` whatever both have.
 * - Of authentication: `"hybrid"` an ML-DSA and a classical identity, each proven up to its own root (`velocity/1`),
 *   `"pq"` ML-DSA in every signature up to the root, `"any"` whatever both have.
 */
export type Requirement = keyof typeof REQUIREMENTS;

/** IANA name of a key-exchange group. */
export type GroupName = keyof typeof GROUPS;

/** IANA name of a cipher suite. */
export type CipherName = keyof typeof CIPHERS;

/** IANA name of a signature scheme. */
export type SchemeName = keyof typeof SIGNATURE_SCHEMES;

/** Most profiles that a client offers (PQQ_MAX_PROFILES). */
export const MAX_PROFILES = 4;

/** Most addresses that one server listens on (PQQ_MAX_LISTEN_HOSTS). */
export const MAX_LISTEN_HOSTS = 8;
