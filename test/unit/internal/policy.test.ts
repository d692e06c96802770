// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { requiredFacts, requiredLevel, satisfies } from "../../../lib/internal/policy.js";

const NOTHING = { requireKeyExchange: undefined, requireAuthentication: undefined };
const pin = { origin: "https://a.example", expires: new Date("2030-01-01T00:00:00Z") };

describe("what a request requires", () => {
  it("is anything at first contact", () => {
    expect(requiredLevel({}, NOTHING, undefined)).to.deep.equal({
      keyExchange: 1,
      authentication: 1,
      pin: undefined,
    });
  });

  it("is what its client requires, unless it says something else itself", () => {
    const client = { requireKeyExchange: "hybrid", requireAuthentication: "pq" } as const;
    expect(requiredLevel({}, client, undefined)).to.include({ keyExchange: 3, authentication: 2 });
    expect(requiredLevel({ authentication: "any" }, client, undefined)).to.include({
      keyExchange: 3,
      authentication: 1,
    });
  });

  for (const authentication of [undefined, "any", "pq"] as const) {
    it(`is hybrid authentication from a pinned origin, though ${authentication ?? "nothing"} was said`, () => {
      const required = requiredLevel({ keyExchange: "any", authentication }, NOTHING, pin);
      expect(required).to.deep.equal({ keyExchange: 1, authentication: 3, pin });
      expect(requiredFacts(required)).to.deep.equal({
        keyExchange: "any",
        authentication: "hybrid",
        pinnedUntil: pin.expires,
      });
    });
  }

  it("is not the pin's doing where hybrid was required anyway", () => {
    const required = requiredLevel({ authentication: "hybrid" }, NOTHING, pin);
    expect(required).to.deep.include({ authentication: 3, pin: undefined });
  });
});

describe("a connection", () => {
  it("is good enough if it has at least what is required, in both parts", () => {
    const required = requiredLevel({ keyExchange: "pq", authentication: "pq" }, NOTHING, undefined);
    expect(satisfies({ keyExchange: 2, authentication: 2 }, required)).to.equal(true);
    expect(satisfies({ keyExchange: 3, authentication: 3 }, required)).to.equal(true);
    expect(satisfies({ keyExchange: 1, authentication: 3 }, required)).to.equal(false);
    expect(satisfies({ keyExchange: 3, authentication: 1 }, required)).to.equal(false);
  });
});
