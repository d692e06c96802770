// SPDX-License-Identifier: MIT
// Options about profiles, requirements, identities of clients and pins.
import { expect } from "chai";
import { parseClientOptions, parseRequire, parseServerOptions } from "../../../lib/config/index.js";
import { ConfigError } from "../../../lib/errors/index.js";
import { clientNativeOptions, serverNativeOptions } from "../../../lib/internal/native_options.js";
import { PinStore } from "../../../lib/pins.js";

const CERT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n";
const identity = { cert: CERT, key: KEY };
const ca = CERT;
const custom = {
  groups: ["MLKEM1024", "X25519MLKEM768"],
  ciphers: ["TLS_AES_256_GCM_SHA384"],
  signatureSchemes: ["ML-DSA-87", "ecdsa_secp384r1_sha384"],
} as const;

function server(options: object): ConfigError {
  return mistakeOf(() => parseServerOptions({ identity, ...options }));
}

function client(options: object): ConfigError {
  return mistakeOf(() => parseClientOptions({ ca, ...options }));
}

function mistakeOf(call: () => unknown): ConfigError {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("no mistake was found");
}

describe("require", () => {
  it("in its short form is for both parts", () => {
    expect(parseServerOptions({ identity, require: "pq" })).to.deep.include({
      requireKeyExchange: "pq",
      requireAuthentication: "pq",
    });
  });

  it("can be said of each part, and what is left out is not said", () => {
    expect(parseClientOptions({ ca, require: { keyExchange: "hybrid" } })).to.deep.include({
      requireKeyExchange: "hybrid",
      requireAuthentication: undefined,
    });
    expect(parseClientOptions({ ca })).to.deep.include({ requireKeyExchange: undefined });
  });

  it("becomes the numbers of types.h", () => {
    const config = parseServerOptions({ identity, require: { authentication: "hybrid" } });
    expect(serverNativeOptions(config)).to.deep.include({
      requireKeyExchange: 0,
      requireAuthentication: 3,
      requireClientAuthentication: 0,
      disableVelocity: false,
      disableCertificateCompression: false,
    });
  });

  it("of a request is checked in the same way", () => {
    expect(parseRequire(undefined)).to.deep.equal({});
    expect(parseRequire("any")).to.deep.equal({ keyExchange: "any", authentication: "any" });
    expect(mistakeOf(() => parseRequire("best"))).to.deep.include({
      path: "require",
      received: '"best"',
    });
    expect(mistakeOf(() => parseRequire({ keyExchange: 1 }))).to.have.property(
      "path",
      "require.keyExchange",
    );
  });

  for (const [given, path] of [
    ["quantum", "require"],
    [3, "require"],
    [null, "require"],
    [{ keyexchange: "pq" }, "require.keyexchange"],
    [{ authentication: "best" }, "require.authentication"],
  ] as const) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      const error = client({ require: given });
      expect(error.path).to.equal(path);
      expect(error.message).to.match(/any, pq, hybrid|did you mean keyExchange/);
    });
  }

  it("does not go with switching off what can satisfy it", () => {
    const error = client({ require: "hybrid", velocity: false });
    expect(error).to.deep.include({ path: "velocity", code: "PQQ_ERR_POLICY_CONFIG" });
    expect(client({ require: { authentication: "hybrid" }, velocity: false }).message).to.include(
      "leave out velocity or require.authentication",
    );
    parseClientOptions({ ca, require: { keyExchange: "hybrid" }, velocity: false });
    parseClientOptions({ ca, require: "pq", velocity: false });
  });
});

describe("a profile of one's own", () => {
  it("becomes IANA numbers and number 255", () => {
    const config = parseClientOptions({ ca, profile: custom });
    expect(config).to.deep.include({
      profile: "custom",
      groups: [0x0202, 0x11ec],
      ciphers: [0x1302],
      signatureSchemes: [0x0906, 0x0503],
    });
    expect(clientNativeOptions(config)).to.deep.include({ profile: 255, profiles: [] });
  });

  it("is frozen", () => {
    const config = parseServerOptions({ identity, profile: custom });
    for (const list of [config.groups, config.ciphers, config.signatureSchemes])
      expect(Object.isFrozen(list)).to.equal(true);
  });

  for (const [what, profile, path, text] of [
    ["no ciphers", { ...custom, ciphers: undefined }, "profile.ciphers", "array"],
    ["an empty list", { ...custom, groups: [] }, "profile.groups", "X25519MLKEM768"],
    ["an unknown group", { ...custom, groups: ["Kyber768"] }, "profile.groups.0", "Kyber768"],
    [
      "an unknown scheme",
      { ...custom, signatureSchemes: ["rsa_pkcs1_sha256"] },
      "profile.signatureSchemes.0",
      "rsa_pkcs1_sha256",
    ],
    [
      "a cipher twice",
      { ...custom, ciphers: [...custom.ciphers, ...custom.ciphers] },
      "profile.ciphers",
      "every cipher suite once",
    ],
    ["an unknown list", { ...custom, curves: [] }, "profile.curves", "no option of this name"],
    ["a name that is none", "fast", "profile", "light, balanced, secure"],
  ] as const) {
    it(`with ${what} is refused`, () => {
      const error = server({ profile });
      expect(error.path).to.equal(path);
      expect(error.message).to.include(text);
    });
  }

  it("has its groups, and no others beside it", () => {
    expect(server({ profile: custom, groups: ["X25519"] }).message).to.include("profile.groups");
  });
});

