// SPDX-License-Identifier: MIT
// What `pqq doctor` says about a flight: its parts, its limits, what would help.
import type { FlightQuery, FlightReport, FlightRounds, FlightSize } from "../flight.js";
import { count, strong, table } from "./output.js";

/** Something that would help, or would not. */
export interface Advice {
  readonly what: "root-direct" | "token" | "resumption" | "compression" | "repeats";
  /** Bytes of the flight that it saves; 0: it changes the limit, not the flight. */
  readonly savesBytes: number;
  /** Until all identities are verified, with it alone. */
  readonly roundTrips: number;
  readonly text: string;
}

/** What a handshake took. */
export interface Measured {
  readonly roundTrips: FlightRounds;
  readonly ms: number;
  readonly sent: FlightSize;
  readonly received: FlightSize;
  readonly repeats: number;
}

type Predict = (query?: FlightQuery) => FlightReport;

/** Everything that could help, with its numbers for this very flight. */
export function adviceOf(flight: FlightReport, predict: Predict): Advice[] {
  return [
    repeats(flight),
    ...(flight.certificate.count > 1 || hasLongAuthenticator(flight, predict)
      ? [rootDirect(flight, predict({ leafOnly: true }))]
      : []),
    compression(flight),
    token(flight, predict({ addressKnown: true })),
    resumption(flight, predict({ resumed: true })),
  ];
}

function hasLongAuthenticator(flight: FlightReport, predict: Predict): boolean {
  const { authenticatorCertificateBytes } = predict({ leafOnly: true });
  return authenticatorCertificateBytes < flight.authenticatorCertificateBytes;
}

function repeats({ repeats: copies, roundTrips, windowBytes, total }: FlightReport): Advice {
  const after = copies.roundTrips.verified;
  let text = "not needed: the flight fits without";
  if (copies.count > 0) {
    text = `${count(copies.count, "copy", "copies")} of the client's first datagrams; libpqq sends them by itself`;
  } else if (roundTrips.verified > 1) {
    text = `cannot help: ${n(total.bytes)} bytes are more than the initial window of ${n(windowBytes)}`;
  }
  return { what: "repeats", savesBytes: 0, roundTrips: after, text };
}

function rootDirect(flight: FlightReport, leaves: FlightReport): Advice {
  const savesBytes = flight.total.bytes - leaves.total.bytes;
  return {
    what: "root-direct",
    savesBytes,
    roundTrips: leaves.repeats.roundTrips.verified,
    text: `leaves issued directly by the clients' roots, without intermediates: saves ${n(savesBytes)} bytes`,
  };
}

function compression({ certificate, parts, repeats: copies }: FlightReport): Advice {
  const savesBytes = certificate.plainBytes - parts.certificate;
  const share = ((100 * savesBytes) / certificate.plainBytes).toFixed(1);
  return {
    what: "compression",
    savesBytes,
    roundTrips: copies.roundTrips.verified,
    text:
      certificate.compression === null
        ? "not used: it would not make this chain smaller, or one end does not have it"
        : `${certificate.compression} is in use and saves ${n(savesBytes)} bytes of this chain (${share} %)`,
  };
}

function token(flight: FlightReport, known: FlightReport): Advice {
  return {
    what: "token",
    savesBytes: 0,
    roundTrips: known.roundTrips.verified,
    text: helpsText(
      "an address validation token takes the three-times limit away; libpqq has none yet",
      flight,
      known.roundTrips.verified,
    ),
  };
}

function resumption(flight: FlightReport, resumed: FlightReport): Advice {
  const savesBytes = flight.total.bytes - resumed.total.bytes;
  return {
    what: "resumption",
    savesBytes,
    roundTrips: resumed.roundTrips.verified,
    text: helpsText(
      `no certificate and no signature on later connections: saves ${n(savesBytes)} bytes; libpqq has none yet`,
      flight,
      resumed.roundTrips.verified,
    ),
  };
}

function helpsText(
  text: string,
  { roundTrips: plain, repeats: copies }: FlightReport,
  after: number,
): string {
  if (after < copies.roundTrips.verified) return text;
  return after < plain.verified
    ? `${text}; clients that repeat their first flight do without`
    : `${text}, and it would save no round trip here`;
}

