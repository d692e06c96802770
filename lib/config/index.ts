// SPDX-License-Identifier: MIT
export { GROUPS, PQ_ON_H3, PROFILES, type GroupName, type PqOnH3, type Profile } from "./fields.js";
export { parseClientOptions, parseServerOptions } from "./parse.js";
export type {
  ClientConfig,
  ClientOptions,
  FileKeyPair,
  Identity,
  IdentitySource,
  KeyPair,
  Pem,
  PemKeyPair,
  ServerConfig,
  ServerOptions,
  SharedConfig,
  SharedOptions,
} from "./types.js";
