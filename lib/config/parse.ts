// SPDX-License-Identifier: MIT
// Options in, frozen configuration out, once, at the door. Nothing behind it checks an option again.
import { closestMatch } from "leven";
import * as v from "valibot";
import { ConfigError, type ConfigIssue } from "../errors/index.js";
import { GROUPS, SHARED_INTEGERS, type GroupName } from "./fields.js";
import { defaultRoots } from "./roots.js";
import { clientSchema, serverSchema, textOf, type LooseKeyPair } from "./schema.js";
import type {
  ClientConfig,
  ClientOptions,
  IdentitySource,
  Pem,
  ServerConfig,
  ServerOptions,
  SharedConfig,
} from "./types.js";

/**
 * Checks the options of a server.
 *
 * @throws ConfigError with every mistake in it.
 */
export function parseServerOptions(input: ServerOptions): ServerConfig {
  const values = check(serverSchema, input);
  const { identity, host } = values;
  const pairs = identity.classical === undefined ? [identity] : [identity, identity.classical];
  return Object.freeze({
    ...sharedConfig(values),
    hosts: Object.freeze(host === undefined ? [] : typeof host === "string" ? [host] : host),
    port: required(values.port),
    identities: Object.freeze(pairs.map((pair) => identitySource(pair))),
    pqOnH3: identity.pqOnH3,
    workers: required(values.workers),
    signingThreads: values.signingThreads,
    maxConcurrentRequests: required(values.maxConcurrentRequests),
    maxRequestBodyBytes: values.maxRequestBodyBytes,
    maxConnections: required(values.maxConnections),
  });
}

/**
 * Checks the options of a client. Without `ca` and `caFile` the roots of Node.js are taken.
 *
 * @throws ConfigError with every mistake in it.
 */
export function parseClientOptions(input: ClientOptions): ClientConfig {
  const values = check(clientSchema, input);
  return Object.freeze({
    ...sharedConfig(values),
    caPem: values.caFile === undefined ? caBytes(values.ca) : undefined,
    caFile: values.caFile,
    keepAliveMs: required(values.keepAliveMs),
    requestTimeoutMs: required(values.requestTimeoutMs),
    signal: values.signal,
  });
}

type SharedValues = Pick<v.InferOutput<typeof serverSchema>, keyof SharedConfig>;

function sharedConfig(values: SharedValues): SharedConfig {
  const groups = (values.groups ?? []) as readonly GroupName[];
  return {
    profile: values.profile,
    groups: Object.freeze(groups.map((name) => GROUPS[name])),
    idleTimeoutMs: required(values.idleTimeoutMs),
    handshakeTimeoutMs: required(values.handshakeTimeoutMs),
    maxHeaderListBytes: required(values.maxHeaderListBytes),
    ...windows(values),
    maxUdpPayloadBytes: required(values.maxUdpPayloadBytes),
    disablePmtud: values.disablePmtud,
    disableOffload: values.disableOffload,
  };
}

/** A window that starts above the default maximum raises that maximum; one above a given maximum is a mistake. */
function windows(values: SharedValues) {
  const result: Record<string, number> = {};
  for (const [first, most] of [
    ["streamWindowBytes", "maxStreamWindowBytes"],
    ["connectionWindowBytes", "maxConnectionWindowBytes"],
  ] as const) {
    const size = required(values[first]);
    const limit = required(values[most]);
    const isDefault = limit === SHARED_INTEGERS[most].default;
    if (size > limit && !isDefault) {
      const expected = `at least ${first} (${size} bytes)`;
      throw new ConfigError([
        { path: most, expected, received: String(limit), hint: `a safe value is ${size}` },
      ]);
    }
    result[first] = size;
    result[most] = Math.max(size, limit);
  }
  return result as Pick<
    SharedConfig,
    | "streamWindowBytes"
    | "connectionWindowBytes"
    | "maxStreamWindowBytes"
    | "maxConnectionWindowBytes"
  >;
}

function identitySource(pair: LooseKeyPair): IdentitySource {
  const { cert, key, certFile, keyFile } = pair;
  if (certFile !== undefined && keyFile !== undefined) return Object.freeze({ certFile, keyFile });
  return Object.freeze({ certPem: bytesOf(cert ?? ""), keyPem: bytesOf(key ?? "") });
}

