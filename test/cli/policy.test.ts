// SPDX-License-Identifier: MIT
// --require, --alpn, client identities and pins, as scripts use them.
import { createPrivateKey } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { build, Sandbox, SITE, type Result, type Served } from "./support.js";

interface Made {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly classicalCert: string;
  readonly classicalKey: string;
}

function lastLine({ stdout }: Result): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
}

async function makeIdentity(sandbox: Sandbox, ...args: string[]): Promise<Made> {
  return lastLine(await sandbox.run("cert", "dev", "--json", ...args)) as unknown as Made;
}

describe("pqq --require", () => {
  let sandbox: Sandbox;
  let hybrid: Served;
  let pq: Served;
  before(build);
  before(async () => {
    sandbox = new Sandbox();
    const { cert, key } = await makeIdentity(sandbox);
    hybrid = await sandbox.serve(SITE);
    pq = await sandbox.serve(SITE, "--cert", cert, "--key", key);
  });
  after(() => {
    sandbox.remove();
  });

  const HAD: [level: string, server: "hybrid" | "pq", alpn: string][] = [
    ["hybrid", "hybrid", "velocity/1"],
    ["pq", "hybrid", "h3"],
    ["any", "hybrid", "velocity/1"],
    ["pq", "pq", "h3"],
    ["any", "pq", "h3"],
  ];
  for (const [level, server, alpn] of HAD) {
    it(`${level} is had from a server with ${server} identities, over ${alpn}`, async () => {
      const { url } = server === "hybrid" ? hybrid : pq;
      const result = await sandbox.run("probe", url, "--require", level, "--json");
      expect(result.status, result.stderr).to.equal(0);
      expect(lastLine(result)).to.include({ alpn });
      expect((await sandbox.run("get", url, "--require", level)).status).to.equal(0);
    });
  }

  it("exits with 4 and a code of its own where it cannot be had", async () => {
    for (const command of ["get", "probe"]) {
      const result = await sandbox.run(command, pq.url, "--require", "hybrid", "--json");
      expect(result.status).to.equal(4);
      expect(lastLine(result))
        .to.include({ event: "error", exitCode: 4 })
        .and.to.have.property("code")
        .that.is.oneOf(["PQQ_ERR_NO_SHARED_ALPN", "PQQ_ERR_POLICY_AUTHENTICATION"]);
      expect(result.stderr).to.match(/^pqq: hint: /m);
    }
  });

  it("exits with 4 where the roots that are trusted cannot satisfy it", async () => {
    const { ca } = await makeIdentity(sandbox);
    const end = "-----END CERTIFICATE-----\n";
    const [pqRoot = ""] = readFileSync(ca, "utf8").split(end);
    writeFileSync(sandbox.path("pq-root.pem"), pqRoot + end);
    const args = ["get", hybrid.url, "--ca", "pq-root.pem", "--require", "hybrid"];
    const result = await sandbox.run(...args);
    expect(result.status).to.equal(4);
    expect(result.stderr).to.include("hint: --require hybrid needs an ML-DSA and a classical root");
  });

  it("can be said of the key exchange alone", async () => {
    const args = ["probe", hybrid.url, "--require-kex", "hybrid", "--json"];
    expect(lastLine(await sandbox.run(...args))).to.include({ hybrid: true, alpn: "velocity/1" });
  });

  it("goes with --alpn, which is for one protocol alone", async () => {
    const h3 = await sandbox.run("probe", hybrid.url, "--alpn", "h3", "--json");
    expect(lastLine(h3)).to.include({ alpn: "h3", authentication: "pq", downgrade: null });
    const velocity = await sandbox.run("probe", hybrid.url, "--alpn", "velocity/1", "--json");
    expect(lastLine(velocity)).to.include({ alpn: "velocity/1", authentication: "hybrid" });
    expect((await sandbox.run("probe", pq.url, "--alpn", "velocity/1")).status).to.equal(4);
  });

  it("of a server refuses those who offer less", async () => {
    const strict = await sandbox.serve(SITE, "--require", "hybrid");
    expect((await sandbox.run("get", strict.url)).status).to.equal(0);
    const result = await sandbox.run("get", strict.url, "--alpn", "h3", "--json");
    expect(result.status).to.equal(4);
    expect(lastLine(result)).to.have.property("hint").that.is.a("string");
  });

  it("of a server that its identity cannot meet is a mistake on the command line", async () => {
    const { cert, key } = await makeIdentity(sandbox);
    const args = ["serve", SITE, "--port", "0", "--cert", cert, "--key", key];
    const { status, stderr } = await sandbox.run(...args, "--require", "hybrid");
    expect(status).to.equal(2);
    expect(stderr).to.include("require").and.to.include("classical");
  });
});

