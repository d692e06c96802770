// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { GetOptions } from "../../../lib/cli/get.js";
import { nextRequest } from "../../../lib/cli/redirect.js";
import type { ClientResponse } from "../../../lib/index.js";

const URL_A = new URL("https://a.example/x/y");
const OPTIONS: GetOptions = {
  profile: "balanced",
  location: true,
  header: [
    ["Authorization", "secret"],
    ["Content-Type", "a/b"],
    ["accept", "c/d"],
  ],
};

/** The two members that are looked at. */
function response(status: number, location?: string): Pick<ClientResponse, "status" | "headers"> {
  const headers = new Headers(location === undefined ? {} : { location });
  return { status, headers };
}

describe("a redirect", () => {
  it("is followed only if it is one, and only with -L", () => {
    expect(nextRequest(response(200, "/z"), URL_A, OPTIONS, 0)).to.equal(null);
    expect(nextRequest(response(304, "/z"), URL_A, OPTIONS, 0)).to.equal(null);
    expect(nextRequest(response(302), URL_A, OPTIONS, 0)).to.equal(null);
    expect(nextRequest(response(302, "/z"), URL_A, { profile: "balanced" }, 0)).to.equal(null);
  });

  it("is relative to its URL", () => {
    expect(nextRequest(response(302, "../z?q"), URL_A, OPTIONS, 0)?.url.href).to.equal(
      "https://a.example/z?q",
    );
  });

  it("tells another origin no credentials", () => {
    const same = nextRequest(response(302, "/z"), URL_A, OPTIONS, 0);
    expect(same?.options.header).to.deep.equal(OPTIONS.header);
    for (const target of ["https://b.example/", "https://a.example:444/"]) {
      const other = nextRequest(response(302, target), URL_A, OPTIONS, 0);
      expect(other?.options.header?.map(([name]) => name)).to.deep.equal([
        "Content-Type",
        "accept",
      ]);
    }
  });

  const methods: [
    status: number,
    given: Partial<GetOptions>,
    method: string | undefined,
    data: string | undefined,
  ][] = [
    [301, { data: "d" }, "GET", undefined],
    [302, { data: "d" }, "GET", undefined],
    [303, { method: "PUT", data: "d" }, "GET", undefined],
    [303, { method: "HEAD" }, "HEAD", undefined],
    [302, { method: "PUT", data: "d" }, "PUT", "d"],
    [307, { data: "d" }, undefined, "d"],
    [308, { method: "POST", data: "@f" }, "POST", "@f"],
  ];
  for (const [status, given, method, data] of methods) {
    it(`with status ${String(status)} makes ${JSON.stringify({ method, data })} of ${JSON.stringify(given)}`, () => {
      const next = nextRequest(response(status, "/z"), URL_A, { ...OPTIONS, ...given }, 0);
      expect(next?.options.method).to.equal(method);
      expect(next?.options.data).to.equal(data);
      const keepsType = data !== undefined || given.data === undefined;
      expect(next?.options.header?.some(([name]) => name === "Content-Type")).to.equal(keepsType);
    });
  }

  it("is not followed for ever, nor away from https, nor without the body it wants", () => {
    expect(() => nextRequest(response(302, "/z"), URL_A, OPTIONS, 20)).to.throw(
      "more than 20 redirects",
    );
    expect(() => nextRequest(response(302, "http://a.example/"), URL_A, OPTIONS, 0)).to.throw(
      "no https URL",
    );
    expect(() => nextRequest(response(302, "https://["), URL_A, OPTIONS, 0)).to.throw(
      "no https URL",
    );
    expect(() => nextRequest(response(307, "/z"), URL_A, { ...OPTIONS, data: "@-" }, 0)).to.throw(
      "body again",
    );
  });

  it("takes the client's identity to the same origin and to no other", () => {
    const options = { ...OPTIONS, clientCert: "a.pem", clientKey: "a.key", require: "pq" } as const;
    const near = nextRequest(response(302, "/z"), URL_A, options, 0);
    expect(near?.options).to.include({ clientCert: "a.pem", clientKey: "a.key", require: "pq" });
    const far = nextRequest(response(302, "https://b.example/"), URL_A, options, 0);
    expect(far?.options).to.include({ require: "pq", clientCert: undefined, clientKey: undefined });
  });
});
