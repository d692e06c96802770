// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  codeOfStatus,
  isRetryable,
  LOCAL_TABLE,
  messageOfCode,
  STATUS_TABLE,
  statusOfCode,
} from "../../../lib/errors/codes.js";

const DEF = readFileSync(new URL("../../../include/pqq/error_codes.def", import.meta.url), "utf8");
const ROW = /^PQQ_E\((\w+), (-\d+), ([01]), "(.*)"\)$/gm;

describe("error codes", () => {
  it("are those of error_codes.def, in its order", () => {
    const rows = [...DEF.matchAll(ROW)].map(([, name, number, retryable, message]) => [
      `PQQ_ERR_${String(name)}`,
      [Number(number), retryable === "1", message],
    ]);
    expect(rows.length).to.equal(
      DEF.split("\n").filter((line) => line.startsWith("PQQ_E(")).length,
    );
    expect(Object.entries(STATUS_TABLE)).to.deep.equal(rows);
  });

  it("map to their numbers and back", () => {
    for (const [code, [status, retryable, message]] of Object.entries(STATUS_TABLE)) {
      const known = codeOfStatus(status);
      expect(known).to.equal(code);
      expect(statusOfCode(known)).to.equal(status);
      expect(isRetryable(known)).to.equal(retryable);
      expect(messageOfCode(known)).to.equal(message);
    }
  });

  it("of a newer library are internal errors", () => {
    expect(codeOfStatus(-999)).to.equal("PQQ_ERR_INTERNAL");
  });

  it("of this layer do not hide one of the library", () => {
    expect(Object.keys(STATUS_TABLE)).not.to.include.members(Object.keys(LOCAL_TABLE));
  });
});
