// SPDX-License-Identifier: MIT
// Development identities: two private roots and the two server certificates under them, kept in the user's data folder
// so that browsers and tools have to be told only once. The root keys are thrown away when they are made.
import { createHash, X509Certificate } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { PROFILES, type FileKeyPair, type Profile } from "./config/index.js";
import { ConfigError, errorFromStatus, PqqError, statusOfCode } from "./errors/index.js";
import { loadNative } from "./internal/load.js";
import type { NativeDevIdentity, NativeError } from "./internal/native.js";

/** Options of {@link devIdentity}. */
export interface DevIdentityOptions {
  /** Decides the algorithms. @defaultValue `"balanced"` */
  readonly profile?: Profile | undefined;
  /** DNS names and IP addresses of the certificates. @defaultValue `localhost`, `127.0.0.1` and `::1` */
  readonly names?: readonly string[] | undefined;
  /** Where to keep the files. @defaultValue a folder for this profile and these names in the user's data folder */
  readonly dir?: string | undefined;
  /** Make new ones even if those that are there are still good. @defaultValue false */
  readonly renew?: boolean | undefined;
}

/** A development identity on disk. */
export interface DevIdentity {
  readonly profile: Profile;
  readonly names: readonly string[];
  /** Where the files are. */
  readonly dir: string;
  /** Both roots in one file: what a client trusts. */
  readonly caFile: string;
  /** What `Server.serve` takes as `identity`. */
  readonly identity: FileKeyPair & { readonly classical: FileKeyPair };
  readonly validTo: Date;
  /** Whether it was made by this call. */
  readonly isNew: boolean;
}

const DEFAULT_NAMES: readonly string[] = ["localhost", "127.0.0.1", "::1"];
/** Browsers refuse server certificates that are valid for longer. */
const VALID_DAYS = 397;
/** One that ends sooner is made anew: a server should outlive the afternoon. */
const MIN_REMAINING_MS = 7 * 24 * 60 * 60 * 1000;
const FOLDER_MODE = 0o700;
const KEY_MODE = 0o600;
const CERT_MODE = 0o644;

const FILES = {
  ca: "ca.pem",
  pqCert: "pq-cert.pem",
  pqKey: "pq-key.pem",
  classicalCert: "classical-cert.pem",
  classicalKey: "classical-key.pem",
} as const;

/**
 * Finds or makes a development identity. One that is there is used again if it has the names and is valid for seven
 * more days. Anybody who can read the keys can be this server: never use it for anything but development.
 *
 * @throws ConfigError if a name or the folder is not usable.
 *
 * @example
 * ```ts
 * const dev = devIdentity();
 * await using server = await Server.serve({ port: 0, identity: dev.identity }, () => new Response("hello\n"));
 * const response = await Client.get(server.url, { caFile: dev.caFile });
 * ```
 */
export function devIdentity(options: DevIdentityOptions = {}): DevIdentity {
  const profile = options.profile ?? "balanced";
  const names = options.names ?? DEFAULT_NAMES;
  const dir = resolve(options.dir ?? join(devFolder(), folderName(profile, names)));
  const there = options.renew === true ? null : stillGood(dir, names);
  if (there !== null) return describe(profile, names, dir, there, false);
  make(profile, names, dir, options.renew === true);
  const made = stillGood(dir, names);
  if (made === null)
    throw new PqqError("PQQ_ERR_IO", { detail: `${dir} does not hold what was written` });
  return describe(profile, names, dir, made, true);
}

/** The root files of all development identities in the user's data folder. */
export function devRootFiles(): string[] {
  const folder = devFolder();
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => join(folder, entry.name, FILES.ca))
    .filter((file) => existsSync(file))
    .sort();
}

/** This package's folder among the user's data, as the platform has it. */
export function dataFolder(): string {
  const { env, platform } = process;
  if (platform === "win32")
    return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "velo-pqq");
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", "velo-pqq");
  // The XDG specification wants relative paths to be ignored.
  const base = env["XDG_DATA_HOME"]?.startsWith("/")
    ? env["XDG_DATA_HOME"]
    : join(homedir(), ".local", "share");
  return join(base, "velo-pqq");
}

