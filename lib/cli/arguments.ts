// SPDX-License-Identifier: MIT
// Parsers of single arguments; commander adds which option it was.
import { isIP } from "node:net";
import { InvalidArgumentError, Option } from "commander";
import {
  GROUPS,
  PROFILE_NAMES,
  PROFILE_TABLE,
  REQUIREMENTS,
  type GroupName,
  type Profile,
  type QuicVersion,
} from "../config/index.js";
import type { IntegerField } from "../config/fields.js";
import { headerPairs, TOKEN } from "../headers.js";

/** An integer in a range. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected an integer ${String(min)}–${String(max)}.`);
  };
}

/** An option whose bounds and default are those of the configuration's. */
export function integerOption(
  flags: string,
  description: string,
  { min, max, zero, default: usual }: IntegerField,
): Option {
  const least = zero === undefined ? min : 0;
  return new Option(flags, description).argParser(integer(least, max)).default(usual);
}

/** An option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** `Name: value`. */
export function header(
  text: string,
  before: readonly (readonly [string, string])[] | undefined,
): readonly (readonly [string, string])[] {
  const colon = text.indexOf(":");
  if (colon <= 0) throw new InvalidArgumentError("Expected 'Name: value'.");
  const field = [text.slice(0, colon).trim(), text.slice(colon + 1).trim()] as const;
  try {
    headerPairs([field]);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return [...(before ?? []), field];
}

/** `HOST:PORT:ADDRESS`, the address an IP literal or several with commas between, as for curl. */
export function resolveEntry(
  text: string,
  before: Readonly<Record<string, readonly string[]>> | undefined,
): Readonly<Record<string, readonly string[]>> {
  const [, host, port, list] = /^(\[[^\]]+\]|[^:]+):(\d+):(.+)$/.exec(text) ?? [];
  const addresses = (list ?? "").split(",").map((address) => address.replace(/^\[|\]$/g, ""));
  const isGood = addresses.every((address) => isIP(address) !== 0);
  const key = `${host ?? ""}:${port ?? ""}`;
  if (host === undefined || !isGood || !URL.canParse(`https://${key}`)) {
    throw new InvalidArgumentError(
      "Expected HOST:PORT:ADDRESS, such as example.com:443:127.0.0.1.",
    );
  }
  return { ...before, [key]: addresses };
}

/** A request method (RFC 9110 section 9.1). */
export function method(text: string): string {
  if (TOKEN.test(text)) return text;
  throw new InvalidArgumentError("Expected a method, such as PUT.");
}

export const GROUPS_HELP =
  "key-exchange groups by IANA name, most preferred first, with commas (default: those of the profile)";

/** IANA names of groups, most preferred first. */
export function groupNames(text: string): readonly GroupName[] {
  const names = text.split(",");
  const known = Object.keys(GROUPS) as GroupName[];
  const given = names.filter((name): name is GroupName => known.some((one) => one === name));
  if (given.length === names.length && new Set(given).size === given.length) return given;
  throw new InvalidArgumentError(`Expected some of ${known.join(",")}, each once.`);
}

/** QUIC versions, most preferred first: `1`, `2`, `1,2` or `2,1`. */
export function quicVersions(text: string): readonly QuicVersion[] {
  const versions = text.split(",").map(Number);
  const isKnown = versions.every((version) => version === 1 || version === 2);
  if (isKnown && new Set(versions).size === versions.length) return versions;
  throw new InvalidArgumentError("Expected 1, 2, or both with the preferred one first: 2,1.");
}

/** An absolute https URL. */
export function httpsUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "https:") return url;
  const guess = `https://${text.replace(/^http:\/\//, "")}`;
  const hint = URL.canParse(guess) ? ` Did you mean ${guess}?` : "";
  throw new InvalidArgumentError(`Expected an https URL, such as https://localhost:4433/.${hint}`);
}

/** An https URL, one of several. */
export function collectUrl(text: string, before: readonly URL[] | undefined): readonly URL[] {
  return [...(before ?? []), httpsUrl(text)];
}

/** `--profile`, the same everywhere. */
export function profileOption(): Option {
  return new Option("--profile <name>", "named set of algorithms, see below")
    .choices(PROFILE_NAMES)
    .default("balanced" satisfies Profile);
}

/** An option for what is required at least. */
export function requirementOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(Object.keys(REQUIREMENTS));
}

/** The profiles as help texts have them: the rows of include/pqq/profiles.def. */
export function profileHelp(): string {
  const rows = PROFILE_NAMES.map((name) => {
    const { groups, pqScheme, classicalScheme, ciphers, summary } = PROFILE_TABLE[name];
    const identities = `${pqScheme} + ${shortScheme(classicalScheme)}`;
    return `  ${name.padEnd(9)} ${groups.join(", ")}, ${identities}, ${shortCipher(ciphers[0])}: ${summary}`;
  });
  return `\nProfiles:\n${rows.join("\n")}`;
}

function shortScheme(scheme: string): string {
  return scheme.replace(/^ecdsa_secp(\d+)r1_sha\d+$/, "ECDSA P-$1");
}

function shortCipher(cipher: string): string {
  return cipher.replace(/^TLS_AES_(\d+)_GCM_SHA\d+$/, "AES-$1-GCM");
}
