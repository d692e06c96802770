// SPDX-License-Identifier: MIT
// Keys that are somewhere else: a signer with node:crypto plays the HSM, and everything that one can do wrong.
import { createPrivateKey, sign as signWith, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { expect } from "chai";
import {
  Client,
  ConfigError,
  PqqError,
  predictFlight,
  Response,
  Server,
  type Identity,
  type SchemeName,
  type ServerOptions,
  type SignContext,
  type Signer,
} from "../../lib/index.js";
import { parseServerOptions } from "../../lib/config/index.js";
import { Endpoint, type EndpointListener } from "../../lib/internal/endpoint.js";
import { loadNative } from "../../lib/internal/load.js";
import { serverNativeOptions } from "../../lib/internal/native_options.js";
import { Signers } from "../../lib/internal/signers.js";
import { counted, rejection, serverOptions, testIdentity } from "../helpers/service.js";

const PROFILE_BALANCED = 2;

/** ECDSA P-256 in an "HSM" that remembers what it was asked. A class: `sign` is called as its method. */
class Token implements Signer {
  readonly asked: { scheme: SchemeName; message: Uint8Array; signal: AbortSignal }[] = [];
  readonly timeoutMs?: number;
  readonly maxPending?: number;
  readonly #key: KeyObject;

  constructor(pem: string, options: { timeoutMs?: number; maxPending?: number } = {}) {
    this.#key = createPrivateKey(pem);
    Object.assign(this, options);
  }

  async sign(
    scheme: SchemeName,
    message: Uint8Array,
    { signal }: SignContext,
  ): Promise<Uint8Array> {
    this.asked.push({ scheme, message, signal });
    await new Promise(setImmediate);
    return signWith("sha256", message, this.#key);
  }
}

function classical(signer: Signer): Identity {
  return { cert: testIdentity().classicalCertPem, signer };
}

function hybrid(signer: Signer): Identity {
  const { pqCertPem, pqKeyPem } = testIdentity();
  return { cert: pqCertPem, key: pqKeyPem, classical: classical(signer) };
}

interface Scene extends AsyncDisposable {
  readonly server: Server;
  readonly client: Client;
  readonly url: string;
  /** Of signerError and handshakeError. */
  readonly signerErrors: PqqError[];
  readonly handshakeErrors: PqqError[];
}

async function start(identity: Identity, options: Partial<ServerOptions> = {}): Promise<Scene> {
  const server = await Server.serve(
    serverOptions({ identity, ...options }),
    () => new Response("ok"),
  );
  const client = new Client({ ca: testIdentity().caPem });
  const signerErrors: PqqError[] = [];
  const handshakeErrors: PqqError[] = [];
  server.on("signerError", (error) => signerErrors.push(error));
  server.on("handshakeError", (error) => handshakeErrors.push(error));
  return {
    server,
    client,
    signerErrors,
    handshakeErrors,
    url: `https://127.0.0.1:${server.port}/`,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.close({ drainMs: 0 });
    },
  };
}

/** A signer that does what `answer` says; as JavaScript would, without types. */
function answering(answer: (context: SignContext) => unknown): Signer {
  return { sign: (_scheme, _message, context) => answer(context) as Promise<Uint8Array> };
}

describe("a signer", () => {
  it("signs a server's handshakes", async () => {
    const token = new Token(testIdentity().classicalKeyPem);
    await using scene = await start(classical(token));
    const response = await scene.client.get(scene.url);
    expect(await response.text()).to.equal("ok");
    expect(response.connection.security.signature).to.equal("ecdsa_secp256r1_sha256");
    expect(token.asked).to.have.length(1);
    const [{ scheme, message, signal } = expect.fail()] = token.asked;
    expect(scheme).to.equal("ecdsa_secp256r1_sha256");
    // RFC 8446 section 4.4.3: what is signed is said in it.
    expect(Buffer.from(message).toString("latin1", 0, 98)).to.equal(
      `${" ".repeat(64)}TLS 1.3, server CertificateVerify\0`,
    );
    expect(signal.aborted).to.equal(false);
    expect(await counted(scene.server, "signaturesExternal", 1)).to.equal(1);
  });

  it("signs the authenticator of velocity/1 beside an ML-DSA key that is here", async () => {
    const token = new Token(testIdentity().classicalKeyPem);
    await using scene = await start(hybrid(token));
    const response = await scene.client.get(scene.url, { require: "hybrid" });
    expect(await response.text()).to.equal("ok");
    expect(response.connection.security.authentication).to.equal("hybrid");
    const [{ message } = expect.fail()] = token.asked;
    expect(Buffer.from(message).toString("latin1", 64, 87)).to.equal("Exported Authenticator\0");
  });

  it("may answer at once, without a promise", async () => {
    const key = createPrivateKey(testIdentity().classicalKeyPem);
    await using scene = await start(
      classical({ sign: (_scheme, message) => signWith("sha256", message, key) }),
    );
    expect((await scene.client.get(scene.url)).status).to.equal(200);
  });

  it("signs for the site that a client asks for, and for one that an update brings", async () => {
    const address = loadNative().devIdentity(PROFILE_BALANCED, ["127.0.0.1"], 2);
    const other = loadNative().devIdentity(PROFILE_BALANCED, ["localhost"], 2);
    const unnamed = {
      cert: address.classicalCertPem,
      signer: new Token(address.classicalKeyPem),
    };
    const second = new Token(other.classicalKeyPem);
    const third = new Token(other.classicalKeyPem);
    const identity = { cert: other.classicalCertPem };
    await using scene = await start(unnamed, {
      host: ["127.0.0.1", "::1"],
      sites: [{ identity: { ...identity, signer: second } }],
    });
    await using client = new Client({ ca: other.caPem });
    const named = `https://localhost:${scene.server.port}/`;
    expect((await client.get(named)).status).to.equal(200);
    expect([unnamed.signer.asked.length, second.asked.length]).to.deep.equal([0, 1]);
    await scene.server.updateIdentity({
      identity: unnamed,
      sites: [{ identity: { ...identity, signer: third } }],
    });
    await using later = new Client({ ca: other.caPem });
    expect((await later.get(named)).status).to.equal(200);
    expect([second.asked.length, third.asked.length]).to.deep.equal([1, 1]);
  });

  it("signs what a client proves", async () => {
    const user = loadNative().devIdentity(PROFILE_BALANCED, ["client.example"], 2);
    const token = new Token(user.classicalKeyPem);
    const { pqCertPem, pqKeyPem, classicalCertPem, classicalKeyPem } = testIdentity();
    await using scene = await start(
      {
        cert: pqCertPem,
        key: pqKeyPem,
        classical: { cert: classicalCertPem, key: classicalKeyPem },
      },
      { clientAuthentication: { ca: user.caPem, require: "hybrid" } },
    );
    await using client = new Client({
      ca: testIdentity().caPem,
      identity: {
        cert: user.pqCertPem,
        key: user.pqKeyPem,
        classical: { cert: user.classicalCertPem, signer: token },
      },
    });
    expect((await client.get(scene.url)).status).to.equal(200);
    expect(token.asked).to.have.length(1);
    // And one that cannot: the request says why.
    await using broken = new Client({
      ca: testIdentity().caPem,
      identity: {
        cert: user.pqCertPem,
        key: user.pqKeyPem,
        classical: {
          cert: user.classicalCertPem,
          signer: answering(() => Promise.reject(new Error("no token"))),
        },
      },
    });
    const error = await rejection(broken.get(scene.url));
    expect(error).to.have.property("code", "PQQ_ERR_SIGN_FAILED");
    expect((error as Error).message).to.contain("no token");
  });
});

describe("a signer that fails", () => {
  const WRONG: [string, (context: SignContext) => unknown, string, RegExp][] = [
    ["rejects", () => Promise.reject(new Error("token gone")), "PQQ_ERR_SIGN_FAILED", /token gone/],
    [
      "throws",
      () => {
        throw new Error("no slot");
      },
      "PQQ_ERR_SIGN_FAILED",
      /no slot/,
    ],
    ["gives a string", () => Promise.resolve("signature"), "PQQ_ERR_SIGN_FAILED", /not string/],
    ["gives nothing", () => Promise.resolve(), "PQQ_ERR_SIGN_FAILED", /not undefined/],
    ["gives null", () => null, "PQQ_ERR_SIGN_FAILED", /not null/],
    ["gives an array", () => [1, 2], "PQQ_ERR_SIGN_FAILED", /not Array/],
    ["signs wrongly", () => new Uint8Array(70), "PQQ_ERR_SIGNATURE_INVALID", /verify/],
    ["gives an empty one", () => new Uint8Array(), "PQQ_ERR_SIGNATURE_INVALID", /verify/],
  ];
  for (const [what, answer, code, reason] of WRONG) {
    it(`because it ${what} fails its handshake alone, and the server hears of it`, async () => {
      for (const identity of [classical(answering(answer)), hybrid(answering(answer))]) {
        await using scene = await start(identity);
        const failed = once(scene.server, "handshakeError") as Promise<[PqqError]>;
        const error = await rejection(scene.client.get(scene.url));
        expect(error).to.be.instanceOf(PqqError);
        // The peer is not told what is wrong inside.
        expect((error as Error).message).not.to.match(reason);
        const [told] = await failed;
        expect(told.code).to.equal(code);
        expect(scene.signerErrors.length).to.be.at.least(1);
        expect(scene.signerErrors[0]?.code).to.equal(code);
        expect(scene.signerErrors[0]?.message).to.match(reason);
      }
    });
  }

  it("gives its error as the cause", async () => {
    const cause = new Error("token gone");
    await using scene = await start(classical(answering(() => Promise.reject(cause))));
    await rejection(scene.client.get(scene.url));
    expect(scene.signerErrors[0]?.cause).to.equal(cause);
  });

  it("is said once as a warning if nobody listens", async () => {
    const server = await Server.serve(
      serverOptions({ identity: classical(answering(() => Promise.reject(new Error("gone")))) }),
      () => new Response("ok"),
    );
    await using client = new Client({ ca: testIdentity().caPem });
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listen);
    for (let i = 0; i < 3; i++) await rejection(client.get(`https://127.0.0.1:${server.port}/`));
    await server.close({ drainMs: 0 });
    process.off("warning", listen);
    expect(warnings.filter((warning) => warning instanceof PqqError)).to.have.length(1);
  });

  it("by taking too long is aborted, and what it says then is dropped", async () => {
    let late: ((signature: Uint8Array) => void) | undefined;
    const signals: AbortSignal[] = [];
    const slow: Signer = {
      timeoutMs: 50,
      sign: (_scheme, _message, { signal }) => {
        signals.push(signal);
        return new Promise((resolve) => {
          late = resolve;
        });
      },
    };
    await using scene = await start(classical(slow));
    const failed = once(scene.server, "handshakeError") as Promise<[PqqError]>;
    await rejection(scene.client.get(scene.url));
    const [told] = await failed;
    expect(told.code).to.equal("PQQ_ERR_SIGNER_TIMEOUT");
    const [signal = expect.fail()] = signals;
    if (!signal.aborted) await once(signal, "abort");
    expect(signal.reason).to.have.property("code", "PQQ_ERR_CANCELLED");
    late?.(new Uint8Array(70));
    await new Promise(setImmediate);
    expect(scene.signerErrors).to.deep.equal([]);
  });

  it("is not asked for more at once than maxPending", async () => {
    const signals: AbortSignal[] = [];
    const stuck: Signer = {
      maxPending: 1,
      sign: (_scheme, _message, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    };
    await using scene = await start(classical(stuck));
    const first = rejection(scene.client.get(scene.url));
    while (signals.length === 0) await new Promise(setImmediate);
    await using second = new Client({ ca: testIdentity().caPem });
    const failed = once(scene.server, "handshakeError") as Promise<[PqqError]>;
    await rejection(second.get(scene.url));
    expect((await failed)[0].code).to.equal("PQQ_ERR_SIGNER_BUSY");
    expect(signals).to.have.length(1);
    // Closing ends what it still has.
    await scene.server.close({ drainMs: 0 });
    await first;
    expect(signals[0]?.aborted).to.equal(true);
  });
});

describe("a configuration's signers", () => {
  it("are forgotten with it, however often it is swapped, and if it is refused", async () => {
    const listener = new Proxy({}, { get: () => () => undefined }) as EndpointListener;
    const signers = new Signers(() => undefined);
    const { classicalCertPem, classicalKeyPem } = testIdentity();
    const config = parseServerOptions(
      serverOptions({ identity: classical(new Token(classicalKeyPem)) }),
    );
    const twice = parseServerOptions(
      serverOptions({
        identity: {
          ...classical(new Token(classicalKeyPem)),
          classical: { cert: classicalCertPem, signer: new Token(classicalKeyPem) },
        },
      }),
    );
    const endpoint = new Endpoint(serverNativeOptions(config, signers), signers, listener);
    for (let i = 0; i < 3; i++) {
      await endpoint.updateConfig(serverNativeOptions(config, signers));
      expect(
        (await rejection(endpoint.updateConfig(serverNativeOptions(twice, signers)))) instanceof
          PqqError,
      ).to.equal(true);
    }
    while (signers.size > 1) await new Promise(setImmediate);
    expect(signers.size).to.equal(1);
    endpoint.stop(0);
    while (signers.size > 0) await new Promise(setImmediate);
  });
});

describe("the flight of a server with a signer", () => {
  it("is predicted as with its key, and nobody is asked", () => {
    const { classicalCertPem, classicalKeyPem } = testIdentity();
    const token = new Token(classicalKeyPem);
    const key = { cert: classicalCertPem, key: classicalKeyPem };
    expect(predictFlight({ identity: classical(token) })).to.deep.equal(
      predictFlight({ identity: key }),
    );
    expect(token.asked).to.deep.equal([]);
  });
});

describe("options of a signer", () => {
  const { classicalCertPem, classicalKeyPem } = testIdentity();
  const signer: Signer = new Token(classicalKeyPem);
  const BAD: [string, object][] = [
    ["a key beside it", { cert: classicalCertPem, key: classicalKeyPem, signer }],
    ["a key file beside it", { cert: classicalCertPem, keyFile: "key.pem", signer }],
    ["a passphrase", { cert: classicalCertPem, passphrase: "secret", signer }],
    ["no certificate", { signer }],
    ["two certificates", { cert: classicalCertPem, certFile: "cert.pem", signer }],
    ["no function", { cert: classicalCertPem, signer: { sign: "no" } }],
    ["no object", { cert: classicalCertPem, signer: () => new Uint8Array() }],
    ["a timeout of 0", { cert: classicalCertPem, signer: { ...signer, timeoutMs: 0 } }],
    [
      "too much time",
      { cert: classicalCertPem, signer: { sign: () => new Uint8Array(), timeoutMs: 600_001 } },
    ],
    [
      "half a signature",
      { cert: classicalCertPem, signer: { sign: () => new Uint8Array(), maxPending: 0.5 } },
    ],
  ];
  for (const [what, identity] of BAD) {
    it(`are refused: ${what}`, async () => {
      const error = await rejection(
        (async () =>
          Server.serve({ port: 0, identity: identity as Identity }, () => new Response()))(),
      );
      expect(error).to.be.instanceOf(ConfigError);
      expect((error as ConfigError).message).to.contain("identity");
    });
  }
});
