// SPDX-License-Identifier: MIT
// The limit of waiting for content, with a clock of the test's own and streams without a network.
import { expect } from "chai";
import { PeerConnection } from "../../../lib/connection.js";
import { TimeoutError } from "../../../lib/index.js";
import { ClientStream, type WireRequest } from "../../../lib/internal/client_stream.js";
import { FakeClock } from "../../helpers/fake_clock.js";
import { rejection } from "../../helpers/service.js";

const LIMIT_MS = 100;

/** A request that has not been sent: it has no stream of the network that would have to be told of its end. */
class Scene {
  readonly clock = new FakeClock();
  readonly stream: ClientStream;
  isDone = false;

  constructor() {
    const request = { origin: "https://example.test", bodyTimeoutMs: LIMIT_MS };
    const connection = new PeerConnection(undefined as never, 1, 2, "");
    this.stream = new ClientStream(undefined as never, connection, request as WireRequest, {
      attempts: 1,
      clock: this.clock,
      onDone: () => {
        this.isDone = true;
      },
    });
    this.stream.response.catch(() => undefined);
  }

  /** After `ms` somebody begins to wait, or stops. */
  after(ms: number, isAwaited: boolean): void {
    this.clock.advance(ms);
    this.stream.onAwaited(isAwaited);
  }

  /** After how much more time the request is given up; undefined: never. */
  async timeout(): Promise<number | undefined> {
    const { now } = this.clock;
    for (let ms = 0; ms <= 3 * LIMIT_MS && !this.isDone; ms++) this.clock.advance(1);
    if (!this.isDone) return undefined;
    expect(await rejection(this.stream.response)).to.be.instanceOf(TimeoutError);
    return this.clock.now - now;
  }
}

describe("client streams: waiting for content", () => {
  it("the limit counts from the moment in which somebody begins to wait", async () => {
    const scene = new Scene();
    scene.after(0, true);
    scene.after(60, false);
    scene.after(30, true);
    expect(await scene.timeout()).to.equal(LIMIT_MS);
  });

  it("bytes for somebody who goes on waiting begin it anew", async () => {
    const scene = new Scene();
    scene.after(0, true);
    scene.after(LIMIT_MS - 1, true);
    expect(await scene.timeout()).to.equal(LIMIT_MS);
  });

  it("nothing ends while nobody waits, and the next wait has the whole limit", async () => {
    const scene = new Scene();
    scene.after(0, true);
    scene.after(1, false);
    expect(await scene.timeout()).to.equal(undefined);
    scene.stream.onAwaited(true);
    expect(await scene.timeout()).to.equal(LIMIT_MS);
  });

  it("no timer is left of a request that has ended", () => {
    const scene = new Scene();
    scene.after(0, true);
    scene.stream.cancel(new Error("enough"));
    expect([scene.isDone, scene.clock.pending]).to.deep.equal([true, 0]);
    scene.stream.onAwaited(true);
    expect(scene.clock.pending).to.equal(0);
  });
});
