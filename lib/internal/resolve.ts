// SPDX-License-Identifier: MIT
// From a host name to its addresses, one question per family, asked at the same time (RFC 8305 section 3).
import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { errorFromStatus } from "../errors/index.js";
import { STATUS_RESOLVE } from "./rows.js";

/** Address family: IPv4 or IPv6. */
export type Family = 4 | 6;

/**
 * Resolves names, as the `lookup` option of node:net does. It is called once for each family that is wanted, with
 * `all: true`; one address instead of an array of them is taken too.
 */
export type LookupFunction = (
  hostname: string,
  options: { readonly all: true; readonly family: Family },
  callback: (
    error: Error | null,
    addresses?: string | readonly { readonly address: string; readonly family?: number }[],
    family?: number,
  ) => void,
) => void;

/** Addresses that are used of one answer: no race gets that far, and an answer may hold thousands. */
export const MAX_ADDRESSES = 16;

/** How names become addresses. */
export interface Resolver {
  /** Calls back once. An empty list stands for a name without addresses of this family. */
  resolve(host: string, family: Family, done: (result: readonly string[] | Error) => void): void;
}

/** The resolver of `lookup`, or the system's. What is not an address of the family is left out. */
export function makeResolver(lookup: LookupFunction = defaultLookup): Resolver {
  return {
    resolve: (host, family, done) => {
      let isCalled = false;
      const once = (result: readonly string[] | Error): void => {
        if (isCalled) return;
        isCalled = true;
        done(result);
      };
      try {
        lookup(host, { all: true, family }, (error, addresses) => {
          once(error ?? addressesOf(addresses, family));
        });
      } catch (error) {
        // A function of the caller's: what it throws is its answer.
        once(error instanceof Error ? error : new Error(String(error)));
      }
    },
  };
}

/** The error of a name that has no usable address. */
export function resolveError(host: string, failures: readonly Error[]): Error {
  const [cause] = failures;
  return errorFromStatus(STATUS_RESOLVE, host, cause === undefined ? {} : { cause });
}

const LOOPBACK: Readonly<Record<Family, string>> = { 4: "127.0.0.1", 6: "::1" };

/** localhost and *.localhost, which mean this machine (RFC 6761 section 6.3). */
export function isLocalhost(host: string): boolean {
  return /^(?:.+\.)?localhost\.?$/i.test(host);
}

const defaultLookup: LookupFunction = (hostname, { family }, callback) => {
  // Nobody is asked: a resolver that passes the name on lets somebody else answer for it, or nobody until it times out.
  if (isLocalhost(hostname)) {
    callback(null, LOOPBACK[family]);
    return;
  }
  systemLookup(
    hostname,
    { all: true, family, order: "verbatim" },
    (error: Error | null, found: LookupAddress[]) => {
      callback(error, found);
    },
  );
};

function addressesOf(
  given: string | readonly { readonly address: string }[] | undefined,
  family: Family,
): string[] {
  const list = typeof given === "string" ? [given] : (given ?? []).map(({ address }) => address);
  return [...new Set(list.filter((address) => isIP(address) === family))].slice(0, MAX_ADDRESSES);
}
