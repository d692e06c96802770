// SPDX-License-Identifier: MIT
// HTTP/3 servers of other people: how they are built, found and started, and what versions they are of. `npm run
// bench:peers` builds; everything else here takes what is there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { debian, inChroot, type Found } from "../../test/interop/debian.js";
import { DOWNLOAD_BYTES, HYBRID, type Context, type Identity, type Kind } from "./context.js";
import type { Peer } from "./peers.js";
import { ours } from "./peers.js";
import { Child } from "./process.js";
import { canReadTrees } from "./process_tree.js";

const BENCH = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = join(BENCH, "peers");
const BUILT = join(dirname(BENCH), "build", "peers");
const RUST_BUILT = join(BUILT, "rust", "release");
const GO_BUILT = join(BUILT, "peer-quic-go");

/** Of the crates that matter, in the order of the tables. */
const CRATES = [
  ...["s2n-quic", "s2n-tls", "quinn", "quinn-proto", "rustls", "rustls-post-quantum"],
  ...["h3", "h3-quinn", "aws-lc-rs", "aws-lc-sys", "tokio"],
];

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** Runs a program to its end, with its output on ours. Returns the reason why it failed. */
function build(
  command: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
): string | undefined {
  const { status, error } = spawnSync(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error !== undefined) return `${command} is not here`;
  return status === 0
    ? undefined
    : `${command} ${args.join(" ")} ended with ${status ?? "a signal"}`;
}

/** Builds s2n-quic and quinn. The versions are those of Cargo.lock, which Cargo checks. */
export function buildRust(): string | undefined {
  return build("cargo", ["build", "--release", "--locked"], SOURCES, {});
}

/** Builds quic-go, with the Go that go.mod names: Go gets that by itself. */
export function buildGo(): string | undefined {
  mkdirSync(BUILT, { recursive: true });
  return build("go", ["build", "-trimpath", "-o", GO_BUILT, "."], join(SOURCES, "go"), {
    GOTOOLCHAIN: "auto",
  });
}

/** nginx from the Debian of the interop tests, which unpacks it if it has to. */
export const nginx = inChroot(debian, "nginx");

/** A server to compare with, or why it cannot be started. */
export interface Foreign {
  readonly peer: Peer;
  readonly missing: string | undefined;
}

function commandPeer(
  id: string,
  name: string,
  command: (identity: Identity) => readonly [string, ...string[]],
): Peer {
  return {
    ...ours,
    id,
    name,
    isAvailable: (_context: Context, kind: Kind) => kind !== HYBRID,
    reportsUsage: false,
    startServer: (_context, identity) => {
      const [program, ...args] = command(identity);
      return new Child("server", program, args);
    },
  };
}

const filesOf = ({ certFile, keyFile }: Identity): string[] => [
  ...["--cert", certFile, "--key", keyFile],
];

function builtPeer(id: string, name: string, program: string): Foreign {
  const peer = commandPeer(id, name, (identity) => [program, ...filesOf(identity)]);
  const missing = existsSync(program) ? undefined : "not built: `npm run bench:peers` builds it";
  return { peer, missing };
}

function nginxPeer(found: Found<{ outside: (path: string) => string }>): Foreign {
  const root = "found" in found ? found.found.outside("/") : "";
  const script = join(BENCH, "servers", "nginx.mjs");
  const peer = commandPeer("nginx", "nginx (quic_gso)", (identity) => [
    process.execPath,
    ...[script, "--chroot", root, "--bytes", String(DOWNLOAD_BYTES)],
    ...filesOf(identity),
  ]);
  return { peer, missing: "missing" in found ? found.missing : undefined };
}

/** All of them, in the order of the tables. */
export function findForeign(): readonly Foreign[] {
  const found = [
    builtPeer("s2n-quic", "s2n-quic + h3", join(RUST_BUILT, "peer-s2n")),
    builtPeer("quinn", "quinn + h3", join(RUST_BUILT, "peer-quinn")),
    nginxPeer(nginx),
    builtPeer("quic-go", "quic-go", GO_BUILT),
  ];
  const cannotRead = canReadTrees ? undefined : "this system does not say what a process uses";
  return found.map(({ peer, missing }) => ({ peer, missing: cannotRead ?? missing }));
}

/** The load generator that is not ours, if it was built: on quinn, with the command line of bench/native/client.c. */
export function foreignClient(): string | undefined {
  const program = join(RUST_BUILT, "peer-quinn-client");
  return existsSync(program) ? program : undefined;
}

function output(command: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout + stderr : undefined;
}

function cargoVersions(): [string, string][] {
  const lock = readFileSync(join(SOURCES, "Cargo.lock"), "utf8");
  return CRATES.flatMap((name) => {
    const version = new RegExp(`^name = "${name}"\nversion = "([^"]+)"`, "m").exec(lock)?.[1];
    return version === undefined ? [] : [[name, version] as [string, string]];
  });
}

function goVersions(): [string, string][] {
  const module = readFileSync(join(SOURCES, "go", "go.mod"), "utf8");
  const quicGo = /quic-go\/quic-go v(\S+)/.exec(module)?.[1] ?? "unknown";
  return [
    ["quic-go", quicGo],
    ["Go", /^go (\S+)$/m.exec(module)?.[1] ?? "unknown"],
  ];
}

function nginxVersions(): [string, string][] {
  if ("missing" in nginx) return [];
  const text = nginx.found.run("nginx", "-V");
  const version = /nginx\/(\S+)/.exec(text.stderr)?.[1] ?? "unknown";
  const openssl = /with OpenSSL (\S+)/.exec(text.stderr)?.[1];
  const running = /running with OpenSSL (\S+)/.exec(text.stderr)?.[1];
  return [["nginx", `${version} with OpenSSL ${running ?? openssl ?? "unknown"}`]];
}

/** What was measured beside ours, by name. */
export function foreignVersions(): Readonly<Record<string, string>> {
  const rustc = output("rustc", ["--version"]);
  const h2load = output("h2load", ["--version"]);
  return Object.fromEntries([
    ...cargoVersions(),
    ...(rustc === undefined ? [] : [["rustc", rustc.split(" ")[1] ?? firstLine(rustc)] as const]),
    ...goVersions(),
    ...nginxVersions(),
    ...(h2load === undefined
      ? []
      : [["h2load", lastLine(h2load).replace(/^h2load /, "")] as const]),
  ]);
}
