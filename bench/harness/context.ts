// SPDX-License-Identifier: MIT
// What every scenario gets: programs, identities, and how thorough to be.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const BENCH = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(BENCH);

/** The profiles whose development identities make up all kinds of certificates. */
const PROFILES = ["light", "balanced", "secure"] as const;

/** Of a large download. */
export const DOWNLOAD_BYTES = 100 * 1024 * 1024;

/** PEM files of one certificate and its key. */
export interface KeyFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Who a server is, under which profile it runs, and what a client trusts. */
export interface Identity extends KeyFiles {
  readonly profile: string;
  /** The second identity of velocity/1. */
  readonly classical: KeyFiles | undefined;
  readonly caFile: string;
}

/** Kinds of server certificates, as bench/native/bench.c has them: plain h3. */
export const KINDS = ["P-256", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const;

/** Both identities of the profile balanced: velocity/1. */
export const HYBRID = "ML-DSA-65 + P-256";

export type Kind = (typeof KINDS)[number] | typeof HYBRID;

type Half = "pq" | "classical";

/** Of which profile's development identity, which halves, and the profile to serve them under. */
const SOURCES: Readonly<
  Record<Kind, { readonly from: string; readonly halves: readonly [Half, Half?]; profile: string }>
> = {
  "P-256": { from: "balanced", halves: ["classical"], profile: "balanced" },
  "ML-DSA-44": { from: "light", halves: ["pq"], profile: "light" },
  "ML-DSA-65": { from: "balanced", halves: ["pq"], profile: "balanced" },
  "ML-DSA-87": { from: "secure", halves: ["pq"], profile: "balanced" },
  [HYBRID]: { from: "balanced", halves: ["pq", "classical"], profile: "balanced" },
};

/** One run of the harness. */
export class Context {
  readonly #isQuick: boolean;
  readonly #build: string;
  readonly #folder: string;

  /** @param build - the folder CMake has built in; default: the one of `npm run build` */
  constructor(build: string | undefined, isQuick: boolean) {
    this.#isQuick = isQuick;
    this.#build = build ?? join(ROOT, "build");
    const programs = [
      "handshake",
      "profiles",
      "sign",
      "identity",
      "server",
      "client",
      "burst",
      "latency",
    ];
    const missing = programs.filter((name) => !existsSync(this.program(name)));
    if (missing.length > 0) {
      throw new Error(`${this.program(missing[0] ?? "")} is missing: run \`npm run build\` first`);
    }
    this.#folder = mkdtempSync(join(tmpdir(), "pqq-bench-"));
    for (const profile of PROFILES) this.#makeIdentity(profile);
  }

  /** How much of something this run does. */
  pick(amounts: Readonly<Record<"full" | "quick", number>>): number {
    return this.#isQuick ? amounts.quick : amounts.full;
  }

  /** A program of bench/native. */
  program(name: string): string {
    return join(this.#build, "bench", name);
  }

  /** A file of bench/. */
  script(...path: string[]): string {
    return join(BENCH, ...path);
  }

  /** Whether the package itself has been built, which the TypeScript server needs. */
  hasPackage(): boolean {
    const files = [join(ROOT, "dist", "index.js"), join(ROOT, "build", "addon", "pqq.node")];
    return files.every((file) => existsSync(file));
  }

  identity(kind: Kind): Identity {
    const { from, halves, profile } = SOURCES[kind];
    const path = (name: string): string => join(this.#folder, from, name);
    const files = (half: Half): KeyFiles => ({
      certFile: path(`${half}.cert.pem`),
      keyFile: path(`${half}.key.pem`),
    });
    const [first, second] = halves;
    return {
      ...files(first),
      classical: second === undefined ? undefined : files(second),
      profile,
      caFile: path("ca.pem"),
    };
  }

  /** A folder with the answers of the other servers as files; a large download has {@link DOWNLOAD_BYTES}. */
  site(): string {
    const folder = join(this.#folder, "site");
    if (existsSync(folder)) return folder;
    mkdirSync(join(folder, "download"), { recursive: true });
    writeFileSync(join(folder, "small"), Buffer.alloc(1024, "x"));
    writeFileSync(
      join(folder, "download", String(DOWNLOAD_BYTES)),
      Buffer.alloc(DOWNLOAD_BYTES, "x"),
    );
    return folder;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #makeIdentity(profile: string): void {
    const folder = join(this.#folder, profile);
    mkdirSync(folder);
    const { status } = spawnSync(this.program("identity"), [profile, folder], { stdio: "inherit" });
    if (status !== 0) throw new Error(`no ${profile} identity could be made`);
  }
}
