// SPDX-License-Identifier: MIT
// Our client in the matrix: with each requirement, other profiles, fewer groups, fewer anchors.
import {
  Client,
  HandshakeError,
  isPqqError,
  type ClientOptions,
  type Requirement,
  type Requirements,
  type Security,
} from "../../lib/index.js";
import {
  ALL_CIPHERS,
  PROFILES,
  PROFILE_NAMES,
  type ClientFacts,
  type Outcome,
  type Profile,
  type View,
} from "./facts.js";
import { identityOf, type RunningServer } from "./servers.js";

/** A client that is told the server's profile. */
export interface OurClient {
  readonly name: string;
  readonly options: ClientOptions;
  readonly facts: ClientFacts;
}

/** What libpqq accepts in CertificateVerify, as far as a server of the matrix could sign with it. */
const SCHEMES = PROFILE_NAMES.flatMap((name) => [PROFILES[name].pq, PROFILES[name].classical]);

const END = "-----END CERTIFICATE-----\n";

/** The ML-DSA root and the classical one of a profile's development identities. */
function rootsOf(profile: Profile): [pq: string, classical: string] {
  const [pq = "", classical = ""] = identityOf(profile)
    .caPem.split(END)
    .map((text) => text + END);
  return [pq, classical];
}

function factsOf(profile: Profile, options: ClientOptions): ClientFacts {
  const main = (options.profile ?? "balanced") as Profile;
  const profiles = (options.profiles ?? [main]) as readonly Profile[];
  const defaults = [
    ...profiles.flatMap((name) => PROFILES[name].groups),
    ...PROFILES[main].groups,
    ...PROFILES[main].h3Groups,
  ];
  const [pq, classical] = rootsOf(profile);
  const ca = String(options.ca);
  return {
    profiles: options.velocity === false ? [] : profiles,
    groups: options.groups ?? [...new Set(defaults)],
    ciphers: ALL_CIPHERS.filter((cipher) =>
      [main, ...profiles].some((name) => PROFILES[name].ciphers.includes(cipher)),
    ),
    schemes: SCHEMES,
    trustsPq: ca.includes(pq),
    trustsClassical: ca.includes(classical),
    require: levels(options.require),
  };
}

function levels(require: Requirement | Requirements | undefined): ClientFacts["require"] {
  if (typeof require === "string") return { keyExchange: require, authentication: require };
  return {
    keyExchange: require?.keyExchange ?? "any",
    authentication: require?.authentication ?? "any",
  };
}

/** All clients of ours for a server of `profile`. */
export function ourClients(profile: Profile): OurClient[] {
  const [pqRoot, classicalRoot] = rootsOf(profile);
  const others = PROFILE_NAMES.filter((name) => name !== profile);
  const all = { profile: "balanced", profiles: [...others, profile] } as const;
  const withMlKem = ["X25519MLKEM768", "SecP384r1MLKEM1024", "MLKEM768"] as const;
  const rows: [name: string, options: ClientOptions][] = [
    ["no requirement", {}],
    ["any", { require: "any" }],
    ["pq", { require: "pq" }],
    ["hybrid", { require: "hybrid" }],
    ["key exchange pq", { require: { keyExchange: "pq" } }],
    ["key exchange hybrid", { require: { keyExchange: "hybrid" } }],
    ["authentication pq", { require: { authentication: "pq" } }],
    ["authentication hybrid", { require: { authentication: "hybrid" } }],
    ...others.flatMap((other): typeof rows => [
      [`profile ${other}`, { profile: other }],
      [`profile ${other}, hybrid`, { profile: other, require: "hybrid" }],
    ]),
    ["all profiles", all],
    ["all profiles, hybrid", { ...all, require: "hybrid" }],
    ["profile secure, offers all", { ...all, profile: "secure" }],
    ["velocity off", { velocity: false }],
    ["velocity off, pq", { velocity: false, require: "pq" }],
    ["velocity off, hybrid", { velocity: false, require: "hybrid" }],
    ["X25519 only", { groups: ["X25519"] }],
    ["X25519 only, pq", { groups: ["X25519"], require: "pq" }],
    ["X25519 only, authentication pq", { groups: ["X25519"], require: { authentication: "pq" } }],
    [
      "X25519 only, authentication hybrid",
      { groups: ["X25519"], require: { authentication: "hybrid" } },
    ],
    ["MLKEM768 too", { groups: withMlKem }],
    [
      "MLKEM768 too, key exchange hybrid",
      { groups: withMlKem, require: { keyExchange: "hybrid" } },
    ],
    ["MLKEM768 only, pq", { groups: ["MLKEM768"], require: "pq" }],
    ["MLKEM768 only, hybrid", { groups: ["MLKEM768"], require: "hybrid" }],
    [
      "MLKEM768 only, key exchange hybrid",
      { groups: ["MLKEM768"], require: { keyExchange: "hybrid" } },
    ],
    ["ML-DSA root only", { ca: pqRoot }],
    ["ML-DSA root only, pq", { ca: pqRoot, require: "pq" }],
    ["ML-DSA root only, hybrid", { ca: pqRoot, require: "hybrid" }],
    ["classical root only", { ca: classicalRoot }],
    ["classical root only, pq", { ca: classicalRoot, require: "pq" }],
  ];
  return rows.map(([name, given]) => {
    const options = { profile, ca: pqRoot + classicalRoot, pins: false, ...given } as const;
    return { name: `ours, ${name}`, options, facts: factsOf(profile, options) };
  });
}

/** What an end says of its connection, in the terms of the matrix. */
export function viewOf(security: Security): View {
  return {
    protocol: security.alpn,
    group: security.group,
    cipher: security.cipher,
    signature: security.signature,
    classicalSignature: security.classicalSignature,
    authentication: security.authentication,
    profile: security.profile,
    downgrade: security.downgrade?.reason ?? null,
    claimed: security.downgrade?.claimed ?? false,
  };
}

/** The answer of a server of the matrix. */
export interface Answer {
  readonly security: Security;
  readonly selection: string;
}

/** Connects, fetches what the server says, and closes. */
export async function connectOurs({ options }: OurClient, to: RunningServer): Promise<Outcome> {
  try {
    await using client = new Client(options);
    const response = await client.get(`https://127.0.0.1:${to.server.port}/`);
    const { security, selection } = (await response.json()) as Answer;
    const seen = viewOf(response.connection.security);
    return { kind: "connected", client: seen, server: viewOf(security), selection };
  } catch (error) {
    if (!isPqqError(error)) throw error;
    const isWire = error instanceof HandshakeError && error.code !== "PQQ_ERR_POLICY_CONFIG";
    return {
      kind: "failed",
      code: error.code,
      alert: isWire ? error.alert : undefined,
      by: isWire ? (error.remote ? "server" : "client") : "nobody",
      text: error.message,
    };
  }
}
