// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AddressTokens } from "../../../lib/internal/address_tokens.js";

describe("AddressTokens", () => {
  it("gives each token once, the newest first", () => {
    const tokens = new AddressTokens();
    tokens.add("a", "1");
    tokens.add("a", "2");
    tokens.add("b", "3");
    expect([tokens.take("a"), tokens.take("a"), tokens.take("a")]).to.deep.equal(["2", "1", ""]);
    expect(tokens.take("b")).to.equal("3");
    expect(tokens.take("c")).to.equal("");
  });

  it("keeps four of a server, the newest", () => {
    const tokens = new AddressTokens();
    for (let i = 0; i < 10; i++) tokens.add("a", String(i));
    const taken = Array.from({ length: 5 }, () => tokens.take("a"));
    expect(taken).to.deep.equal(["9", "8", "7", "6", ""]);
  });

  it("keeps those of 256 servers, and forgets the one that was seen longest ago", () => {
    const tokens = new AddressTokens();
    for (let i = 0; i < 256; i++) tokens.add(`server ${i}`, `${i}`);
    tokens.add("server 0", "again");
    tokens.add("one more", "new");
    expect(tokens.take("server 1")).to.equal("");
    expect(tokens.take("server 0")).to.equal("again");
    expect(tokens.take("server 2")).to.equal("2");
    expect(tokens.take("one more")).to.equal("new");
  });
});
