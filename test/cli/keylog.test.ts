// SPDX-License-Identifier: MIT
// `--keylog`: what is in the file, who may read it, and which files are refused.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { expect } from "chai";
import { build, Sandbox, SITE, type Served } from "./support.js";

const LABELS = [
  "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  "CLIENT_TRAFFIC_SECRET_0",
  "EXPORTER_SECRET",
  "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  "SERVER_TRAFFIC_SECRET_0",
];

function lines(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1).sort();
}

describe("--keylog", () => {
  let sandbox: Sandbox;
  let served: Served;
  before(build);
  before(async () => {
    sandbox = new Sandbox();
    served = await sandbox.serve(SITE, "--keylog", sandbox.path("server.log"));
  });
  after(() => {
    sandbox.remove();
  });

  it("has the same secrets at both ends, one connection behind the other, for their owner alone", async () => {
    const file = sandbox.path("client.log");
    const got = await sandbox.run("get", served.url, "--keylog", file);
    expect(got.status, got.stderr).to.equal(0);
    expect(got.stderr).to.contain("can read all traffic");
    const first = lines(file);
    expect(first.map((line) => line.split(" ")[0])).to.deep.equal(LABELS);
    for (const line of first)
      expect(line).to.match(/^[A-Z_0]+ [0-9a-f]{64} (?:[0-9a-f]{64}){1,2}$/);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(new Set(first.map((line) => line.split(" ")[1])).size).to.equal(1);
    const probed = await sandbox.run("probe", served.url, "--json", "--keylog", file);
    expect(probed.status, probed.stderr).to.equal(0);
    expect(lines(file)).to.have.length(10).and.include.members(first);
    // The server's event loop may still have to write its last lines, but it wrote those of the first connection.
    expect(lines(sandbox.path("server.log"))).to.include.members(first);
  });

  it("is never taken from SSLKEYLOGFILE", async () => {
    const file = sandbox.path("unwanted.log");
    const got = sandbox.spawnWith({ SSLKEYLOGFILE: file }, "get", served.url);
    const { status, stderr } = await got.ended;
    expect(status, stderr).to.equal(0);
    expect(existsSync(file)).to.equal(false);
    expect(stderr).not.to.contain("can read all traffic");
  });

  it("refuses links, folders, files that others can use, and those it cannot write", async () => {
    const target = sandbox.path("target.log");
    writeFileSync(target, "kept\n", { mode: 0o600 });
    symlinkSync(target, sandbox.path("link.log"));
    writeFileSync(sandbox.path("open.log"), "kept\n");
    chmodSync(sandbox.path("open.log"), 0o640);
    mkdirSync(sandbox.path("folder.log"));
    const rows: [string, RegExp][] = [
      ["link.log", /symbolic link/],
      ["open.log", /others than its owner[\s\S]*chmod 600/],
      ["folder.log", /--keylog: E?/],
      ["missing/file.log", /ENOENT/],
    ];
    for (const [name, message] of rows) {
      const { status, stderr } = await sandbox.run(
        "get",
        served.url,
        "--keylog",
        sandbox.path(name),
      );
      expect(status, name).to.equal(2);
      expect(stderr).to.match(message);
    }
    expect([
      readFileSync(target, "utf8"),
      readFileSync(sandbox.path("open.log"), "utf8"),
    ]).to.deep.equal(["kept\n", "kept\n"]);
  });
});