/** The whole answer for people. */
export function reportLines(
  title: string,
  flight: FlightReport,
  advice: readonly Advice[],
): string[] {
  return [
    `${strong(title)}: ${flight.kind}, datagrams of ${n(flight.datagramBytes)} bytes`,
    "",
    "The server's first flight",
    ...table(partRows(flight)),
    "",
    "Limits",
    ...table(limitRows(flight)),
    "",
    "Round trips",
    ...table(roundRows(flight)),
    "",
    "What helps",
    ...table(
      advice.map((one) => [one.what, `${one.text} (${roundTrips(one.roundTrips)})`] as const),
    ),
  ];
}

type Row = readonly [label: string, value: string];

function partRows({
  parts,
  certificate,
  authenticatorCertificateBytes,
  tls,
  total,
}: FlightReport): Row[] {
  const chain = count(certificate.count, "certificate");
  const packed =
    certificate.compression === null
      ? ""
      : `, ${certificate.compression} from ${n(certificate.plainBytes)}`;
  const rows: Row[] = [
    ["ServerHello", `${n(parts.serverHello)}, with the key share`],
    ["EncryptedExtensions", n(parts.encryptedExtensions)],
    ["Certificate", `${n(parts.certificate)}, ${chain}${packed}`],
    ["CertificateVerify", n(parts.certificateVerify)],
    ["Finished", n(parts.finished)],
  ];
  if (parts.authenticator > 0) {
    const inside = `, of that its Certificate ${n(authenticatorCertificateBytes)}`;
    rows.push(["authenticator", `${n(parts.authenticator)}${inside}`]);
  }
  rows.push(
    ["HTTP/3 settings", n(parts.settings)],
    ["packets", `${n(parts.overhead)}, headers, tags and padding`],
    ["until TLS is done", sizeOf(tls)],
    ["together", sizeOf(total)],
  );
  return rows;
}

function limitRows({
  limitBytes,
  client,
  repeats: copies,
  windowBytes,
  total,
}: FlightReport): Row[] {
  const rows: Row[] = [
    ["three times", `${verdict(total.bytes, limitBytes)}: the client sends ${sizeOf(client)}`],
  ];
  if (copies.count > 0) {
    const again = `with ${count(copies.count, "copy", "copies")} of them`;
    rows.push(["with repeats", `${verdict(total.bytes, copies.limitBytes)}: ${again}`]);
  }
  rows.push(["initial window", verdict(total.bytes, windowBytes)]);
  return rows;
}

function verdict(bytes: number, limit: number | null): string {
  if (limit === null) return "none";
  return `${n(limit)}, ${bytes <= limit ? "fits" : `${n(bytes - limit)} too many`}`;
}

function roundRows({ roundTrips: plain, repeats: copies, parts }: FlightReport): Row[] {
  const say = ({ tls, verified }: FlightRounds): string =>
    parts.authenticator > 0
      ? `TLS in ${n(tls)}, both identities verified in ${n(verified)}`
      : roundTrips(tls);
  return [
    ["without repeats", say(plain)],
    ["with repeats", say(copies.roundTrips)],
  ];
}

/** What was measured, beside what was predicted. */
export function measuredLines(
  flight: FlightReport,
  measured: { readonly without: Measured; readonly with: Measured },
): string[] {
  const { roundTrips: plain, repeats: copies } = flight;
  return [
    "",
    "Measured",
    ...table([
      ["without repeats", measuredText(measured.without, plain)],
      ["with repeats", measuredText(measured.with, copies.roundTrips)],
    ]),
  ];
}

function measuredText(measured: Measured, predicted: FlightRounds): string {
  const { roundTrips: rounds, received, sent, repeats: copies, ms } = measured;
  return [
    `${roundTrips(rounds.verified)} (predicted ${n(predicted.verified)}), ${ms.toFixed(1)} ms`,
    `received ${sizeOf(received)}`,
    `sent ${sizeOf(sent)}${copies > 0 ? `, ${n(copies)} again` : ""}`,
  ].join("; ");
}

function roundTrips(number: number): string {
  return count(number, "round trip");
}

function sizeOf({ bytes, datagrams }: FlightSize): string {
  return `${count(bytes, "byte")} in ${count(datagrams, "datagram")}`;
}

function n(number: number): string {
  return number.toLocaleString("en");
}
