// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseClientOptions, parseServerOptions } from "../../../lib/config/index.js";
import { SERVER_INTEGERS, SHARED_INTEGERS } from "../../../lib/config/fields.js";
import { ConfigError } from "../../../lib/errors/index.js";

const CERT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n";
const identity = { cert: CERT, key: KEY };

/** The error of options as untyped callers write them. */
function mistakeOf(parse: (options: never) => unknown, options: unknown): ConfigError {
  try {
    parse(options as never);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("no mistake was found");
}

describe("server options", () => {
  it("need nothing but an identity", () => {
    const config = parseServerOptions({ identity });
    expect(config).to.deep.include({
      port: 4433,
      hosts: [],
      profile: "balanced",
      workers: 1,
      groups: [],
    });
    expect(config.identities).to.have.length(1);
    expect(config.maxRequestBodyBytes).to.equal(undefined);
    expect(config.signingThreads).to.equal(undefined);
  });

  it("say what becomes of signing threads that are left out", () => {
    const [issue] = mistakeOf(parseServerOptions, { identity, signingThreads: 65 }).issues;
    expect(issue?.expected).to.equal("an integer 0–64 (threads, 0 for none)");
    expect(issue?.hint).to.match(/^leave it out for one per worker/);
  });

  it("are frozen, and do not share memory with the caller", () => {
    const cert = Buffer.from(CERT);
    const config = parseServerOptions({
      identity: { cert, key: KEY },
      host: ["::1"],
      groups: ["X25519"],
    });
    cert.fill(0);
    for (const value of [
      config,
      config.hosts,
      config.groups,
      config.identities,
      config.identities[0],
    ]) {
      expect(Object.isFrozen(value)).to.equal(true);
    }
    expect(config.identities[0])
      .to.have.property("certPem")
      .that.deep.equals(new Uint8Array(Buffer.from(CERT)));
  });

  it("take two identities, from text and from files", () => {
    const config = parseServerOptions({
      identity: { certFile: "a.pem", keyFile: "a.key", classical: identity, pqOnH3: "never" },
    });
    expect(config.identities[0]).to.deep.equal({ certFile: "a.pem", keyFile: "a.key" });
    expect(config.identities[1]).to.have.keys("certPem", "keyPem");
    expect(config.pqOnH3).to.equal("never");
  });

  it("turn group names into IANA numbers", () => {
    const config = parseServerOptions({ identity, groups: ["SecP384r1MLKEM1024", "X25519"] });
    expect(config.groups).to.deep.equal([0x11ed, 0x001d]);
  });

  it("raise a default maximum that is below the first window", () => {
    const config = parseServerOptions({ identity, streamWindowBytes: 8_000_000 });
    expect(config.maxStreamWindowBytes).to.equal(8_000_000);
    expect(config.maxConnectionWindowBytes).to.equal(16_777_216);
  });

  it("accept the limits of every range and refuse what is beyond", () => {
    const both = { ...identity, classical: identity };
    for (const [name, { min, max }] of Object.entries({ ...SHARED_INTEGERS, ...SERVER_INTEGERS })) {
      const windows = /^max.*Window/.test(name)
        ? { streamWindowBytes: min, connectionWindowBytes: min }
        : {};
      for (const value of [min, max]) {
        expect(parseServerOptions({ identity: both, ...windows, [name]: value })).to.have.property(
          name,
          value,
        );
      }
      for (const value of [min - 1, max + 1, Number.NaN, 1.5, "5", null]) {
        expect(mistakeOf(parseServerOptions, { identity, [name]: value }).path).to.equal(name);
      }
    }
  });

  const mistakes: [what: string, options: object, path: string, ...texts: string[]][] = [
    [
      "a port out of range",
      { port: 70_000 },
      "port",
      "0–65535",
      "received 70000",
      "a safe value is 4433",
    ],
    ["a misspelt name", { idleTimeoutMS: 1 }, "idleTimeoutMS", "did you mean idleTimeoutMs?"],
    ["a certificate at the top", { cert: CERT }, "cert", "did you mean identity.cert?"],
    ["a name like no other", { quux: 1 }, "quux", "known are identity, sites"],
    ["a host name", { host: "localhost" }, "host", "an IP address", 'received "localhost"'],
    ["a list with one bad host", { host: ["::1", "x"] }, "host.1", 'received "x"'],
    ["no host at all", { host: [] }, "host", "an array of 0"],
    ["an unknown profile", { profile: "fast" }, "profile", "light, balanced, secure", "balanced"],
    ["an unknown group", { groups: ["X448"] }, "groups.0", "X25519MLKEM768"],
    ["the same group twice", { groups: ["X25519", "X25519"] }, "groups", "every group once"],
    [
      "a window above its maximum",
      { maxStreamWindowBytes: 20_000 },
      "maxStreamWindowBytes",
      "streamWindowBytes",
    ],
    ["an unknown QUIC version", { quicVersions: [3] }, "quicVersions.0", "1 and 2"],
    ["a QUIC version twice", { quicVersions: [1, 1] }, "quicVersions", "each once"],
    ["text for a flag", { disablePmtud: "yes" }, "disablePmtud", "true or false"],
    [
      "a file name for PEM",
      { identity: { cert: "a.pem", key: KEY } },
      "identity.cert",
      "use certFile",
    ],
    [
      "half an identity",
      { identity: { cert: CERT } },
      "identity",
      "{ cert, key }",
      "an object with cert",
    ],
    [
      "text and file mixed",
      { identity: { cert: CERT, keyFile: "k" } },
      "identity",
      "{ certFile, keyFile }",
    ],
    [
      "half a classical identity",
      { identity: { ...identity, classical: { certFile: "c" } } },
      "identity.classical",
      "{ certFile, keyFile }",
    ],
    [
      "a misspelt part",
      { identity: { ...identity, classic: identity } },
      "identity.classic",
      "did you mean classical?",
    ],
  ];
  for (const [what, options, path, ...texts] of mistakes) {
    it(`explain ${what}`, () => {
      const mistake = mistakeOf(parseServerOptions, { identity, ...options });
      expect(mistake.path).to.equal(path);
      expect(mistake.code).to.equal("PQQ_ERR_INVALID_ARG");
      for (const text of texts) expect(mistake.message).to.include(text);
    });
  }

  it("explain that there is no identity, or nothing", () => {
    expect(mistakeOf(parseServerOptions, {}).message).to.match(
      /^identity: expected identity or sites, .*cert dev/,
    );
    expect(mistakeOf(parseServerOptions, undefined).message).to.match(
      /^options: expected an object, received nothing/,
    );
  });

  it("report every mistake at once", () => {
    const mistake = mistakeOf(parseServerOptions, { identity, port: -1, workers: 0, host: 5 });
    expect(mistake.issues.map(({ path }) => path)).to.have.members(["port", "workers", "host"]);
    expect(mistake.message.split("\n")).to.have.length(3);
  });

  it("never show key material", () => {
    const key = "-----BEGIN RSA KEY-----\nTOPSECRET";
    const mistake = mistakeOf(parseServerOptions, { identity: { cert: CERT, key } });
    expect(mistake.message).not.to.include("TOPSECRET");
    expect(mistake.received).to.equal(`a string of ${String(key.length)} characters`);
  });
});

describe("client options", () => {
  it("default to the roots of Node.js", () => {
    const { caPem, caFile } = parseClientOptions({});
    expect(Buffer.from(caPem ?? []).toString()).to.include("-----BEGIN CERTIFICATE-----");
    expect(caFile).to.equal(undefined);
  });

  it("take anchors instead, as text, bytes, a list or a file", () => {
    const text = (ca: string | Buffer | (string | Buffer)[]) =>
      Buffer.from(parseClientOptions({ ca }).caPem ?? []).toString();
    expect(text(CERT)).to.equal(CERT);
    expect(text(Buffer.from(CERT))).to.equal(CERT);
    expect(text([CERT, Buffer.from(CERT)])).to.equal(`${CERT}\n${CERT}`);
    expect(parseClientOptions({ caFile: "ca.pem" })).to.deep.include({
      caFile: "ca.pem",
      caPem: undefined,
    });
  });

  it("take 0 for a connection id that stays", () => {
    expect(parseClientOptions({}).connectionIdPackets).to.equal(10_000);
    expect(parseClientOptions({ connectionIdPackets: 0 }).connectionIdPackets).to.equal(0);
    expect(mistakeOf(parseClientOptions, { connectionIdPackets: 99 }).message).to.include(
      "0 (no change but with the path) or an integer 100–4294967294",
    );
  });

  it("take 0 for no keep-alive and no time limit", () => {
    expect(parseClientOptions({ pingIntervalMs: 0, requestTimeoutMs: 0 })).to.deep.include({
      pingIntervalMs: 0,
    });
    expect(mistakeOf(parseClientOptions, { pingIntervalMs: 3 }).message).to.include(
      "0 (none) or an integer 1000–600000",
    );
  });

  const mistakes: [what: string, options: object, path: string, text: string][] = [
    ["a file name for PEM", { ca: "ca.pem" }, "ca", "for a file use caFile"],
    ["ca and caFile together", { ca: CERT, caFile: "ca.pem" }, "options", "either ca or caFile"],
    ["an empty list of anchors", { ca: [] }, "ca", "an array of 0"],
    ["an empty file name", { caFile: "" }, "caFile", "an empty string is no path"],
    ["a signal that is none", { signal: {} }, "signal", "an AbortSignal"],
    ["an option of servers", { port: 1 }, "port", "no option of this name"],
    ["a common other name", { timeout: 5 }, "timeout", "did you mean requestTimeoutMs?"],
  ];
  for (const [what, options, path, text] of mistakes) {
    it(`explain ${what}`, () => {
      const mistake = mistakeOf(parseClientOptions, options);
      expect(mistake.path).to.equal(path);
      expect(mistake.message).to.include(text);
    });
  }
});
