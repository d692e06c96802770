// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { isLocalhost, makeResolver } from "../../../lib/internal/resolve.js";

describe("the default resolver", () => {
  // RFC 6761 section 6.3. An answer within the call cannot have come from anybody else.
  for (const host of ["localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.localhost."]) {
    it(`knows ${host} without asking`, () => {
      const answers: unknown[] = [];
      for (const family of [6, 4] as const)
        makeResolver().resolve(host, family, (result) => answers.push(result));
      expect(answers).to.deep.equal([["::1"], ["127.0.0.1"]]);
    });
  }

  for (const host of ["localhost.example", "notlocalhost", ".localhost", "localhost..", ""]) {
    it(`does not take ${JSON.stringify(host)} for localhost`, () => {
      expect(isLocalhost(host)).to.equal(false);
    });
  }

  it("is asked for localhost too if it is the caller's own", () => {
    const asked: string[] = [];
    const resolver = makeResolver((hostname, _options, callback) => {
      asked.push(hostname);
      callback(null, "127.0.0.9");
    });
    resolver.resolve("localhost", 4, (result) => asked.push(String(result)));
    expect(asked).to.deep.equal(["localhost", "127.0.0.9"]);
  });
});
