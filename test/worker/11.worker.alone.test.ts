// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { serverOptions, testIdentity } from "../helpers/service.js";

const run = promisify(execFile);
const FIXTURE = fileURLToPath(new URL("../fixtures/worker_alone.mjs", import.meta.url));

describe("worker threads of a process that has not loaded the addon itself", function () {
  this.timeout(120_000);

  for (const mode of ["close", "exit", "terminate", "stuck-signer"]) {
    it(`twenty times, mode ${mode}`, async () => {
      const data = { mode, identity: serverOptions().identity, ca: testIdentity().caPem };
      const env = { ...process.env, PQQ_TEST_DATA: JSON.stringify(data) };
      const { stdout } = await run(process.execPath, [FIXTURE], { env });
      expect(stdout).to.equal("20\n");
    });
  }
});
