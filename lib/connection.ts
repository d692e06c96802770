// SPDX-License-Identifier: MIT
// What is known of a connection. The facts come as one text with its first event; nothing is made of it before
// somebody looks.
import { QUIC_VERSIONS, REQUIREMENTS } from "./config/index.js";
import type { Endpoint } from "./internal/endpoint.js";
import type { Level } from "./internal/policy.js";
import { splitText } from "./internal/text.js";
import type { Identified } from "./internal/slots.js";

/** One certificate of a chain. */
export interface CertificateSummary {
  /** Algorithm of the public key, such as `"ML-DSA-65"`. */
  readonly algorithm: string;
  /** Algorithm with which its issuer signed it. */
  readonly signedWith: string;
  /** Size in DER. */
  readonly bytes: number;
}

/** One of a peer's certificates with its chain, proven by a signature of its key. */
export interface CertificateProof {
  readonly role: "pq" | "classical";
  /** Algorithm of the leaf's public key. */
  readonly algorithm: string;
  /** Size of the whole chain in DER. */
  readonly bytes: number;
  /** Leaf first. */
  readonly chain: readonly CertificateSummary[];
}

/** A client's certificate as its server sees it. */
export interface ClientCertificateProof extends CertificateProof {
  /** The client's own certificate in DER, as `new X509Certificate(leaf)` of node:crypto reads it. Not part of its JSON. */
  readonly leaf: Uint8Array;
}

/**
 * How a peer proved who it is: `"pq"`, every signature up to the trust anchor is ML-DSA; `"hybrid"`, that and a classical
 * identity up to another anchor.
 */
export type Authentication = "none" | "classical" | "pq" | "hybrid";

/** Who a client has proven to be. */
export interface ClientProof {
  readonly authentication: Authentication;
  /** On the server; empty on the client, which knows its own. */
  readonly certificates: readonly ClientCertificateProof[];
}

/** A connection below what both ends have. */
export interface Downgrade {
  /** What both know. */
  readonly from: "velocity/1";
  /** What it has become. */
  readonly to: string;
  /** Such as `"no_hybrid_cert"` (docs/profiles.md). */
  readonly reason: string;
  /** Whether the reason is what the other end says, which proves nothing: on clients. */
  readonly claimed: boolean;
}

/** What was negotiated; the same on both ends. */
export interface Security {
  /** Application protocol: `"velocity/1"` or `"h3"`. */
  readonly alpn: string;
  /** Key-exchange group by its IANA name, such as `"X25519MLKEM768"`. */
  readonly group: string;
  /** Cipher suite by its IANA name, such as `"TLS_AES_128_GCM_SHA256"`. */
  readonly cipher: string;
  /** Scheme of the server's CertificateVerify, such as `"ML-DSA-65"`. */
  readonly signature: string;
  /** Whether the key exchange has both ECDH and ML-KEM in it. */
  readonly hybrid: boolean;
  /** Scheme of the authenticator that proved the classical identity; null on plain `h3`. */
  readonly classicalSignature: string | null;
  /** On the client what it has verified, on the server what it has sent. */
  readonly authentication: Authentication;
  /** A profile's name, or `"custom"`. */
  readonly profile: string;
  /** The server's; two on `velocity/1`. */
  readonly certificates: readonly CertificateProof[];
  /** Null: there is nothing better that both ends know. */
  readonly downgrade: Downgrade | null;
  /** Who the client is; null if it was not asked. */
  readonly client: ClientProof | null;
  /** Seconds for which the server asks to be pinned; 0: not at all. */
  readonly pinLifetimeS: number;
}

/** What the handshake took. */
export interface HandshakeSummary {
  /** How often the path's round trip had to pass in sequence until all identities were verified. */
  readonly roundTrips: number;
  /** The same until the TLS handshake was done. */
  readonly tlsRoundTrips: number;
  /** From the first datagram until it was done. */
  readonly ms: number;
  /** UDP payload. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  /** Datagrams of its first flight that the client has sent again, to make room for the server's answer. */
  readonly firstFlightRepeats: number;
  /** How the server's certificates were sent (RFC 8879); null: as they are. */
  readonly certificateCompression: "zlib" | "brotli" | null;
  /** Size of the Certificate message without its header, and what of that went over the wire. */
  readonly certificateBytes: number;
  readonly certificateWireBytes: number;
}

/** Counters of a connection; they only grow, but for the last three. */
export interface ConnectionStats {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  readonly packetsLost: number;
  readonly smoothedRttMs: number;
  readonly minRttMs: number;
  readonly congestionWindowBytes: number;
}