function caBytes(ca: Pem | readonly Pem[] | undefined): Uint8Array {
  if (ca === undefined) return defaultRoots();
  if (typeof ca === "string" || ca instanceof Uint8Array) return bytesOf(ca);
  return Buffer.from(ca.map(textOf).join("\n"), "latin1");
}

/** A copy, so that nobody changes it while it is in use. */
function bytesOf(input: Pem): Uint8Array {
  return typeof input === "string" ? Buffer.from(input) : Uint8Array.from(input);
}

/** A field with a default always has a value; the schema's type cannot say so for a table of fields. */
function required(value: number | undefined): number {
  if (value === undefined) throw new TypeError("an option with a default has no value");
  return value;
}

function check<const S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [first, ...rest] = result.issues;
  throw new ConfigError([toConfigIssue(first), ...rest.map(toConfigIssue)]);
}

function toConfigIssue(issue: v.BaseIssue<unknown>): ConfigIssue {
  const path = v.getDotPath(issue) ?? "options";
  if (issue.type === "strict_object") return objectIssue(path, issue);
  const inner = deepest(issue);
  const [expected = "", hint] = inner.message.split("\n");
  return {
    path: v.getDotPath(inner) ?? path,
    expected,
    received: describe(inner.input, path),
    hint,
  };
}

/** Of a union such as "one address or several", the member that got furthest knows best what is wrong. */
function deepest(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> {
  const depth = (one: v.BaseIssue<unknown>): number => one.path?.length ?? 0;
  return (issue.issues ?? []).reduce((best, one) => (depth(one) > depth(best) ? one : best), issue);
}

/** Spellings that no distance finds. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  cert: "identity.cert",
  key: "identity.key",
  certFile: "identity.certFile",
  keyFile: "identity.keyFile",
  timeout: "requestTimeoutMs",
  hostname: "host",
  threads: "workers",
};

const MAX_TYPO_DISTANCE = 4;

function objectIssue(path: string, issue: v.BaseIssue<unknown>): ConfigIssue {
  const names = issue.message.split(" ");
  if (issue.expected === "never") {
    const key = path.slice(path.lastIndexOf(".") + 1);
    const elsewhere = path === key ? ELSEWHERE[key] : undefined;
    const near = elsewhere ?? nearestName(key, names);
    const hint = near === undefined ? `known are ${names.join(", ")}` : `did you mean ${near}?`;
    return {
      path,
      expected: "no option of this name",
      received: describe(issue.path?.at(-1)?.value, path),
      hint,
    };
  }
  if (issue.expected?.startsWith('"')) {
    const hint =
      path === "identity" ? "`pqq cert dev` makes an identity for development" : undefined;
    return { path, expected: "a value", received: "nothing", hint };
  }
  return {
    path,
    expected: "an object",
    received: describe(issue.input, path),
    hint: `known are ${names.join(", ")}`,
  };
}

function nearestName(key: string, names: readonly string[]): string | undefined {
  const lower = new Map(names.map((name) => [name.toLowerCase(), name]));
  const maxDistance = Math.min(MAX_TYPO_DISTANCE, Math.ceil(key.length / 3));
  const near = closestMatch(key.toLowerCase(), [...lower.keys()], { maxDistance });
  return near === undefined ? undefined : lower.get(near);
}

const MAX_SHOWN_CHARS = 40;
const MAX_SHOWN_KEYS = 5;
const SECRET_OR_LONG = /(?:^|\.)(?:key|cert|ca)(?:\.\d+)?$/;

/** A value in an error message: short, and never key material. */
function describe(value: unknown, path: string): string {
  switch (typeof value) {
    case "undefined":
      return "nothing";
    case "string":
      if (SECRET_OR_LONG.test(path)) return `a string of ${value.length} characters`;
      return value.length > MAX_SHOWN_CHARS
        ? `${JSON.stringify(value.slice(0, MAX_SHOWN_CHARS))}…`
        : JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `an array of ${value.length}`;
      if (value instanceof Uint8Array) return `${value.length} bytes`;
      return `an object with ${Object.keys(value).slice(0, MAX_SHOWN_KEYS).join(", ") || "nothing in it"}`;
    case "function":
      return "a function";
    default:
      return String(value);
  }
}
