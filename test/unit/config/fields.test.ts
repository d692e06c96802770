// SPDX-License-Identifier: MIT
// The tables of lib/config/fields.ts against the public C headers, so that neither moves alone.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  GROUPS,
  MAX_LISTEN_HOSTS,
  MAX_PROFILES,
  PQ_ON_H3,
  PROFILES,
  REQUIREMENTS,
} from "../../../lib/config/fields.js";

function header(name: string): string {
  return readFileSync(new URL(`../../../include/pqq/${name}`, import.meta.url), "utf8");
}

/** Enumerators or macros that begin with `prefix`, without it. */
function constants(text: string, prefix: string): Map<string, number> {
  const pattern = new RegExp(`\\b${prefix}(\\w+) (?:= )?(0x[0-9a-f]+|\\d+)`, "g");
  return new Map([...text.matchAll(pattern)].map(([, name, value]) => [name ?? "", Number(value)]));
}

function upperCased(table: Readonly<Record<string, number>>): Map<string, number> {
  return new Map(Object.entries(table).map(([name, value]) => [name.toUpperCase(), value]));
}

describe("tables of names", () => {
  it("have the groups of types.h", () => {
    expect(upperCased(GROUPS)).to.have.all.keys(
      ...constants(header("types.h"), "PQQ_GROUP_").keys(),
    );
    expect([...upperCased(GROUPS)]).to.have.deep.members([
      ...constants(header("types.h"), "PQQ_GROUP_"),
    ]);
  });

  it("have the profiles of types.h", () => {
    expect([...upperCased(PROFILES)]).to.have.deep.members([
      ...constants(header("types.h"), "PQQ_PROFILE_"),
    ]);
  });

  it("have the requirements of types.h", () => {
    const numbers = constants(header("types.h"), "PQQ_REQUIRE_");
    expect(numbers.get("DEFAULT")).to.equal(0);
    numbers.delete("DEFAULT");
    expect([...upperCased(REQUIREMENTS)]).to.have.deep.members([...numbers]);
  });

  it("have the choices of config.h", () => {
    expect([...upperCased(PQ_ON_H3)]).to.have.deep.members([
      ...constants(header("config.h"), "PQQ_PQ_ON_H3_"),
    ]);
  });

  it("have the limits of config.h and driver.h", () => {
    expect(constants(header("config.h"), "PQQ_MAX_").get("PROFILES")).to.equal(MAX_PROFILES);
    expect(constants(header("driver.h"), "PQQ_MAX_LISTEN_").get("HOSTS")).to.equal(
      MAX_LISTEN_HOSTS,
    );
  });
});