/**
 * How a server came to know that a client is where it says: by the `"handshake"` itself, by a `"retry"` packet before it,
 * or by a `"token"` of an earlier connection (docs/admission.md).
 */
export type AddressValidation = "handshake" | "retry" | "token";

/** A QUIC connection as requests and responses show it. */
export interface Connection {
  readonly security: Security;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** 1 (RFC 9000) or 2 (RFC 9369). */
  readonly quicVersion: number;
  /** The host name that the client asked for (SNI), empty if none. */
  readonly serverName: string;
  /** On a server: why it chose the certificate that it sent. */
  readonly selectionReason: string;
  readonly handshake: HandshakeSummary;
  /** How the client's address was validated (RFC 9000 section 8.1). A client cannot see whether its token was taken. */
  readonly addressValidation: AddressValidation;
  /** Counters as they are now; undefined if the connection has ended. */
  stats(): Promise<ConnectionStats | undefined>;
}

/** By their numbers, PQQ_AUTH_*. */
const AUTHENTICATIONS: readonly Authentication[] = ["none", "classical", "pq", "hybrid"];
/** By their numbers, PQQ_ADDRESS_*. */
const ADDRESS_VALIDATIONS: readonly AddressValidation[] = ["handshake", "retry", "token"];
/** By their IANA numbers (RFC 8879 section 7.3). */
const COMPRESSIONS = [null, "zlib", "brotli"] as const;
const NS_PER_MS = 1e6;
/** Where the fields of the chains begin, and how many each certificate has. */
const FIRST_CHAIN = 33;
const CERTIFICATE_FIELDS = 3;

/** The name of a PQQ_AUTH_* number. */
export function authenticationName(number: number): Authentication {
  return AUTHENTICATIONS[number] ?? "none";
}

/** A connection made of the text of its CONNECTED event (native/addon/event_text.h). */
export class PeerConnection implements Connection, Identified {
  readonly idLow: number;
  readonly idHigh: number;
  readonly #endpoint: Endpoint;
  readonly #text: string;
  #fields: readonly string[] | undefined;
  #security: Security | undefined;
  #level: Level | undefined;
  #closeListeners: ((error: Error) => void)[] | undefined = [];
  #closeError: Error | undefined;
  /** The server takes no new requests (RFC 9114 section 5.2). */
  isGoingAway = false;

  constructor(endpoint: Endpoint, idLow: number, idHigh: number, text: string) {
    this.idLow = idLow;
    this.idHigh = idHigh;
    this.#endpoint = endpoint;
    this.#text = text;
  }

  get security(): Security {
    this.#security ??= this.#makeSecurity();
    return this.#security;
  }

  get localAddress(): string {
    return this.#field(1);
  }

  get localPort(): number {
    return this.#number(2);
  }

  get remoteAddress(): string {
    return this.#field(3);
  }

  get remotePort(): number {
    return this.#number(4);
  }

  /** On a client: requests that the server takes at once. */
  get maxRequests(): number {
    return this.#number(31);
  }

  get quicVersion(): number {
    const wire = this.#number(5);
    return wire === QUIC_VERSIONS[2] ? 2 : wire;
  }

  get serverName(): string {
    return this.#field(7);
  }

  get selectionReason(): string {
    return this.#field(14);
  }

  /** Why the connection has ended; undefined if it has not. */
  get closeError(): Error | undefined {
    return this.#closeError;
  }

