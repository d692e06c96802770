// SPDX-License-Identifier: MIT
// Handshakes in memory by profile: velocity/1 with both identities against h3 with the ML-DSA one, in one process and in
// turns (bench/native/profiles.c).
import type { Context } from "./harness/context.js";
import { Child, type Line } from "./harness/process.js";
import { median, summarizeCosts, type Summary } from "./harness/statistics.js";
import { figure, table } from "./harness/table.js";

/** Proving two identities may cost this much of proving one, under the profile balanced. */
export const PROFILE_GATE_RATIO = 1.3;

const PROFILES = ["light", "balanced", "secure"] as const;
type Profile = (typeof PROFILES)[number];

/** Bytes of a full datagram, as profiles.c has them. */
const DATAGRAM_BYTES = [1200, 1452] as const;

/**
 * Round trips of velocity/1 on a path without loss, to an address that is not validated. The flight of secure is more
 * than the first window of a server (RFC 9002 section 7.2): nothing that a client sends can make it one.
 */
const ROUND_TRIPS: Readonly<Record<Profile, { readonly tls: number; readonly verified: number }>> =
  {
    light: { tls: 1, verified: 1 },
    balanced: { tls: 1, verified: 1 },
    secure: { tls: 2, verified: 2 },
  };

const ROUNDS = { full: 40, quick: 6 };
const PER_ROUND = 50;

interface Cost {
  readonly finishedMicros: number;
  readonly wholeMicros: number;
}

/** What a client says about its handshake, until all identities are verified. */
export interface ProfileFacts {
  readonly group: string;
  readonly tlsRoundTrips: number;
  readonly verifiedRoundTrips: number;
  /** Datagrams of its first flight that the client has sent again. */
  readonly firstFlightRepeats: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly datagramsUp: number;
  readonly datagramsDown: number;
}

/** One profile with one size of datagrams. */
export interface ProfileResult {
  readonly profile: Profile;
  readonly datagramBytes: number;
  /** Server CPU until the server has the client's Finished and the client has verified everything, microseconds. */
  readonly h3: Summary & ProfileFacts;
  readonly velocity: Summary & ProfileFacts;
  /** Median of velocity/1 / h3 of each round: of that, and with the close and the freeing. */
  readonly ratio: number;
  readonly ratioWhole: number;
}

function summarize(facts: Line, rounds: readonly Line[]): ProfileResult {
  const costs = (name: "h3" | "velocity"): Cost[] => rounds.map((round) => round[name] as Cost);
  const ratioOf = (part: keyof Cost): number =>
    median(costs("velocity").map((cost, i) => cost[part] / (costs("h3")[i]?.[part] ?? NaN)));
  const side = (name: "h3" | "velocity"): Summary & ProfileFacts => ({
    ...summarizeCosts(costs(name).map((cost) => cost.finishedMicros)),
    ...(facts[name] as ProfileFacts),
  });
  return {
    profile: facts["profile"] as Profile,
    datagramBytes: facts["datagramBytes"] as number,
    h3: side("h3"),
    velocity: side("velocity"),
    ratio: ratioOf("finishedMicros"),
    ratioWhole: ratioOf("wholeMicros"),
  };
}

/** Runs all profiles with all sizes of datagrams. */
export async function runHandshakesByProfile(context: Context): Promise<ProfileResult[]> {
  const rounds = context.pick(ROUNDS);
  const results: ProfileResult[] = [];
  for (const profile of PROFILES) {
    for (const bytes of DATAGRAM_BYTES) {
      const child = new Child("server", context.program("profiles"), [
        ...["--profile", profile, "--datagram", String(bytes)],
        ...["--rounds", String(rounds), "--per-round", String(PER_ROUND)],
      ]);
      const facts = await child.expect("facts");
      const lines: Line[] = [];
      while (lines.length < rounds) lines.push(await child.expect("round"));
      await child.stop();
      results.push(summarize(facts, lines));
    }
  }
  return results;
}

/** For people. */
export function profilesText(results: readonly ProfileResult[]): string {
  const row = (
    { profile, datagramBytes, ratio, ratioWhole }: ProfileResult,
    protocol: string,
    side: Summary & ProfileFacts,
  ): string[] => [
    profile,
    String(datagramBytes),
    protocol,
    protocol === "h3" ? "" : `${ratio.toFixed(2)}x`,
    protocol === "h3" ? "" : `${ratioWhole.toFixed(2)}x`,
    figure(side.median),
    String(side.tlsRoundTrips),
    String(side.verifiedRoundTrips),
    `${figure(side.bytesUp)} in ${side.datagramsUp}`,
    String(side.firstFlightRepeats),
    `${figure(side.bytesDown)} in ${side.datagramsDown}`,
  ];
  const rows = results.flatMap((result) => [
    row(result, "h3", result.h3),
    row(result, "velocity/1", result.velocity),
  ]);
  return table(
    [
      ...["profile", "datagram", "protocol", "of h3", "with close", "CPU us", "TLS", "verified"],
      ...["bytes up", "repeated", "bytes down"],
    ],
    rows,
  );
}

/** What is not as it should be: balanced dearer than the gate, or more round trips than the profile promises. */
export function missedProfileGate(results: readonly ProfileResult[]): string[] {
  return results.flatMap(({ profile, datagramBytes, ratio, velocity }) => {
    const name = `${profile}, datagrams of ${datagramBytes}`;
    const { tls, verified } = ROUND_TRIPS[profile];
    const missed: string[] = [];
    if (profile === "balanced" && !(ratio <= PROFILE_GATE_RATIO)) {
      missed.push(`${name}: ${ratio.toFixed(3)}x of h3, more than ${PROFILE_GATE_RATIO}x`);
    }
    if (velocity.tlsRoundTrips > tls || velocity.verifiedRoundTrips > verified) {
      missed.push(
        `${name}: TLS in ${velocity.tlsRoundTrips} and verified in ${velocity.verifiedRoundTrips} round trips, ` +
          `not in ${tls} and ${verified}`,
      );
    }
    return missed;
  });
}
