// SPDX-License-Identifier: MIT
// What a structure consists of, one line per field: its bytes, its name, its value and what it is for.
import { type ExplanationKey, explanations } from "./explanations.js";
import { hex } from "./bytes.js";

/** Bytes that fit before a name; longer fields have their bytes below. */
const inlineBytes = 8;
const inlineWidth = inlineBytes * 2 + 2;
const bytesPerLine = 48;

/** Bytes as lines of hexadecimal digits. */
export function hexLines(bytes: Uint8Array, indent: string): string[] {
  const lines = [];
  for (let at = 0; at < bytes.length; at += bytesPerLine) {
    lines.push(indent + hex(bytes.subarray(at, at + bytesPerLine)));
  }
  return lines;
}

/**
 * Lines of a listing. A field is named by its key in explanations.ts, so none can be without an explanation.
 */
export class Listing {
  readonly lines: string[] = [];
  #depth = 0;

  /** A field; with `value` if its bytes do not say it all. */
  field(key: ExplanationKey, bytes?: Uint8Array, value?: string | number): void {
    const [name, text] = explanations[key];
    const isInline = bytes !== undefined && bytes.length <= inlineBytes;
    const column = (isInline ? hex(bytes) : "").padEnd(inlineWidth);
    const shown = value === undefined ? "" : ` = ${value}`;
    const size = bytes === undefined || isInline ? "" : ` (${bytes.length} bytes)`;
    this.lines.push(`${column}${"  ".repeat(this.#depth)}${name}${shown}${size} · ${text}`);
    if (bytes !== undefined && !isInline) {
      this.lines.push(...hexLines(bytes, `    ${"  ".repeat(this.#depth)}`));
    }
  }

  /** A field that consists of the fields that `fill` lists. */
  group(
    key: ExplanationKey,
    bytes: Uint8Array | undefined,
    value: string | undefined,
    fill: () => void,
  ): void {
    this.field(key, bytes, value);
    this.#depth++;
    fill();
    this.#depth--;
  }

  /** The listing as a block of Markdown. */
  toString(): string {
    return ["```text", ...this.lines.map((line) => line.trimEnd()), "```"].join("\n");
  }
}
