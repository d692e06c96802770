// SPDX-License-Identifier: MIT
// The first flight of a server: its bytes, against what it may send before it knows the client's address (RFC 9000
// section 8.1) and its initial window, and the round trips that follow. libpqq counts; this names the parts.
import { parseServerOptions, type ServerOptions } from "./config/index.js";
import { CIPHERS, GROUPS, SIGNATURE_SCHEMES } from "./config/fields.js";
import type { CertificateProof, Connection } from "./connection.js";
import { typedError } from "./internal/endpoint.js";
import { loadNative } from "./internal/load.js";
import { serverNativeOptions } from "./internal/native_options.js";
import type { NativeFlightQuery, NativeFlightReport } from "./internal/native.js";

/** Which handshake: velocity/1, or plain h3 with one of the two identities. */
export type FlightKind = "velocity/1" | "h3 with ML-DSA" | "h3 classical";

/** What a prediction takes as given. */
export interface FlightQuery {
  /** @defaultValue the best that the identities allow */
  readonly kind?: FlightKind | undefined;
  /** Size of the datagrams of both ends, 1,200–65,527. @defaultValue 1200 */
  readonly datagramBytes?: number | undefined;
  /** Datagrams of the client's first flight, 1–64. @defaultValue as many as its ClientHello takes */
  readonly clientDatagrams?: number | undefined;
  /** Only leaves are sent: they are issued directly by the clients' roots. */
  readonly leafOnly?: boolean | undefined;
  /** The client brings an address validation token. */
  readonly addressKnown?: boolean | undefined;
  /** The session is resumed. */
  readonly resumed?: boolean | undefined;
  /** The client does not take compressed certificates. */
  readonly uncompressed?: boolean | undefined;
}

/** Sizes in bytes of what a flight is made of; messages with their handshake headers. */
export interface FlightParts {
  readonly serverHello: number;
  readonly encryptedExtensions: number;
  readonly certificate: number;
  readonly certificateVerify: number;
  readonly finished: number;
  /** The stream that proves the classical identity on velocity/1; 0 on h3. */
  readonly authenticator: number;
  /** SETTINGS and connection ids. */
  readonly settings: number;
  /** Headers and tags of packets, padding. */
  readonly overhead: number;
}

/** Bytes in whole datagrams. */
export interface FlightSize {
  readonly bytes: number;
  readonly datagrams: number;
}

/** Round trips on a path without loss, until TLS is done, and until all identities are verified. */
export interface FlightRounds {
  readonly tls: number;
  readonly verified: number;
}

/** A server's first flight. */
export interface FlightReport {
  readonly kind: FlightKind;
  readonly datagramBytes: number;
  readonly parts: FlightParts;
  /** The Certificate message: certificates in it, its size without compression, and how it is compressed. */
  readonly certificate: {
    readonly count: number;
    readonly plainBytes: number;
    readonly compression: "zlib" | "brotli" | null;
  };
  /** Of `parts.authenticator`: its Certificate message. */
  readonly authenticatorCertificateBytes: number;
  readonly tls: FlightSize;
  readonly total: FlightSize;
  /** What the client sends first. */
  readonly client: FlightSize;
  /** Three times that; null: there is no such limit, the address is known. */
  readonly limitBytes: number | null;
  /** Initial congestion window (RFC 9002 section 7.2). */
  readonly windowBytes: number;
  readonly roundTrips: FlightRounds;
  /** The same with a client that sends its first datagrams again, which ours does; `count` 0: that saves nothing. */
  readonly repeats: {
    readonly count: number;
    readonly limitBytes: number | null;
    readonly roundTrips: FlightRounds;
  };
  /** What the server's operator can do about a round trip; null: nothing, or all is well. */
  readonly advice: { readonly kind: "root-direct"; readonly savesBytes: number } | null;
}

/** Options of {@link predictFlight}: those of a server that decide about its flight. */
export type FlightOptions = Pick<
  ServerOptions,
  | "identity"
  | "profile"
  | "groups"
  | "velocity"
  | "certificateCompression"
  | "maxUdpPayloadBytes"
  | "assumeMaxUdpPayload"
>;

/**
 * Counts the first flight of a server with these options, without starting one.
 *
 * @throws ConfigError as `Server.serve` does.
 */
export function predictFlight(options: FlightOptions, query: FlightQuery = {}): FlightReport {
  const native = serverNativeOptions(parseServerOptions(options));
  return counted(() => loadNative().predictFlight(native, nativeQuery(query)));
}

/**
 * Counts the flight that a connection's server has sent, by what is known of it.
 *
 * @throws PqqError if the server signs with a scheme of which no size is known, such as RSA.
 */
