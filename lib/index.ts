// SPDX-License-Identifier: MIT
// What this package offers. Everything else is internal and may change at any time.
export { Client } from "./client.js";
export { Server } from "./server.js";
export { Response } from "./response.js";
export { webHandler } from "./request.js";
export { staticFiles } from "./static.js";
export { compress } from "./compress.js";
export { devIdentity } from "./dev.js";
export { predictFlight, predictFlightOf } from "./flight.js";
export { PinStore } from "./pins.js";
export { Datagrams } from "./datagrams.js";
export { Tunnel } from "./tunnel.js";
export {
  ApplicationError,
  ConfigError,
  ConnectError,
  TunnelError,
  HandshakeError,
  isPqqError,
  PqqError,
  RedirectError,
  StreamError,
  TimeoutError,
  TransportError,
} from "./errors/index.js";

export type {
  BlobLike,
  ClientCloseOptions,
  ClientRequestInit,
  ClientResponse,
  ClientStats,
  LookupFunction,
  PoolStats,
  ConnectInit,
  InterimListener,
  Priority,
  RedirectMode,
  RequestBody,
  SharedRequestInit,
} from "./client.js";
export type {
  CipherName,
  ClientAuthentication,
  ClientIdentity,
  ClientOptions,
  CustomProfile,
  FileKeyPair,
  FileSigner,
  GroupName,
  Identity,
  IdentityUpdate,
  KeyPair,
  MisdirectedRequests,
  Pem,
  PemKeyPair,
  PemSigner,
  PqOnH3,
  RetryMode,
  Profile,
  ProfileName,
  QuicVersion,
  Requirement,
  Requirements,
  SchemeName,
  ServerOptions,
  SharedOptions,
  SignContext,
  Signer,
  Site,
  UnknownServerName,
} from "./config/index.js";
export type {
  Authentication,
  CertificateProof,
  CertificateSummary,
  ClientCertificateProof,
  ClientProof,
  Connection,
  ConnectionStats,
  Downgrade,
  AddressValidation,
  HandshakeSummary,
  Security,
} from "./connection.js";
export type { CompressOptions, ContentCoding } from "./compress.js";
export type { Body } from "./content.js";
export type { DevIdentity, DevIdentityOptions } from "./dev.js";
export type {
  ConfigIssue,
  ConnectAttempt,
  HandshakeFacts,
  PqqErrorCode,
  PqqErrorOptions,
  Offer,
  RequiredFacts,
  TimeoutFacts,
  TimeoutPhase,
  WireFacts,
} from "./errors/index.js";
export type {
  FlightKind,
  FlightOptions,
  FlightParts,
  FlightQuery,
  FlightReport,
  FlightRounds,
  FlightSize,
} from "./flight.js";
export type { FileLinks, FileOptions, FolderOptions } from "./files.js";
export type { HeaderPair, HeadersInit } from "./headers.js";
export type { Pin } from "./pins.js";
export type { ServerRequest } from "./request.js";
export type { ResponseInit, TrailersInit } from "./response.js";
export type {
  AcceptOptions,
  CloseOptions,
  Handler,
  HandlerResult,
  FileRequest,
  RequestContext,
  ServerAddress,
  BlockedPrefix,
  BlockOptions,
  FailedPeer,
  ServerEvents,
} from "./server.js";
export type { StaticOptions } from "./static.js";
export type { StatName, Stats } from "./stats.js";
