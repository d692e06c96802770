// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ApplicationError, PqqError, StreamError, TransportError } from "../../../lib/index.js";
import { UnsentError, type WireRequest } from "../../../lib/internal/client_stream.js";
import { mayRetry, retryDelayMs } from "../../../lib/internal/retry.js";

function request(method: string, isReplayable = true): WireRequest {
  return { method, isReplayable } as WireRequest;
}

const lost = new TransportError("PQQ_ERR_CONNECTION_CLOSED");
const refused = new StreamError("PQQ_ERR_STREAM_REFUSED");

describe("mayRetry (RFC 9110 section 9.2.2)", () => {
  const cases: [what: string, error: Error, request: WireRequest, may: boolean][] = [
    ["POST that was not sent", new UnsentError(lost), request("POST", false), true],
    ["POST that the server refused", refused, request("POST"), true],
    [
      "POST above the id of a GOAWAY",
      new ApplicationError("PQQ_ERR_GOING_AWAY"),
      request("POST"),
      true,
    ],
    ["a refused stream of content", refused, request("POST", false), false],
    ["GET on a connection that was lost", lost, request("GET"), true],
    ["PUT on a connection that was lost", lost, request("PUT"), true],
    [
      "DELETE on a connection that was silent",
      new TransportError("PQQ_ERR_IDLE_TIMEOUT"),
      request("DELETE"),
      true,
    ],
    ["POST on a connection that was lost", lost, request("POST"), false],
    ["PATCH on a connection that was lost", lost, request("PATCH"), false],
    ["PUT of a stream on a connection that was lost", lost, request("PUT", false), false],
    ["GET that was reset", new StreamError("PQQ_ERR_STREAM_RESET"), request("GET"), false],
    ["GET that was cancelled", new StreamError("PQQ_ERR_CANCELLED"), request("GET"), false],
    [
      "GET with a policy error",
      new PqqError("PQQ_ERR_POLICY_AUTHENTICATION"),
      request("GET"),
      false,
    ],
    [
      "GET that was not sent for its size",
      new UnsentError(new PqqError("PQQ_ERR_HEADERS_TOO_LARGE")),
      request("GET"),
      false,
    ],
    ["GET with somebody's own error", new Error("mine"), request("GET"), false],
  ];
  for (const [what, error, wire, may] of cases) {
    it(`${what}: ${may ? "yes" : "no"}`, () => {
      expect(mayRetry(error, wire)).to.equal(may);
    });
  }
});

describe("retryDelayMs", () => {
  const now = Date.parse("Tue, 24 Nov 2026 12:00:00 GMT");
  const cases: [
    status: number,
    field: string | undefined,
    method: string,
    delay: number | undefined,
  ][] = [
    [503, "2", "GET", 2_000],
    [429, "0", "GET", 0],
    [503, "Tue, 24 Nov 2026 12:00:05 GMT", "PUT", 5_000],
    [503, "Tue, 24 Nov 2026 11:00:00 GMT", "GET", 0],
    [503, undefined, "GET", undefined],
    [503, "soon", "GET", undefined],
    [503, "61", "GET", undefined],
    [503, "1", "POST", undefined],
    [500, "1", "GET", undefined],
  ];
  for (const [status, field, method, delay] of cases) {
    it(`${method}, ${status}, retry-after ${String(field)}: ${String(delay)}`, () => {
      expect(retryDelayMs(status, field, request(method), now)).to.equal(delay);
    });
  }

  it("content from a stream is not sent again", () => {
    expect(retryDelayMs(503, "1", request("PUT", false), now)).to.equal(undefined);
  });
});
