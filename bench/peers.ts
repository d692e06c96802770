// SPDX-License-Identifier: MIT
// `npm run bench:peers`: builds the servers of other people that `npm run bench:report` measures beside ours. What cannot be
// built is left out with a reason; that is no failure, unless `--strict` says so.
import { buildGo, buildRust, findForeign, foreignVersions } from "./harness/foreign.js";

function main(): number {
  const reasons = new Map([
    ["s2n-quic", buildRust()],
    ["quic-go", buildGo()],
  ]);
  reasons.set("quinn", reasons.get("s2n-quic"));
  const all = findForeign();
  for (const { peer, missing } of all) {
    const reason = missing === undefined ? undefined : (reasons.get(peer.id) ?? missing);
    console.log(`${peer.name}: ${reason === undefined ? "ready" : `left out: ${reason}`}`);
  }
  console.log(
    Object.entries(foreignVersions())
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
  );
  const isIncomplete = all.some(({ missing }) => missing !== undefined);
  return isIncomplete && process.argv.includes("--strict") ? 1 : 0;
}

process.exitCode = main();
