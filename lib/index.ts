// SPDX-License-Identifier: MIT
// What this package offers. Everything else is internal and may change at any time.
export { Client } from "./client.js";
export { Server } from "./server.js";
export { Response } from "./response.js";
export { webHandler } from "./request.js";
export { staticFiles } from "./static.js";
export { devIdentity } from "./dev.js";
export {
  ApplicationError,
  ConfigError,
  HandshakeError,
  isPqqError,
  PqqError,
  StreamError,
  TimeoutError,
  TransportError,
} from "./errors/index.js";

export type {
  ClientRequestInit,
  ClientResponse,
  RedirectMode,
  SharedRequestInit,
} from "./client.js";
export type {
  ClientOptions,
  FileKeyPair,
  GroupName,
  Identity,
  KeyPair,
  Pem,
  PemKeyPair,
  PqOnH3,
  Profile,
  ServerOptions,
  SharedOptions,
} from "./config/index.js";
export type {
  Authentication,
  CertificateProof,
  CertificateSummary,
  Connection,
  ConnectionStats,
  HandshakeSummary,
  Security,
} from "./connection.js";
export type { Body } from "./content.js";
export type { DevIdentity, DevIdentityOptions } from "./dev.js";
export type {
  ConfigIssue,
  HandshakeFacts,
  PqqErrorCode,
  PqqErrorOptions,
  WireFacts,
} from "./errors/index.js";
export type { HeaderPair, HeadersInit } from "./headers.js";
export type { ServerRequest } from "./request.js";
export type { ResponseInit, TrailersInit } from "./response.js";
export type {
  CloseOptions,
  Handler,
  HandlerResult,
  RequestContext,
  ServerAddress,
  ServerEvents,
} from "./server.js";
export type { StaticOptions } from "./static.js";
export type { StatName, Stats } from "./stats.js";
