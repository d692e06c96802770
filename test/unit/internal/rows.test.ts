// SPDX-License-Identifier: MIT
// lib/internal/rows.ts repeats numbers of C headers; every one of them is compared here.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import * as rows from "../../../lib/internal/rows.js";
import { STAT_NAMES } from "../../../lib/stats.js";

const WRITE_SHIFT = 8;
const BODY_SHIFT = 16;

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
}

/** `PREFIX_NAME = 12`, or `PREFIX_NAME = 0x1`, of an enum. */
function enumOf(text: string, prefix: string): Map<string, number> {
  const matches = text.matchAll(new RegExp(`\\b${prefix}(\\w+) = (0x[0-9a-f]+|\\d+)`, "g"));
  return new Map(Array.from(matches, ([, name = "", value]) => [name, Number(value)]));
}

/** The constants of rows.ts with this prefix. */
function ours(prefix: string): Map<string, number> {
  const entries = Object.entries(rows as Record<string, number>);
  return new Map(
    entries.flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    ),
  );
}

/** `kEventIdLow` is our `EVENT_ID_LOW`. */
function upperSnake(name: string): string {
  return name.replaceAll(/(?<=[a-z])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])/g, "_$1$2").toUpperCase();
}

describe("rows", () => {
  it("event types are those of events.h", () => {
    for (const [name, value] of enumOf(read("include/pqq/events.h"), "PQQ_EVENT_")) {
      expect(ours("EVENT_").get(name), name).to.equal(value);
    }
  });

  it("command types are those of driver.h", () => {
    for (const [name, value] of enumOf(read("include/pqq/driver.h"), "PQQ_COMMAND_")) {
      expect(ours("COMMAND_").get(name), name).to.equal(value);
    }
  });

  it("write flags are those of engine.h", () => {
    const flags = enumOf(read("include/pqq/engine.h"), "PQQ_WRITE_");
    for (const [name, value] of ours("WRITE_")) {
      expect(value >> WRITE_SHIFT, name).to.equal(flags.get(name));
    }
  });

  it("words and sizes are those of the addon", () => {
    const header = read("native/addon/rows.h");
    const constants = new Map<string, number>();
    for (const [, name = "", value = ""] of header.matchAll(/\bk(\w+) = ([^,;]+)[,;]/g)) {
      const shifted = /^1u << (\d+)$/.exec(value);
      constants.set(upperSnake(name), shifted === null ? Number(value) : 2 ** Number(shifted[1]));
    }
    expect(constants.size).to.be.greaterThan(20);
    const all = new Map(Object.entries(rows as Record<string, number>));
    for (const [name, value] of constants) {
      if (name === "BODY_NONE") continue;
      const expected = name.startsWith("BODY_") ? value << BODY_SHIFT : value;
      expect(all.get(name), name).to.equal(expected);
    }
  });

  it("status numbers are those of error_codes.def", () => {
    const table = read("include/pqq/error_codes.def");
    const numbers = new Map(
      Array.from(table.matchAll(/^PQQ_E\((\w+), (-\d+)/gm), ([, name = "", n]) => [
        name,
        Number(n),
      ]),
    );
    for (const [name, value] of ours("STATUS_")) {
      expect(value, name).to.equal(name === "OK" ? 0 : numbers.get(name));
    }
  });
});

describe("stats", () => {
  it("names are those of stats.def, in its order", () => {
    const table = read("include/pqq/stats.def");
    const names = Array.from(table.matchAll(/^PQQ_STAT\((\w+),/gm), ([, name = ""]) =>
      name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    );
    expect([...STAT_NAMES]).to.deep.equal(names);
  });
});
