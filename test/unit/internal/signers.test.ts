// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { Signer } from "../../../lib/index.js";
import { Signers } from "../../../lib/internal/signers.js";

const NOT_FOUND = -105;
const SIGNATURE = Uint8Array.of(1, 2, 3);

interface Completed {
  readonly id: number;
  readonly signature: Uint8Array | undefined;
  readonly reason: string;
}

function scene(answer: Signer["sign"], status = 0) {
  const completed: Completed[] = [];
  const reports: string[] = [];
  const signers = new Signers((error) => reports.push(error.code));
  const sink = {
    completeSignature(id: number, signature: Uint8Array | undefined, reason: string) {
      completed.push({ id, signature, reason });
      return status;
    },
  };
  const number = signers.add({ sign: answer });
  return { signers, sink, number, completed, reports };
}

/** All promises that were settled have been heard of. */
const settled = (): Promise<void> => new Promise(setImmediate);

describe("Signers", () => {
  it("complete a request with what the promise gives", async () => {
    const { signers, sink, number, completed, reports } = scene(() => Promise.resolve(SIGNATURE));
    signers.sign(sink, number, 7, "ed25519", new Uint8Array());
    await settled();
    expect(completed).to.deep.equal([{ id: 7, signature: SIGNATURE, reason: "" }]);
    expect(reports).to.deep.equal([]);
  });

  it("say nothing of a signature that came while the handshake ended", async () => {
    const { signers, sink, number, reports } = scene(() => SIGNATURE, NOT_FOUND);
    signers.sign(sink, number, 7, "ed25519", new Uint8Array());
    await settled();
    expect(reports).to.deep.equal([]);
  });

  it("drop what comes after a cancellation, good or bad", async () => {
    for (const outcome of [() => SIGNATURE, () => Promise.reject(new Error("aborted"))]) {
      let signal: AbortSignal | undefined;
      const { signers, sink, number, completed, reports } = scene(async (_s, _m, context) => {
        ({ signal } = context);
        await new Promise(setImmediate);
        return outcome();
      });
      signers.sign(sink, number, 7, "ed25519", new Uint8Array());
      signers.cancel(7);
      signers.cancel(7);
      await settled();
      await settled();
      expect(signal?.aborted).to.equal(true);
      expect([completed, reports]).to.deep.equal([[], []]);
    }
  });

  it("fail a request whose signer has been released, as nothing should ask it", async () => {
    const { signers, sink, number, completed } = scene(() => SIGNATURE);
    signers.release(number);
    expect(signers.size).to.equal(0);
    signers.sign(sink, number, 7, "ed25519", new Uint8Array());
    await settled();
    expect(completed).to.have.length(1);
    expect(completed[0]).to.have.property("signature", undefined);
  });

  it("abort everything at the end", async () => {
    const signals: AbortSignal[] = [];
    const { signers, sink, number, completed } = scene((_s, _m, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    for (const id of [1, 2]) signers.sign(sink, number, id, "ed25519", new Uint8Array());
    signers.end();
    await settled();
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true]);
    expect([completed, signers.size]).to.deep.equal([[], 0]);
  });
});
