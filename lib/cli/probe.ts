// SPDX-License-Identifier: MIT
// `pqq probe`
import type { CertificateProof, Connection } from "../connection.js";
import { makeClient, type ConnectionOptions } from "./client.js";
import { count, EXIT, print, printJson, strong, table } from "./output.js";

/** Options of `pqq probe`. */
export interface ProbeOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** Connects with a HEAD request and shows what was negotiated. */
export async function probe(url: URL, options: ProbeOptions): Promise<number> {
  const client = makeClient(url, options);
  try {
    const init = { method: "HEAD", redirect: "manual", timeoutMs: options.timeout } as const;
    const { connection } = await client.request(url.href, init);
    if (options.json === true) printJson(negotiated(connection));
    else print(...report(url, connection));
    return EXIT.ok;
  } finally {
    await client.close();
  }
}

/** The value of `pqq probe --json`; its keys are stable. */
function negotiated(connection: Connection): object {
  const { security, quicVersion, handshake } = connection;
  return {
    alpn: security.alpn,
    quicVersion,
    group: security.group,
    cipher: security.cipher,
    signature: security.signature,
    hybrid: security.hybrid,
    authentication: security.authentication,
    profile: security.profile,
    certificates: security.certificates,
    handshake,
    // These connections are always new ones, over plain h3.
    resumed: false,
    earlyData: false,
    ech: false,
    downgrade: null,
  };
}

function report(url: URL, connection: Connection): string[] {
  const { security, handshake, quicVersion } = connection;
  const remote = connection.remoteAddress.includes(":")
    ? `[${connection.remoteAddress}]`
    : connection.remoteAddress;
  return [
    `${strong(url.origin)} at ${remote}:${String(connection.remotePort)}`,
    ...table([
      ["protocol", `${security.alpn} over QUIC version ${String(quicVersion)}`],
      ["key exchange", `${security.group} (${keyExchange(security.group, security.hybrid)})`],
      ["authentication", `${security.authentication}, ${security.signature}`],
      ...security.certificates.map((proof) => ["certificate", describeProof(proof)] as const),
      ["cipher", security.cipher],
      ["profile", security.profile],
      ["handshake", `${count(handshake.roundTrips, "round trip")}, ${handshake.ms.toFixed(1)} ms`],
      [
        "sent",
        `${count(handshake.bytesSent, "byte")} in ${count(handshake.datagramsSent, "datagram")}`,
      ],
      [
        "received",
        `${count(handshake.bytesReceived, "byte")} in ${count(handshake.datagramsReceived, "datagram")}`,
      ],
    ]),
  ];
}

function keyExchange(group: string, isHybrid: boolean): string {
  if (isHybrid) return "hybrid: ECDH and ML-KEM";
  return group.startsWith("MLKEM")
    ? "post-quantum: ML-KEM alone"
    : "classical: not safe from a quantum computer";
}

function describeProof({ chain, bytes }: CertificateProof): string {
  const [leaf] = chain;
  if (leaf === undefined) return "none";
  const length = chain.length === 1 ? "" : `, chain of ${String(chain.length)}`;
  return `${leaf.algorithm}, signed with ${leaf.signedWith}${length}, ${count(bytes, "byte")}`;
}