function devFolder(): string {
  return join(dataFolder(), "dev");
}

/** One folder for each set of names: making certificates for a new name must not break a server that is running. */
function folderName(profile: Profile, names: readonly string[]): string {
  if (names === DEFAULT_NAMES) return profile;
  const hash = createHash("sha256")
    .update([...names].sort().join("\n"))
    .digest("hex");
  return `${profile}-${hash.slice(0, 12)}`;
}

function describe(
  profile: Profile,
  names: readonly string[],
  dir: string,
  validTo: Date,
  isNew: boolean,
): DevIdentity {
  const path = (file: keyof typeof FILES): string => join(dir, FILES[file]);
  return Object.freeze({
    profile,
    names,
    dir,
    caFile: path("ca"),
    identity: {
      certFile: path("pqCert"),
      keyFile: path("pqKey"),
      classical: { certFile: path("classicalCert"), keyFile: path("classicalKey") },
    },
    validTo,
    isNew,
  });
}

/** When the identity in `dir` ends; null if it is incomplete, for other names, or too old. */
function stillGood(dir: string, names: readonly string[]): Date | null {
  if (!Object.values(FILES).every((file) => existsSync(join(dir, file)))) return null;
  try {
    // Of the two leaves, made in one call, Node.js can read the classical one in every version.
    const leaf = new X509Certificate(readFileSync(join(dir, FILES.classicalCert)));
    const validTo = new Date(leaf.validTo);
    const hasNames = names.every((name) => leaf.checkHost(name) ?? leaf.checkIP(name));
    return hasNames && validTo.getTime() - Date.now() > MIN_REMAINING_MS ? validTo : null;
  } catch {
    // A file that is no certificate any more is replaced like an expired one.
    return null;
  }
}

/** Makes all files in a folder beside `dir` and then puts them in place at once. */
function make(profile: Profile, names: readonly string[], dir: string, isRenewal: boolean): void {
  const pems = generate(profile, names);
  try {
    mkdirSync(dirname(dir), { recursive: true, mode: FOLDER_MODE });
    // A temporary folder has mode 0700 from the start.
    const fresh = mkdtempSync(join(dirname(dir), ".new-"));
    try {
      writeFileSync(join(fresh, FILES.pqKey), pems.pqKeyPem, { mode: KEY_MODE });
      writeFileSync(join(fresh, FILES.classicalKey), pems.classicalKeyPem, { mode: KEY_MODE });
      writeFileSync(join(fresh, FILES.pqCert), pems.pqCertPem, { mode: CERT_MODE });
      writeFileSync(join(fresh, FILES.classicalCert), pems.classicalCertPem, { mode: CERT_MODE });
      writeFileSync(join(fresh, FILES.ca), pems.caPem, { mode: CERT_MODE });
      // Another process may have been faster: what it made is as good.
      if (isRenewal || stillGood(dir, names) === null) putInPlace(fresh, dir);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const received = `${JSON.stringify(dir)} (${why})`;
    const issue = { path: "dir", expected: "a folder to write to", received };
    throw new ConfigError([issue], "PQQ_ERR_IO", cause);
  }
}

/** A folder that is there may be a user's own, with other files in it: then only ours are replaced. */
function putInPlace(fresh: string, dir: string): void {
  if (!existsSync(dir)) {
    renameSync(fresh, dir);
    return;
  }
  for (const file of Object.values(FILES)) renameSync(join(fresh, file), join(dir, file));
}

function generate(profile: Profile, names: readonly string[]): NativeDevIdentity {
  if (!Object.hasOwn(PROFILES, profile))
    throw errorFromStatus(statusOfCode("PQQ_ERR_PROFILE_UNKNOWN"), profile);
  const native = loadNative();
  try {
    return native.devIdentity(PROFILES[profile], names, VALID_DAYS);
  } catch (error) {
    const { status, detail } = error as NativeError;
    throw errorFromStatus(status, detail, { cause: error });
  }
}
