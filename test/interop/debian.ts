// SPDX-License-Identifier: MIT
// Gets programs of a newer Debian, for the interop tests and for the benchmarks.
//
// curl with HTTP/3, openssl with ML-DSA, nginx, HAProxy and aioquic come from a suite that is unpacked into
// build/interop/ and run by chroot: its processes share the loopback interface with the tests, and
// nothing of the machine is replaced.
//
// What is missing is installed when that is possible (root on a Debian with apt), unless
// PQQ_INTEROP_PREPARE=0. What cannot be had is a reason that the tests print when they skip.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";

/** The suite with OpenSSL 3.5 or later under curl and nginx: the first Debian has is 13. */
const suite = process.env["PQQ_INTEROP_SUITE"] ?? "sid";
const chrootPackages = ["curl", "openssl", "nginx", "haproxy", "python3-aioquic"];
const folder = join(process.cwd(), "build", "interop");
const mayInstall = process.env["PQQ_INTEROP_PREPARE"] !== "0";

/** A peer, or the reason why there is none. */
export type Found<T> = { readonly found: T } | { readonly missing: string };

export interface Output {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Throws only if it cannot be started. */
function run(command: string, args: readonly string[], timeoutMs = 30_000): Output {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) {
    throw error;
  }
  return { status, stdout, stderr };
}

/** The path of an installed program. */
export function onPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((path) => join(path, name))
    .find((path) => existsSync(path));
}

/** The mirror this machine's own apt uses for Debian itself. */
function mirror(): string | undefined {
  if (onPath("apt-get") === undefined) {
    return undefined;
  }
  const format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
  const { stdout } = run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  return /^Debian\|Debian\|(\S+)$/m.exec(stdout)?.[1];
}

/** Installs packages on this machine. Returns the reason why not. */
export function aptInstall(...packages: string[]): string | undefined {
  if (!mayInstall) {
    return "PQQ_INTEROP_PREPARE=0";
  }
  if (process.getuid?.() !== 0 || onPath("apt-get") === undefined) {
    return "installing needs root and apt";
  }
  console.error(`    installing ${packages.join(" ")}`);
  const args = ["install", "--yes", "--no-install-recommends", ...packages];
  if (run("apt-get", args, 300_000).status === 0) {
    return undefined;
  }
  run("apt-get", ["update"], 120_000);
  const { status, stderr } = run("apt-get", args, 300_000);
  return status === 0 ? undefined : `apt-get install ${packages.join(" ")}: ${lastLine(stderr)}`;
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** A Debian in a folder. Its programs run as root, with the network of the machine. */
export class Chroot {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The command line that runs a program inside, for child_process.spawn. */
  command(...args: string[]): [string, string[]] {
    return ["chroot", [this.#root, ...args]];
  }

  run(...args: string[]): Output {
    return run(...this.command(...args));
  }

  /** Makes an empty folder inside. Returns its path as seen from inside. */
  makeFolder(): string {
    return mkdtempSync(join(this.#root, "tmp", "pqq-")).slice(this.#root.length);
  }

  /** Copies a file of this machine to `path` inside. */
  copy(source: string, path: string): void {
    cpSync(source, join(this.#root, path));
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.#root, path), content);
  }

  read(path: string): Buffer {
    return readFileSync(join(this.#root, path));
  }

  /** The path on this machine of a path inside. */
  outside(path: string): string {
    return join(this.#root, path);
  }

  remove(path: string): void {
    rmSync(join(this.#root, path), { recursive: true, force: true });
  }
}

function prepareChroot(): Found<Chroot> {
  const root = join(folder, suite);
  if (process.getuid?.() !== 0) {
    return { missing: `chroot needs root, to run programs of Debian ${suite}` };
  }
  if (existsSync(root)) {
    return { found: new Chroot(root) };
  }
  const reason = onPath("mmdebstrap") === undefined ? aptInstall("mmdebstrap") : undefined;
  if (reason !== undefined) {
    return { missing: `mmdebstrap: ${reason}` };
  }
  const address = mayInstall ? mirror() : undefined;
  if (address === undefined) {
    return { missing: `no Debian mirror to unpack ${suite} from` };
  }
  // Unpacked under another name, so that an interrupted run leaves nothing that looks complete.
  const unfinished = `${root}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  console.error(`    unpacking Debian ${suite} into build/interop/ (once, about a minute)`);
  const args = [
    "--mode=root",
    "--variant=apt",
    // A mirror that lags behind keeps an expired Release file; the signature is still checked.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=APT::Install-Recommends "false"',
    `--include=${chrootPackages.join(",")}`,
    suite,
    unfinished,
    address,
  ];
  const { status, stderr } = run("mmdebstrap", args, 600_000);
  if (status !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    return { missing: `mmdebstrap ${suite}: ${lastLine(stderr)}` };
  }
  renameSync(unfinished, root);
  return { found: new Chroot(root) };
}

/** A newer Debian with curl, openssl, nginx, HAProxy and aioquic. */
export const debian = prepareChroot();

/** That Debian if it has a program, which one that was unpacked before may lack. */
export function inChroot(peer: Found<Chroot>, program: string): Found<Chroot> {
  if ("missing" in peer) return peer;
  if (peer.found.run("sh", "-c", `command -v ${program}`).status === 0) return peer;
  return { missing: `${program} is not in build/interop/${suite}; remove that to unpack it anew` };
}
