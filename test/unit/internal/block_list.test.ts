// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { errorFromStatus } from "../../../lib/errors/index.js";
import { rejection } from "../../helpers/service.js";
import { BlockList, type Blocker } from "../../../lib/internal/block_list.js";
import { STATUS_NOT_FOUND } from "../../../lib/internal/rows.js";

/** Writes prefixes in upper case, to tell them from what was given. */
class FakeBlocker implements Blocker {
  readonly calls: [prefix: string, forMs: number][] = [];

  block(prefix: string, forMs: number): Promise<string> {
    this.calls.push([prefix, forMs]);
    return Promise.resolve(prefix.toUpperCase());
  }

  unblock(prefix: string): Promise<string> {
    return prefix === "none"
      ? Promise.reject(errorFromStatus(STATUS_NOT_FOUND))
      : Promise.resolve(prefix.toUpperCase());
  }
}

describe("BlockList", () => {
  it("lists what is blocked as the network threads write it, with its end", async () => {
    const blocker = new FakeBlocker();
    const list = new BlockList(blocker, () => 1_000);
    await list.add("a", undefined);
    await list.add("b", 500);
    expect(blocker.calls).to.deep.equal([
      ["a", 0],
      ["b", 500],
    ]);
    expect(list.list()).to.deep.equal([
      { prefix: "A", until: null },
      { prefix: "B", until: new Date(1_500) },
    ]);
  });

  it("forgets what is over and what is taken off", async () => {
    let now = 1_000;
    const list = new BlockList(new FakeBlocker(), () => now);
    await list.add("a", 100);
    await list.add("b", 200);
    now = 1_100;
    expect(list.list().map(({ prefix }) => prefix)).to.deep.equal(["B"]);
    expect(await list.remove("b")).to.equal(true);
    expect(list.list()).to.deep.equal([]);
    expect(await list.remove("none")).to.equal(false);
  });

  it("refuses what is no time", async () => {
    const list = new BlockList(new FakeBlocker());
    for (const forMs of [0, -1, 1.5, Number.NaN, Infinity, 100 * 86_400_000 + 1]) {
      expect(await rejection(list.add("a", forMs)), String(forMs)).to.be.instanceOf(RangeError);
    }
    expect(list.list()).to.deep.equal([]);
  });
});
