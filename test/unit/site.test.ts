// SPDX-License-Identifier: MIT
// The data file of examples/site is what its page says.
import { readFileSync } from "node:fs";
import { expect } from "chai";

const Q = 3329;

interface Row {
  readonly x: number;
  readonly inverse: number;
  readonly square: number;
  readonly cube: number;
  readonly order: number;
  readonly log3: number;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i += 1) result = (result * base) % Q;
  return result;
}

describe("examples/site/data/field-3329.json", () => {
  const file = new URL("../../examples/site/data/field-3329.json", import.meta.url);
  const rows = JSON.parse(readFileSync(file, "utf8")) as Row[];

  it("has every element but 0", () => {
    expect(rows.map(({ x }) => x)).to.deep.equal(Array.from({ length: Q - 1 }, (_, i) => i + 1));
  });

  it("computes as ML-KEM does, modulo 3329", () => {
    for (const { x, inverse, square, cube, order, log3 } of rows) {
      expect((x * inverse) % Q, `inverse of ${String(x)}`).to.equal(1);
      expect((x * x) % Q, `square of ${String(x)}`).to.equal(square);
      expect((square * x) % Q, `cube of ${String(x)}`).to.equal(cube);
      expect(power(3, log3), `logarithm of ${String(x)}`).to.equal(x);
      // The group is cyclic with generator 3, so an order follows from a logarithm.
      expect((log3 * order) % (Q - 1), `order of ${String(x)}`).to.equal(0);
      for (const prime of [2, 13]) {
        if (order % prime === 0) expect((log3 * (order / prime)) % (Q - 1)).not.to.equal(0);
      }
    }
  });
});
