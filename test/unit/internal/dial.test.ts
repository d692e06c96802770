// SPDX-License-Identifier: MIT
// Races of addresses with a clock, a resolver and a network of the test's own.
import { expect } from "chai";
import { PeerConnection } from "../../../lib/connection.js";
import { ConnectError, HandshakeError, TimeoutError, TransportError } from "../../../lib/index.js";
import { dial, type Attempt, type Connector, type Dial } from "../../../lib/internal/dial.js";
import type { Family, Resolver } from "../../../lib/internal/resolve.js";
import { FakeClock } from "../../helpers/fake_clock.js";
import { rejection } from "../../helpers/service.js";

type Answer = (result: readonly string[] | Error) => void;

class Scene implements Connector, Resolver {
  readonly clock = new FakeClock();
  /** Addresses in the order of their attempts, with the time of each. */
  readonly tried: [address: string, at: number][] = [];
  readonly abandoned: string[] = [];
  readonly questions = new Map<Family, Answer>();
  readonly #attempts: { readonly address: string; readonly attempt: Attempt }[] = [];

  connect(address: string, _: unknown, attempt: Attempt): number {
    this.tried.push([address, this.clock.now]);
    return this.#attempts.push({ address, attempt }) - 1;
  }

  abandon(token: number): void {
    this.abandoned.push(this.#attempts[token]?.address ?? "");
  }

  resolve(_: string, family: Family, done: Answer): void {
    this.questions.set(family, done);
  }

  answer(family: Family, result: readonly string[] | Error): void {
    this.questions.get(family)?.(result);
  }

  connected(address: string): PeerConnection {
    const connection = new PeerConnection(undefined as never, 1, 2, "");
    this.#attempt(address).onConnected(connection);
    return connection;
  }

  failed(address: string, error: Error): void {
    this.#attempt(address).onFailed(error);
  }

  dial(options: { family?: 0 | Family; addresses?: string[]; host?: string } = {}): Dial {
    const required = { keyExchange: 1, authentication: 1, pin: undefined };
    const { host = "example.test", family = 0, addresses } = options;
    const target = { host, port: 443, required, flightBytes: 0 };
    const made = dial(this, target, {
      resolver: this,
      addresses,
      family,
      attemptDelayMs: 250,
      resolutionDelayMs: 50,
      timeoutMs: 10_000,
      clock: this.clock,
    });
    made.connection.catch(() => undefined);
    return made;
  }

  #attempt(address: string): Attempt {
    const found = this.#attempts.find((one) => one.address === address);
    if (found === undefined) throw new Error(`${address} was not tried`);
    return found.attempt;
  }
}

const refused = (): Error => new TransportError("PQQ_ERR_CONNECTION_REFUSED");

