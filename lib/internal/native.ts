// SPDX-License-Identifier: MIT
// The single typed declaration of the addon (native/addon). Everything else gets it from load.ts.

/** One certificate chain and key: both as PEM bytes, or both as files. */
export interface NativeIdentity {
  readonly certPem?: Uint8Array | undefined;
  readonly keyPem?: Uint8Array | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly passphrase?: Uint8Array | undefined;
  /** Instead of a key: the number that `calls()` then names, and options of pqq_signer. */
  readonly signer?: number | undefined;
  readonly signerTimeoutMs?: number | undefined;
  readonly signerMaxPending?: number | undefined;
}

/** What `calls()` returns, CALL_WORDS each: kind, number, id, text, message. */
export type NativeCall = number | string | Uint8Array;

/** One site: names, none for those of its certificates, and its identities. */
export interface NativeSite {
  readonly names: readonly string[];
  readonly identities: readonly NativeIdentity[];
}

/** What an endpoint is made with; the fields are those of pqq_config_options and pqq_driver_options. */
export interface NativeOptions {
  readonly isServer: boolean;
  readonly hosts?: readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly workers?: number | undefined;
  /** 0: no signing pool. */
  readonly signingThreads?: number | undefined;
  readonly disableOffload?: boolean | undefined;
  /** Numbers of `openFolder`. */
  readonly folders?: readonly number[] | undefined;
  readonly reportFiles?: boolean | undefined;
  readonly identities?: readonly NativeIdentity[] | undefined;
  /** Whether `calls()` brings lines of the key log. */
  readonly keyLog?: boolean | undefined;
  readonly sites?: readonly NativeSite[] | undefined;
  readonly unknownServerName?: number | undefined;
  readonly misdirectedRequests?: number | undefined;
  readonly caPem?: Uint8Array | undefined;
  readonly caFile?: string | undefined;
  readonly groups?: readonly number[] | undefined;
  readonly profile?: number | undefined;
  readonly pqOnH3?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly handshakeTimeoutMs?: number | undefined;
  readonly keepAliveMs?: number | undefined;
  readonly maxConcurrentRequests?: number | undefined;
  readonly disableDate?: boolean | undefined;
  readonly maxRequestsPerConnection?: number | undefined;
  /** PQQ_CONNECT_* bits. */
  readonly enableConnect?: number | undefined;
  readonly datagrams?: boolean | undefined;
  readonly maxHeaderListBytes?: number | undefined;
  readonly maxHeaderFields?: number | undefined;
  /** PQQ_TIMEOUT_NONE for no limit. */
  readonly headersTimeoutMs?: number | undefined;
  readonly bodyTimeoutMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
  readonly sendTimeoutMs?: number | undefined;
  readonly minRateBytesPerS?: number | undefined;
  readonly maxTargetBytes?: number | undefined;
  /** Undefined: no limit; 0: no content. */
  readonly maxRequestBodyBytes?: number | undefined;
  readonly streamWindowBytes?: number | undefined;
  readonly connectionWindowBytes?: number | undefined;
  readonly maxStreamWindowBytes?: number | undefined;
  readonly maxConnectionWindowBytes?: number | undefined;
  readonly maxConnections?: number | undefined;
  readonly maxUdpPayloadBytes?: number | undefined;
  /** PQQ_RETRY_*. */
  readonly retry?: number | undefined;
  readonly handshakeCpuMs?: number | undefined;
  readonly connectionsPerAddress?: number | undefined;
  readonly disablePmtud?: boolean | undefined;
  readonly maxGlitches?: number | undefined;
  /** PQQ_CONNECTION_ID_KEEP for no end. */
  readonly connectionIdPackets?: number | undefined;
  /** PQQ_ENGINE_KEY_BYTES. */
  readonly statelessKey?: Uint8Array | undefined;
  readonly handoverPath?: string | undefined;
  /** Numbers of the wire, at most PQQ_MAX_QUIC_VERSIONS. */
  readonly quicVersions?: readonly number[] | undefined;
  readonly assumeMaxUdpPayload?: boolean | undefined;
  readonly requireKeyExchange?: number | undefined;
  readonly requireAuthentication?: number | undefined;
  readonly requireClientAuthentication?: number | undefined;
  readonly disableVelocity?: boolean | undefined;
  readonly pinLifetimeS?: number | undefined;
  readonly disableCertificateCompression?: boolean | undefined;
  readonly disableFirstFlightRepeat?: boolean | undefined;
  readonly requireRelatedCertificate?: boolean | undefined;
  readonly ciphers?: readonly number[] | undefined;
  readonly signatureSchemes?: readonly number[] | undefined;
  readonly profiles?: readonly number[] | undefined;
}

/** pqq_files_options; every field is given. */
export interface NativeFolder {
  readonly root: string;
  readonly prefix: string;
  readonly index: string;
  readonly cacheControl: string;
  readonly links: number;
  readonly flags: number;
}

/** Memory that native threads write to and read from. Made here, kept alive there, never handed to users. */
export interface NativeBuffers {
  /** Event rows, one array per worker: a power of two of rows. */
  readonly rows: readonly Uint32Array[];
  /** The events' texts and body bytes, one array per worker: at least twice the largest event. */
  readonly data: readonly Uint8Array[];
  /** Command rows. */
  readonly commands: Uint32Array;
  /** The commands' texts and small bodies. */
  readonly blob: Uint8Array;
}

