// SPDX-License-Identifier: MIT
// The options about what is required and who one is, of `serve`, `get` and `probe`.
import { join } from "node:path";
import type {
  ClientIdentity,
  FileKeyPair,
  Identity,
  Requirement,
  Requirements,
} from "../config/index.js";
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
  const passphrase = passphraseOf(options);
  const first = pairOf(clientCert, clientKey, "--client-cert and --client-key", passphrase);
  const second = pairOf(
    clientClassicalCert,
    clientClassicalKey,
    "--client-classical-cert and --client-classical-key",
    passphrase,
  );
  if (first === undefined && second !== undefined) {
    throw new UsageError(
      "--client-classical-cert comes beside --client-cert",
      "an ECDSA certificate alone goes into --client-cert and --client-key",
    );
  }
  return first && { ...first, classical: second };
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

/** Whose certificates a command serves or looks at. */
export interface IdentityOptions extends PassphraseOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly classicalCert?: string;
  readonly classicalKey?: string;
}

/** The identity of the command line; null if there is none on it. */
export function givenIdentity(options: IdentityOptions): Identity | null {
  const { cert, key, classicalCert, classicalKey } = options;
  const passphrase = passphraseOf(options);
  const first = pairOf(cert, key, "--cert and --key", passphrase);
  const classical = pairOf(
    classicalCert,
    classicalKey,
    "--classical-cert and --classical-key",
    passphrase,
  );
  if (first !== undefined) return { ...first, classical };
  if (classical === undefined) return null;
  throw new UsageError(
    "--classical-cert comes beside --cert",
    "an ECDSA certificate alone goes into --cert and --key",
  );
}
