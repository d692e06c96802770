// SPDX-License-Identifier: MIT
// Clients that others have written: curl and aioquic of the newer Debian. Each is run as a program and said what it saw.
import { join } from "node:path";
import type { Chroot } from "../interop/peers.js";
import { execute } from "../interop/support.js";
import {
  ALL_CIPHERS,
  PROFILES,
  PROFILE_NAMES,
  isMlDsa,
  type ClientFacts,
  type Outcome,
  type View,
} from "./facts.js";
import { viewOf, type Answer } from "./ours.js";
import { identityOf, type RunningServer } from "./servers.js";

/** One program in one setting, run against every server. */
export interface Program {
  readonly name: string;
  /** Program and version. */
  readonly version: string;
  readonly facts: ClientFacts;
  /** The outcome for each server, in their order. */
  run(servers: readonly RunningServer[]): Promise<Outcome[]>;
}

/** TLS alerts are QUIC error codes from here on (RFC 9001 section 4.8). */
export const CRYPTO_ERROR = 0x100;

const SCHEMES = PROFILE_NAMES.flatMap((name) => [PROFILES[name].pq, PROFILES[name].classical]);
export const CLASSICAL_SCHEMES = SCHEMES.filter((scheme) => !isMlDsa(scheme));

/** A client that knows no velocity/1 and no requirements, and has the servers' roots. */
export function plainFacts(
  groups: readonly string[],
  schemes: readonly string[] = SCHEMES,
): ClientFacts {
  return {
    profiles: [],
    groups,
    ciphers: ALL_CIPHERS,
    schemes,
    trustsPq: true,
    trustsClassical: true,
    require: { keyExchange: "any", authentication: "any" },
  };
}

/** An outcome out of a server's answer and what the client itself said. */
export function connected(body: string, client: Partial<View>): Outcome {
  const { security, selection } = JSON.parse(body) as Answer;
  return { kind: "connected", client, server: viewOf(security), selection };
}

/** An outcome that the client has put into its own words. */
export function failed(code: string, alert: number | undefined, text: string): Outcome {
  return { kind: "failed", code, alert, by: alert === undefined ? undefined : "server", text };
}

/** Writes the roots of every profile into a folder of the chroot; the file of a server's is `<profile>.pem`. */
export function writeRoots(chroot: Chroot, folder: string): void {
  for (const name of PROFILE_NAMES) chroot.write(`${folder}/${name}.pem`, identityOf(name).caPem);
}

/** The line in which curl says what was negotiated: cipher, group, algorithm of the certificate's key. */
const NEGOTIATED = /SSL connection using TLSv1\.3 \/ (\S+) \/ (\S+) \/ (\S+)/;
/** The line of its trace that names the alert which came over the wire. */
const ALERT = /crypto error, tls alert=(\d+)/;
/** Characters of its trace that are kept of a failure. */
const TEXT_LENGTH = 500;

/** OpenSSL writes groups in any case; IANA's names are compared. */
function ianaGroup(name: string): string {
  const known = ["X25519", "X25519MLKEM768", "SecP384r1MLKEM1024", "MLKEM768"];
  return known.find((group) => group.toLowerCase() === name.toLowerCase()) ?? name;
}

/** curl names the kind of the leaf's key. Of ECDSA it does not say the curve, so that only its being ECDSA is compared. */
function curlView(stderr: string, server: View): Partial<View> {
  const [, cipher = "", group = "", key = ""] = NEGOTIATED.exec(stderr) ?? [];
  const isEcdsa = key === "id-ecPublicKey" && server.signature.startsWith("ecdsa_");
  return {
    protocol: stderr.includes("using HTTP/3") ? "h3" : "unknown",
    cipher,
    group: ianaGroup(group),
    signature: isEcdsa ? server.signature : key.replace("id-ml-dsa-", "ML-DSA-"),
  };
}

