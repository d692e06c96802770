// SPDX-License-Identifier: MIT
// What our client does with every server: the same for all, so that the table of docs/interop.md compares.
import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Client } from "../../lib/index.js";
import type { Chroot } from "./peers.js";
import { passed, type Feature } from "./report.js";
import { sha256 } from "./support.js";

/** Several times what servers allow to be open at once, so that they have to give out streams again. */
const STREAMS = 500;
const UPLOAD_BYTES = 8 * 1024 * 1024;

/** Files that every server serves, made by {@link fillFolder}. */
export const FILES = { small: "small.txt", large: "large.bin" } as const;

/** Commands that make the files in `www`. */
export const fillFolder = `mkdir -p www
echo "a page of another server" > www/${FILES.small}
head -c ${24 * 1024 * 1024} /dev/urandom > www/${FILES.large}
`;

/** A program that runs until it is killed. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static start([command, args]: [string, string[]]): Running {
    return new Running(spawn(command, args, { stdio: "ignore" }));
  }

  /** One that prints a line of JSON once it listens. */
  static async withLine(
    [command, args]: [string, string[]],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<[Running, unknown]> {
    const env = { ...process.env, ...environment };
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = (await lines.next()) as IteratorResult<string, undefined>;
    if (first.done === true) throw new Error(`${command} ended: ${errors}`);
    child.stdout.resume();
    return [new Running(child), JSON.parse(first.value)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}

/** A server as {@link exercise} wants it. */
export interface Target {
  readonly peer: string;
  readonly origin: string;
  readonly caFile: string;
  /** The folder with {@link FILES}, as seen from here. */
  readonly folder: string;
  /** Sends a body and returns what has arrived. */
  readonly upload: (client: Client, body: Uint8Array) => Promise<Uint8Array>;
}

/** How to upload to a server that gives a body back. */
export function echo({ origin }: Omit<Target, "upload">): Target["upload"] {
  return async (client, body) => {
    const response = await client.request(`${origin}/echo`, { method: "POST", body });
    expect(response.status).to.equal(200);
    return response.bytes();
  };
}

/** The tests. `target` gives the server once it runs, `chroot` reads what it has to serve. */
export function exercise(target: () => Target, chroot: Chroot): void {
  const note = (...features: Feature[]): void => {
    passed(target().peer, "server", ...features);
  };
  const served = (name: string): Buffer => chroot.read(`${target().folder}/www/${name}`);

  it("serves our client a page, HEAD and 404", async () => {
    const { origin, caFile } = target();
    await using client = new Client({ caFile });
    const page = await client.get(`${origin}/${FILES.small}`);
    expect(page.status).to.equal(200);
    expect(await page.text()).to.equal(served(FILES.small).toString());
    const head = await client.request(`${origin}/${FILES.small}`, { method: "HEAD" });
    expect(head.status).to.equal(200);
    expect(await head.bytes()).to.have.length(0);
    const missing = await client.get(`${origin}/not/here`);
    await missing.bytes();
    expect(missing.status).to.equal(404);
    note("handshake", "page", "HEAD", "404");
  });

  it("serves a file of 24 MiB", async () => {
    const { origin, caFile } = target();
    await using client = new Client({ caFile });
    const response = await client.get(`${origin}/${FILES.large}`);
    expect(sha256(await response.bytes())).to.equal(sha256(served(FILES.large)));
    note("24 MiB down");
  });

  it(`takes ${UPLOAD_BYTES} bytes from our client`, async () => {
    const { caFile, upload } = target();
    const body = served(FILES.large).subarray(0, UPLOAD_BYTES);
    await using client = new Client({ caFile });
    expect(sha256(await upload(client, body))).to.equal(sha256(body));
    note("upload");
  });

  it(`answers ${STREAMS} requests at once on one connection`, async () => {
    const { origin, caFile } = target();
    await using client = new Client({ caFile });
    const statuses = await Promise.all(
      Array.from({ length: STREAMS }, async () => {
        const response = await client.get(`${origin}/${FILES.small}`);
        await response.bytes();
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status === 200)).to.have.length(STREAMS);
    note("many streams");
  });

  it("goes on after our client has closed", async () => {
    const { origin, caFile } = target();
    for (let i = 0; i < 3; i++) {
      await using client = new Client({ caFile });
      expect((await client.get(`${origin}/${FILES.small}`)).status).to.equal(200);
    }
    note("close");
  });
}

/** One page over a server that is set up in another way, as a feature of its own. */
export async function onePage(target: Target, feature: Feature, version?: 1 | 2): Promise<void> {
  const quicVersions = version === undefined ? undefined : [version];
  await using client = new Client({ caFile: target.caFile, quicVersions });
  const response = await client.get(`${target.origin}/${FILES.small}`);
  expect(response.status).to.equal(200);
  passed(target.peer, "server", feature);
}
