// SPDX-License-Identifier: MIT
// What callers write (…Options) and what the rest of the package reads (…Config).
import type { FolderOptions } from "../files.js";
import type { LookupFunction } from "../internal/resolve.js";
import type { PinStore } from "../pins.js";
import type {
  CipherName,
  ClientIntegers,
  GroupName,
  MisdirectedRequests,
  PqOnH3,
  RetryMode,
  Profile,
  ProfileName,
  QuicVersion,
  RequestIntegers,
  Requirement,
  SchemeName,
  UnknownServerName,
} from "./fields.js";

/** PEM text, or its bytes. */
export type Pem = string | Uint8Array;

/** A certificate chain, leaf first, and the leaf's private key, as PEM text. */
export interface PemKeyPair {
  readonly cert: Pem;
  /**
   * PKCS#8, SEC1 for ECDSA, or PKCS#1 for RSA; ML-DSA in any private key form of RFC 9881: ML-DSA-44, -65, -87, ECDSA
   * P-256, P-384, Ed25519, RSA of 2,048 to 4,096 bits.
   */
  readonly key: Pem;
  /** Of an encrypted PKCS#8 key. */
  readonly passphrase?: string | undefined;
}

/** As {@link PemKeyPair}, in files. */
export interface FileKeyPair {
  readonly certFile: string;
  readonly keyFile: string;
  /** Of an encrypted PKCS#8 key. */
  readonly passphrase?: string | undefined;
}

/** What {@link Signer.sign} gets beside the message. */
export interface SignContext {
  /** Aborts when nobody waits any more: the client has gone, or the time is up. What comes then is dropped. */
  readonly signal: AbortSignal;
}

/**
 * A private key that is somewhere else: an HSM, a PKCS#11 token, a KMS, another process (docs/identities.md). Any object with
 * `sign`, which is called as its method.
 */
export interface Signer {
  /**
   * Signs a message with the certificate's key.
   *
   * @param scheme - IANA name of what to sign with, which fits the key. ECDSA signatures are DER, RSA is PSS with a salt as
   * long as the hash, ML-DSA is pure with an empty context.
   * @param message - The whole message, at most 160 bytes, not a hash of it.
   */
  sign(
    scheme: SchemeName,
    message: Uint8Array,
    context: SignContext,
  ): Uint8Array | PromiseLike<Uint8Array>;
  /** Milliseconds that a signature may take, 1–600,000; then its handshake fails. @defaultValue 5000 */
  readonly timeoutMs?: number | undefined;
  /** Signatures that may be under way at once, 1–65,536; more handshakes fail at once. @defaultValue 1024 */
  readonly maxPending?: number | undefined;
}

/** A certificate chain, leaf first, as PEM text, and who signs for it. */
export interface PemSigner {
  readonly cert: Pem;
  readonly signer: Signer;
}

/** As {@link PemSigner}, with the chain in a file. */
export interface FileSigner {
  readonly certFile: string;
  readonly signer: Signer;
}

/** One certificate with its key, or with a signer that has it. */
export type KeyPair = PemKeyPair | FileKeyPair | PemSigner | FileSigner;

/** Who a server is: one certificate, or an ML-DSA one and a classical one beside it. */
export type Identity = KeyPair & {
  /**
   * A classical certificate for clients that do not know ML-DSA, such as today's browsers: ECDSA, which is what
   * `velocity/1` takes, or Ed25519 or RSA, with which there is plain `h3` only.
   */
  readonly classical?: KeyPair | undefined;
  /**
   * Whether clients on plain `h3` that offer ML-DSA get the ML-DSA certificate. They may not trust its root: offering
   * the algorithm says nothing about roots.
   *
   * @defaultValue `"auto"`: always if it is the only identity or a development one, else never.
   */
  readonly pqOnH3?: PqOnH3 | undefined;
};

/**
 * Who a client is, for servers that ask: one certificate, or an ML-DSA one and a classical one beside it. It is proven
 * by authenticators (RFC 9261) inside the connection, so nobody who listens sees it, and only on `velocity/1`.
 */
export type ClientIdentity = KeyPair & {
  /** An ECDSA certificate under another root. Servers that require `"hybrid"` need both. */
  readonly classical?: KeyPair | undefined;
};

/**
 * A profile of your own, by IANA names, each list with the most preferred first. `velocity/1` comes about only between
 * two ends that both have one, and only if what they negotiate is in both.
 */
