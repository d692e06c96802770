// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { headerPairs, toHeaders, WireHeaders, type HeadersInit } from "../../lib/headers.js";

describe("headerPairs", () => {
  const forms: [what: string, init: HeadersInit][] = [
    ["a record", { "X-One": "1", two: 2 }],
    [
      "pairs",
      [
        ["x-one", "1"],
        ["TWO", "2"],
      ],
    ],
    [
      "a Map",
      new Map([
        ["x-one", "1"],
        ["two", "2"],
      ]),
    ],
    ["a Headers object", new Headers({ "x-one": "1", two: "2" })],
  ];
  for (const [what, init] of forms) {
    it(`takes ${what}`, () => {
      expect(headerPairs(init)).to.have.deep.members([
        ["x-one", "1"],
        ["two", "2"],
      ]);
    });
  }

  it("repeats a field for an array and leaves undefined out", () => {
    expect(headerPairs({ "set-cookie": ["a=1", "b=2"], absent: undefined })).to.deep.equal([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
  });

  it("keeps the several Set-Cookie fields of a Headers object apart", () => {
    const headers = new Headers([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    expect(headerPairs(headers)).to.have.length(2);
  });

  it("leaves out what belongs to an HTTP/1.1 connection", () => {
    const init = {
      Connection: "keep-alive",
      "Transfer-Encoding": "chunked",
      upgrade: "h2c",
      a: "b",
    };
    expect(headerPairs(init)).to.deep.equal([["a", "b"]]);
    expect(headerPairs(new WireHeaders(["connection", "close", "a", "b"]))).to.deep.equal([
      ["a", "b"],
    ]);
  });

  for (const name of ["", ":status", "a b", "a\n", "ä", "a\0"]) {
    it(`refuses the name ${JSON.stringify(name)}`, () => {
      expect(() => headerPairs([[name, "x"]])).to.throw(TypeError, "not a header field name");
    });
  }

  for (const value of ["a\r\nb: c", "\0", "\x7f", "日本"]) {
    it(`refuses the value ${JSON.stringify(value)}`, () => {
      expect(() => headerPairs({ a: value })).to.throw(TypeError, "header field a:");
    });
  }

  it("treats a name the second time, and behind many others, as the first time", () => {
    const many = Array.from({ length: 300 }, (_, i) => [`X-${i}`, "1"] as const);
    for (let round = 0; round < 2; round++) {
      expect(headerPairs([["Connection", "close"], ["X-A", "1"], ...many])).to.deep.equal([
        ["x-a", "1"],
        ...many.map(([name]) => [name.toLowerCase(), "1"]),
      ]);
      expect(() => headerPairs({ "a b": "1" })).to.throw(TypeError, "not a header field name");
      expect(() => headerPairs({ "X-A": "\n" })).to.throw(TypeError, "header field x-a");
    }
  });
});

describe("toHeaders", () => {
  it("joins the pieces of a cookie as one field", () => {
    const headers = new WireHeaders(["cookie", "a=1", "accept", "x", "cookie", "b=2"]).toHeaders();
    expect(headers.get("cookie")).to.equal("a=1; b=2");
    expect(headers.get("accept")).to.equal("x");
  });

  it("shows other text than Latin-1 as its bytes, as fetch does", () => {
    expect(toHeaders([["x", "é✓"]]).get("x")).to.equal(Buffer.from("é✓").toString("latin1"));
  });
});
