// SPDX-License-Identifier: MIT
// What `get` and `probe` trust. The library itself never trusts development roots on its own.
import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { defaultRoots } from "../config/roots.js";
import type { Pem } from "../config/index.js";
import { dataFolder, devRootFiles } from "../dev.js";
import { isLocalhost } from "../internal/resolve.js";
import { note } from "./output.js";

/** The part of ClientOptions about trust. */
export type Trust =
  { readonly caFile: string } | { readonly ca: readonly Pem[] } | Record<string, never>;

/** `--ca` alone if it is given; else the default roots, and for this machine the development ones too. */
export function trustFor(url: URL, caFile: string | undefined): Trust {
  if (caFile !== undefined) return { caFile };
  if (!isThisMachine(url.hostname)) return {};
  const files = devRootFiles();
  if (files.length === 0) return {};
  note(
    `also trusting the development roots in ${dataFolder()}, because ${url.hostname} is this machine`,
  );
  return { ca: [defaultRoots(), ...files.map((file) => readFileSync(file))] };
}

/** localhost, *.localhost (RFC 6761 section 6.3), 127.0.0.0/8 and ::1. */
export function isThisMachine(hostname: string): boolean {
  if (isLocalhost(hostname) || hostname === "[::1]") return true;
  return isIPv4(hostname) && hostname.startsWith("127.");
}
