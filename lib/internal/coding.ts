// SPDX-License-Identifier: MIT
// Content codings, and which of them a client wants (RFC 9110 section 12.5.3).
import * as zlib from "node:zlib";

/** A content coding by its IANA name. */
export type ContentCoding = "br" | "zstd" | "gzip";

/** The largest value of each one's quality. */
export const MAX_QUALITY: Readonly<Record<ContentCoding, number>> = { br: 11, zstd: 22, gzip: 9 };

/** Whether this Node.js can compress with it. */
export function hasCoding(coding: ContentCoding): boolean {
  return coding !== "zstd" || "createZstdCompress" in zlib;
}

/** `gzip;q=0.5`: name and weight in thousandths. */
const ITEM = /^\s*([^\s;,]+)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i;

function readWeights(accept: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of accept.split(",")) {
    const match = ITEM.exec(item);
    if (match === null) continue;
    const name = match[1]?.toLowerCase() ?? "";
    weights.set(name === "x-gzip" ? "gzip" : name, match[2] === undefined ? 1 : Number(match[2]));
  }
  return weights;
}

/**
 * The best of `codings`, or null to send the content as it is: the highest weight of the client, then the order given.
 * Without the field nothing is compressed, although section 12.5.3 would allow it: who does not say it may not know it.
 */
export function chooseCoding(
  accept: string | null,
  codings: readonly ContentCoding[],
): ContentCoding | null {
  if (accept === null) return null;
  const weights = readWeights(accept);
  const other = weights.get("*");
  let best: ContentCoding | null = null;
  // Identity that nobody has named is the last resort.
  let bestWeight = weights.get("identity") ?? other ?? 0;
  for (const coding of codings) {
    const weight = weights.get(coding) ?? other ?? 0;
    if (weight > 0 && (best === null ? weight >= bestWeight : weight > bestWeight)) {
      best = coding;
      bestWeight = weight;
    }
  }
  return best;
}