describe("pqq serve --pq-on-h3", () => {
  let sandbox: Sandbox;
  before(build);
  before(() => {
    sandbox = new Sandbox();
  });
  after(() => {
    sandbox.remove();
  });

  for (const [when, certificate, authentication] of [
    ["always", "the ML-DSA certificate", "pq"],
    ["never", "the ECDSA certificate", "classical"],
    ["auto", "the ML-DSA certificate, as it is for development", "pq"],
  ] as const) {
    it(`${when} says so, and gives clients on h3 ${certificate}`, async () => {
      const served = await sandbox.serve(SITE, "--pq-on-h3", when);
      const result = await sandbox.run("probe", served.url, "--alpn", "h3", "--json");
      expect(lastLine(result)).to.include({ authentication });
      const run = sandbox.spawn("serve", SITE, "--port", "0", "--pq-on-h3", when);
      let text = "";
      while (!text.includes("Ctrl+C")) text += `${await run.nextLine()}\n`;
      expect(text).to.match(new RegExp(` on h3 +${certificate}\n`));
    });
  }
});

describe("pqq --client-cert", () => {
  let sandbox: Sandbox;
  let own: Made;
  let served: Served;
  before(build);
  before(async () => {
    sandbox = new Sandbox();
    own = await makeIdentity(sandbox, "--name", "client.example");
    served = await sandbox.serve(SITE, "--client-ca", own.ca, "--require-client", "hybrid");
  });
  after(() => {
    sandbox.remove();
  });

  it("proves both identities to a server that requires them", async () => {
    const { cert, key, classicalCert, classicalKey } = own;
    const args = ["--client-cert", cert, "--client-key", key];
    const classical = ["--client-classical-cert", classicalCert];
    args.push(...classical, "--client-classical-key", classicalKey);
    const result = await sandbox.run("get", served.url, ...args);
    expect(result.status, result.stderr).to.equal(0);
    expect(result.stdout).to.include("<!doctype html>");
  });

  it("is what such a server asks for: without it the exit code is 4", async () => {
    const { status, stderr } = await sandbox.run("get", served.url);
    expect(status).to.equal(4);
    expect(stderr).to.include("no identity").and.to.include("--client-cert");
  });

  it("takes encrypted keys with a passphrase from a file, and says what is wrong with it", async () => {
    const secret = sandbox.path("passphrase");
    const encrypt = (file: string): string => {
      const cipher = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc" } as const;
      const pem = createPrivateKey(readFileSync(file)).export({ ...cipher, passphrase: "sesame" });
      writeFileSync(`${file}.enc`, pem);
      return `${file}.enc`;
    };
    const key = encrypt(own.classicalKey);
    const withKeys = ["--cert", own.cert, "--key", own.key, "--classical-cert", own.classicalCert];
    withKeys.push("--classical-key", key, "--key-passphrase-file", secret);
    const serve = ["serve", SITE, "--port", "0", ...withKeys];
    expect((await sandbox.run(...serve)).status).to.equal(2);
    writeFileSync(secret, "\nsesame\n");
    expect((await sandbox.run(...serve)).stderr).to.include("the first line is empty");
    writeFileSync(secret, "wrong-secret\n");
    const refused = await sandbox.run(...serve);
    expect(refused.stderr).to.include("passphrase is wrong").and.not.include("wrong-secret");
    writeFileSync(secret, "sesame\r\nmore\n");
    await sandbox.serve(SITE, ...withKeys);

    const any = await sandbox.serve(SITE, "--client-ca", own.ca);
    const get = ["get", any.url, "--client-cert", own.classicalCert, "--client-key", key];
    const result = await sandbox.run(...get, "--key-passphrase-file", secret);
    expect(result.status, result.stderr).to.equal(0);
    expect((await sandbox.run(...get)).stderr).to.include("the key is encrypted");
  });

  it("of one kind is not enough for hybrid", async () => {
    const args = ["--client-cert", own.cert, "--client-key", own.key];
    expect((await sandbox.run("get", served.url, ...args)).status).to.equal(4);
  });

  it("may be any of the two where that is what the server says", async () => {
    const any = await sandbox.serve(SITE, "--client-ca", own.ca);
    const args = ["--client-cert", own.classicalCert, "--client-key", own.classicalKey];
    expect((await sandbox.run("get", any.url, ...args)).status).to.equal(0);
  });
});

