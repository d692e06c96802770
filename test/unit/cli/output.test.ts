// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { collect, header, httpsUrl, integer } from "../../../lib/cli/arguments.js";
import { count, size, table } from "../../../lib/cli/output.js";

describe("texts for people", () => {
  it("have sizes", () => {
    expect([0, 999, 1000, 1_449_999, 5e12, 5e15].map(size)).to.deep.equal([
      "0 bytes",
      "999 bytes",
      "1.0 kB",
      "1.4 MB",
      "5.0 TB",
      "5000.0 TB",
    ]);
  });

  it("have counts", () => {
    expect([count(1, "datagram"), count(12_345, "byte")]).to.deep.equal([
      "1 datagram",
      "12,345 bytes",
    ]);
  });

  it("are aligned", () => {
    expect(
      table([
        ["a", "1"],
        ["bcd", "2"],
      ]),
    ).to.deep.equal(["  a    1", "  bcd  2"]);
  });
});

describe("arguments", () => {
  it("are integers in a range", () => {
    expect(integer(0, 10)("10")).to.equal(10);
    for (const text of ["11", "-1", "1.5", "", "ten", "1e1", "0x1"]) {
      expect(() => integer(0, 10)(text)).to.throw("Expected an integer 0–10.");
    }
  });

  it("are header fields, whose values may have colons", () => {
    expect(header("A: b:c ", [["x", "y"]])).to.deep.equal([
      ["x", "y"],
      ["A", "b:c"],
    ]);
    expect(() => header("no colon", undefined)).to.throw("Expected 'Name: value'.");
    expect(() => header(": value", undefined)).to.throw("Expected 'Name: value'.");
  });

  it("are https URLs, with a guess at what was meant", () => {
    expect(httpsUrl("https://localhost:4433/a").href).to.equal("https://localhost:4433/a");
    expect(() => httpsUrl("localhost:4433")).to.throw("Did you mean https://localhost:4433?");
    expect(() => httpsUrl("http://localhost/a")).to.throw("Did you mean https://localhost/a?");
    expect(() => httpsUrl("")).to.throw("Expected an https URL");
  });

  it("collect", () => {
    expect(collect("b", collect("a", undefined))).to.deep.equal(["a", "b"]);
  });
});
