// SPDX-License-Identifier: MIT
// The options about what is required and who one is, of `serve`, `get` and `probe`.
import { join } from "node:path";
import type { ClientIdentity, FileKeyPair, Requirement, Requirements } from "../config/index.js";
import { dataFolder } from "../dev.js";
import { UsageError } from "./failure.js";
import { passphraseOf, type PassphraseOptions } from "./passphrase.js";

/** Both commands' and the server's. */
export interface RequireOptions {
  readonly require?: Requirement;
  readonly requireKex?: Requirement;
}

/** What a client can be told about protocol and identity. */
export interface ClientPolicyOptions extends RequireOptions, PassphraseOptions {
  readonly alpn?: "velocity/1" | "h3";
  /** False with `--no-pins`. */
  readonly pins?: boolean;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly clientClassicalCert?: string | undefined;
  readonly clientClassicalKey?: string | undefined;
}

/** Certificates with their keys, by the names of their options. */
interface IdentityFiles {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly classicalCert?: string | undefined;
  readonly classicalKey?: string | undefined;
}

/** Whose certificates a command serves or looks at. */
export interface IdentityOptions extends IdentityFiles, PassphraseOptions {}

/** One pair of files, or two. */
type FileIdentity = FileKeyPair & { readonly classical: FileKeyPair | undefined };

/** `--require` is for both parts, `--require-kex` for one of them. */
export function requirementsOf(options: RequireOptions): Requirements {
  return { keyExchange: options.requireKex ?? options.require, authentication: options.require };
}

/** As requirementsOf; `--alpn velocity/1` is another word for hybrid authentication. */
export function clientRequirements(options: ClientPolicyOptions): Requirements {
  const requirements = requirementsOf(options);
  if (options.alpn === "velocity/1") return { ...requirements, authentication: "hybrid" };
  if (options.alpn === "h3" && requirements.authentication === "hybrid") {
    throw new UsageError(
      "--require hybrid cannot be had with --alpn h3",
      "only velocity/1 has hybrid authentication; --require pq works on h3 too",
    );
  }
  return requirements;
}

/** Where `get`, `probe` and `pins` keep pins. */
export function pinFile(): string {
  return join(dataFolder(), "pins.json");
}

/** The identity of `--client-cert` and the other three; undefined without them. */
export function clientIdentity(options: ClientPolicyOptions): ClientIdentity | undefined {
  const { clientCert, clientKey, clientClassicalCert, clientClassicalKey } = options;
  const files = {
    cert: clientCert,
    key: clientKey,
    classicalCert: clientClassicalCert,
    classicalKey: clientClassicalKey,
  };
  return identityOf(files, "--client-", passphraseOf(options));
}

/** The identity of `--cert` and the other three; undefined without them. */
export function givenIdentity(options: IdentityOptions): FileIdentity | undefined {
  return identityOf(options, "--", passphraseOf(options));
}

function identityOf(
  { cert, key, classicalCert, classicalKey }: IdentityFiles,
  prefix: "--" | "--client-",
  passphrase: string | undefined,
): FileIdentity | undefined {
  const first = pairOf(cert, key, `${prefix}cert and ${prefix}key`, passphrase);
  const classical = pairOf(
    classicalCert,
    classicalKey,
    `${prefix}classical-cert and ${prefix}classical-key`,
    passphrase,
  );
  if (first === undefined && classical !== undefined) {
    throw new UsageError(
      `${prefix}classical-cert comes beside ${prefix}cert`,
      `an ECDSA certificate alone goes into ${prefix}cert and ${prefix}key`,
    );
  }
  return first && { ...first, classical };
}

/** Both files, or neither; the passphrase is for a key that is encrypted. */
export function pairOf(
  certFile: string | undefined,
  keyFile: string | undefined,
  names: string,
  passphrase: string | undefined,
): FileKeyPair | undefined {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile, passphrase };
  if (certFile === undefined && keyFile === undefined) return undefined;
  throw new UsageError(`${names} belong together`);
}
