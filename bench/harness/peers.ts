// SPDX-License-Identifier: MIT
// The servers that are compared, each with the client that speaks its protocol.
import { spawnSync } from "node:child_process";
import { Child, numberOf, type Line } from "./process.js";
import { canReadTrees, treeUsage } from "./process_tree.js";
import { HYBRID, type Context, type Identity, type Kind } from "./context.js";
import { hasPostQuantum } from "./tls.mjs";

/** What a client can be asked to do. */
export type Mode = "handshakes" | "requests" | "download" | "idle";

/** Options of a client: bench/native/client.c has their meaning. */
export interface Load {
  readonly count?: number;
  readonly connections?: number;
  readonly streams?: number;
  readonly bytes?: number;
  readonly warmUp?: number;
}

/** A server under measurement. */
export interface Peer {
  readonly id: string;
  /** For tables. */
  readonly name: string;
  /** Whether it can run here, with this certificate. */
  readonly isAvailable: (context: Context, kind: Kind) => boolean;
  readonly startServer: (context: Context, identity: Identity) => Child;
  /** Whether its server answers with a `usage` line; of others the harness asks the system. */
  readonly reportsUsage: boolean;
  /** What makes the load: a slow client makes a server look dear. */
  readonly clientName: (mode: Mode) => string;
  readonly startClient: (
    context: Context,
    mode: Mode,
    kind: Kind,
    args: readonly string[],
  ) => Child;
}

/** Our load generator, for every server that speaks HTTP/3. */
export const ours = {
  reportsUsage: true,
  clientName: (): string => "C",
  startClient: (context: Context, mode: Mode, kind: Kind, args: readonly string[]): Child =>
    new Child("client", context.program("client"), [
      ...[mode, "--profile", context.identity(kind).profile],
      ...["--velocity", kind === HYBRID ? "1" : "0", ...args],
    ]),
};

/** The command line of bench/native/server.c. */
export function serverArguments({ certFile, keyFile, classical, profile }: Identity): string[] {
  return [
    ...["--cert", certFile, "--key", keyFile, "--profile", profile],
    ...(classical === undefined
      ? []
      : ["--classical-cert", classical.certFile, "--classical-key", classical.keyFile]),
  ];
}

function script(core: "server" | "client", file: string, args: readonly string[]): Child {
  return new Child(core, process.execPath, [file, ...args]);
}

/** h2load makes no connection for each request, and holds none without requests. */
const H2LOAD_MODES: readonly Mode[] = ["requests", "download"];
const hasH2load = spawnSync("h2load", ["--version"]).status === 0;

/** Node's own server `name`, with h2load as the client or, where that is missing or cannot do it, Node itself. */
function nodePeer(name: "http2" | "https"): Peer {
  const clientOf = (mode: Mode): string =>
    hasH2load && H2LOAD_MODES.includes(mode) ? "h2load" : name;
  return {
    id: name,
    name: `node:${name}`,
    reportsUsage: true,
    isAvailable: (_context, kind) => kind === "P-256" || (kind !== HYBRID && hasPostQuantum),
    clientName: (mode) => (clientOf(mode) === name ? "Node.js" : clientOf(mode)),
    startServer: (context, { certFile, keyFile }) =>
      script("server", context.script("servers", `${name}.mjs`), [certFile, keyFile]),
    startClient: (context, mode, _kind, args) =>
      script("client", context.script("clients", `${clientOf(mode)}.mjs`), [mode, name, ...args]),
  };
}

const cServer: Peer = {
  id: "c",
  name: "VELO, C handler",
  isAvailable: () => true,
  startServer: (context, identity) =>
    new Child("server", context.program("server"), serverArguments(identity)),
  ...ours,
};

/** In the order of the tables. The ratios are to Node's HTTP/2. */
export const PEERS: readonly Peer[] = [
  cServer,
  {
    id: "typescript",
    name: "VELO, JavaScript handler",
    isAvailable: (context) => context.hasPackage(),
    startServer: (context, { certFile, keyFile, profile, classical }) =>
      script("server", context.script("servers", "typescript.mjs"), [
        ...[certFile, keyFile, profile],
        ...(classical === undefined ? [] : [classical.certFile, classical.keyFile]),
      ]),
    ...ours,
  },
  nodePeer("http2"),
  nodePeer("https"),
];

/** The C server with a folder that its worker answers from; of the report alone. */
export const STATIC_FILES: Peer = {
  id: "static",
  name: "VELO, static files",
  isAvailable: () => true,
  startServer: (context, identity) =>
    new Child("server", context.program("server"), [
      ...[...serverArguments(identity), "--files", context.site()],
    ]),
  ...ours,
};

/** CPU and memory of a server at one moment. */
export interface Usage {
  readonly cpuMicros: number;
  readonly residentBytes: number;
  /** Counters of `pqq_stats`, of our own servers. */
  readonly stats: Readonly<Record<string, number>>;
}

/** A server that has said where it listens. */
export class RunningServer {
  readonly peer: Peer;
  readonly kind: Kind;
  readonly #context: Context;
  readonly #child: Child;
  readonly #listening: Line;

  private constructor(context: Context, peer: Peer, kind: Kind, child: Child, listening: Line) {
    this.#context = context;
    this.peer = peer;
    this.kind = kind;
    this.#child = child;
    this.#listening = listening;
  }

  static async start(context: Context, peer: Peer, kind: Kind): Promise<RunningServer> {
    const child = peer.startServer(context, context.identity(kind));
    return new RunningServer(context, peer, kind, child, await child.expect("listening"));
  }

