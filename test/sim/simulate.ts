// SPDX-License-Identifier: MIT
// The simulated link for TypeScript: runs a scenario of test/sim/simulate.c, on a clock of its own, and returns what
// came of it. Nothing here waits, and the same seed gives the same losses.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const program =
  process.env["PQQ_SIMULATE_PATH"] ??
  join(import.meta.dirname, "..", "..", "build", "test", "sim", "simulate");

/** A scenario; both directions of the link have the same faults unless the name says otherwise. */
export interface Scenario {
  /** @default 1 */
  readonly seed?: number;
  /** The server's certificate. @default "ML-DSA-65" */
  readonly identity?: "ECDSA P-256" | "ECDSA P-384" | "ML-DSA-44" | "ML-DSA-65" | "ML-DSA-87";
  /** IANA name of the only key-exchange group, as `X25519MLKEM768`. Default: those of the profile. */
  readonly group?: string;
  /** Requests made at once on the one connection, 1 to 10,000. @default 1 */
  readonly requests?: number;
  /** Body bytes of each response. @default 1000 */
  readonly bytes?: number;
  /** Body bytes of each request; the response then has none. */
  readonly uploadBytes?: number;
  /** One way. @default 10 */
  readonly delayMs?: number;
  readonly rateBytesPerS?: number;
  /** What may wait before the rate's narrow end; more is lost. Default: any number. */
  readonly queueBytes?: number;
  /** Larger datagrams vanish. */
  readonly mtuBytes?: number;
  /** Shares are in millionths of the datagrams. */
  readonly lossPpm?: number;
  readonly duplicatePpm?: number;
  readonly reorderPpm?: number;
  /** How much later those come. */
  readonly reorderMs?: number;
  /** Datagrams with some bits turned over. */
  readonly flipPpm?: number;
  /** Datagrams to lose, by number from 0. */
  readonly dropClient?: readonly number[];
  readonly dropServer?: readonly number[];
  readonly maxUdpPayloadBytes?: number;
  readonly disablePmtud?: boolean;
  /** The client does not send its first flight again. */
  readonly disableRepeat?: boolean;
  /** Longest virtual time. @default 3600 */
  readonly limitS?: number;
}

/** What one end has sent. */
export interface NodeResult {
  readonly datagramsSent: number;
  readonly bytesSent: number;
  readonly datagramsLost: number;
  readonly datagramsTooLarge: number;
  readonly datagramsOverflowed: number;
  readonly largestDatagramBytes: number;
}

/** The outcome of a scenario, when all requests have ended or the time was up. */
export interface Result {
  readonly connected: boolean;
  readonly closed: boolean;
  /** `PQQ_OK` or the `PQQ_ERR_` name of why the connection ended. */
  readonly closeStatus: string;
  readonly group: string;
  readonly signature: string;
  readonly roundTrips: number;
  readonly handshakeMs: number;
  /** Requests answered with 200 and a whole body. */
  readonly completed: number;
  /** Requests with a wrong byte in either body. */
  readonly damaged: number;
  readonly receivedBytes: number;
  readonly virtualMs: number;
  readonly client: NodeResult;
  readonly server: NodeResult;
}

/** `lossPpm` to `loss_ppm`. */
function toKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toArgument([name, value]: [
  string,
  string | number | boolean | readonly number[],
]): string {
  const text = typeof value === "boolean" ? String(Number(value)) : String(value);
  return `${toKey(name)}=${text}`;
}

/**
 * Runs `scenario` to its end.
 *
 * @throws Error if the program is missing (`npm run build`), or does not know a value.
 */
export async function simulate(scenario: Scenario = {}): Promise<Result> {
  const { stdout } = await promisify(execFile)(program, Object.entries(scenario).map(toArgument));
  return JSON.parse(stdout) as Result;
}
