// SPDX-License-Identifier: MIT
// The clients behind Client's static methods: one for each set of options, so that unrelated callers with the same
// options share connections.
import type { ClientOptions } from "../config/index.js";
import type { ClientRequestInit } from "./wire_request.js";

/** Each has a thread and a socket. More sets of options than these are not options but data. */
const MAX_CLIENTS = 16;

/** What is told to the request and not to the client. The type sees to it that none is missing. */
const REQUEST_FIELDS: Readonly<Record<keyof ClientRequestInit, true>> = {
  method: true,
  headers: true,
  body: true,
  trailers: true,
  onInterim: true,
  signal: true,
  timeoutMs: true,
  queueTimeoutMs: true,
  headersTimeoutMs: true,
  bodyTimeoutMs: true,
  decompress: true,
  priority: true,
  redirect: true,
  require: true,
};

/** What requests that are still under way on a client that makes room for another may take. */
const DRAIN_MS = 30_000;

interface Closable {
  close(options: { readonly drainMs: number }): Promise<void>;
}

const clients = new Map<string, Closable>();

/** The client for the options in `init`, and the rest of `init`. */
export function sharedClient<T extends Closable>(
  init: ClientRequestInit & Omit<ClientOptions, "signal">,
  create: (options: ClientOptions) => T,
): { client: T; request: ClientRequestInit } {
  const request: Record<string, unknown> = {};
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(init)) {
    (Object.hasOwn(REQUEST_FIELDS, name) ? request : options)[name] = value;
  }
  const key = keyOf(options);
  const client = (clients.get(key) as T | undefined) ?? create(options);
  // The most recently used is the last.
  clients.delete(key);
  clients.set(key, client);
  if (clients.size > MAX_CLIENTS) closeOldest();
  return { client, request };
}

function closeOldest(): void {
  for (const [key, client] of clients) {
    clients.delete(key);
    void client.close({ drainMs: DRAIN_MS });
    return;
  }
}

function keyOf(options: Record<string, unknown>): string {
  const names = Object.keys(options).sort();
  return JSON.stringify(names.map((name) => [name, plain(options[name])]));
}

/**
 * Each its own: two stores in memory are two places, two functions two resolvers, two objects of a class two signers, and JSON
 * cannot tell them apart.
 */
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** Certificates may come as bytes, which JSON has no short form for. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "function" || isOfClass(value)) {
    const number = numbers.get(value) ?? ++lastNumber;
    numbers.set(value, number);
    return { object: number };
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([name, inner]) => [name, plain(inner)]);
}

function isOfClass(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}