export interface CustomProfile {
  /** Key-exchange groups. */
  readonly groups: readonly GroupName[];
  /** Cipher suites. */
  readonly ciphers: readonly CipherName[];
  /** Schemes that a server may sign with. */
  readonly signatureSchemes: readonly SchemeName[];
}

/** What a policy requires of each part; see {@link Requirement}. */
export interface Requirements {
  /** @defaultValue `"any"` */
  readonly keyExchange?: Requirement | undefined;
  /** @defaultValue `"any"`, or for clients what the origin's pin says */
  readonly authentication?: Requirement | undefined;
}

/** Whom a server lets in: see {@link ServerOptions.clientAuthentication}. */
export interface ClientAuthentication {
  /** Trust anchors of client certificates as PEM text. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** A file with trust anchors, instead of `ca`. */
  readonly caFile?: string | undefined;
  /** `"hybrid"`: both identities, `"pq"`: the ML-DSA one, `"any"`: one of them. */
  readonly require: Requirement;
}

/** What servers and clients share. Every number has a range; a mistake is a `ConfigError` that names it. */
export interface SharedOptions {
  /**
   * The named set of algorithms (docs/profiles.md), or one of your own.
   *
   * @defaultValue `"balanced"`: X25519MLKEM768, ML-DSA-65 beside ECDSA P-256, AES-128-GCM first.
   */
  readonly profile?: Profile | CustomProfile | undefined;
  /**
   * The least that will do. `"hybrid"`, `"pq"` or `"any"` for key exchange and authentication alike, or each by name. What
   * cannot be had is an error with a code of its own, never a weaker connection.
   *
   * A server refuses clients that offer less. A client offers only what can satisfy it, for all its requests that say
   * nothing else; see {@link ClientOptions.pins} for what is required if nothing is said.
   *
   * @defaultValue `"any"`
   */
  readonly require?: Requirement | Requirements | undefined;
  /**
   * Offer or take `velocity/1`: HTTP/3 whose server proves an ML-DSA and a classical identity (spec/).
   *
   * @defaultValue true
   */
  readonly velocity?: boolean | undefined;
  /** Compress certificates (RFC 8879). @defaultValue true */
  readonly certificateCompression?: boolean | undefined;
  /**
   * Both identities of a peer must name each other (RelatedCertificate, RFC 9763). Where the extension is present it is
   * always checked.
   *
   * @defaultValue false
   */
  readonly requireRelatedCertificate?: boolean | undefined;
  /**
   * Key-exchange groups by IANA name, most preferred first. Not beside a profile of your own, which has its groups.
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
  /** Most fields of a header section accepted, 16–32,768; a request with more gets 431. @defaultValue 512 */
  readonly maxHeaderFields?: number | undefined;
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
  /**
   * Things that a peer does that are allowed and of no use: streams of unknown types, frames that change nothing, data
   * that was there before. So many at once, of which a thirtieth comes back each second (ten times as many in QUIC
   * frames); then the connection is closed with H3_EXCESSIVE_LOAD. 30–1,000,000. @defaultValue 1000
   */
  readonly maxGlitches?: number | undefined;
  /**
   * Packets sent to one connection id of the peer's; then another one is used and the old one retired, so that nobody on
   * the way can follow a long connection by its id. Each time between half and one and a half times as many, at random.
   * 100–4,294,967,294, or 0: only a new path changes it. @defaultValue 10000
   */
  readonly connectionIdPackets?: number | undefined;
  /** Stay at datagrams of 1,200 bytes instead of probing for larger ones. @defaultValue false */
  readonly disablePmtud?: boolean | undefined;
  /**
   * Send datagrams of `maxUdpPayloadBytes` from the first one on, without a probe. For networks whose MTU is known: where
   * the path takes less, no handshake completes.
   *
   * @defaultValue false
   */
  readonly assumeMaxUdpPayload?: boolean | undefined;
  /**
   * QUIC versions, most preferred first. A client begins with the first and accepts an upgrade to any other; a server takes
   * a client that speaks several to the one that it prefers, and answers others with Version Negotiation (RFC 9368).
   *
   * @defaultValue `[1, 2]`; a server then stays with the version that the client has begun with
   */
  readonly quicVersions?: readonly QuicVersion[] | undefined;
  /** Do not use UDP GSO and GRO even if the kernel has them. @defaultValue false */
  readonly disableOffload?: boolean | undefined;
  /**
   * Gets the TLS secrets of every connection, a line of the NSS key log format each, without its end: whoever has them and a
   * recording of the packets can read everything. For debugging alone, with Wireshark for example (docs/transport.md). Says
   * so in a process warning. `SSLKEYLOGFILE` is never looked at.
   *
   * @defaultValue none
   */
  readonly keyLog?: ((line: string) => void) | undefined;
}

