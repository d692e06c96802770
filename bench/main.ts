// SPDX-License-Identifier: MIT
// The command line of the benchmarks; README.md explains what is measured.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { burstText, runBurst } from "./burst.js";
import { GATE_RATIO, memoryText, missedGate, runHandshakesInMemory } from "./handshake_memory.js";
import {
  missedProfileGate,
  PROFILE_GATE_RATIO,
  profilesText,
  runHandshakesByProfile,
} from "./handshake_profiles.js";
import { runHandshakesOverUdp, udpText } from "./handshake_udp.js";
import { Context } from "./harness/context.js";
import { describeMachine, machineText } from "./harness/machine.js";
import { capabilities } from "./harness/peers.js";
import { idleText, runIdle } from "./idle.js";
import { requestsText, runRequests } from "./requests.js";
import { runSign, signText } from "./sign.js";
import { runThroughput, throughputText } from "./throughput.js";

const USAGE = `usage: npm run bench -- handshake | sign | burst | requests | throughput | idle | all [options]

  handshake    server CPU of a handshake: in memory against the floor, by profile, and over UDP
  sign         ML-DSA signatures: liboqs, AWS-LC, and the signing pool
  burst        latency of requests while 500 handshakes arrive, signed in line and by the pool
  requests     server CPU and rate of small GETs
  throughput   server CPU and rate of large downloads
  idle         memory and CPU of idle connections

  --quick      fewer and shorter rounds: about a minute for all
  --gate       exit with status 1 if the engine costs more than ${GATE_RATIO} times the floor, velocity/1 under the
               profile balanced more than ${PROFILE_GATE_RATIO} times h3, or a profile takes more round trips than it says
  --json FILE  also write everything, with every round, to FILE
  --build DIR  build folder, default build
`;

/** What `--json` calls a part of the run, under which title it is printed, and how it is done. */
interface Scenario {
  readonly command: string;
  readonly key: string;
  readonly title: string;
  readonly run: (context: Context) => Promise<Outcome>;
}

interface Outcome {
  readonly results: unknown;
  readonly text: string;
  readonly missedGate?: readonly string[];
}

const SCENARIOS: readonly Scenario[] = [
  {
    command: "handshake",
    key: "handshakeInMemory",
    title: "Handshake in memory, server CPU us",
    run: async (context) => {
      const results = await runHandshakesInMemory(context);
      return { results, text: memoryText(results), missedGate: missedGate(results) };
    },
  },
  {
    command: "handshake",
    key: "handshakeByProfile",
    title: "velocity/1 with both identities against h3 with ML-DSA, in memory, server CPU us",
    run: async (context) => {
      const results = await runHandshakesByProfile(context);
      return { results, text: profilesText(results), missedGate: missedProfileGate(results) };
    },
  },
  {
    command: "handshake",
    key: "handshakeOverUdp",
    title: "Handshake + GET of 1 KiB + close over loopback, 8 at a time",
    run: async (context) => {
      const results = await runHandshakesOverUdp(context);
      return { results, text: udpText(results) };
    },
  },
  {
    command: "sign",
    key: "sign",
    title: "ML-DSA signatures of 130 bytes, us each",
    run: async (context) => {
      const results = await runSign(context);
      return { results, text: signText(results) };
    },
  },
  {
    command: "burst",
    key: "burst",
    title: "GETs of 1 KiB during a burst of 500 ML-DSA-65 handshakes, ms",
    run: async (context) => {
      const results = await runBurst(context);
      return { results, text: burstText(results) };
    },
  },
  {
    command: "requests",
    key: "requests",
    title: "GET of 1 KiB, 4 connections x 16 streams",
    run: async (context) => {
      const results = await runRequests(context);
      return { results, text: requestsText(results) };
    },
  },
  {
    command: "throughput",
    key: "throughput",
    title: "Downloads of 100 MiB on one connection",
    run: async (context) => {
      const results = await runThroughput(context);
      return { results, text: throughputText(results) };
    },
  },
  {
    command: "idle",
    key: "idle",
    title: "Idle connections",
    run: async (context) => {
      const results = await runIdle(context);
      return { results, text: idleText(results) };
    },
  },
];

/** The command line, or undefined after a message about what is wrong with it. */
function readArguments(): Arguments | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        gate: { type: "boolean", default: false },
        json: { type: "string" },
        build: { type: "string" },
      },
    });
    const [command, ...more] = positionals;
    const commands = ["all", ...SCENARIOS.map((scenario) => scenario.command)];
    if (command !== undefined && more.length === 0 && commands.includes(command)) {
      return { command, json: undefined, build: undefined, ...values };
    }
    console.error(USAGE);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
  return undefined;
}

interface Arguments {
  readonly command: string;
  readonly quick: boolean;
  readonly gate: boolean;
  readonly json: string | undefined;
  readonly build: string | undefined;
}

async function main(): Promise<number> {
  const args = readArguments();
  if (args === undefined) return 2;
  using context = new Context(args.build, args.quick);
  const date = new Date().toISOString();
  const machine = describeMachine(await capabilities(context));
  console.log(`${date}${args.quick ? ", quick" : ""}\n${machineText(machine)}`);
  const results: Record<string, unknown> = {};
  const missed: string[] = [];
  for (const scenario of SCENARIOS) {
    if (args.command !== "all" && args.command !== scenario.command) continue;
    const outcome = await scenario.run(context);
    results[scenario.key] = outcome.results;
    missed.push(...(outcome.missedGate ?? []));
    console.log(`\n${scenario.title}\n${outcome.text}`);
  }
  if (args.json !== undefined) {
    const { quick: isQuick } = args;
    const report = { schema: 1, date, isQuick, gateRatio: GATE_RATIO, machine, results };
    writeFileSync(args.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  for (const text of missed) console.error(`over the gate: ${text}`);
  return args.gate && missed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
