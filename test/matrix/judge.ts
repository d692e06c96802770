// SPDX-License-Identifier: MIT
// What is wrong with a cell. The first part looks for silent downgrades in what both ends say, whatever was expected; the
// last compares with the rules.
import {
  PROFILES,
  groupLevel,
  isMlDsa,
  reaches,
  type ClientFacts,
  type Connected,
  type Level,
  type Outcome,
  type ServerFacts,
  type View,
} from "./facts.js";
import { expectedOutcome, offerOf, type Expected } from "./rules.js";

/** Reasons of spec/fallback.md. */
const REASONS: readonly string[] = [
  "no_hybrid_cert",
  "policy_disabled",
  "client_profile_unsupported",
  "maintenance_window",
  "classical_group",
  "classical_certificate",
  "cipher",
];

/** What both ends have to say the same of. A profile is common to them on velocity/1 only. */
function comparedFields(server: View): readonly (keyof View)[] {
  const always = [
    "protocol",
    "group",
    "cipher",
    "signature",
    "classicalSignature",
    "authentication",
    "downgrade",
  ] as const;
  return server.protocol === "velocity/1" ? [...always, "profile"] : always;
}

const text = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

function disagreements({ client, server }: Connected): string[] {
  return comparedFields(server)
    .filter((field) => client[field] !== undefined && client[field] !== server[field])
    .map(
      (field) =>
        `the ends disagree: ${field} is ${text(client[field])} to the client, ${text(server[field])} to the server`,
    );
}

function authenticationLevel(view: View): Level {
  const { authentication } = view;
  return authentication === "hybrid" || authentication === "pq" ? authentication : "any";
}

/** Connected with less than an end requires. */
function belowRequirement(whose: string, require: ClientFacts["require"], server: View): string[] {
  const found: string[] = [];
  if (!reaches(groupLevel(server.group), require.keyExchange)) {
    found.push(
      `${server.group} is below key exchange ${require.keyExchange}, as ${whose} requires`,
    );
  }
  if (!reaches(authenticationLevel(server), require.authentication)) {
    const has = server.authentication;
    found.push(`${has} is below authentication ${require.authentication}, as ${whose} requires`);
  }
  return found;
}

/** What authentication is said to be has to follow from what was signed. */
function unfounded({ protocol, signature, classicalSignature, authentication }: View): string[] {
  const isPq = isMlDsa(signature);
  const isBoth = isPq && classicalSignature !== null && protocol === "velocity/1";
  const founded = isBoth ? "hybrid" : isPq ? "pq" : "classical";
  return authentication === founded
    ? []
    : [`authentication is said to be ${authentication}, but the signatures make it ${founded}`];
}

/** A connection to which both ends know a better one has to give the reason, on both. */
function silentProtocol(client: ClientFacts, { client: seen, server }: Connected): string[] {
  const knowsVelocity = (offerOf(client)?.profiles.length ?? 0) > 0;
  if (server.protocol === "velocity/1") {
    return server.downgrade === null ? [] : ["velocity/1 with a reason for not being it"];
  }
  if (!knowsVelocity) {
    return server.downgrade === null ? [] : ["a downgrade of a client that offers nothing better"];
  }
  const found: string[] = [];
  for (const [end, view, claims] of [
    ["client", seen, true],
    ["server", server, false],
  ] as const) {
    const { downgrade } = view;
    if (typeof downgrade !== "string" || !REASONS.includes(downgrade)) {
      found.push(
        `silent: both know velocity/1, and the ${end} has no reason for ${server.protocol}`,
      );
    } else if (view.claimed !== claims) {
      found.push(`the ${end} says that the reason is ${claims ? "not " : ""}a claim`);
    }
  }
  return found;
}

/** No reason excuses a classical key exchange between two ends that both offer ML-KEM. */
function silentGroup(client: ClientFacts, server: ServerFacts, connected: Connected): string[] {
  const common = server.groups.filter((group) => client.groups.includes(group));
  const { group } = connected.server;
  return groupLevel(group) === "any" && common.some((name) => groupLevel(name) !== "any")
    ? [`silent: ${group}, although both ends have ${common.join(", ")}`]
    : [];
}

/** On h3 a server may keep its ML-DSA identity back, if its operator said so; it then has to name that setting. */
function silentCertificate(
  client: ClientFacts,
  server: ServerFacts,
  connected: Connected,
): string[] {
  const { signature } = connected.server;
  const both = server.hasPq && client.schemes.includes(PROFILES[server.profile].pq);
  if (isMlDsa(signature) || !both) return [];
  if (server.pqOnH3) return [`silent: ${signature}, although both ends have ML-DSA on h3`];
  return connected.selection.includes("pq_on_h3 is never")
    ? []
    : [`silent: ${signature} without naming pqOnH3; the server's reason: ${connected.selection}`];
}

/** Everything that makes a connection a silent downgrade. */
export function silentDowngrades(
  client: ClientFacts,
  server: ServerFacts,
  outcome: Outcome,
): string[] {
  if (outcome.kind === "failed") return [];
  return [
    ...disagreements(outcome),
    ...belowRequirement("the client", client.require, outcome.server),
    ...belowRequirement("the server", server.require, outcome.server),
    ...unfounded(outcome.server),
    ...silentProtocol(client, outcome),
    ...silentGroup(client, server, outcome),
    ...silentCertificate(client, server, outcome),
  ];
}

const FIELDS = ["protocol", "group", "signature", "classicalSignature", "authentication"] as const;

function differs(expected: Expected, outcome: Outcome, isOurs: boolean): string[] {
  if (expected.kind === "connected") {
    if (outcome.kind === "failed") return [`expected ${expected.protocol}, got ${outcome.code}`];
    return [...FIELDS, "downgrade" as const]
      .filter((field) => outcome.server[field] !== expected[field])
      .map(
        (field) =>
          `${field}: expected ${text(expected[field])}, got ${text(outcome.server[field])}`,
      );
  }
  if (outcome.kind === "connected") {
    return [`expected ${expected.code}, got ${outcome.server.protocol}`];
  }
  // Other programs have codes of their own; the alert is the same for all.
  const fields = isOurs ? (["code", "alert", "by"] as const) : (["alert", "by"] as const);
  return fields
    .filter((field) => outcome[field] !== expected[field])
    .map((field) => `${field}: expected ${text(expected[field])}, got ${text(outcome[field])}`);
}

/** Everything that is wrong with a cell; empty if nothing is. */
export function judge(
  client: ClientFacts,
  server: ServerFacts,
  outcome: Outcome,
  isOurs: boolean,
): string[] {
  return [
    ...silentDowngrades(client, server, outcome),
    ...differs(expectedOutcome(client, server), outcome, isOurs),
  ];
}
