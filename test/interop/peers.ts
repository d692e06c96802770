// SPDX-License-Identifier: MIT
// Gets the programs that the interop tests talk to: those of debian.ts, and Chromium, which needs more of a machine than a
// chroot has and is the installed one.
import { aptInstall, onPath, type Found } from "./debian.js";

export * from "./debian.js";

function prepareChromium(): Found<string> {
  const find = (): string | undefined =>
    ["chromium", "chromium-browser", "google-chrome"].map(onPath).find((path) => path);
  const reason = find() === undefined ? aptInstall("chromium") : undefined;
  const found = find();
  return found === undefined ? { missing: reason ?? "chromium is not on PATH" } : { found };
}

/** Path of a Chromium or Chrome. */
export const browser = prepareChromium();