  get port(): number {
    return numberOf(this.#listening, "port");
  }

  /** The process to look at: the one that was started, unless that says that it is another one's keeper. */
  get pid(): number {
    const { pid } = this.#listening;
    return typeof pid === "number" ? pid : this.#child.pid;
  }

  /** `pqq_capabilities()` of a C server. */
  get capabilities(): unknown {
    return this.#listening["capabilities"];
  }

  /** Of the whole process tree where the system says that; otherwise what the server says of itself. */
  async usage(): Promise<Usage> {
    const tree = canReadTrees ? treeUsage(this.pid) : undefined;
    if (!this.peer.reportsUsage && tree !== undefined) return { ...tree, stats: {} };
    this.#child.say("usage");
    const line = await this.#child.expect("usage");
    return {
      cpuMicros: numberOf(line, "cpuMicros"),
      residentBytes: numberOf(line, "residentBytes"),
      ...tree,
      stats: line["stats"] as Readonly<Record<string, number>>,
    };
  }

  /**
   * Starts a client and resolves when it is connected and warm; `go` on it then does the work.
   *
   * @param program - one that knows the command line of bench/native/client.c, instead of the peer's own
   */
  async client(mode: Mode, load: Load, program?: string): Promise<RunningClient> {
    const args = [
      ...["--port", String(this.port)],
      ...["--ca", this.#context.identity(this.kind).caFile],
      ...["--count", String(load.count ?? 1), "--connections", String(load.connections ?? 1)],
      ...["--streams", String(load.streams ?? 1), "--bytes", String(load.bytes ?? 0)],
      ...["--warm-up", String(load.warmUp ?? 0)],
    ];
    const child =
      program === undefined
        ? this.peer.startClient(this.#context, mode, this.kind, args)
        : new Child("client", program, [mode, ...args]);
    await child.expect("ready");
    return new RunningClient(child);
  }

  /** Runs a client and says what that took of the server. */
  async measure(mode: Mode, load: Load, program?: string): Promise<Measurement> {
    const client = await this.client(mode, load, program);
    const before = await this.usage();
    const done = await client.go();
    const after = await this.usage();
    const { cpuMicros, stats } = after;
    return {
      serverCpuMicros: cpuMicros - before.cpuMicros,
      clientCpuMicros: numberOf(done, "cpuMicros"),
      wallMicros: numberOf(done, "wallMicros"),
      systemCalls: calls(stats) - calls(before.stats),
      group: String(done["group"]),
      cipher: cipherName(done["cipher"]),
      protocol: typeof done["protocol"] === "string" ? done["protocol"] : "",
      roundTrips: typeof done["roundTrips"] === "number" ? done["roundTrips"] : undefined,
    };
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }
}

/** What the library is made of, from our C server. */
export async function capabilities(context: Context): Promise<unknown> {
  const server = await RunningServer.start(context, cServer, "P-256");
  await server.stop();
  return server.capabilities;
}

/** What one run of a client took. */
export interface Measurement {
  readonly serverCpuMicros: number;
  readonly clientCpuMicros: number;
  readonly wallMicros: number;
  /** Receiving, sending and waiting calls of our own servers; NaN of others. */
  readonly systemCalls: number;
  readonly group: string;
  /** Name by IANA; empty if the client does not say. */
  readonly cipher: string;
  /** ALPN of our own servers; empty of others. */
  readonly protocol: string;
  readonly roundTrips: number | undefined;
}

/** Our client has the number by IANA, Node's the name. */
const CIPHERS: Readonly<Record<number, string>> = {
  0x1301: "TLS_AES_128_GCM_SHA256",
  0x1302: "TLS_AES_256_GCM_SHA384",
  0x1303: "TLS_CHACHA20_POLY1305_SHA256",
};

function cipherName(value: unknown): string {
  if (typeof value === "number") return CIPHERS[value] ?? `0x${value.toString(16)}`;
  return typeof value === "string" ? value : "";
}

/** lib/stats.ts has the counters in camel case, stats.def in snake case. */
function calls(stats: Readonly<Record<string, number>>): number {
  const of = (snake: string, camel: string): number => stats[snake] ?? stats[camel] ?? NaN;
  return (
    of("receive_calls", "receiveCalls") + of("send_calls", "sendCalls") + of("wakeups", "wakeups")
  );
}

/** A client that waits for its start. */
export class RunningClient {
  readonly #child: Child;

  constructor(child: Child) {
    this.#child = child;
  }

  /** Lets it work and end. */
  async go(): Promise<Line> {
    this.#child.say("go");
    const done = await this.#child.expect("done");
    await this.#child.stop();
    return done;
  }
}

/** Starts all servers that can run with `kinds`, gives them to `use`, and stops them. */
export async function withServers(
  context: Context,
  peers: readonly Peer[],
  kinds: readonly Kind[],
  use: (servers: readonly RunningServer[]) => Promise<void>,
): Promise<void> {
  const servers: RunningServer[] = [];
  try {
    for (const peer of peers) {
      for (const kind of kinds.filter((one) => peer.isAvailable(context, one))) {
        servers.push(await RunningServer.start(context, peer, kind));
      }
    }
    await use(servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** One load on every server, again and again in turns, so that a disturbance meets all of them. */
export async function measureInTurns(
  context: Context,
  kinds: readonly Kind[],
  rounds: number,
  mode: Mode,
  load: Load,
): Promise<Map<RunningServer, Measurement[]>> {
  const runs = new Map<RunningServer, Measurement[]>();
  await withServers(context, PEERS, kinds, async (servers) => {
    for (const server of servers) runs.set(server, []);
    for (let round = 0; round < rounds; round++) {
      for (const [server, measured] of runs) measured.push(await server.measure(mode, load));
    }
  });
  return runs;
}
