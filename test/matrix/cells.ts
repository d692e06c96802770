// SPDX-License-Identifier: MIT
// Fills the matrix: every client against every server, each cell judged, the servers' counters at the end.
import type { StatName } from "../../lib/index.js";
import type { Outcome, Profile } from "./facts.js";
import { judge } from "./judge.js";
import { connectOurs, ourClients, type OurClient } from "./ours.js";
import type { Program } from "./programs.js";
import { startServers, stopServers, type RunningServer } from "./servers.js";

export interface Cell {
  readonly profile: Profile;
  /** Variant; empty: the plain server of the profile. */
  readonly server: string;
  readonly client: string;
  readonly outcome: Outcome;
  /** What is wrong with it; nothing if it is as it has to be. */
  readonly problems: readonly string[];
}

/** Network threads publish their counters after the events that they count. */
const COUNTER_MS = 5_000;

function isPolicyRefusal(outcome: Outcome, { facts }: RunningServer): boolean {
  if (outcome.kind === "connected" || outcome.by !== "server") return false;
  const INSUFFICIENT_SECURITY = 71;
  const NO_APPLICATION_PROTOCOL = 120;
  const needsVelocity = facts.require.authentication === "hybrid";
  return (
    outcome.alert === INSUFFICIENT_SECURITY ||
    (outcome.alert === NO_APPLICATION_PROTOCOL && needsVelocity)
  );
}

/** Each attempt, each downgrade and each refusal has to be counted, once. */
async function countedWrong(to: RunningServer, outcomes: readonly Outcome[]): Promise<string[]> {
  const connections = outcomes.flatMap((one) => (one.kind === "connected" ? [one.server] : []));
  const attempts = outcomes.filter((one) => one.kind === "connected" || one.by !== "nobody");
  const expected: [StatName, number][] = [
    // One each: no client of ours tries again with less.
    ["connectionsAccepted", attempts.length],
    ["handshakesCompleted", connections.length],
    ["handshakesVelocity", connections.filter((view) => view.protocol === "velocity/1").length],
    ["handshakesDowngraded", connections.filter((view) => view.downgrade !== null).length],
    ["policyRefusals", outcomes.filter((one) => isPolicyRefusal(one, to)).length],
  ];
  const end = performance.now() + COUNTER_MS;
  const isReached = ([name, count]: (typeof expected)[number]): boolean =>
    to.server.stats()[name] >= count;
  while (!expected.every(isReached) && performance.now() < end) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const stats = to.server.stats();
  return expected
    .filter(([name, count]) => stats[name] !== count)
    .map(([name, count]) => `${name} is ${stats[name]}, the cells add up to ${count}`);
}

function cell(
  to: RunningServer,
  client: Pick<OurClient, "name" | "facts">,
  outcome: Outcome,
  isOurs: boolean,
): Cell {
  const { profile, name: server } = to;
  const problems = judge(client.facts, to.facts, outcome, isOurs);
  return { profile, server, client: client.name, outcome, problems };
}

async function oursAgainst(to: RunningServer): Promise<{ cells: Cell[]; problems: string[] }> {
  const cells: Cell[] = [];
  for (const client of ourClients(to.profile)) {
    cells.push(cell(to, client, await connectOurs(client, to), true));
  }
  const wrong = await countedWrong(
    to,
    cells.map(({ outcome }) => outcome),
  );
  return { cells, problems: wrong.map((text) => `${to.profile} ${to.name}: ${text}`) };
}

export interface Matrix {
  readonly cells: readonly Cell[];
  /** What is wrong beside the cells. */
  readonly problems: readonly string[];
}

/** What to run. */
export interface Plan {
  readonly profiles: readonly Profile[];
  /** Only the plain server of each profile, without its variants. */
  readonly isPlain?: boolean;
  /** Clients of others, once the servers run. */
  readonly programs?: readonly Program[];
}

/** Runs all servers, and all clients against each. */
export async function fillMatrix({ profiles, isPlain, programs = [] }: Plan): Promise<Matrix> {
  const servers = await startServers(profiles, isPlain);
  try {
    const cells: Cell[] = [];
    const problems: string[] = [];
    for (const to of servers) {
      const ours = await oursAgainst(to);
      cells.push(...ours.cells);
      problems.push(...ours.problems);
    }
    for (const program of programs) {
      const outcomes = await program.run(servers);
      for (const [index, to] of servers.entries()) {
        const outcome = outcomes[index];
        if (outcome !== undefined) cells.push(cell(to, program, outcome, false));
      }
    }
    return { cells, problems };
  } finally {
    await stopServers(servers);
  }
}
