// SPDX-License-Identifier: MIT
// Parsers of single arguments; commander adds which option it was.
import { InvalidArgumentError, Option } from "commander";
import { PROFILES, type Profile } from "../config/index.js";
import { headerPairs } from "../headers.js";

/** An integer in a range. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected an integer ${String(min)}–${String(max)}.`);
  };
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

/** A request method (RFC 9110 section 9.1). */
export function method(text: string): string {
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a method, such as PUT.");
}

/** An absolute https URL. */
export function httpsUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "https:") return url;
  const guess = `https://${text.replace(/^http:\/\//, "")}`;
  const hint = URL.canParse(guess) ? ` Did you mean ${guess}?` : "";
  throw new InvalidArgumentError(`Expected an https URL, such as https://localhost:4433/.${hint}`);
}

/** `--profile`, the same everywhere. */
export function profileOption(): Option {
  return new Option("--profile <name>", "named set of algorithms")
    .choices(Object.keys(PROFILES))
    .default("balanced" satisfies Profile);
}