describe("pqq pins", () => {
  let sandbox: Sandbox;
  let served: Served;
  let origin: string;
  before(build);
  beforeEach(async () => {
    sandbox = new Sandbox();
    served = await sandbox.serve(SITE, "--pin-lifetime", "86400");
    ({ origin } = new URL(served.url));
  });
  afterEach(() => {
    sandbox.remove();
  });

  const file = (): string => sandbox.path("data", "velo-pqq", "pins.json");

  it("lists what servers have asked for, and forgets it", async () => {
    expect((await sandbox.run("pins")).stdout).to.equal("No server has asked to be pinned.\n");
    const probed = await sandbox.run("probe", served.url);
    expect(probed.stdout).to.match(/pin\s+hybrid authentication for 1 day/);
    expect(statSync(file()).mode & 0o777).to.equal(0o600);

    const text = await sandbox.run("pins");
    expect(text.stdout)
      .to.include(file())
      .and.to.match(/ {2}https:\/\/localhost:\d+ {2}until 2/);
    const json = lastLine(await sandbox.run("pins", "--json"));
    expect(json).to.have.keys("origin", "expires").and.to.include({ origin });
    expect(Date.parse(String(json["expires"]))).to.be.above(Date.now());

    expect(lastLine(await sandbox.run("pins", "forget", "https://other.example", "--json")))
      .to.deep //
      .equal({ forgotten: 0 });
    expect((await sandbox.run("pins", "forget", served.url)).stdout).to.equal("Forgot 1 pin.\n");
    expect((await sandbox.run("pins", "--json")).stdout).to.equal("");
    await sandbox.run("get", served.url);
    expect((await sandbox.run("pins", "forget", "--all")).stdout).to.equal("Forgot 1 pin.\n");
  });

  it("hold against the options of later commands, and say so", async () => {
    await sandbox.run("get", served.url);
    const result = await sandbox.run("get", served.url, "--alpn", "h3", "--json");
    expect(result.status).to.equal(4);
    expect(result.stderr).to.include(`${origin} is pinned`).and.to.include("pqq pins forget");
    expect((await sandbox.run("get", served.url, "--require", "any")).status).to.equal(0);
    expect((await sandbox.run("get", served.url, "--alpn", "h3", "--no-pins")).status).to.equal(0);
  });

  it("are not kept with --no-pins", async () => {
    expect((await sandbox.run("get", served.url, "--no-pins")).status).to.equal(0);
    expect(existsSync(file())).to.equal(false);
  });

  it("in a damaged file are an error, and the file stays", async () => {
    await sandbox.run("get", served.url);
    writeFileSync(file(), "[");
    for (const args of [["pins"], ["pins", "forget", "--all"], ["get", served.url]]) {
      const { status, stderr } = await sandbox.run(...args);
      expect(status).to.equal(2);
      expect(stderr).to.include("pins.json").and.to.include("move it away");
    }
    expect(readFileSync(file(), "utf8")).to.equal("[");
    expect((await sandbox.run("get", served.url, "--no-pins")).status).to.equal(0);
  });
});
