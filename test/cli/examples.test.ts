// SPDX-License-Identifier: MIT
// The examples run, and print what they promise.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { Client } from "../../lib/index.js";
import { build, ROOT, Run, Sandbox } from "./support.js";

describe("examples", () => {
  let sandbox: Sandbox;
  before(build);
  before(() => {
    sandbox = new Sandbox();
  });
  after(() => {
    sandbox.remove();
  });

  function example(...args: string[]): Run {
    return new Run(spawn(process.execPath, args, { cwd: ROOT, env: sandbox.env }));
  }

  it("hello.ts greets over X25519MLKEM768", async () => {
    const run = example("--import", "./test/register.mjs", join("examples", "hello.ts"));
    const { status, stdout, stderr } = await run.ended;
    expect(status, stderr).to.equal(0);
    expect(stdout).to.match(
      /^hello over X25519MLKEM768, you asked for https:\/\/localhost:\d+\/\n/,
    );
    expect(stdout).to.include("signature: 'ML-DSA-65'");
  });

  it("signer.ts is signed for by somebody else", async () => {
    const run = example("--import", "./test/register.mjs", join("examples", "signer.ts"));
    const { status, stdout, stderr } = await run.ended;
    expect(status, stderr).to.equal(0);
    expect(stdout).to.equal("ecdsa_secp256r1_sha256 is asked for\nhybrid signed for\n\n");
  });

  it("policy.ts proves both identities of both ends, and refuses less", async () => {
    const run = example("--import", "./test/register.mjs", join("examples", "policy.ts"));
    const { status, stdout, stderr } = await run.ended;
    expect(status, stderr).to.equal(0);
    expect(stdout)
      .to.match(/^you have proven hybrid\n/)
      .and.include("the server has proven its classical identity: ECDSA P-256")
      .and.match(/refused: PQQ_ERR_\w+/)
      .and.include("with less: h3, pq, X25519MLKEM768");
  });

  it("stream.ts streams both ways", async () => {
    const run = example("--import", "./test/register.mjs", join("examples", "stream.ts"));
    const { status, stdout, stderr } = await run.ended;
    expect(status, stderr).to.equal(0);
    // SHA-256 of 64 MiB of "velo".
    const sha256 = "63e2ec68fe39d6dc85ec096b2f53609f78f5347bd87415a47ecd882833bcb238";
    expect(stdout)
      .to.match(/^1\n2\n3\n4\n5\n/)
      .and.include(sha256);
  });

  it("connect.ts sends bytes and a datagram through a tunnel", async () => {
    const run = example("--import", "./test/register.mjs", join("examples", "connect.ts"));
    const { status, stdout, stderr } = await run.ended;
    expect(status, stderr).to.equal(0);
    expect(stdout).to.equal("datagram: ping\nbytes: hello\n");
  });

  it("site.mjs serves the site, says what to do next, and answers what was negotiated", async () => {
    const run = example(join("examples", "site.mjs"), "--port", "0");
    let text = "";
    while (!text.includes("Ctrl+C")) text += `${await run.nextLine()}\n`;
    const [, url = ""] = /on (https:\S+)/.exec(text) ?? [];
    expect(text).to.include(`npx pqq get ${url}`).and.include(`npx pqq probe ${url}`);
    expect(text).to.match(/curl --http3-only --cacert '.*ca\.pem'/);
    expect(text).to.match(/--ignore-certificate-errors-spki-list=[\w+/]{43}= /);
    const caFile = sandbox.path("data", "velo-pqq", "dev", "balanced", "ca.pem");
    {
      await using client = new Client({ caFile });
      const page = await (await client.get(url)).text();
      expect(page).to.include("<title>VELO");
      const facts = (await (await client.get(`${url}api/connection`)).json()) as {
        security: object;
      };
      expect(facts.security).to.include({ group: "X25519MLKEM768", signature: "ML-DSA-65" });
    }
    run.child.kill("SIGTERM");
    const { status, stderr } = await run.ended;
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" });
  });
});
