// SPDX-License-Identifier: MIT
// The trust anchors of a client that names none: those of Node.js, as node:https has them.
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

let cached: Uint8Array | undefined;

/** All default roots as one PEM text. Reads `NODE_EXTRA_CA_CERTS` once, as Node.js does. */
export function defaultRoots(): Uint8Array {
  cached ??= Buffer.from([...rootCertificates, extraRoots()].join("\n"), "latin1");
  return cached;
}

function extraRoots(): string {
  const file = process.env["NODE_EXTRA_CA_CERTS"];
  if (!file) return "";
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    // Node.js warns and goes on too: the variable is often set for a whole system.
    process.emitWarning(`NODE_EXTRA_CA_CERTS is ignored: ${(error as Error).message}`);
    return "";
  }
}