describe("dial (RFC 8305)", () => {
  it("asks for both families at once, and begins with IPv6 without waiting for IPv4", async () => {
    const scene = new Scene();
    const { connection } = scene.dial();
    expect([...scene.questions.keys()]).to.deep.equal([6, 4]);
    scene.answer(6, ["::1"]);
    expect(scene.tried).to.deep.equal([["::1", 0]]);
    const made = scene.connected("::1");
    expect(await connection).to.equal(made);
    expect(scene.clock.pending).to.equal(0);
  });

  it("lets IPv4 wait for the resolution delay, and no longer", () => {
    const scene = new Scene();
    scene.dial();
    scene.answer(4, ["127.0.0.1"]);
    scene.clock.advance(49);
    expect(scene.tried).to.deep.equal([]);
    scene.clock.advance(1);
    expect(scene.tried).to.deep.equal([["127.0.0.1", 50]]);
  });

  it("prefers IPv6 that comes within the resolution delay", () => {
    const scene = new Scene();
    scene.dial();
    scene.answer(4, ["127.0.0.1"]);
    scene.clock.advance(30);
    scene.answer(6, ["::1"]);
    expect(scene.tried).to.deep.equal([["::1", 30]]);
    scene.clock.advance(250);
    expect(scene.tried).to.deep.equal([
      ["::1", 30],
      ["127.0.0.1", 280],
    ]);
  });

  it("does not wait for IPv6 that the name does not have", () => {
    for (const nothing of [[], new Error("ENOTFOUND")]) {
      const scene = new Scene();
      scene.dial();
      scene.answer(4, ["127.0.0.1"]);
      scene.answer(6, nothing);
      expect(scene.tried).to.deep.equal([["127.0.0.1", 0]]);
    }
  });

  it("takes the families in turn, each attempt 250 ms behind the one before", () => {
    const scene = new Scene();
    scene.dial();
    scene.answer(6, ["::1", "::2", "::3"]);
    scene.answer(4, ["127.0.0.1", "127.0.0.2"]);
    scene.clock.advance(2_000);
    expect(scene.tried).to.deep.equal([
      ["::1", 0],
      ["127.0.0.1", 250],
      ["::2", 500],
      ["127.0.0.2", 750],
      ["::3", 1_000],
    ]);
  });

  it("goes on at once when an attempt fails", () => {
    const scene = new Scene();
    scene.dial();
    scene.answer(6, ["::1"]);
    scene.answer(4, ["127.0.0.1"]);
    scene.clock.advance(10);
    scene.failed("::1", refused());
    expect(scene.tried.at(-1)).to.deep.equal(["127.0.0.1", 10]);
  });

  it("late addresses join the race", () => {
    const scene = new Scene();
    scene.dial();
    scene.answer(6, ["::1"]);
    scene.failed("::1", refused());
    scene.clock.advance(400);
    scene.answer(4, ["127.0.0.1"]);
    expect(scene.tried.at(-1)).to.deep.equal(["127.0.0.1", 400]);
  });

  it("the first that is connected wins, and the others are given up", async () => {
    const scene = new Scene();
    const { connection } = scene.dial();
    scene.answer(6, ["::1", "::2"]);
    scene.answer(4, ["127.0.0.1"]);
    scene.clock.advance(600);
    const made = scene.connected("127.0.0.1");
    expect(await connection).to.equal(made);
    expect(scene.abandoned).to.deep.equal(["::1", "::2"]);
    expect(scene.clock.pending).to.equal(0);
    scene.failed("::1", refused());
    scene.connected("::2");
    expect(scene.tried).to.have.length(3);
  });

  it("a server that is refused ends the race: no other address is taken instead", async () => {
    const scene = new Scene();
    const { connection } = scene.dial();
    scene.answer(6, ["::1"]);
    scene.answer(4, ["127.0.0.1", "127.0.0.2"]);
    scene.clock.advance(250);
    const error = new HandshakeError("PQQ_ERR_POLICY_AUTHENTICATION");
    scene.failed("127.0.0.1", error);
    expect(await rejection(connection)).to.equal(error);
    expect(scene.abandoned).to.deep.equal(["::1"]);
    expect(scene.tried).to.have.length(2);
  });

  it("gathers why each address has failed", async () => {
    const scene = new Scene();
    const { connection } = scene.dial();
    scene.answer(6, ["::1"]);
    scene.answer(4, ["127.0.0.1"]);
    const [first, second] = [refused(), new TransportError("PQQ_ERR_UNREACHABLE")];
    scene.failed("::1", first);
    scene.failed("127.0.0.1", second);
    const error = await rejection(connection);
    expect(error).to.be.instanceOf(ConnectError).with.property("code", "PQQ_ERR_UNREACHABLE");
    const { attempts, errors, message } = error as ConnectError;
    expect(attempts).to.deep.equal([
      { address: "::1", port: 443, error: first },
      { address: "127.0.0.1", port: 443, error: second },
    ]);
    expect(errors).to.deep.equal([first, second]);
    expect(message).to.include("example.test").and.include("::1").and.include("127.0.0.1");
  });

  it("a single address has its own error", async () => {
    const scene = new Scene();
    const { connection } = scene.dial({ host: "127.0.0.1" });
    const error = refused();
    scene.failed("127.0.0.1", error);
    expect(await rejection(connection)).to.equal(error);
    expect(scene.questions.size).to.equal(0);
  });

  it("connectTimeoutMs bounds resolving", async () => {
    const scene = new Scene();
    const { connection } = scene.dial();
    scene.clock.advance(10_000);
    const error = await rejection(connection);
    expect(error).to.be.instanceOf(TimeoutError);
    expect(error).to.include({
      code: "PQQ_ERR_CONNECT_TIMEOUT",
      phase: "connect",
      limitMs: 10_000,
    });
    scene.answer(6, ["::1"]);
    expect(scene.tried).to.deep.equal([]);
  });

  it("connectTimeoutMs bounds attempts, and its error says what had failed", async () => {
    const scene = new Scene();
    const { connection } = scene.dial();
    scene.answer(6, ["::1"]);
    scene.answer(4, ["127.0.0.1"]);
    scene.failed("::1", refused());
    scene.clock.advance(10_000);
    const error = await rejection(connection);
    expect(error).to.have.property("cause").that.is.instanceOf(ConnectError);
    expect(scene.abandoned).to.deep.equal(["127.0.0.1"]);
  });

  it("`family` asks for one family, and leaves out addresses of the other", () => {
    const scene = new Scene();
    scene.dial({ family: 4 });
    expect([...scene.questions.keys()]).to.deep.equal([4]);
    scene.dial({ family: 6, addresses: ["127.0.0.1", "::1"] });
    expect(scene.tried).to.deep.equal([["::1", 0]]);
  });

  it("a name without addresses is an error with the resolver's cause", async () => {
    const scene = new Scene();
    const { connection } = scene.dial();
    const cause = new Error("ENOTFOUND");
    scene.answer(6, cause);
    scene.answer(4, []);
    const error = await rejection(connection);
    expect(error).to.include({ code: "PQQ_ERR_RESOLVE", cause });
  });

  it("an abort ends all attempts", async () => {
    const scene = new Scene();
    const made = scene.dial();
    scene.answer(6, ["::1"]);
    const reason = new Error("nobody waits");
    made.abort(reason);
    expect(await rejection(made.connection)).to.equal(reason);
    expect(scene.abandoned).to.deep.equal(["::1"]);
    expect(scene.clock.pending).to.equal(0);
  });
});
