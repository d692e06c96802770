// SPDX-License-Identifier: MIT
// From checked options to the numbers of include/pqq/config.h.
import {
  MISDIRECTED_REQUESTS,
  PQ_ON_H3,
  PROFILES,
  QUIC_VERSIONS,
  REQUIREMENTS,
  UNKNOWN_SERVER_NAMES,
  RETRY_MODES,
  type ClientConfig,
  type IdentitySource,
  type Requirement,
  type ServerConfig,
  type SharedConfig,
} from "../config/index.js";
import type { NativeIdentity, NativeOptions } from "./native.js";
import type { Signers } from "./signers.js";

/** PQQ_REQUIRE_DEFAULT. */
const REQUIRE_DEFAULT = 0;

/** PQQ_TIMEOUT_NONE. */
const TIMEOUT_NONE = 0xffff_ffff;
/** PQQ_CONNECTION_ID_KEEP. */
const CONNECTION_ID_KEEP = 0xffff_ffff;

/** PQQ_CONNECT_*. */
const CONNECT_EXTENDED = 1;
const CONNECT_PLAIN = 2;

/** What a server's endpoint is made with. Without `signers` it can sign nothing that has one. */
export function serverNativeOptions(config: ServerConfig, signers?: Signers): NativeOptions {
  return {
    ...config,
    ...shared(config),
    identities: identities(config.identities, signers),
    sites: config.sites.map(({ names, identities: own }) => ({
      names,
      identities: identities(own, signers),
    })),
    isServer: true,
    disableDate: !config.dateHeader,
    headersTimeoutMs: config.headersTimeoutMs || TIMEOUT_NONE,
    bodyTimeoutMs: config.bodyTimeoutMs || TIMEOUT_NONE,
    requestTimeoutMs: config.requestTimeoutMs || TIMEOUT_NONE,
    sendTimeoutMs: config.sendTimeoutMs || TIMEOUT_NONE,
    enableConnect:
      (config.connectProtocols.length > 0 ? CONNECT_EXTENDED : 0) |
      (config.connectPlain ? CONNECT_PLAIN : 0),
    pqOnH3: PQ_ON_H3[config.pqOnH3],
    unknownServerName: UNKNOWN_SERVER_NAMES[config.unknownServerName],
    misdirectedRequests: MISDIRECTED_REQUESTS[config.misdirectedRequests],
    retry: RETRY_MODES[config.retry],
    requireClientAuthentication: required(config.requireClientAuthentication),
  };
}

/** What a client's endpoint is made with. */
export function clientNativeOptions(config: ClientConfig, signers?: Signers): NativeOptions {
  return {
    ...config,
    ...shared(config),
    identities: identities(config.identities, signers),
    isServer: false,
    profiles: config.profiles.map((name) => PROFILES[name]),
    disableFirstFlightRepeat: !config.firstFlightRepeat,
    keepAliveMs: config.pingIntervalMs,
    // A server's by these names; and what the pool keeps, by its own words.
    headersTimeoutMs: undefined,
    bodyTimeoutMs: undefined,
    requestTimeoutMs: undefined,
    maxConnections: undefined,
    maxConcurrentRequests: undefined,
    hosts: config.localAddress === undefined ? undefined : [config.localAddress],
  };
}

function identities(
  sources: readonly IdentitySource[],
  signers: Signers | undefined,
): NativeIdentity[] {
  return sources.map((source) => {
    if (!("signer" in source)) return source;
    const { signer, ...certificate } = source;
    return {
      ...certificate,
      signer: signers?.add(signer) ?? 0,
      signerTimeoutMs: signer.timeoutMs,
      signerMaxPending: signer.maxPending,
    };
  });
}

function shared(config: SharedConfig) {
  return {
    keyLog: config.keyLog !== undefined,
    profile: PROFILES[config.profile],
    requireKeyExchange: required(config.requireKeyExchange),
    requireAuthentication: required(config.requireAuthentication),
    quicVersions: config.quicVersions.map((version) => QUIC_VERSIONS[version]),
    connectionIdPackets: config.connectionIdPackets || CONNECTION_ID_KEEP,
    disableVelocity: !config.velocity,
    disableCertificateCompression: !config.certificateCompression,
  };
}

function required(requirement: Requirement | undefined): number {
  return requirement === undefined ? REQUIRE_DEFAULT : REQUIREMENTS[requirement];
}
