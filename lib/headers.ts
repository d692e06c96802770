// SPDX-License-Identifier: MIT
// Header fields on their way in and out: checked pairs for the wire, a Headers object for readers.
import { splitText, toPairs } from "./internal/text.js";

/** One field: lower-case name and value. */
export type HeaderPair = readonly [name: string, value: string];

/** What can be given as header fields; an array value repeats its field. */
export type HeadersInit =
  | Headers
  | Iterable<HeaderPair>
  | Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * Fields as they came from the peer: n0, v0, n1, v1, …, or one text of them with NULs between, which is cut up when
 * somebody asks. A value of this class is not checked again, and no Headers object is made before it is wanted.
 */
export class WireHeaders {
  #fields: readonly string[] | string;

  constructor(fields: readonly string[] | string) {
    this.#fields = fields;
  }

  get fields(): readonly string[] {
    if (typeof this.#fields === "string") this.#fields = splitText(this.#fields);
    return this.#fields;
  }

  /** The first value of a field; `name` in lower case. */
  get(name: string): string | undefined {
    const { fields } = this;
    for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
    return undefined;
  }

  toPairs(): HeaderPair[] {
    return toPairs(this.fields);
  }

  toHeaders(): Headers {
    return toHeaders(this.toPairs());
  }
}

/** A token: a method's name, or a protocol's (RFC 9110 section 5.6.2). */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 section 5.6.2, lower case as RFC 9114 section 4.2 wants it. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** RFC 9110 section 5.5: no control characters, bytes only. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields of HTTP/1.1's connection, which HTTP/3 forbids (RFC 9114 section 4.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Checked fields for the wire, names in lower case. Fields that belong to an HTTP/1.1 connection are left out: they
 * mean nothing here, and handlers written for HTTP/1.1 set them.
 *
 * @throws TypeError if a name or a value is not allowed.
 */
export function headerPairs(init: HeadersInit | WireHeaders): HeaderPair[] {
  if (init instanceof WireHeaders)
    return init.toPairs().filter(([name]) => !CONNECTION_FIELDS.has(name));
  // Most responses have one field or two: an array that is pushed to begins with room for seventeen.
  let pairs: HeaderPair[] = [];
  if (isIterable(init)) {
    for (const [name, value] of init) pairs = withPair(pairs, name, value);
    return pairs;
  }
  for (const name in init) {
    const value = init[name];
    if (value === undefined) continue;
    if (typeof value !== "object") pairs = withPair(pairs, name, value);
    else for (const one of value) pairs = withPair(pairs, name, one);
  }
  return pairs;
}

/** A Headers object of checked or received fields. */
export function toHeaders(pairs: readonly HeaderPair[]): Headers {
  const headers = new Headers();
  let cookie = "";
  for (const [name, value] of pairs) {
    // A cookie may come in several fields, to compress better; together they are one (RFC 9114 section 4.2.1).
    if (name === "cookie") cookie += cookie === "" ? value : `; ${value}`;
    else append(headers, name, value);
  }
  if (cookie !== "") append(headers, "cookie", cookie);
  return headers;
}

function append(headers: Headers, name: string, value: string): void {
  headers.append(name, VALUE.test(value) ? value : Buffer.from(value).toString("latin1"));
}

function isIterable(init: object): init is Headers | Iterable<HeaderPair> {
  return Symbol.iterator in init;
}

/**
 * Names that have been checked, and what they are in lower case; `null` for those that are left out. A program has few:
 * who makes names up gets each of them checked.
 */
const checkedNames = new Map<string, string | null>();
const MAX_CHECKED_NAMES = 256;

function checkedName(name: string): string | null {
  const known = checkedNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (!NAME.test(lower)) throw new TypeError(`${JSON.stringify(name)} is not a header field name`);
  const checked = CONNECTION_FIELDS.has(lower) ? null : lower;
  if (checkedNames.size < MAX_CHECKED_NAMES) checkedNames.set(name, checked);
  return checked;
}

function withPair(pairs: HeaderPair[], name: string, value: string | number): HeaderPair[] {
  const checked = checkedName(name);
  const text = typeof value === "string" ? value : String(value);
  if (!VALUE.test(text))
    throw new TypeError(
      `header field ${name.toLowerCase()}: the value has characters that are not allowed`,
    );
  if (checked === null) return pairs;
  const pair: HeaderPair = [checked, text];
  if (pairs.length === 0) return [pair];
  pairs.push(pair);
  return pairs;
}
