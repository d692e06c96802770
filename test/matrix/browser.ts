// SPDX-License-Identifier: MIT
// Chromium, asked over its debugging pipe what it negotiated; refusals are read out of its network log.
import { spawn, type ChildProcess } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { execute } from "../interop/support.js";
import { PROFILE_NAMES, type Outcome, type View } from "./facts.js";
import { CLASSICAL_SCHEMES, CRYPTO_ERROR, connected, failed, plainFacts } from "./programs.js";
import type { Program } from "./programs.js";
import { identityOf, type RunningServer } from "./servers.js";

/** Schemes that a leaf of the matrix signs with, by IANA's numbers, as Chromium reports them. */
const SCHEME_NAMES: Readonly<Record<number, string>> = {
  0x0403: "ecdsa_secp256r1_sha256",
  0x0503: "ecdsa_secp384r1_sha384",
};
/** How long Chromium may take for one page. */
const PAGE_MS = 10_000;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The DevTools protocol over a pipe: JSON texts, each ended by a zero byte. */
class Pipe {
  readonly #output: Writable;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  #last = 0;

  constructor(output: Writable, input: Readable) {
    this.#output = output;
    let rest = "";
    input.setEncoding("utf8").on("data", (chunk: string) => {
      const texts = (rest + chunk).split("\0");
      rest = texts.pop() ?? "";
      for (const text of texts) this.#take(JSON.parse(text) as Message);
    });
  }

  #take(message: Message): void {
    if (message.id === undefined) for (const listener of this.#listeners) listener(message);
    else this.#answers.get(message.id)?.(message);
  }

  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) => {
        this.#answers.delete(id);
        if (error === undefined) resolve(result as T);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** Calls `listener` with every event from now on, until the function that it returns is called. */
  listen(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

interface Loaded {
  readonly response: {
    readonly protocol: string;
    readonly securityDetails: {
      readonly keyExchangeGroup: string;
      readonly cipher: string;
      readonly serverSignatureAlgorithm: number;
    };
  };
}

/** Its own name for a cipher suite lacks the hash. */
function cipherName(name: string): string {
  return `TLS_${name}_${name === "AES_256_GCM" ? "SHA384" : "SHA256"}`;
}

function browserView({ response }: Loaded): Partial<View> {
  const { keyExchangeGroup, cipher, serverSignatureAlgorithm } = response.securityDetails;
  return {
    protocol: response.protocol,
    group: keyExchangeGroup,
    cipher: cipherName(cipher),
    signature: SCHEME_NAMES[serverSignatureAlgorithm] ?? String(serverSignatureAlgorithm),
  };
}

/** A tab that loads one page after the other. */
class Tab {
  readonly #pipe: Pipe;
  readonly #session: string;

  private constructor(pipe: Pipe, session: string) {
    this.#pipe = pipe;
    this.#session = session;
  }

  static async open(pipe: Pipe): Promise<Tab> {
    const { targetId } = await pipe.send<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
    });
    const attach = { targetId, flatten: true };
    const { sessionId } = await pipe.send<{ sessionId: string }>("Target.attachToTarget", attach);
    await pipe.send("Network.enable", {}, sessionId);
    return new Tab(pipe, sessionId);
  }

  async load(url: string): Promise<Outcome> {
    const events: Message[] = [];
    let wake: () => void = () => undefined;
    const stop = this.#pipe.listen((message) => {
      events.push(message);
      wake();
    });
    const timer = setTimeout(() => {
      events.push({ method: TIMED_OUT });
      wake();
    }, PAGE_MS);
    try {
      const target = await this.#pipe.send<Target>("Page.navigate", { url }, this.#session);
      while (!events.some((event) => isEnd(event, target.loaderId))) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return await this.#outcome(target, events);
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  async #outcome({ loaderId, errorText }: Target, events: readonly Message[]): Promise<Outcome> {
    const page = events.find(
      ({ method, params }) =>
        method === "Network.responseReceived" && params?.["requestId"] === loaderId,
    );
    if (errorText !== undefined || page === undefined) {
      const text = errorText ?? "no page";
      return failed(`Chromium: ${text}`, undefined, text);
    }
    const request = { requestId: loaderId };
    const { body } = await this.#pipe.send<{ body: string }>(
      "Network.getResponseBody",
      request,
      this.#session,
    );
    return connected(body, browserView(page.params as unknown as Loaded));
  }
}

