// SPDX-License-Identifier: MIT
// Our server with the example site, as the interop tests need it, and ways to run other programs against it.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Response, Server, devIdentity, staticFiles } from "../../lib/index.js";
import type { Connection, DevIdentity, GroupName, ServerOptions, Stats } from "../../lib/index.js";
import { debian, type Chroot, type Found, type Output } from "./peers.js";

/** The folder that `npm start` serves. */
export const siteFolder = join(process.cwd(), "examples", "site");

/** Size of `/stream`: many times the first flow-control window, so that windows have to move. */
export const streamBytes = 24 * 1024 * 1024;

export const sha256 = (data: Uint8Array | string): string =>
  createHash("sha256").update(data).digest("hex");

/** All files of the example site, as paths of URLs. */
export function sitePaths(): string[] {
  return readdirSync(siteFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name).slice(siteFolder.length));
}

export const siteFile = (path: string): Buffer => readFileSync(join(siteFolder, path));

/** Bytes that differ from block to block, so that a lost, doubled or moved one shows. */
function* blocks(): Generator<Uint8Array> {
  for (let at = 0; at < streamBytes; at += 64 * 1024) {
    const block = Buffer.alloc(64 * 1024);
    for (let i = 0; i < block.length; i += 4) {
      block.writeUInt32LE(Math.imul(at + i, 2654435761) >>> 0, i);
    }
    yield block;
  }
}

/** SHA-256 of what `/stream` sends. */
export function streamHash(): string {
  const hash = createHash("sha256");
  for (const block of blocks()) {
    hash.update(block);
  }
  return hash.digest("hex");
}

/** Writes into the page which protocol loaded it, and what the server says about the connection. */
const probePage = `<!doctype html><title>probe</title><pre id="out"></pre><script>
const request = new XMLHttpRequest();
request.open("GET", "/api/connection", false);
request.send();
const [page] = performance.getEntriesByType("navigation");
document.getElementById("out").textContent = JSON.stringify({
  protocol: page.nextHopProtocol,
  security: JSON.parse(request.responseText).security,
});
</script>`;

/** What was negotiated on a connection. */
export interface Negotiated {
  readonly protocol: string;
  readonly group: string;
  readonly signature: string;
  readonly cipher: string;
}

const negotiated = ({ security }: Connection): Negotiated => ({
  protocol: security.alpn,
  group: security.group,
  signature: security.signature,
  cipher: security.cipher,
});

/** What `/api/connection` answers, as in examples/site.mjs: the site's page shows it. */
const facts = ({ security, handshake, remoteAddress }: Connection): object => ({
  security,
  handshake,
  remoteAddress,
});

/** A running server of ours, with certificates of its own. */
export class Site implements AsyncDisposable {
  readonly dev: DevIdentity;
  /** What was negotiated on the connection of each request so far. */
  readonly requests: Negotiated[] = [];
  readonly #server: Server;
  readonly #folder: string;

  private constructor(server: Server, dev: DevIdentity, folder: string) {
    this.#server = server;
    this.dev = dev;
    this.#folder = folder;
  }

  /**
   * @param groups - as in ServerOptions; those of the profile and X25519 if not given
   * @param more - other options of the server
   */
  static async start(
    groups?: readonly GroupName[],
    more: Partial<ServerOptions> = {},
  ): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), "pqq-interop-"));
    const dev = devIdentity({ dir: join(folder, "identity") });
    const files = staticFiles(siteFolder);
    const host = ["127.0.0.1", "::1"];
    const options = { port: 0, host, identity: dev.identity, groups, ...more };
    const server = await Server.serve(options, (request, { connection }) => {
      site.requests.push(negotiated(connection));
      switch (new URL(request.url).pathname) {
        case "/api/connection":
          return Response.json(facts(connection));
        case "/stream":
          return new Response(blocksAsync());
        case "/echo":
          return new Response(request.body);
        case "/probe":
          return new Response(probePage, { headers: { "content-type": "text/html" } });
        default:
          return files(request);
      }
    });
    const site = new Site(server, dev, folder);
    return site;
  }

  url(path: string): string {
    return new URL(path, `https://localhost:${this.#server.port}/`).href;
  }

  /** What was negotiated on the connection of the last request. */
  last(): Negotiated {
    return this.requests.at(-1)!;
  }

  get port(): number {
    return this.#server.port;
  }

  stats(): Stats {
    return this.#server.stats();
  }

  /** Once no connection is left: a peer that says goodbye is gone at once, any other after the idle timeout of 30 s. */
  async untilAllClosed(): Promise<void> {
    while (this.stats().connectionsNow > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close({ drainMs: 0 });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream whose producer never waits
async function* blocksAsync(): AsyncGenerator<Uint8Array> {
  yield* blocks();
}

/** Runs a program while the server of this process goes on. Killed when it takes too long. */
export function execute(
  [command, args]: [string, string[]],
  timeoutMs = 20_000,
  environment: NodeJS.ProcessEnv = {},
): Promise<Output> {
  const env = { ...process.env, ...environment };
  const options = { encoding: "utf8", timeout: timeoutMs, maxBuffer: 1 << 28, env } as const;
  return new Promise((resolve) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ status, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** A suite that needs a peer. Without it, one skipped test that says why. */
export function describePeer<T>(name: string, peer: Found<T>, suite: (found: T) => void): void {
  describe(name, function () {
    this.timeout(60_000);
    if ("found" in peer) {
      suite(peer.found);
    } else {
      it.skip(`is not here: ${peer.missing}`);
    }
  });
}

/**
 * A suite that needs a client of the newer Debian, with a server of ours for it: `folder` is one inside the chroot, with
 * the server's roots in `ca.pem`; `site` gives the server once the suite runs.
 */
export function describeClient(
  name: string,
  suite: (chroot: Chroot, folder: string, site: () => Site) => void,
): void {
  describePeer(name, debian, (chroot) => {
    const folder = chroot.makeFolder();
    let site: Site;

    before(async () => {
      site = await Site.start();
      chroot.copy(site.dev.caFile, `${folder}/ca.pem`);
    });

    after(async () => {
      chroot.remove(folder);
      await site[Symbol.asyncDispose]();
    });

    suite(chroot, folder, () => site);
  });
}
