// SPDX-License-Identifier: MIT
// What is known of a connection. The facts come as one text with its first event; nothing is made of it before
// somebody looks.
import type { Endpoint } from "./internal/endpoint.js";
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

/** One of the server's certificates with its chain. */
export interface CertificateProof {
  readonly role: "pq" | "classical";
  /** Algorithm of the leaf's public key. */
  readonly algorithm: string;
  /** Size of the whole chain in DER. */
  readonly bytes: number;
  /** Leaf first. */
  readonly chain: readonly CertificateSummary[];
}

/** How the server proved who it is; `"pq"`: every signature up to the trust anchor is ML-DSA. */
export type Authentication = "none" | "classical" | "pq" | "hybrid";

/** What was negotiated; the same on both ends. */
export interface Security {
  /** Application protocol, such as `"h3"`. */
  readonly alpn: string;
  /** Key-exchange group by its IANA name, such as `"X25519MLKEM768"`. */
  readonly group: string;
  /** Cipher suite by its IANA name, such as `"TLS_AES_128_GCM_SHA256"`. */
  readonly cipher: string;
  /** Scheme of the server's CertificateVerify, such as `"ML-DSA-65"`. */
  readonly signature: string;
  /** Whether the key exchange has both ECDH and ML-KEM in it. */
  readonly hybrid: boolean;
  /** On the client what it has verified, on the server what it has sent. */
  readonly authentication: Authentication;
  readonly profile: string;
  readonly certificates: readonly CertificateProof[];
}

/** What the handshake took. */
export interface HandshakeSummary {
  /** How often the path's round trip had to pass in sequence. */
  readonly roundTrips: number;
  /** From the first datagram until it was done. */
  readonly ms: number;
  /** UDP payload. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
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

/** A QUIC connection as requests and responses show it. */
export interface Connection {
  readonly security: Security;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** 1 for RFC 9000. */
  readonly quicVersion: number;
  /** The host name that the client asked for (SNI), empty if none. */
  readonly serverName: string;
  /** On a server: why it chose the certificate that it sent. */
  readonly selectionReason: string;
  readonly handshake: HandshakeSummary;
  /** Counters as they are now; undefined if the connection has ended. */
  stats(): Promise<ConnectionStats | undefined>;
}

const AUTHENTICATIONS: readonly Authentication[] = ["none", "classical", "pq", "hybrid"];
const NS_PER_MS = 1e6;
/** Where the fields of the certificates begin, and how many each has. */
const FIRST_CERTIFICATE = 21;
const CERTIFICATE_FIELDS = 3;

/** A connection made of the text of its CONNECTED event (native/addon/event_text.h). */
export class PeerConnection implements Connection, Identified {
  readonly idLow: number;
  readonly idHigh: number;
  readonly #endpoint: Endpoint;
  readonly #text: string;
  #fields: readonly string[] | undefined;
  #security: Security | undefined;

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

  get quicVersion(): number {
    return this.#number(5);
  }

  get serverName(): string {
    return this.#field(7);
  }

  get selectionReason(): string {
    return this.#field(14);
  }

  get handshake(): HandshakeSummary {
    return Object.freeze({
      roundTrips: this.#number(16),
      ms: this.#number(15) / NS_PER_MS,
      bytesSent: this.#number(17),
      bytesReceived: this.#number(18),
      datagramsSent: this.#number(19),
      datagramsReceived: this.#number(20),
    });
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

  #makeSecurity(): Security {
    return Object.freeze({
      alpn: this.#field(6),
      group: this.#field(8),
      cipher: this.#field(9),
      signature: this.#field(10),
      hybrid: this.#field(11) === "1",
      authentication: AUTHENTICATIONS[this.#number(12)] ?? "none",
      profile: this.#field(13),
      certificates: Object.freeze(this.#certificates()),
    });
  }

  /** The chain that the server sent; `velocity/1` will add the second one. */
  #certificates(): CertificateProof[] {
    const chain: CertificateSummary[] = [];
    for (let at = FIRST_CERTIFICATE; this.#field(at) !== ""; at += CERTIFICATE_FIELDS) {
      const algorithm = this.#field(at);
      const signedWith = this.#field(at + 1);
      chain.push(Object.freeze({ algorithm, signedWith, bytes: this.#number(at + 2) }));
    }
    const [leaf] = chain;
    if (leaf === undefined) return [];
    const role = leaf.algorithm.startsWith("ML-DSA") ? "pq" : "classical";
    const bytes = chain.reduce((sum, certificate) => sum + certificate.bytes, 0);
    return [Object.freeze({ role, algorithm: leaf.algorithm, bytes, chain: Object.freeze(chain) })];
  }
}
