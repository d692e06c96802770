// SPDX-License-Identifier: MIT
import { copyFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { build, PQQ, ROOT, Sandbox } from "./support.js";

describe("pqq", () => {
  let sandbox: Sandbox;
  before(build);
  before(() => {
    sandbox = new Sandbox();
  });
  after(() => {
    sandbox.remove();
  });

  it("is executable", () => {
    expect(statSync(PQQ).mode & 0o777).to.equal(0o755);
    expect(execFileSync(PQQ, ["--version"], { encoding: "utf8" })).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it("knows its version", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      version: string;
    };
    expect(await sandbox.run("--version")).to.deep.equal({
      status: 0,
      stdout: `${version}\n`,
      stderr: "",
    });
  });

  for (const args of [["--help"], ["help"], ["-h"]]) {
    it(`explains itself with ${args.join(" ")}`, async () => {
      const { status, stdout } = await sandbox.run(...args);
      expect(status).to.equal(0);
      for (const text of [
        "serve",
        "get",
        "probe",
        "doctor",
        "cert",
        "pins",
        "Examples:",
        "Exit codes: 0",
      ]) {
        expect(stdout).to.include(text);
      }
    });
  }

  const PROFILE_ROW = "secure    SecP384r1MLKEM1024, ML-DSA-87 + ECDSA P-384, AES-256-GCM";
  const COMMANDS: [command: string[], ...texts: string[]][] = [
    [["serve"], "--profile", PROFILE_ROW, "--require", "--client-ca", "--pin-lifetime"],
    [["get"], "--profile", PROFILE_ROW, "Requirements:", "--alpn", "--client-cert", "--no-pins"],
    [["probe"], "--profile", PROFILE_ROW, "Requirements:", "--alpn", "--client-cert", "--no-pins"],
    [["doctor"], "--profile", PROFILE_ROW, "--classical-cert", "--mtu", "Exit codes:"],
    [["cert", "dev"], "--profile", PROFILE_ROW],
    [["pins"], "forget", "--json"],
  ];
  for (const [command, ...texts] of COMMANDS) {
    it(`explains ${command.join(" ")}, with examples`, async () => {
      const { status, stdout } = await sandbox.run(...command, "--help");
      expect(status).to.equal(0);
      expect(stdout)
        .to.include(`Usage: pqq ${command.join(" ")}`)
        .and.include("Examples:");
      for (const text of texts) expect(stdout).to.include(text);
      // Nothing that a terminal of ordinary width would break.
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).to.be.at.most(110);
    });
  }

  const mistakes: [args: string[], ...texts: string[]][] = [
    [[], "Usage: pqq"],
    [["serv"], "unknown command 'serv'", "Did you mean serve?"],
    [["get"], "missing required argument 'url'"],
    [["get", "localhost:4433"], "Expected an https URL", "Did you mean https://localhost:4433?"],
    [["get", "https://localhost/", "--headr", "a: b"], "unknown option '--headr'", "--header"],
    [["get", "https://localhost/", "-H", "nocolon"], "Expected 'Name: value'."],
    [["get", "https://localhost/", "-o", "."], "is a folder"],
    [["get", "https://localhost/", "-d", "@absent"], "absent is not a file"],
    [["get", "https://localhost/", "--ca", "absent.pem"], "ca:", "absent.pem"],
    [["get", "https://localhost/", "--timeout", "0"], "Expected an integer 1–2147483647."],
    [["get", "https://localhost/", "-X", "BAD METHOD"], "Expected a method"],
    [["get", "https://localhost/", "-H", "a b: c"], "not a header field name"],
    [["probe", "https://localhost/", "extra"], "too many arguments"],
    [["serve", "--port", "99999"], "Expected an integer 0–65535."],
    [["serve", "--profile", "fast"], "light, balanced, secure"],
    [["serve", "absent"], "expected a folder", "absent"],
    [["serve", "--cert", "a.pem"], "--cert and --key belong together"],
    [["serve", "--classical-key", "a.pem"], "--classical-cert and --classical-key belong together"],
    [
      ["serve", "--classical-cert", "a", "--classical-key", "b"],
      "--classical-cert comes beside --cert",
    ],
    [["serve", "--cert", "absent.pem", "--key", "absent.key"], "identity.cert", "absent.pem"],
    [["serve", "--host", "example.com"], "host", "an IP address"],
    [["cert", "dev", "--name", "a b"], "a b"],
    [["get", "https://localhost/", "--require", "best"], "any, pq, hybrid"],
    [["get", "https://localhost/", "--alpn", "h2"], "velocity/1, h3"],
    [["get", "https://localhost/", "--alpn", "h3", "--require", "hybrid"], "--alpn h3"],
    [
      ["probe", "https://localhost/", "--client-cert", "a"],
      "--client-cert and --client-key belong",
    ],
    [
      [
        "probe",
        "https://localhost/",
        "--client-classical-cert",
        "a",
        "--client-classical-key",
        "b",
      ],
      "--client-classical-cert comes beside --client-cert",
    ],
    [
      ["get", "https://localhost/", "--client-cert", "absent.pem", "--client-key", "absent.key"],
      "identity.cert",
      "absent.pem",
    ],
    [["serve", "--require-client", "any"], "--require-client needs --client-ca"],
    [["serve", "--client-ca", "absent.pem"], "absent.pem"],
    [["serve", "--pin-lifetime", "31536001"], "Expected an integer 0–31536000."],
    [["pins", "forget"], "name the origins to forget, or --all"],
    [["pins", "forget", "https://localhost/", "--all"], "or --all"],
    [["pins", "forget", "localhost"], "Expected an https URL"],
    [["pins", "forgt"], "too many arguments for 'pins'"],
  ];
  for (const [args, ...texts] of mistakes) {
    it(`exits with 2 for: pqq ${args.join(" ")}`, async () => {
      const { status, stdout, stderr } = await sandbox.run(...args);
      expect(status, stderr).to.equal(2);
      expect(stdout).to.equal("");
      for (const text of texts) expect(stderr).to.include(text);
      expect(stderr, "no stack trace").not.to.match(/^ {4}at /m);
    });
  }

  it("prints an error as JSON too, for scripts", async () => {
    const { status, stdout } = await sandbox.run("serve", "absent", "--json");
    expect(status).to.equal(2);
    expect(JSON.parse(stdout)).to.include({
      event: "error",
      code: "PQQ_ERR_INVALID_ARG",
      exitCode: 2,
    });
  });

  it("says so when it is not built", () => {
    const copy = sandbox.path("unbuilt", "lib", "cli", "pqq.mjs");
    mkdirSync(join(copy, ".."), { recursive: true });
    copyFileSync(PQQ, copy);
    const { status, stderr } = spawnSync(process.execPath, [copy, "--version"], {
      encoding: "utf8",
    });
    expect(status).to.equal(2);
    expect(stderr).to.match(/^pqq: not built yet; run `npm run build` in .*unbuilt/);
  });
});
