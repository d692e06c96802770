// SPDX-License-Identifier: MIT
// Counters of a server or client: the rows of include/pqq/stats.def in their order; a unit test compares the two.

/** Names of the counters, in the order of include/pqq/stats.def. */
export const STAT_NAMES = [
  "connectionsAccepted",
  "connectionsOpened",
  "connectionsClosed",
  "connectionsNow",
  "handshakesCompleted",
  "handshakesFailed",
  "handshakesHybrid",
  "handshakesClassical",
  "requests",
  "requestsRefused",
  "requestsReset",
  "requestsNow",
  "bodyBytesSent",
  "bodyBytesReceived",
  "datagramsSent",
  "datagramsReceived",
  "bytesSent",
  "bytesReceived",
  "packetsLost",
  "datagramsDropped",
  "datagramsRefused",
  "datagramsRouted",
  "versionNegotiations",
  "statelessResets",
  "routeDrops",
  "receiveCalls",
  "sendCalls",
  "wakeups",
  "handshakesVelocity",
  "handshakesDowngraded",
  "policyRefusals",
  "authenticatorFailures",
  "firstFlightRepeats",
  "signaturesInLine",
  "signaturesPooled",
  "fileRequests",
  "fileFailures",
  "fileBytesRead",
  "fileCacheHits",
  "fileCacheMisses",
  "requestsMisdirected",
  "statelessResetsLimited",
  "pathChanges",
  "pathChangesRefused",
  "glitchCloses",
  "cryptoCloses",
  "cidCloses",
  "ecnCeReceived",
  "ecnCapableSent",
  "mtuRaised",
  "mtuBlackHoles",
  "httpDatagramsSent",
  "httpDatagramsReceived",
  "httpDatagramsDropped",
  "connectionsRetired",
  "resetFloods",
  "retriesSent",
  "tokensAccepted",
  "tokensRejected",
  "tokensSent",
  "connectionsRefusedBusy",
  "connectionsRefusedRate",
  "datagramsBlocked",
  "quietPings",
  "signaturesExternal",
  "signerFailures",
  "signerInvalid",
  "signerTimeouts",
  "signerRefusals",
  "signerCancelled",
  "requestsTimedOut",
  "responsesStalled",
  "bodiesTooLarge",
  "capsulesSent",
  "capsulesReceived",
  "capsulesSkipped",
] as const;

/** Name of a counter. */
export type StatName = (typeof STAT_NAMES)[number];

/** A snapshot of all counters since the start; those that end in `Now` go up and down. */
export type Stats = Readonly<Record<StatName, number>>;

/** The snapshot of an endpoint's counters. */
export function toStats(values: Float64Array): Stats {
  const entries = STAT_NAMES.map((name, index) => [name, values[index] ?? 0] as const);
  return Object.freeze(Object.fromEntries(entries) as Record<StatName, number>);
}
