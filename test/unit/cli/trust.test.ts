// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { isThisMachine, trustFor } from "../../../lib/cli/trust.js";

describe("the hosts for which development roots are trusted", () => {
  const local = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.b.localhost",
    "127.0.0.1",
    "127.9.8.7",
    "[::1]",
  ];
  for (const host of local) {
    it(`have ${host} among them`, () => {
      expect(isThisMachine(new URL(`https://${host}/`).hostname)).to.equal(true);
    });
  }

  const others = [
    "localhost.example",
    "notlocalhost",
    "127.0.0.1.example",
    "128.0.0.1",
    "10.0.0.1",
    "[::2]",
    "[::ffff:7f00:1]",
    "example.com",
  ];
  for (const host of others) {
    it(`do not have ${host} among them`, () => {
      expect(isThisMachine(new URL(`https://${host}/`).hostname)).to.equal(false);
    });
  }
});

describe("trustFor", () => {
  it("takes --ca alone, for every host", () => {
    expect(trustFor(new URL("https://localhost/"), "ca.pem")).to.deep.equal({ caFile: "ca.pem" });
  });

  it("adds nothing for other hosts", () => {
    expect(trustFor(new URL("https://example.com/"), undefined)).to.deep.equal({});
  });
});
