// SPDX-License-Identifier: MIT
// The part of `npm run policy:matrix` that needs no other programs: every requirement of ours against every server.
import { expect } from "chai";
import { fillMatrix, type Matrix } from "../matrix/cells.js";
import { problemText } from "../matrix/table.js";

function expectNoProblems({ cells, problems }: Matrix): void {
  const bad = cells.filter((cell) => cell.problems.length > 0).map(problemText);
  expect([...bad, ...problems].join("\n")).to.equal("");
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort();

describe("the policy matrix", () => {
  it("has no silent downgrade among servers of every profile", async () => {
    expectNoProblems(await fillMatrix({ profiles: ["light", "secure"], isPlain: true }));
  });

  // spec: FS-2, FS-4, FS-5, FS-6, FS-9, FS-12, FS-13, FS-14, FS-15, FS-16, FS-17, FS-18, FS-19
  it("has none where servers require more, have less, or are set up otherwise", async () => {
    const matrix = await fillMatrix({ profiles: ["balanced"] });
    expectNoProblems(matrix);
    const outcomes = matrix.cells.map(({ outcome }) => outcome);
    // A matrix in which nothing happens would have no problems either.
    const connections = outcomes.flatMap((one) => (one.kind === "connected" ? [one.server] : []));
    const codes = outcomes.flatMap((one) => (one.kind === "failed" ? [one.code] : []));
    expect(distinct(connections.map(({ downgrade }) => downgrade ?? "none"))).to.deep.equal([
      "classical_group",
      "client_profile_unsupported",
      "no_hybrid_cert",
      "none",
      "policy_disabled",
    ]);
    expect(distinct(connections.map((view) => view.authentication))).to.deep.equal([
      "classical",
      "hybrid",
      "pq",
    ]);
    expect(distinct(codes)).to.deep.equal([
      "PQQ_ERR_CERT_UNTRUSTED",
      "PQQ_ERR_NO_SHARED_ALPN",
      "PQQ_ERR_POLICY_CONFIG",
      "PQQ_ERR_POLICY_REFUSED",
      "PQQ_ERR_TLS_ALERT",
    ]);
  });
});
