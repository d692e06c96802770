// SPDX-License-Identifier: MIT
// From a schema's issues to an error that names the option, what was expected, what was there, and what to do.
import { closestMatch } from "leven";
import * as v from "valibot";
import { ConfigError, type ConfigIssue } from "../errors/index.js";

/**
 * What `schema` makes of `input`.
 *
 * @param name - What is checked; options are known by their own names.
 * @throws ConfigError with every mistake in it.
 */
export function check<const S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  name?: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, input, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [first, ...rest] = result.issues.map((issue) => toConfigIssue(issue, name));
  if (first === undefined) throw new TypeError("a failed check has no issue");
  throw new ConfigError([first, ...rest]);
}

/** @param base - The path of what the issue's own path begins in. */
function toConfigIssue(issue: v.BaseIssue<unknown>, base: string | undefined): ConfigIssue {
  const own = v.getDotPath(issue);
  const path = base === undefined || own === null ? (own ?? base) : `${base}.${own}`;
  const inner = deepest(issue);
  if (inner !== undefined) return toConfigIssue(inner, path);
  const name = path ?? "options";
  if (issue.type === "strict_object") return objectIssue(name, issue);
  const [expected = "", hint] = issue.message.split("\n");
  return { path: name, expected, received: describe(issue.input, name), hint };
}

/** Of a union such as "one address or several", the member that got furthest knows best what is wrong. */
function deepest(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> | undefined {
  const depth = (one: v.BaseIssue<unknown>): number => one.path?.length ?? 0;
  const [first, ...rest] = issue.issues ?? [];
  if (first === undefined) return undefined;
  const best = rest.reduce((far, one) => (depth(one) > depth(far) ? one : far), first);
  return depth(best) > 0 ? best : undefined;
}

/** Spellings that no distance finds. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  cert: "identity.cert",
  key: "identity.key",
  certFile: "identity.certFile",
  keyFile: "identity.keyFile",
  timeout: "requestTimeoutMs",
  keepAliveMs: "pingIntervalMs",
  connections: "maxConnectionsPerOrigin",
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
const SECRET_OR_LONG = /(?:^|\.)(?:key|cert|ca|passphrase)(?:\.\d+)?$/;

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