describe("profiles of a client", () => {
  it("become their numbers, in their order", () => {
    const config = parseClientOptions({ ca, profiles: ["secure", "balanced"] });
    expect(clientNativeOptions(config).profiles).to.deep.equal([3, 2]);
  });

  it("are known, and there once", () => {
    expect(client({ profiles: ["secure", "fast"] }).path).to.equal("profiles.1");
    expect(client({ profiles: [] }).path).to.equal("profiles");
    expect(client({ profiles: ["light", "light"] }).message).to.include("every profile once");
  });

  it('have "custom" only beside a profile of one\'s own', () => {
    expect(client({ profiles: ["custom"] }).path).to.equal("profiles");
    parseClientOptions({ ca, profile: custom, profiles: ["custom", "secure"] });
  });
});

describe("client certificates", () => {
  it("are asked for with anchors and a requirement", () => {
    const config = parseServerOptions({
      identity,
      clientAuthentication: { caFile: "clients.pem", require: "hybrid" },
    });
    expect(serverNativeOptions(config)).to.deep.include({
      caFile: "clients.pem",
      caPem: undefined,
      requireClientAuthentication: 3,
    });
    const text = parseServerOptions({
      identity,
      clientAuthentication: { ca: [CERT, CERT], require: "any" },
    });
    expect(text.caPem).to.have.length(2 * CERT.length + 1);
  });

  for (const [what, clientAuthentication, path] of [
    ["no anchors", { require: "any" }, "clientAuthentication"],
    ["two sorts of anchors", { ca: CERT, caFile: "a", require: "any" }, "clientAuthentication"],
    ["no requirement", { ca: CERT }, "clientAuthentication.require"],
    ["a requirement that is none", { ca: CERT, require: true }, "clientAuthentication.require"],
  ] as const) {
    it(`with ${what} are refused`, () => {
      expect(server({ clientAuthentication }).path).to.equal(path);
    });
  }

  it("need velocity/1", () => {
    const error = server({ velocity: false, clientAuthentication: { ca, require: "any" } });
    expect(error).to.deep.include({ path: "velocity", code: "PQQ_ERR_POLICY_CONFIG" });
  });

  it("are one or two identities of a client", () => {
    expect(parseClientOptions({ ca }).identities).to.deep.equal([]);
    const both = { ...identity, classical: { certFile: "a.pem", keyFile: "a.key" } };
    expect(parseClientOptions({ ca, identity: both }).identities).to.have.length(2);
    expect(client({ identity: { cert: CERT } }).path).to.equal("identity");
    expect(client({ identity: { ...identity, pqOnH3: "never" } }).path).to.equal("identity.pqOnH3");
  });
});

describe("pins of a client", () => {
  it("are in memory, in a file, in a store, or nowhere", () => {
    expect(parseClientOptions({ ca }).pins?.file).to.equal(undefined);
    expect(parseClientOptions({ ca, pins: "pins.json" }).pins?.file).to.match(/\/pins\.json$/);
    const pins = new PinStore();
    expect(parseClientOptions({ ca, pins }).pins).to.equal(pins);
    expect(parseClientOptions({ ca, pins: false }).pins).to.equal(undefined);
  });

  for (const pins of [true, "", 5, {}]) {
    it(`are not ${JSON.stringify(pins)}`, () => {
      expect(client({ pins })).to.have.property("path", "pins");
    });
  }
});

describe("switches", () => {
  it("are passed on", () => {
    const shared = {
      velocity: false,
      certificateCompression: false,
      requireRelatedCertificate: true,
    };
    const config = parseClientOptions({ ca, ...shared, firstFlightRepeat: false });
    expect(clientNativeOptions(config)).to.deep.include({
      disableVelocity: true,
      disableCertificateCompression: true,
      requireRelatedCertificate: true,
      disableFirstFlightRepeat: true,
    });
    expect(
      serverNativeOptions(
        parseServerOptions({ identity: { ...identity, classical: identity }, pinLifetimeS: 60 }),
      ),
    ).to.deep.include({
      pinLifetimeS: 60,
      disableVelocity: false,
    });
  });

  it("do not let a server believe that it is pinned", () => {
    const both = { ...identity, classical: identity };
    expect(server({ pinLifetimeS: 60 })).to.include({
      path: "pinLifetimeS",
      code: "PQQ_ERR_POLICY_CONFIG",
    });
    expect(server({ pinLifetimeS: 60 }).message).to.include("add identity.classical");
    expect(server({ identity: both, pinLifetimeS: 60, velocity: false }).path).to.equal(
      "pinLifetimeS",
    );
    parseServerOptions({ identity, pinLifetimeS: 0, velocity: false });
  });

  it("are true or false", () => {
    expect(client({ velocity: "no" })).to.deep.include({ path: "velocity", received: '"no"' });
    expect(client({ velocity: 0 }).message).to.include("a safe value is true");
  });
});
