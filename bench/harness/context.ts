// SPDX-License-Identifier: MIT
// What every scenario gets: programs, identities, and how thorough to be.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const BENCH = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(BENCH);

/** The profiles whose development identities make up all kinds of certificates. */
const PROFILES = ["light", "balanced", "secure"] as const;

/** PEM files of one server identity, and what a client trusts. */
export interface Identity {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** Kinds of server certificates, as bench/native/bench.c has them. */
export const KINDS = ["P-256", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const;
export type Kind = (typeof KINDS)[number];

const SOURCES: Readonly<Record<Kind, readonly [profile: string, half: string]>> = {
  "P-256": ["balanced", "classical"],
  "ML-DSA-44": ["light", "pq"],
  "ML-DSA-65": ["balanced", "pq"],
  "ML-DSA-87": ["secure", "pq"],
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
    const programs = ["handshake", "sign", "identity", "server", "client", "burst"];
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
    const [profile, half] = SOURCES[kind];
    const path = (name: string): string => join(this.#folder, profile, name);
    return {
      certFile: path(`${half}.cert.pem`),
      keyFile: path(`${half}.key.pem`),
      caFile: path("ca.pem"),
    };
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