export function predictFlightOf(connection: Connection, query: FlightQuery = {}): FlightReport {
  const { security, handshake } = connection;
  const [first, second] = security.certificates;
  const facts = {
    kind: KINDS[kindOf(security.alpn, first)],
    group: numberOf(GROUPS, security.group),
    cipher: numberOf(CIPHERS, security.cipher),
    signature: numberOf(SIGNATURE_SCHEMES, security.signature),
    classicalSignature: numberOf(SIGNATURE_SCHEMES, security.classicalSignature ?? ""),
    chainBytes: bytesOf(first),
    classicalChainBytes: bytesOf(second),
    certificateCompression: COMPRESSIONS.indexOf(handshake.certificateCompression),
    certificateWireBytes: handshake.certificateWireBytes,
  };
  return counted(() => loadNative().predictFlightOf(facts, nativeQuery(query)));
}

/** From libpqq's numbers. */
export function flightReport(native: NativeFlightReport): FlightReport {
  const kind = (Object.keys(KINDS) as FlightKind[]).find((name) => KINDS[name] === native.kind);
  return Object.freeze({
    kind: kind ?? "h3 classical",
    datagramBytes: native.datagramBytes,
    parts: Object.freeze({
      serverHello: native.serverHelloBytes,
      encryptedExtensions: native.encryptedExtensionsBytes,
      certificate: native.certificateBytes,
      certificateVerify: native.certificateVerifyBytes,
      finished: native.finishedBytes,
      authenticator: native.authenticatorBytes,
      settings: native.settingsBytes,
      overhead: native.overheadBytes,
    }),
    certificate: Object.freeze({
      count: native.certificateCount,
      plainBytes: native.certificatePlainBytes,
      compression: COMPRESSIONS[native.certificateCompression] ?? null,
    }),
    authenticatorCertificateBytes: native.authenticatorCertificateBytes,
    tls: Object.freeze({ bytes: native.tlsBytes, datagrams: native.tlsDatagrams }),
    total: Object.freeze({ bytes: native.totalBytes, datagrams: native.totalDatagrams }),
    client: Object.freeze({ bytes: native.clientBytes, datagrams: native.clientDatagrams }),
    limitBytes: limitOf(native.limitBytes),
    windowBytes: native.windowBytes,
    roundTrips: Object.freeze({ tls: native.tlsRoundTrips, verified: native.roundTrips }),
    repeats: Object.freeze({
      count: native.repeats,
      limitBytes: limitOf(native.repeatLimitBytes),
      roundTrips: Object.freeze({
        tls: native.repeatTlsRoundTrips,
        verified: native.repeatRoundTrips,
      }),
    }),
    advice:
      native.advice === ADVICE_ROOT_DIRECT
        ? Object.freeze({ kind: "root-direct", savesBytes: native.adviceSavesBytes })
        : null,
  });
}

/** What to tell an operator whose flight does not fit; null: nothing. */
export function flightWarning({ advice, total, repeats }: FlightReport): string | null {
  if (advice === null) return null;
  return (
    `the certificate chain makes the handshake take ${repeats.roundTrips.verified} round trips: its first flight is ` +
    `${total.bytes} bytes. Leaves issued directly by the clients' roots would save ${advice.savesBytes} bytes and a ` +
    "round trip; `pqq doctor` shows the parts"
  );
}

/** PQQ_FLIGHT_*. */
const KINDS = { "velocity/1": 1, "h3 with ML-DSA": 2, "h3 classical": 3 } as const;
const FLAG_LEAF_ONLY = 0x1;
const FLAG_VALIDATED = 0x2;
const FLAG_RESUMED = 0x4;
const FLAG_UNCOMPRESSED = 0x8;
const ADVICE_ROOT_DIRECT = 1;
/** UINT32_MAX: no limit. */
const NO_LIMIT = 0xffffffff;
/** By their IANA numbers. */
const COMPRESSIONS = [null, "zlib", "brotli"] as const;

/** The query in libpqq's numbers. */
export function nativeQuery(query: FlightQuery): NativeFlightQuery {
  const { kind, datagramBytes, clientDatagrams } = query;
  return {
    kind: kind && KINDS[kind],
    datagramBytes,
    clientDatagrams,
    flags:
      (query.leafOnly ? FLAG_LEAF_ONLY : 0) |
      (query.addressKnown ? FLAG_VALIDATED : 0) |
      (query.resumed ? FLAG_RESUMED : 0) |
      (query.uncompressed ? FLAG_UNCOMPRESSED : 0),
  };
}

function counted(count: () => NativeFlightReport): FlightReport {
  try {
    return flightReport(count());
  } catch (error) {
    throw typedError(error, true);
  }
}

function limitOf(bytes: number): number | null {
  return bytes === NO_LIMIT ? null : bytes;
}

function kindOf(alpn: string, first: CertificateProof | undefined): FlightKind {
  if (alpn === "velocity/1") return "velocity/1";
  return first?.role === "pq" ? "h3 with ML-DSA" : "h3 classical";
}

function numberOf(table: Readonly<Record<string, number>>, name: string): number {
  return table[name] ?? 0;
}

function bytesOf(proof: CertificateProof | undefined): number[] {
  return (proof?.chain ?? []).map(({ bytes }) => bytes);
}