/** What pqq_config_predict_flight takes as given; the numbers of include/pqq/config.h, 0 for the default. */
export interface NativeFlightQuery {
  readonly kind?: number | undefined;
  readonly flags?: number | undefined;
  readonly datagramBytes?: number | undefined;
  readonly group?: number | undefined;
  readonly clientDatagrams?: number | undefined;
}

/** The facts of pqq_predict_flight: IANA numbers, sizes in DER, leaf first. */
export interface NativeFlightFacts {
  readonly kind: number;
  readonly group: number;
  readonly cipher: number;
  readonly signature: number;
  readonly classicalSignature: number;
  readonly chainBytes: readonly number[];
  readonly classicalChainBytes: readonly number[];
  readonly certificateCompression: number;
  readonly certificateWireBytes: number;
}

/** pqq_flight_report. */
export interface NativeFlightReport {
  readonly kind: number;
  readonly datagramBytes: number;
  readonly serverHelloBytes: number;
  readonly encryptedExtensionsBytes: number;
  readonly certificateBytes: number;
  readonly certificateVerifyBytes: number;
  readonly finishedBytes: number;
  readonly authenticatorBytes: number;
  readonly authenticatorCertificateBytes: number;
  readonly settingsBytes: number;
  readonly overheadBytes: number;
  readonly totalBytes: number;
  readonly totalDatagrams: number;
  readonly tlsBytes: number;
  readonly tlsDatagrams: number;
  readonly certificateCount: number;
  readonly certificatePlainBytes: number;
  readonly certificateCompression: number;
  readonly clientDatagrams: number;
  readonly clientBytes: number;
  readonly limitBytes: number;
  readonly repeats: number;
  readonly repeatLimitBytes: number;
  readonly windowBytes: number;
  readonly tlsRoundTrips: number;
  readonly roundTrips: number;
  readonly repeatTlsRoundTrips: number;
  readonly repeatRoundTrips: number;
  readonly advice: number;
  readonly adviceSavesBytes: number;
}

/** A bound address. */
export interface NativeAddress {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** A driver with its threads. Fallible calls throw an Error with `status` and `detail`. */
export interface NativeEndpoint {
  addresses(): NativeAddress[];
  /** Gives `consumed` rows back; returns the number of rows to read and the POLL_* bits. */
  poll(worker: number, consumed: number): number;
  /** Commands that failed since the last call: type, id low, id high, status, … */
  failures(): number[];
  /** What libpqq wants beside events, since the last call. */
  calls(): NativeCall[];
  /** Ends a call of kind CALL_SIGN: with its signature, or why there is none. Returns a status. */
  completeSignature(id: number, signature: Uint8Array | undefined, reason: string): number;
  /** The status with which a worker gave up, 0 if none did. */
  endStatus(): number;
  /** Submits the first `count` command rows; `bodies` are those with BODY_ARRAY. Returns a status. */
  submit(count: number, bodies: readonly Uint8Array[] | undefined): number;
  /** Counters in the order of include/pqq/stats.def. */
  stats(): Float64Array;
  /** The flight of a server with this endpoint's configuration. */
  flight(query: NativeFlightQuery): NativeFlightReport;
  /** Undefined if the connection is gone. See native/addon/connection_stats.h for the order. */
  connectionStats(idLow: number, idHigh: number): Promise<Float64Array | undefined>;
  /** Swaps the configuration; rejects with a NativeError and the old one in force. */
  updateConfig(options: NativeOptions): Promise<void>;
  /** Blocks a prefix at all workers, for good if `forMs` is 0. Resolves with the prefix as libpqq writes it. */
  block(prefix: string, forMs: number): Promise<string>;
  unblock(prefix: string): Promise<string>;
  /** Begins the end. The workers' end shows in `poll`. */
  stop(drainMs: number): void;
  /** Joins the threads. The last call. */
  free(): void;
}

/** PEM texts of a development identity. */
export interface NativeDevIdentity {
  /** Both roots, for a client's `ca`. */
  readonly caPem: string;
  readonly pqCertPem: string;
  readonly pqKeyPem: string;
  readonly classicalCertPem: string;
  readonly classicalKeyPem: string;
}

/** The addon. */
export interface Native {
  /** Version of libpqq. */
  version(): string;
  /** JSON text: versions of the libraries inside, groups, signature schemes. */
  capabilities(): string;
  /** Name and sentence of a status. */
  strerror(status: number): [name: string, sentence: string];
  /** @param profile - Number of the profile. @param names - DNS names and IP addresses. @param days - Validity. */
  devIdentity(profile: number, names: readonly string[], days: number): NativeDevIdentity;
  /** The flight of a server with these options. Throws what the configuration is refused for. */
  predictFlight(options: NativeOptions, query: NativeFlightQuery): NativeFlightReport;
  /** The flight of a server that was met. */
  predictFlightOf(facts: NativeFlightFacts, query: NativeFlightQuery): NativeFlightReport;
  /** Opens a folder for endpoints and COMMAND_FILE. Its number is good as long as the environment. */
  openFolder(folder: NativeFolder): number;
  /** Sets the function that is called when there is something to poll. Once, before the first endpoint. */
  onWake(wake: () => void): void;
  /** Whether that function keeps the event loop alive; at first it does not. */
  setReferenced(isReferenced: boolean): void;
  readonly Endpoint: new (options: NativeOptions, buffers: NativeBuffers) => NativeEndpoint;
}

/** What fallible native calls throw. */
export interface NativeError extends Error {
  readonly status: number;
  readonly detail: string;
}
