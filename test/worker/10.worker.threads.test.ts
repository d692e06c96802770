// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { serverOptions, testIdentity } from "../helpers/service.js";

const TIMES = 20;

/** Runs the fixture in a thread of its own and returns what it said and its exit code. */
async function runWorker(mode: "close" | "exit" | "terminate"): Promise<[unknown, number]> {
  const worker = new Worker(new URL("../fixtures/worker_once.mjs", import.meta.url), {
    // Not those of this process: the fixture is JavaScript and imports what was built.
    execArgv: [],
    workerData: { mode, identity: serverOptions().identity, ca: testIdentity().caPem },
  });
  const ended = once(worker, "exit");
  const [text] = (await once(worker, "message")) as [unknown];
  if (mode === "terminate") await worker.terminate();
  const [code] = (await ended) as [number];
  return [text, code];
}

describe("worker threads", function () {
  this.timeout(120_000);

  it(`one after the other, ${TIMES} times, each closes what it made`, async () => {
    for (let i = 0; i < TIMES; i++) {
      expect(await runWorker("close")).to.deep.equal(["from a worker", 0]);
    }
  });

  it(`${TIMES} times process.exit in a worker with a live server and a request under way`, async () => {
    for (let i = 0; i < TIMES; i++) {
      expect(await runWorker("exit")).to.deep.equal(["from a worker", 0]);
    }
  });

  it(`${TIMES} times terminated from outside`, async () => {
    for (let i = 0; i < TIMES; i++) {
      const [text] = await runWorker("terminate");
      expect(text).to.equal("from a worker");
    }
  });

  it("four at the same time", async () => {
    const modes = ["close", "exit", "terminate", "close"] as const;
    const results = await Promise.all(modes.map((mode) => runWorker(mode)));
    for (const [text] of results) expect(text).to.equal("from a worker");
  });
});