/** How curl is called for one row. */
interface CurlSetting {
  readonly name: string;
  readonly facts: ClientFacts;
  readonly settings: readonly string[];
}

function curl(chroot: Chroot, folder: string, setting: CurlSetting): Program {
  const always = ["--http3-only", "--silent", "--show-error", "--verbose"];
  const version = firstMatch(/^curl \S+/, chroot.run("curl", "--version").stdout);
  async function one({ profile, server }: RunningServer): Promise<Outcome> {
    const trust = ["--trace-config", "all", "--cacert", `${folder}/${profile}.pem`];
    const url = `https://127.0.0.1:${server.port}/`;
    const command = chroot.command("curl", ...always, ...trust, ...setting.settings, url);
    const { status, stdout, stderr } = await execute(command);
    if (status === 0) {
      const { security } = JSON.parse(stdout) as Answer;
      return connected(stdout, curlView(stderr, viewOf(security)));
    }
    const [, alert] = ALERT.exec(stderr) ?? [];
    const code = `curl: exit status ${status ?? "none"}`;
    return failed(
      code,
      alert === undefined ? undefined : Number(alert),
      stderr.slice(-TEXT_LENGTH),
    );
  }
  return {
    ...setting,
    version,
    async run(servers) {
      const outcomes: Outcome[] = [];
      for (const server of servers) outcomes.push(await one(server));
      return outcomes;
    },
  };
}

const firstMatch = (pattern: RegExp, text: string): string => pattern.exec(text)?.[0] ?? "unknown";

interface AioquicLine {
  readonly body?: string;
  readonly protocol?: string;
  readonly cipher?: string;
  readonly error?: number;
}

function aioquic(chroot: Chroot, folder: string): Program {
  const printVersion = "import aioquic; print('aioquic', aioquic.__version__)";
  const version = chroot.run("python3", "-c", printVersion).stdout.trim();
  const script = `${folder}/probe.py`;
  chroot.copy(join(import.meta.dirname, "aioquic_probe.py"), script);
  const MINUTE_MS = 60_000;
  function outcome(line: string): Outcome {
    const { body, protocol, cipher, error } = JSON.parse(line) as AioquicLine;
    if (body !== undefined && protocol !== undefined && cipher !== undefined) {
      return connected(body, { protocol, cipher });
    }
    const isAlert = error !== undefined && error >= CRYPTO_ERROR;
    return failed(`aioquic: error ${error}`, isAlert ? error - CRYPTO_ERROR : undefined, line);
  }
  return {
    name: "aioquic",
    version,
    facts: plainFacts(["secp256r1", "secp384r1", "X25519"], CLASSICAL_SCHEMES),
    async run(servers) {
      const targets = servers.flatMap(({ profile, server }) => [
        `${folder}/${profile}.pem`,
        `https://127.0.0.1:${server.port}/`,
      ]);
      const command = chroot.command("python3", script, ...targets);
      const { stdout, stderr } = await execute(command, 2 * MINUTE_MS);
      const lines = stdout.trim().split("\n");
      if (lines.length !== servers.length) throw new Error(`aioquic: ${stderr}`);
      return lines.map(outcome);
    },
  };
}

/** curl with OpenSSL's defaults, with one group, and without anything post-quantum; and aioquic. */
export function chrootPrograms(chroot: Chroot, folder: string): Program[] {
  const secure = "SecP384r1MLKEM1024";
  const curls: CurlSetting[] = [
    { name: "curl", facts: plainFacts(["X25519MLKEM768", "X25519"]), settings: [] },
    { name: `curl, ${secure}`, facts: plainFacts([secure]), settings: ["--curves", secure] },
    {
      name: "curl, classical",
      facts: plainFacts(["X25519"], CLASSICAL_SCHEMES),
      settings: ["--curves", "X25519", "--sigalgs", CLASSICAL_SCHEMES.join(":")],
    },
  ];
  return [...curls.map((setting) => curl(chroot, folder, setting)), aioquic(chroot, folder)];
}
