// SPDX-License-Identifier: MIT
// Hostile clients beside a normal load: what is lost of the normal load, and what the server has kept afterwards.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, type ServerOptions } from "../../lib/index.js";
import { MeasuredServer, type Figures } from "../helpers/measured_server.js";

const program = join(process.cwd(), "build", "test", "hostile", "attack");

/** Requests of the normal load that are under way at once on its lasting connection. */
const LANES = 8;
/**
 * How long an attack lasts before memory is measured for the first time: until there are as many half-open connections as
 * there will ever be (attempts of 10 s, the handshake timeout, or PQQ__MAX_HALF_OPEN).
 */
const WARM_UP_SECONDS = 15;
/** A newcomer of the normal load may have to try again while the server is busy; but not for longer. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Shorter than the idle timeout and than an attack, so that those who do not read meet it. */
const SEND_TIMEOUT_MS = 1_000;

/** The lasting one, the newcomer's, and newcomers' that are still draining. */
const CONNECTIONS_OF_LOAD = 20;

export interface Outcome {
  /** Requests on connections that last. */
  readonly requests: number;
  /** Requests on connections made for each. */
  readonly newcomers: number;
  /** Those of both that failed or had another answer than the right one, with why. */
  readonly lost: readonly string[];
  /** What the attackers say they did. */
  readonly attack: Readonly<Record<string, number>>;
  readonly before: Figures;
  readonly after: Figures;
}

class NormalLoad {
  requests = 0;
  newcomers = 0;
  readonly lost: string[] = [];
  readonly #server: MeasuredServer;
  #isOver = false;

  constructor(server: MeasuredServer) {
    this.#server = server;
  }

  /** Until `end` is called. */
  async run(): Promise<void> {
    await using client = this.#client();
    await Promise.all([...Array.from({ length: LANES }, () => this.#stay(client)), this.#come()]);
  }

  end(): void {
    this.#isOver = true;
  }

  #client(): Client {
    return new Client({ caFile: this.#server.caFile, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  }

  async #ask(client: Client): Promise<void> {
    try {
      const text = await (await client.get(`${this.#server.origin}/`)).text();
      if (text !== "ok") this.lost.push(`answered ${text}`);
    } catch (error) {
      this.lost.push(String(error));
    }
  }

  async #stay(client: Client): Promise<void> {
    for (; !this.#isOver; this.requests++) await this.#ask(client);
  }

  async #come(): Promise<void> {
    for (; !this.#isOver; this.newcomers++) {
      await using client = this.#client();
      await this.#ask(client);
    }
  }
}

async function attack(server: MeasuredServer, seconds: number, seed: number): Promise<string> {
  const args = [server.port, server.caFile, seconds, seed].map(String);
  return (await promisify(execFile)(program, args)).stdout;
}

/**
 * Attacks a server of ours for a time, while others use it.
 *
 * @param options - of the server; shorter timeouts make it quiet sooner
 */
export async function hostile(
  seconds: number,
  seed: number,
  options: Partial<ServerOptions> = {},
): Promise<Outcome> {
  await using server = await MeasuredServer.start({ sendTimeoutMs: SEND_TIMEOUT_MS, ...options });
  const load = new NormalLoad(server);
  const running = load.run();
  try {
    await attack(server, Math.min(WARM_UP_SECONDS, seconds), seed + 1);
    const before = await server.quiet(CONNECTIONS_OF_LOAD);
    const told = await attack(server, seconds, seed);
    const after = await server.quiet(CONNECTIONS_OF_LOAD);
    load.end();
    await running;
    const made = JSON.parse(told) as Record<string, number>;
    const { requests, newcomers, lost } = load;
    return { requests, newcomers, lost, attack: made, before, after };
  } finally {
    load.end();
    await running;
  }
}
