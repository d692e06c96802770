// SPDX-License-Identifier: MIT
// `pqq probe`
import type {
  CertificateProof,
  Connection,
  Downgrade,
  HandshakeSummary,
  Security,
} from "../connection.js";
import { makeClient, type ConnectionOptions } from "./client.js";
import { count, duration, EXIT, print, printJson, strong, table } from "./output.js";
import { clientRequirements } from "./policy.js";

/** Options of `pqq probe`. */
export interface ProbeOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** Connects with a HEAD request and shows what was negotiated. */
export async function probe(url: URL, options: ProbeOptions): Promise<number> {
  const require = clientRequirements(options);
  const client = makeClient(url, options);
  try {
    const timeoutMs = options.timeout;
    const init = { method: "HEAD", redirect: "manual", timeoutMs, require } as const;
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
    classicalSignature: security.classicalSignature,
    hybrid: security.hybrid,
    authentication: security.authentication,
    profile: security.profile,
    certificates: security.certificates,
    clientAuthentication: security.client?.authentication ?? null,
    pinLifetimeS: security.pinLifetimeS,
    handshake,
    // These connections are always new ones.
    resumed: false,
    earlyData: false,
    ech: false,
    downgrade: security.downgrade,
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
      ["authentication", authentication(security)],
      ...security.certificates.map((proof) => ["certificate", describeProof(proof)] as const),
      ...describeClient(security),
      ["cipher", security.cipher],
      ["profile", security.profile],
      ...describeDowngrade(security.downgrade),
      ...describePin(security.pinLifetimeS),
      ["handshake", describeHandshake(handshake)],
      ...describeCompression(handshake),
      ["sent", describeSent(handshake)],
      [
        "received",
        `${count(handshake.bytesReceived, "byte")} in ${count(handshake.datagramsReceived, "datagram")}`,
      ],
    ]),
  ];
}

type Row = readonly [label: string, value: string];

function authentication({
  authentication: level,
  signature,
  classicalSignature,
}: Security): string {
  const proofs = classicalSignature === null ? signature : `${signature} and ${classicalSignature}`;
  return `${level}, ${proofs}`;
}

function describeClient({ client }: Security): Row[] {
  return client === null ? [] : [["client", `${client.authentication} authentication`]];
}

function describeDowngrade(downgrade: Downgrade | null): Row[] {
  if (downgrade === null) return [];
  const { from, to, reason, claimed } = downgrade;
  return [["downgrade", `${from} to ${to}: ${reason}${claimed ? " (the server says)" : ""}`]];
}

function describePin(lifetimeS: number): Row[] {
  return lifetimeS === 0 ? [] : [["pin", `hybrid authentication for ${duration(lifetimeS)}`]];
}

function describeHandshake({ roundTrips, tlsRoundTrips, ms }: HandshakeSummary): string {
  const tls = tlsRoundTrips === roundTrips ? "" : ` (TLS in ${tlsRoundTrips.toLocaleString("en")})`;
  return `${count(roundTrips, "round trip")}${tls}, ${ms.toFixed(1)} ms`;
}

function describeCompression(handshake: HandshakeSummary): Row[] {
  const { certificateCompression, certificateBytes, certificateWireBytes } = handshake;
  if (certificateCompression === null) return [];
  const sizes = `${count(certificateWireBytes, "byte")} instead of ${certificateBytes.toLocaleString("en")}`;
  return [["compression", `${certificateCompression}, ${sizes}`]];
}

function describeSent({ bytesSent, datagramsSent, firstFlightRepeats }: HandshakeSummary): string {
  const repeats =
    firstFlightRepeats === 0 ? "" : `, ${firstFlightRepeats.toLocaleString("en")} of them again`;
  return `${count(bytesSent, "byte")} in ${count(datagramsSent, "datagram")}${repeats}`;
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