  /** Calls `listener` with the reason once the connection has ended. */
  onceClosed(listener: (error: Error) => void): void {
    if (this.#closeListeners !== undefined) this.#closeListeners.push(listener);
    else if (this.#closeError !== undefined) listener(this.#closeError);
  }

  /** The connection has ended. */
  noteClosed(error: Error): void {
    const listeners = this.#closeListeners ?? [];
    this.#closeListeners = undefined;
    this.#closeError = error;
    for (const listener of listeners) listener(error);
  }

  /** What it is good for, in the numbers of REQUIREMENTS. */
  get level(): Level {
    this.#level ??= this.#makeLevel();
    return this.#level;
  }

  get handshake(): HandshakeSummary {
    return Object.freeze({
      roundTrips: this.#number(16),
      tlsRoundTrips: this.#number(26),
      ms: this.#number(15) / NS_PER_MS,
      bytesSent: this.#number(17),
      bytesReceived: this.#number(18),
      datagramsSent: this.#number(19),
      datagramsReceived: this.#number(20),
      firstFlightRepeats: this.#number(27),
      certificateCompression: COMPRESSIONS[this.#number(28)] ?? null,
      certificateBytes: this.#number(29),
      certificateWireBytes: this.#number(30),
    });
  }

  get addressValidation(): AddressValidation {
    return ADDRESS_VALIDATIONS[this.#number(32)] ?? "handshake";
  }

  async stats(): Promise<ConnectionStats | undefined> {
    const values = await this.#endpoint.connectionStats(this.idLow, this.idHigh);
    if (values === undefined) return undefined;
    const at = (index: number): number => values[index] ?? 0;
    return Object.freeze({
      bytesSent: at(0),
      bytesReceived: at(1),
      datagramsSent: at(2),
      datagramsReceived: at(3),
      packetsLost: at(4),
      smoothedRttMs: at(5),
      minRttMs: at(6),
      congestionWindowBytes: at(7),
    });
  }

  #field(index: number): string {
    this.#fields ??= splitText(this.#text);
    return this.#fields[index] ?? "";
  }

  #number(index: number): number {
    return Number(this.#field(index));
  }

  #makeLevel(): Level {
    const { any, pq, hybrid } = REQUIREMENTS;
    const isHybrid = this.#field(11) === "1";
    const isPq = this.#field(21) === "1";
    return {
      keyExchange: isHybrid ? hybrid : isPq ? pq : any,
      // The two share their upper numbers: PQQ_AUTH_* and PQQ_REQUIRE_*.
      authentication: Math.max(this.#number(12), any),
    };
  }

  #makeSecurity(): Security {
    const chains = this.#chains();
    const downgrade = this.#field(23);
    const isServer = this.#field(0) === "1";
    return Object.freeze({
      alpn: this.#field(6),
      group: this.#field(8),
      cipher: this.#field(9),
      signature: this.#field(10),
      hybrid: this.#field(11) === "1",
      classicalSignature: this.#field(22) || null,
      authentication: authenticationName(this.#number(12)),
      profile: this.#field(13),
      certificates: Object.freeze(chains.slice(0, 2).flatMap((chain) => toProof(chain))),
      downgrade:
        downgrade === ""
          ? null
          : Object.freeze({
              from: "velocity/1",
              to: this.#field(6),
              reason: downgrade,
              claimed: !isServer,
            } as const),
      client: this.#client(chains.slice(2)),
      pinLifetimeS: this.#number(25),
    });
  }

  #client(chains: readonly Chain[]): ClientProof | null {
    const authentication = authenticationName(this.#number(24));
    if (authentication === "none") return null;
    const certificates = chains.flatMap((chain) => toProof(chain).map(withLeaf(chain.leaf)));
    return Object.freeze({ authentication, certificates: Object.freeze(certificates) });
  }

  /** The server's two chains and the client's two; those of the client have their leaf with them. */
  #chains(): Chain[] {
    const chains: Chain[] = [];
    let at = FIRST_CHAIN;
    for (let chain = 0; chain < 4; chain++) {
      const certificates: CertificateSummary[] = [];
      const end = at + 1 + this.#number(at) * CERTIFICATE_FIELDS;
      for (at += 1; at < end; at += CERTIFICATE_FIELDS) {
        const [algorithm, signedWith] = [this.#field(at), this.#field(at + 1)];
        certificates.push(Object.freeze({ algorithm, signedWith, bytes: this.#number(at + 2) }));
      }
      chains.push({ certificates, leaf: chain < 2 ? "" : this.#field(at++) });
    }
    return chains;
  }
}

interface Chain {
  readonly certificates: readonly CertificateSummary[];
  /** Base64. */
  readonly leaf: string;
}

/** None if there is no chain. */
function toProof({ certificates }: Chain): CertificateProof[] {
  const [leaf] = certificates;
  if (leaf === undefined) return [];
  const role = leaf.algorithm.startsWith("ML-DSA") ? "pq" : "classical";
  const bytes = certificates.reduce((sum, certificate) => sum + certificate.bytes, 0);
  return [
    Object.freeze({ role, algorithm: leaf.algorithm, bytes, chain: Object.freeze(certificates) }),
  ];
}

/** The leaf is kilobytes that most handlers do not want, and their logs even less. */
function withLeaf(base64: string): (proof: CertificateProof) => ClientCertificateProof {
  return (proof) =>
    Object.freeze(
      Object.defineProperty({ ...proof }, "leaf", { get: () => Buffer.from(base64, "base64") }),
    ) as ClientCertificateProof;
}