/** One of several sites of a server: whom it is for clients that ask for these names. */
export interface Site {
  /**
   * DNS names that clients ask for (SNI), such as `"www.example"`, or `"*.example"` for every name with one label more. All of
   * them have to be in the certificates. IP addresses are never asked for by name: the first site answers for them.
   *
   * @defaultValue the names that all certificates of the site have
   */
  readonly names?: readonly string[] | undefined;
  /** Who it is. `pqOnH3` is an option of the whole server and stands only in {@link ServerOptions}. */
  readonly identity: KeyPair & {
    /** A classical certificate for clients that do not know ML-DSA, such as today's browsers. */
    readonly classical?: KeyPair | undefined;
  };
}

/** What `server.updateIdentity` takes: who the server is from now on, all of it. */
export type IdentityUpdate =
  | { readonly identity: Identity; readonly sites?: readonly Site[] | undefined }
  | { readonly identity?: Identity | undefined; readonly sites: readonly Site[] };

/** Options of `Server.serve`. */
export interface ServerOptions extends SharedOptions {
  /** Who the server is. Beside `sites`: who it is for clients that ask for none of their names. */
  readonly identity?: Identity | undefined;
  /**
   * Several identities by server name (SNI), at most 4,096. A client that asks for no name, or for one of no site, gets
   * `identity`, or the first of these without it.
   */
  readonly sites?: readonly Site[] | undefined;
  /**
   * What a client gets that asks for the name of no site: the `"default"` one, or `"refuse"`, the alert `unrecognized_name`.
   *
   * @defaultValue `"default"`
   */
  readonly unknownServerName?: UnknownServerName | undefined;
  /**
   * What happens to requests for an authority that the connection's certificate is not for: `"refuse"` answers them with 421
   * (RFC 9110 section 15.5.20), `"accept"` hands them to the handler.
   *
   * @defaultValue `"auto"`: refuse with `sites`, else accept
   */
  readonly misdirectedRequests?: MisdirectedRequests | undefined;
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
  /**
   * 32 secret bytes from which connection ids and stateless reset tokens are made. A server that keeps them over a restart
   * can tell clients of its former self at once that their connections are gone (RFC 9000 section 10.3).
   *
   * @defaultValue new ones at each start
   */
  readonly statelessKey?: Uint8Array | undefined;
  /**
   * A folder by which processes of one server hand datagrams over to each other, at most 94 bytes, made with mode 0700 if it is
   * missing. With it a new process can take the port that an old one still has, and no connection is lost while the old one
   * finishes its own (`close`). Needs `statelessKey`, the same for all. Linux only.
   *
   * @defaultValue none: a port has one process
   */
  readonly handoverPath?: string | undefined;
  /** Requests that a client may have open at once on one connection, 1–65,535. @defaultValue 100 */
  readonly maxConcurrentRequests?: number | undefined;
  /**
   * Largest request body in bytes. One that is announced larger gets 413 without its handler; one that turns out larger
   * fails its reader with `PQQ_ERR_BODY_TOO_LARGE`, and gets 413 if the handler lets that through.
   *
   * @defaultValue none: bodies are streamed, at the pace of their reader
   */
  readonly maxRequestBodyBytes?: number | undefined;
  /** Longest path with query of a request, 256–1,048,576; a longer one gets 414. @defaultValue 8192 */
  readonly maxTargetBytes?: number | undefined;
  /** Milliseconds for a request's header section from its first byte on, 100–2,147,483,647; then 408. 0: no limit. @defaultValue 60000 */
  readonly headersTimeoutMs?: number | undefined;
  /**
   * Milliseconds that a request's content may not come, 100–2,147,483,647; 0: no limit. What comes buys time at
   * `minRateBytesPerS`, so that content that drips runs out of it, too. Not counted is time in which the handler has not
   * read what is there. The client gets 408, or a reset of the response that has begun; the reader
   * `PQQ_ERR_REQUEST_TIMEOUT`. Not for tunnels.
   *
   * @defaultValue 60000
   */
  readonly bodyTimeoutMs?: number | undefined;
  /** Milliseconds for a whole request with its content, 100–2,147,483,647. @defaultValue 0: no limit */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * Milliseconds that a client may take less of a response than `minRateBytesPerS`, 100–2,147,483,647; 0: no limit. Then
   * the response is reset: H3_REQUEST_CANCELLED. Not for tunnels.
   *
   * @defaultValue 60000
   */
  readonly sendTimeoutMs?: number | undefined;
  /** The lowest rate of content and responses, 1–1,073,741,824 bytes per second. @defaultValue 240 */
  readonly minRateBytesPerS?: number | undefined;
  /**
   * Requests of one connection, 1–4,294,967,295, after which it is ended gracefully (GOAWAY, RFC 9114 section 5.2); clients
   * go on with a new one.
   *
   * @defaultValue none
   */
  readonly maxRequestsPerConnection?: number | undefined;
  /**
   * Protocols that CONNECT may ask for (RFC 9220), such as `["websocket", "connect-udp"]`; handlers find them in
   * `request.protocol`, and accept with `context.accept()`. Others get 501.
   *
   * @defaultValue none
   */
  readonly connectProtocols?: readonly string[] | undefined;
  /** Hand plain CONNECT requests, those for a proxy, to the handler instead of answering 501. @defaultValue false */
  readonly connectPlain?: boolean | undefined;
  /** Take and send HTTP datagrams (RFC 9297). @defaultValue true if CONNECT is taken at all */
  readonly datagrams?: boolean | undefined;
  /** Send `date` in every response that has none (RFC 9110 section 6.6.1). @defaultValue true */
  readonly dateHeader?: boolean | undefined;
  /** Connections of one worker, 1–1,000,000. @defaultValue 65536 */
  readonly maxConnections?: number | undefined;
  /**
   * When a client that has no token has to prove its address with a Retry packet, which costs it a round trip: `"auto"`,
   * while the server is busy; `"always"`; `"never"` (docs/admission.md).
   *
   * @defaultValue `"auto"`
   */
  readonly retry?: RetryMode | undefined;
  /**
   * CPU time in milliseconds that a worker spends on handshakes per second, 1–1,000. Above it newcomers have to prove
   * their address, above 125 % of it they are refused.
   *
   * @defaultValue 800
   */
  readonly handshakeCpuMs?: number | undefined;
  /**
   * New connections per second of one IPv4 address or IPv6 /64 at each worker, 0–100,000; a /24 or /48 may have eight
   * times that. 0: no limit, because many users may share an address.
   *
   * @defaultValue 0
   */
  readonly connectionsPerAddress?: number | undefined;
  /**
   * Ask clients who they are and handle no request before they have proven it. Works on `velocity/1` only, so that
   * plain `h3` is refused. Handlers find the proof in `connection.security.client`.
   *
   * @defaultValue none: clients are not asked
   */
  readonly clientAuthentication?: ClientAuthentication | undefined;
  /**
   * Seconds for which clients that keep pins accept nothing but hybrid authentication from this origin, counted from
   * each connection: 0–31,536,000. Needs two identities. It cannot be taken back from a client that does not come again; 0 removes the pins
   * of those that do.
   *
   * @defaultValue 0: no pin
   */
  readonly pinLifetimeS?: number | undefined;
  /**
   * Folders that are answered from on the network threads, before the handler and without it: paths, or options
   * (docs/files.md). At most 16, each prefix once.
   *
   * @defaultValue none
   */
  readonly files?: string | FolderOptions | readonly (string | FolderOptions)[] | undefined;
  /**
   * Emit a `file` event for each request that `files` has answered. It costs a crossing into JavaScript for each.
   *
   * @defaultValue false
   */
  readonly reportFiles?: boolean | undefined;
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
  readonly pingIntervalMs?: number | undefined;
  /** Milliseconds after which a connection without requests is closed; 0: `idleTimeoutMs` decides. @defaultValue 0 */
  readonly keepAliveTimeoutMs?: number | undefined;
  /**
   * Connections to one origin, 1–256. Another one is made only when all have as many requests as they take. Requests with
   * different requirements need connections of their own. @defaultValue 1
   */
  readonly maxConnectionsPerOrigin?: number | undefined;
  /** Connections in all, 1–65,536. @defaultValue 256 */
  readonly maxConnections?: number | undefined;
  /** Requests at once on a connection, 1–65,535, as far as the server takes as many. @defaultValue 1000 */
  readonly maxConcurrentRequests?: number | undefined;
  /** Requests after which a connection is replaced; 0: none. @defaultValue 0 */
  readonly maxRequestsPerConnection?: number | undefined;
  /** Requests that wait for a connection to one origin, 1–1,000,000. More fail with `PQQ_ERR_QUEUE_FULL`. @defaultValue 16384 */
  readonly maxQueuedRequests?: number | undefined;
  /** Milliseconds that a request may wait for a connection with room; 0: no limit. @defaultValue 0 */
  readonly queueTimeoutMs?: number | undefined;
  /** Milliseconds for resolving a name and connecting to one of its addresses; 0: no limit. @defaultValue 10000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Milliseconds that one address is tried before the next is tried beside it, 10–2,000 (RFC 8305). @defaultValue 250 */
  readonly connectionAttemptDelayMs?: number | undefined;
  /** Milliseconds that IPv4 addresses wait for IPv6 ones, 0–2,000 (RFC 8305). @defaultValue 50 */
  readonly resolutionDelayMs?: number | undefined;
  /** Milliseconds from the end of a request to the header section of its response; 0: no limit. @defaultValue 300000 */
  readonly headersTimeoutMs?: number | undefined;
  /** Milliseconds between bytes of content that somebody waits for; 0: no limit. @defaultValue 300000 */
  readonly bodyTimeoutMs?: number | undefined;
  /** Milliseconds that a request may take in all, its response's content included, or 0 for no limit. @defaultValue 0 */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * How often a request is sent again, 0–10: if the server has certainly not processed it, or if its method is idempotent and
   * the connection was lost before a response (RFC 9110 section 9.2.2). Never with content that came from a stream.
   *
   * @defaultValue 2
   */
  readonly retries?: number | undefined;
  /** Also behind 429 and 503 with `retry-after`, if that is a minute or less and the method idempotent. @defaultValue false */
  readonly retryAfter?: boolean | undefined;
  /** Redirects that are followed for one request, 0–100. @defaultValue 20 */
  readonly maxRedirects?: number | undefined;
  /** Ask for compressed content, and decompress it. @defaultValue true */
  readonly decompress?: boolean | undefined;
  /** Bytes of decompressed content; 0: only the ratio of a bomb is refused. @defaultValue 0 */
  readonly maxDecompressedBytes?: number | undefined;
  /** Connect over IPv4 (4) or IPv6 (6) only. @defaultValue 0: both */
  readonly family?: 0 | 4 | 6 | undefined;
  /** IP address of this machine to send from. @defaultValue the system chooses */
  readonly localAddress?: string | undefined;
  /** Resolves names instead of the system: as the option of node:net, called once for each family. */
  readonly lookup?: LookupFunction | undefined;
  /**
   * Addresses of hosts that are not to be resolved, by `"host:port"`. What the server has to prove does not change.
   *
   * @example `{ "example.com:443": "127.0.0.1" }`
   */
  readonly resolve?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Who the client is, for servers that ask. @defaultValue none: it proves nothing and is refused by those that require it */
  readonly identity?: ClientIdentity | undefined;
  /**
   * Profiles to offer on `velocity/1`, most preferred first, at most 4; `"custom"` is the object in `profile`.
   *
   * @defaultValue `profile` alone
   */
  readonly profiles?: readonly ProfileName[] | undefined;
  /**
   * Send the first datagrams again where the answer of the server would otherwise need another round trip
   * (spec/flight-budget.md).
   *
   * @defaultValue true
   */
  readonly firstFlightRepeat?: boolean | undefined;
  /**
   * Bytes that a server's first flight is expected to have, where no connection to it has told: 0–65,535. A first
   * connection to a plain `h3` server with a large certificate then takes one round trip too.
   *
   * @defaultValue 0: what the offered profile says on `velocity/1`, nothing on `h3`
   */
  readonly expectedFlightBytes?: number | undefined;
  /**
   * Where pins are kept: for as long as an origin asks for it, nothing but hybrid authentication is accepted from it,
   * even if `require` says less. A path stands for `new PinStore(path)`; `false` neither keeps nor minds pins.
   *
   * @defaultValue a `PinStore` in memory, of this client
   */
  readonly pins?: PinStore | string | false | undefined;
  /** Take and send HTTP datagrams (RFC 9297) in tunnels. @defaultValue true */
  readonly datagrams?: boolean | undefined;
  /** Closes the client and fails its requests with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One identity as libpqq takes it. */
export type IdentitySource =
  | {
      readonly certPem: Uint8Array;
      readonly keyPem: Uint8Array;
      readonly passphrase?: Uint8Array | undefined;
    }
  | {
      readonly certFile: string;
      readonly keyFile: string;
      readonly passphrase?: Uint8Array | undefined;
    }
  | { readonly certPem: Uint8Array; readonly signer: Signer }
  | { readonly certFile: string; readonly signer: Signer };

/** One site as libpqq takes it. */
export interface SiteSource {
  /** Empty: those of the certificates. */
  readonly names: readonly string[];
  readonly identities: readonly IdentitySource[];
}

/** Checked options with every default filled in. Frozen. */
export interface SharedConfig {
  readonly profile: ProfileName;
  /** IANA numbers; empty means those of the profile. */
  readonly groups: readonly number[];
  /** IANA numbers of a profile of the user's own, else empty. */
  readonly ciphers: readonly number[];
  readonly signatureSchemes: readonly number[];
  /** Undefined: nothing was said. */
  readonly requireKeyExchange: Requirement | undefined;
  readonly requireAuthentication: Requirement | undefined;
  readonly velocity: boolean;
  readonly certificateCompression: boolean;
  readonly requireRelatedCertificate: boolean;
  readonly idleTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly maxHeaderListBytes: number;
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly maxStreamWindowBytes: number;
  readonly maxConnectionWindowBytes: number;
  readonly maxHeaderFields: number;
  readonly maxGlitches: number;
  /** 0: no change but with the path. */
  readonly connectionIdPackets: number;
  readonly maxUdpPayloadBytes: number;
  readonly disablePmtud: boolean;
  readonly assumeMaxUdpPayload: boolean;
  /** Empty: the default. */
  readonly quicVersions: readonly QuicVersion[];
  readonly disableOffload: boolean;
  readonly keyLog: ((line: string) => void) | undefined;
}

/** See {@link SharedConfig}. */
export interface ServerConfig extends SharedConfig, RequestIntegers {
  /** IP literals; empty means `::`, or `0.0.0.0` where there is no IPv6. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Up to two, none only with sites. */
  readonly identities: readonly IdentitySource[];
  readonly sites: readonly SiteSource[];
  readonly unknownServerName: UnknownServerName;
  readonly misdirectedRequests: MisdirectedRequests;
  readonly pqOnH3: PqOnH3;
  readonly workers: number;
  readonly statelessKey: Uint8Array | undefined;
  readonly handoverPath: string | undefined;
  /** Undefined: libpqq decides; 0: none. */
  readonly signingThreads: number | undefined;
  readonly maxConcurrentRequests: number;
  /** Undefined: no limit. */
  readonly maxRequestBodyBytes: number | undefined;
  readonly maxRequestsPerConnection: number | undefined;
  readonly connectProtocols: readonly string[];
  readonly connectPlain: boolean;
  readonly datagrams: boolean;
  readonly dateHeader: boolean;
  readonly maxConnections: number;
  readonly retry: RetryMode;
  readonly handshakeCpuMs: number;
  readonly connectionsPerAddress: number;
  /** Anchors of client certificates; both undefined if clients are not asked. */
  readonly caPem: Uint8Array | undefined;
  readonly caFile: string | undefined;
  readonly requireClientAuthentication: Requirement | undefined;
  readonly pinLifetimeS: number;
  readonly files: readonly FolderOptions[];
  readonly reportFiles: boolean;
}

/** See {@link SharedConfig}. Exactly one of `caPem` and `caFile` is set. */
export interface ClientConfig extends SharedConfig, ClientIntegers {
  readonly caPem: Uint8Array | undefined;
  readonly caFile: string | undefined;
  /** Up to two. */
  readonly identities: readonly IdentitySource[];
  /** Empty: the profile alone. */
  readonly profiles: readonly ProfileName[];
  readonly firstFlightRepeat: boolean;
  /** Undefined: pins are neither kept nor minded. */
  readonly pins: PinStore | undefined;
  readonly retryAfter: boolean;
  readonly decompress: boolean;
  readonly family: 0 | 4 | 6;
  readonly localAddress: string | undefined;
  readonly lookup: LookupFunction | undefined;
  /** By `"host:port"`, the host in the form of URLs without brackets. */
  readonly resolve: ReadonlyMap<string, readonly string[]>;
  readonly datagrams: boolean;
  readonly signal: AbortSignal | undefined;
}
