// SPDX-License-Identifier: MIT
// Builds the quic-go peer of peers/go, with the Go that has ML-DSA in its crypto/tls (its go.mod says which; an older go
// fetches it). Once, into build/interop/.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onPath, type Found } from "./peers.js";

const source = join(process.cwd(), "test", "interop", "peers", "go");
const program = join(process.cwd(), "build", "interop", "quic-go-peer");

export interface GoPeer {
  /** The command line of the peer with these arguments. */
  readonly command: (...args: string[]) => [string, string[]];
  /** Name and version of the library. */
  readonly name: string;
}

function build(): Found<GoPeer> {
  if (process.env["PQQ_INTEROP_PREPARE"] === "0" && !existsSync(program)) {
    return { missing: "PQQ_INTEROP_PREPARE=0, and it is not built" };
  }
  if (onPath("go") === undefined) return { missing: "go is not on PATH" };
  mkdirSync(join(process.cwd(), "build", "interop"), { recursive: true });
  const { status, stderr, error } = spawnSync("go", ["build", "-o", program, "."], {
    cwd: source,
    encoding: "utf8",
    env: { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "auto", GOFLAGS: "-mod=readonly" },
    timeout: 300_000,
  });
  if (status !== 0) {
    const reason = error?.message ?? stderr.trim().split("\n").at(-1) ?? "";
    return { missing: `go build: ${reason}` };
  }
  const version = /quic-go\/quic-go (v\S+)/.exec(readFileSync(join(source, "go.mod"), "utf8"));
  return {
    found: { command: (...args) => [program, args], name: `quic-go ${version?.[1] ?? ""}` },
  };
}

/** Key updates in the qlogs of a folder, each with who began it ("local_update", "remote_update"). */
export function keyUpdates(folder: string): string[] {
  return readdirSync(folder).flatMap((file) => {
    const lines = readFileSync(join(folder, file), "utf8").split("\n");
    const updates = lines.filter(
      (line) => line.includes("security:key_updated") || line.includes('"key_updated"'),
    );
    return updates.flatMap((line) => /"trigger":"(\w+_update)"/.exec(line)?.[1] ?? []);
  });
}

export const go = build();
