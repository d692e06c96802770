// SPDX-License-Identifier: MIT
// `pqq doctor`: does the first flight of a server fit, and what would help? For a configuration by arithmetic, for a URL
// by connecting twice, without and with copies of the client's first flight.
import type { Profile } from "../config/index.js";
import type { Connection } from "../connection.js";
import { devIdentity } from "../dev.js";
import {
  predictFlight,
  predictFlightOf,
  type FlightOptions,
  type FlightQuery,
  type FlightReport,
} from "../flight.js";
import { makeClient, type ConnectionOptions } from "./client.js";
import { adviceOf, measuredLines, reportLines, type Advice, type Measured } from "./doctor_text.js";
import { UsageError } from "./failure.js";
import { EXIT, print, printJson } from "./output.js";
import { clientRequirements, givenIdentity, type IdentityOptions } from "./policy.js";

/** Options of `pqq doctor`. */
export interface DoctorOptions extends ConnectionOptions, IdentityOptions {
  readonly profile: Profile;
  readonly mtu?: number;
  readonly json?: boolean;
}

/** Counts a flight with one thing taken as given. */
type Predict = (query?: FlightQuery) => FlightReport;

/** Checks a configuration, or the server of a URL. */
export function doctor(url: URL | undefined, options: DoctorOptions): Promise<number> | number {
  if (url === undefined) return checkConfiguration(options);
  if (options.cert !== undefined || options.classicalCert !== undefined) {
    throw new UsageError("a URL or certificates, not both", "run pqq doctor once for each");
  }
  return checkServer(url, options);
}

function checkConfiguration(options: DoctorOptions): number {
  const configuration: FlightOptions = {
    profile: options.profile,
    identity: givenIdentity(options) ?? devIdentity({ profile: options.profile }).identity,
    velocity: options.alpn !== "h3",
  };
  const predict: Predict = (query) =>
    predictFlight(configuration, { datagramBytes: options.mtu, ...query });
  const flight = predict();
  const advice = adviceOf(flight, predict);
  if (options.json === true) printJson(toJson("configuration", flight, advice));
  else print(...reportLines(describeConfiguration(options), flight, advice));
  return EXIT.ok;
}

function describeConfiguration({ cert, classicalCert, profile }: DoctorOptions): string {
  if (cert === undefined) return `A development identity of profile ${profile}`;
  return [cert, classicalCert].filter((file) => file !== undefined).join(" and ");
}

async function checkServer(url: URL, options: DoctorOptions): Promise<number> {
  const without = await connect(url, options, false, 0);
  const predict: Predict = (query) =>
    predictFlightOf(without, { datagramBytes: options.mtu, ...query });
  const flight = predict();
  const repeated = await connect(url, options, true, flight.total.bytes);
  const measured = { without: measuredOf(without), with: measuredOf(repeated) };
  const advice = adviceOf(flight, predict);
  if (options.json === true) printJson({ ...toJson("server", flight, advice), measured });
  else {
    print(...reportLines(url.origin, flight, advice), ...measuredLines(flight, measured));
  }
  return EXIT.ok;
}

/** A connection of its own, with or without copies of the first flight. */
async function connect(
  url: URL,
  options: DoctorOptions,
  firstFlightRepeat: boolean,
  expectedFlightBytes: number,
): Promise<Connection> {
  const client = makeClient(url, options, { firstFlightRepeat, expectedFlightBytes });
  try {
    const require = clientRequirements(options);
    const init = {
      method: "HEAD",
      redirect: "manual",
      timeoutMs: options.timeout,
      require,
    } as const;
    return (await client.request(url.href, init)).connection;
  } finally {
    await client.close();
  }
}

function measuredOf({ handshake }: Connection): Measured {
  return {
    roundTrips: { tls: handshake.tlsRoundTrips, verified: handshake.roundTrips },
    ms: handshake.ms,
    sent: { bytes: handshake.bytesSent, datagrams: handshake.datagramsSent },
    received: { bytes: handshake.bytesReceived, datagrams: handshake.datagramsReceived },
    repeats: handshake.firstFlightRepeats,
  };
}

/** The value of `pqq doctor --json`; its keys are stable. */
function toJson(
  of: "configuration" | "server",
  flight: FlightReport,
  advice: readonly Advice[],
): object {
  const fits = flight.repeats.roundTrips.verified === 1;
  return { event: "flight", of, fits, ...flight, helps: advice };
}
