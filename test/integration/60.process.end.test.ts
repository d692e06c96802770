// SPDX-License-Identifier: MIT
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Client, Response } from "../../lib/index.js";
import { counted, serverOptions, signal, startService, testIdentity } from "../helpers/service.js";

const FIXTURE = fileURLToPath(new URL("../fixtures/process_end.mjs", import.meta.url));

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function environment(url: string): NodeJS.ProcessEnv {
  const data = { identity: serverOptions().identity, ca: testIdentity().caPem };
  return { ...process.env, PQQ_TEST_DATA: JSON.stringify(data), PQQ_TEST_URL: url };
}

/** Runs the fixture until it ends by itself. */
function runToEnd(mode: string, url = ""): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [FIXTURE, mode],
      { env: environment(url) },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? -1), stdout, stderr });
      },
    );
  });
}

describe("end of the process", () => {
  it("process.exit in a handler ends it with its code", async () => {
    expect(await runToEnd("exit-with-live-server")).to.deep.equal({
      code: 3,
      stdout: "",
      stderr: "",
    });
  });

  it("a signature that a signer has does not keep it alive", async () => {
    expect(await runToEnd("stuck-signer-closed")).to.deep.equal({
      code: 0,
      stdout: "true\n",
      stderr: "",
    });
    expect(await runToEnd("stuck-signer-exit")).to.have.property("code", 4);
  });

  for (const mode of ["shared-client", "own-client"]) {
    it(`a client with an idle connection does not keep it alive (${mode})`, async () => {
      await using service = await startService(() => new Response("ok"));
      const { code, stdout } = await runToEnd(mode, service.url);
      expect([code, stdout]).to.deep.equal([0, mode === "own-client" ? "200\n" : "200 ok\n"]);
    });
  }

  it("content that nobody reads does not keep it alive", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield await Promise.resolve(new Uint8Array(10_000));
    }
    await using service = await startService(() => new Response(endless()));
    expect(await runToEnd("unread-content", service.url)).to.have.property("stdout", "200\n");
  });

  it("a response that is waited for keeps it alive, and so does content", async () => {
    const proceed = [signal(), signal()];
    await using service = await startService(async (request) => {
      if (request.url.endsWith("later")) {
        await proceed[0]?.promise;
        return new Response("");
      }
      return new Response(
        (async function* () {
          yield Buffer.from("first ");
          await proceed[1]?.promise;
          yield Buffer.from("last");
        })(),
      );
    });
    const response = runToEnd("pending-response", service.url);
    const content = runToEnd("pending-content", service.url);
    // When both have sent their request, nothing is left for them but to wait.
    await counted(service.server, "requests", 2);
    for (const { resolve } of proceed) resolve();
    expect(await response).to.have.property("stdout", "200\n");
    expect(await content).to.have.property("stdout", "first last\n");
  });

  it("a server keeps it alive, and SIGTERM ends it", async () => {
    const child = spawn(process.execPath, [FIXTURE, "idle-server"], { env: environment("") });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    await using client = new Client({ ca: testIdentity().caPem });
    const response = await client.get(`https://127.0.0.1:${line.toString().trim()}/`);
    expect(await response.text()).to.equal("still here");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).to.deep.equal([null, "SIGTERM"]);
  });

  it("a closed server lets it end", async () => {
    expect(await runToEnd("closed-server")).to.deep.equal({
      code: 0,
      stdout: "closed\n",
      stderr: "",
    });
  });

  it("an uncaught exception with a live server ends it with code 1", async () => {
    const { code, stderr } = await runToEnd("uncaught");
    expect(code).to.equal(1);
    expect(stderr).to.include("uncaught on purpose");
  });
});
