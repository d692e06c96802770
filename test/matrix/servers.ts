// SPDX-License-Identifier: MIT
// The servers of the matrix: each profile with development identities, as it is and in variants of policy.
import { Response, Server, type Identity, type ServerOptions } from "../../lib/index.js";
import { loadNative } from "../../lib/internal/load.js";
import type { NativeDevIdentity } from "../../lib/internal/native.js";
import { PROFILES, type Levels, type Profile, type ServerFacts } from "./facts.js";

const NAMES = ["localhost", "127.0.0.1", "::1"];
const DAYS = 2;

const ANY: Levels = { keyExchange: "any", authentication: "any" };

/** How a server differs from the plain one of its profile. */
interface Variant {
  readonly name: string;
  readonly options?: Partial<ServerOptions>;
  readonly identity?: "pq" | "classical";
  readonly facts?: Partial<ServerFacts>;
}

/** `always` is what development identities get by default. */
const VARIANTS: readonly Variant[] = [
  { name: "" },
  { name: "pqOnH3 never", facts: { pqOnH3: false } },
  required("pq", { keyExchange: "pq", authentication: "pq" }),
  required("hybrid", { keyExchange: "hybrid", authentication: "hybrid" }),
  required("key exchange hybrid", { keyExchange: "hybrid", authentication: "any" }),
  {
    ...required("authentication pq, pqOnH3 never", { keyExchange: "any", authentication: "pq" }),
    facts: { require: { keyExchange: "any", authentication: "pq" }, pqOnH3: false },
  },
  {
    name: "require key exchange hybrid, groups MLKEM768, X25519MLKEM768",
    options: {
      require: { keyExchange: "hybrid" },
      groups: ["MLKEM768", "X25519MLKEM768"],
    },
    facts: {
      require: { keyExchange: "hybrid", authentication: "any" },
      groups: ["MLKEM768", "X25519MLKEM768"],
    },
  },
  { name: "ML-DSA only", identity: "pq", facts: { hasClassical: false } },
  { name: "classical only", identity: "classical", facts: { hasPq: false } },
  { name: "velocity off", options: { velocity: false }, facts: { velocity: false } },
  {
    name: "velocity off, pqOnH3 never",
    options: { velocity: false },
    facts: { velocity: false, pqOnH3: false },
  },
  grouped("X25519"),
  grouped("MLKEM768", "X25519"),
  grouped("X25519MLKEM768"),
];

function required(name: string, require: Levels): Variant {
  return { name: `require ${name}`, options: { require }, facts: { require } };
}

function grouped(...groups: NonNullable<ServerOptions["groups"]>[number][]): Variant {
  return { name: `groups ${groups.join(", ")}`, options: { groups }, facts: { groups } };
}

const identities = new Map<Profile, NativeDevIdentity>();

/** Certificates of a profile, made once per process. */
export function identityOf(profile: Profile): NativeDevIdentity {
  const made =
    identities.get(profile) ?? loadNative().devIdentity(PROFILES[profile].number, NAMES, DAYS);
  identities.set(profile, made);
  return made;
}

function identityOption(profile: Profile, variant: Variant): Identity {
  const { pqCertPem, pqKeyPem, classicalCertPem, classicalKeyPem } = identityOf(profile);
  const pq = { cert: pqCertPem, key: pqKeyPem };
  const classical = { cert: classicalCertPem, key: classicalKeyPem };
  const pqOnH3 = variant.facts?.pqOnH3 === false ? "never" : "auto";
  if (variant.identity !== undefined) return variant.identity === "pq" ? pq : classical;
  return { ...pq, classical, pqOnH3 };
}

/** A server of the matrix while it runs. */
export interface RunningServer {
  readonly name: string;
  readonly profile: Profile;
  readonly facts: ServerFacts;
  readonly server: Server;
  readonly url: string;
}

/** Answers with what it knows of the connection. */
async function start(profile: Profile, variant: Variant): Promise<RunningServer> {
  const options = {
    port: 0,
    host: ["127.0.0.1", "::1"],
    profile,
    identity: identityOption(profile, variant),
    ...variant.options,
  };
  const server = await Server.serve(options, (_request, { connection }) =>
    Response.json({
      security: connection.security,
      selection: connection.selectionReason,
    }),
  );
  const { groups, h3Groups } = PROFILES[profile];
  return {
    name: variant.name,
    profile,
    server,
    url: `https://localhost:${server.port}/`,
    facts: {
      profile,
      hasPq: true,
      hasClassical: true,
      velocity: true,
      pqOnH3: true,
      groups: [...groups, ...h3Groups],
      require: ANY,
      ...variant.facts,
    },
  };
}

/** Starts the servers of some profiles, all variants or the plain ones. */
export async function startServers(
  profiles: readonly Profile[],
  isPlain = false,
): Promise<RunningServer[]> {
  const variants = isPlain ? VARIANTS.slice(0, 1) : VARIANTS;
  const running: RunningServer[] = [];
  for (const profile of profiles) {
    for (const variant of variants) running.push(await start(profile, variant));
  }
  return running;
}

export async function stopServers(servers: readonly RunningServer[]): Promise<void> {
  await Promise.all(servers.map(({ server }) => server.close({ drainMs: 0 })));
}