/** The answer to Page.navigate; a document's request has the id of its loader. */
interface Target {
  readonly loaderId: string;
  readonly errorText?: string;
}

const TIMED_OUT = "timed out";

/** Whether a page has come to its end. */
function isEnd({ method, params }: Message, loaderId: string): boolean {
  if (method === TIMED_OUT) return true;
  const isLoaded = method === "Network.loadingFinished" || method === "Network.loadingFailed";
  return isLoaded && params?.["requestId"] === loaderId;
}

interface NetworkLog {
  readonly constants: { readonly logEventTypes: Readonly<Record<string, number>> };
  readonly events: readonly {
    readonly type: number;
    readonly source: { readonly id: number };
    readonly params?: { readonly port?: number; readonly quic_wire_error?: number };
  }[];
}

/** By port: the TLS alert in the CONNECTION_CLOSE that Chromium got. */
export function alertsOf(log: NetworkLog): Map<number, number> {
  const { QUIC_SESSION: session, QUIC_SESSION_CONNECTION_CLOSE_FRAME_RECEIVED: close } =
    log.constants.logEventTypes;
  const ports = new Map<number, number>();
  const alerts = new Map<number, number>();
  for (const { type, source, params } of log.events) {
    if (type === session && params?.port !== undefined) ports.set(source.id, params.port);
    const port = ports.get(source.id);
    const error = params?.quic_wire_error;
    if (type === close && port !== undefined && error !== undefined && error >= CRYPTO_ERROR) {
      alerts.set(port, error - CRYPTO_ERROR);
    }
  }
  return alerts;
}

/** Hashes of the keys of the classical leaves: Chromium accepts no private root for QUIC otherwise. */
function trustedKeys(): string {
  const hashes = PROFILE_NAMES.map((name) => {
    const leaf = new X509Certificate(identityOf(name).classicalCertPem);
    const key = leaf.publicKey.export({ type: "spki", format: "der" });
    return createHash("sha256").update(key).digest("base64");
  });
  return hashes.join(",");
}

function start(chromium: string, folder: string, servers: readonly RunningServer[]): ChildProcess {
  const hosts = servers.map(({ server }) => `localhost:${server.port}`);
  const args = [
    "--headless",
    "--no-sandbox", // it may run as root, and loads only our own pages
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
    `--user-data-dir=${folder}/profile`,
    `--log-net-log=${folder}/network.json`,
    `--origin-to-force-quic-on=${hosts.join(",")}`,
    `--ignore-certificate-errors-spki-list=${trustedKeys()}`,
    "--remote-debugging-pipe",
  ];
  return spawn(chromium, args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
}

async function loadAll(
  chromium: string,
  folder: string,
  servers: readonly RunningServer[],
): Promise<Outcome[]> {
  const child = start(chromium, folder, servers);
  const exited = once(child, "exit");
  const pipe = new Pipe(child.stdio[3] as Writable, child.stdio[4] as Readable);
  const outcomes: Outcome[] = [];
  try {
    const tab = await Tab.open(pipe);
    for (const { url } of servers) outcomes.push(await tab.load(url));
    await pipe.send("Browser.close");
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    await exited; // only then is its network log complete
  }
  return outcomes;
}

/** Chromium with its own defaults. */
export async function browserProgram(chromium: string): Promise<Program> {
  const { stdout } = await execute([chromium, ["--version"]]);
  return {
    name: "Chromium",
    version: /\S+ [\d.]+/.exec(stdout)?.[0] ?? "Chromium",
    facts: plainFacts(["X25519MLKEM768", "X25519", "secp256r1", "secp384r1"], CLASSICAL_SCHEMES),
    async run(servers) {
      const folder = mkdtempSync(join(tmpdir(), "pqq-chromium-"));
      try {
        const outcomes = await loadAll(chromium, folder, servers);
        const log = JSON.parse(readFileSync(join(folder, "network.json"), "utf8")) as NetworkLog;
        const alerts = alertsOf(log);
        return outcomes.map((outcome, index) => {
          const port = servers[index]?.server.port ?? 0;
          return outcome.kind === "failed"
            ? failed(outcome.code, alerts.get(port), outcome.text)
            : outcome;
        });
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}
