// SPDX-License-Identifier: MIT
// The short version of npm run hostile.
import { expect } from "chai";
import { hostile } from "./hostile.js";
import { verdicts } from "./verdicts.js";

const SECONDS = 3;
const SEED = 1;

describe("hostile clients", function () {
  this.timeout(120_000);

  it(`take nothing from others in ${SECONDS} s`, async () => {
    const outcome = await hostile(SECONDS, SEED, {
      handshakeTimeoutMs: 1_000,
      idleTimeoutMs: 2_000,
    });
    const facts = JSON.stringify({ ...outcome, seed: SEED }, undefined, 1);
    expect(verdicts(outcome), facts).to.deep.equal([]);
  });
});
