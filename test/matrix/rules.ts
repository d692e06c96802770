// SPDX-License-Identifier: MIT
// What each cell has to come to, from the rules of spec/fallback.md and docs/policy.md. Nothing here calls the product.
import {
  PROFILES,
  groupLevel,
  isMlDsa,
  reaches,
  type ClientFacts,
  type Profile,
  type ServerFacts,
} from "./facts.js";

/** A connection as it has to be, on both ends. */
export interface ExpectedConnection {
  readonly kind: "connected";
  readonly protocol: "velocity/1" | "h3";
  readonly group: string;
  readonly signature: string;
  readonly classicalSignature: string | null;
  readonly authentication: "classical" | "pq" | "hybrid";
  readonly downgrade: string | null;
}

/** An error as our client has to report it; of other programs only `alert` can be asked. */
export interface ExpectedFailure {
  readonly kind: "failed";
  readonly code: string;
  readonly alert: number | undefined;
  readonly by: "client" | "server" | "nobody";
}

export type Expected = ExpectedConnection | ExpectedFailure;

/** What is left of a client's algorithms under its requirement: its ClientHello. */
export interface Offer {
  /** On velocity/1; none: only h3 is offered. */
  readonly profiles: readonly Profile[];
  readonly h3: boolean;
  readonly groups: readonly string[];
  readonly ciphers: readonly string[];
  readonly schemes: readonly string[];
}

/** TLS alerts (RFC 8446 section 6). */
const HANDSHAKE_FAILURE = 40;
const UNKNOWN_CA = 48;
const INSUFFICIENT_SECURITY = 71;
const NO_APPLICATION_PROTOCOL = 120;

const NOTHING_SENT: ExpectedFailure = {
  kind: "failed",
  code: "PQQ_ERR_POLICY_CONFIG",
  alert: undefined,
  by: "nobody",
};

const CODE_OF_ALERT: Readonly<Record<number, string>> = {
  [HANDSHAKE_FAILURE]: "PQQ_ERR_TLS_ALERT",
  [INSUFFICIENT_SECURITY]: "PQQ_ERR_POLICY_REFUSED",
  [NO_APPLICATION_PROTOCOL]: "PQQ_ERR_NO_SHARED_ALPN",
};

function refused(alert: number): ExpectedFailure {
  return { kind: "failed", code: CODE_OF_ALERT[alert] ?? "", alert, by: "server" };
}

/** Undefined: the requirement cannot be met with what the client has, so that nothing may be sent. */
export function offerOf(client: ClientFacts): Offer | undefined {
  const { require } = client;
  const groups = client.groups.filter((group) => reaches(groupLevel(group), require.keyExchange));
  const schemes = client.schemes.filter(
    (scheme) => require.authentication !== "pq" || isMlDsa(scheme),
  );
  const canVelocity = require.authentication !== "pq" && client.trustsPq && client.trustsClassical;
  const profiles = canVelocity
    ? client.profiles.filter(
        (profile) =>
          PROFILES[profile].groups.some((group) => groups.includes(group)) &&
          PROFILES[profile].ciphers.some((cipher) => client.ciphers.includes(cipher)),
      )
    : [];
  const isPossible =
    groups.length > 0 &&
    (require.authentication !== "pq" || client.trustsPq) &&
    (require.authentication !== "hybrid" || profiles.length > 0);
  if (!isPossible) return undefined;
  const h3 = require.authentication !== "hybrid";
  return { profiles, h3, groups, ciphers: client.ciphers, schemes };
}

/** The groups that a server takes under its requirement, its order kept, as far as the client offers them. */
function commonGroups(server: ServerFacts, offer: Offer): string[] {
  return server.groups.filter(
    (group) =>
      offer.groups.includes(group) && reaches(groupLevel(group), server.require.keyExchange),
  );
}

/** Null: velocity/1 can keep its promises. Of several reasons the first counts (spec/fallback.md). */
function whyNotVelocity(server: ServerFacts, offer: Offer): string | null {
  const { groups, ciphers, pq, classical } = PROFILES[server.profile];
  if (!server.velocity) return "policy_disabled";
  if (!server.hasPq || !server.hasClassical) return "no_hybrid_cert";
  if (!offer.profiles.includes(server.profile)) return "client_profile_unsupported";
  if (!commonGroups(server, offer).some((group) => groups.includes(group)))
    return "classical_group";
  if (!ciphers.some((cipher) => offer.ciphers.includes(cipher))) return "cipher";
  const offersBoth = [pq, classical].every((scheme) => offer.schemes.includes(scheme));
  return offersBoth ? null : "classical_certificate";
}

/** The scheme of CertificateVerify on h3, or the alert. */
function h3Scheme(server: ServerFacts, offer: Offer): string | number {
  const { pq, classical } = PROFILES[server.profile];
  const canPq = server.hasPq && offer.schemes.includes(pq);
  const canClassical = server.hasClassical && offer.schemes.includes(classical);
  if (server.require.authentication === "pq") return canPq ? pq : INSUFFICIENT_SECURITY;
  if (canPq && (server.pqOnH3 || !canClassical)) return pq;
  return canClassical ? classical : HANDSHAKE_FAILURE;
}

function onH3(
  client: ClientFacts,
  server: ServerFacts,
  offer: Offer,
  downgrade: string | null,
): Expected {
  const [group] = commonGroups(server, offer);
  if (group === undefined) {
    // Who requires nothing has nothing in common; who requires more would have had something.
    return refused(
      server.require.keyExchange === "any" ? HANDSHAKE_FAILURE : INSUFFICIENT_SECURITY,
    );
  }
  const hasCipher = PROFILES[server.profile].ciphers.some((name) => offer.ciphers.includes(name));
  const signature = hasCipher ? h3Scheme(server, offer) : HANDSHAKE_FAILURE;
  if (typeof signature === "number") return refused(signature);
  if (!(isMlDsa(signature) ? client.trustsPq : client.trustsClassical)) {
    return { kind: "failed", code: "PQQ_ERR_CERT_UNTRUSTED", alert: UNKNOWN_CA, by: "client" };
  }
  const authentication = isMlDsa(signature) ? "pq" : "classical";
  const protocol = "h3";
  const classicalSignature = null;
  const kind = "connected";
  return { kind, protocol, group, signature, classicalSignature, authentication, downgrade };
}

/** What has to come of it. */
export function expectedOutcome(client: ClientFacts, server: ServerFacts): Expected {
  const offer = offerOf(client);
  if (offer === undefined) return NOTHING_SENT;
  const knowsVelocity = offer.profiles.length > 0;
  const reason = knowsVelocity ? whyNotVelocity(server, offer) : null;
  if (knowsVelocity && reason === null) {
    const { groups, pq, classical } = PROFILES[server.profile];
    return {
      kind: "connected",
      protocol: "velocity/1",
      group: commonGroups(server, offer).find((group) => groups.includes(group)) ?? "",
      signature: pq,
      classicalSignature: classical,
      authentication: "hybrid",
      downgrade: null,
    };
  }
  if (server.require.authentication === "hybrid") {
    return refused(knowsVelocity ? INSUFFICIENT_SECURITY : NO_APPLICATION_PROTOCOL);
  }
  return offer.h3 ? onH3(client, server, offer, reason) : refused(NO_APPLICATION_PROTOCOL);
}
