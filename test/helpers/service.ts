// SPDX-License-Identifier: MIT
// A server with a client that trusts it, for one test: port 0, an identity made in memory once per process.
import { expect } from "chai";
import {
  Client,
  HandshakeError,
  Server,
  type ClientOptions,
  type Handler,
  type ServerOptions,
  type StatName,
  type Stats,
} from "../../lib/index.js";
import { loadNative } from "../../lib/internal/load.js";
import type { NativeDevIdentity } from "../../lib/internal/native.js";

const PROFILE_BALANCED = 2;

let made: NativeDevIdentity | undefined;

/** Certificates for localhost, 127.0.0.1 and ::1. */
export function testIdentity(): NativeDevIdentity {
  made ??= loadNative().devIdentity(PROFILE_BALANCED, ["localhost", "127.0.0.1", "::1"], 2);
  return made;
}

/** Options of a server with the ML-DSA and the ECDSA certificate. */
export function serverOptions(options: Partial<ServerOptions> = {}): ServerOptions {
  const { pqCertPem, pqKeyPem, classicalCertPem, classicalKeyPem } = testIdentity();
  return {
    port: 0,
    host: "127.0.0.1",
    identity: {
      cert: pqCertPem,
      key: pqKeyPem,
      classical: { cert: classicalCertPem, key: classicalKeyPem },
    },
    ...options,
  };
}

/** A running server and a client for it. */
export interface Service extends AsyncDisposable {
  readonly server: Server;
  readonly client: Client;
  /** With an IP literal, so that no name has to be resolved. */
  readonly url: string;
  /** What the server reported. */
  readonly errors: unknown[];
}

export async function startService(
  handler: Handler | undefined,
  options: { server?: Partial<ServerOptions>; client?: ClientOptions } = {},
): Promise<Service> {
  const server = await Server.serve(serverOptions(options.server), handler);
  const client = new Client({ ca: testIdentity().caPem, ...options.client });
  const errors: unknown[] = [];
  server.on("error", (error) => errors.push(error));
  return {
    server,
    client,
    url: `https://127.0.0.1:${server.port}/`,
    errors,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close({ drainMs: 0 });
    },
  };
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, got ${String(value)}`);
}

/** The error of a connection that did not come about. */
export async function handshakeFailure(promise: Promise<unknown>): Promise<HandshakeError> {
  const error = await rejection(promise);
  expect(error).to.be.instanceOf(HandshakeError);
  return error as HandshakeError;
}

/** A promise with its functions outside. */
export interface Signal<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

export function signal<T = void>(): Signal<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/**
 * Waits until `counter` has stood still while the connection answered a number of requests: the only clock that a test
 * of "nothing more happens" can have.
 */
export async function untilStill(
  counter: () => number,
  ping: () => Promise<unknown>,
): Promise<number> {
  const ROUNDS = 25;
  let seen = counter();
  for (let still = 0; still < ROUNDS; still++) {
    await ping();
    if (counter() === seen) continue;
    seen = counter();
    still = 0;
  }
  return seen;
}

/**
 * A counter, once it has reached `expected`: network threads publish theirs when a turn of work is done, which may be
 * after its events have been heard of.
 */
export async function counted(
  of: { stats(): Stats },
  name: StatName,
  expected: number,
): Promise<number> {
  while (of.stats()[name] < expected) await new Promise((resolve) => setImmediate(resolve));
  return of.stats()[name];
}
