// SPDX-License-Identifier: MIT
// Texts of NUL-separated fields, the form in which header sections and facts cross from and to the addon
// (native/addon/text.h).
import type { HeaderPair } from "../headers.js";

const NO_FIELDS: readonly string[] = [];

/** The fields of a text; an empty text has none. */
export function splitText(text: string): readonly string[] {
  return text === "" ? NO_FIELDS : text.split("\0");
}

/** The text of header fields. */
export function headerText(pairs: readonly HeaderPair[]): string {
  let text = "";
  for (const pair of pairs) {
    text += text === "" ? pair[0] : `\0${pair[0]}`;
    text += `\0${pair[1]}`;
  }
  return text;
}

/** Pairs of n0, v0, n1, v1, … */
export function toPairs(fields: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) pairs.push([fields[i] ?? "", fields[i + 1] ?? ""]);
  return pairs;
}
