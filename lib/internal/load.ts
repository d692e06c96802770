// SPDX-License-Identifier: MIT
// Finds and loads the addon, once, when it is first needed.
import { createRequire } from "node:module";
import { PqqError } from "../errors/index.js";
import type { Native } from "./native.js";

const require = createRequire(import.meta.url);

/** Where native/install.mjs puts it, seen from lib/internal and from dist/internal alike. */
const BUILT_HERE = "../../build/addon/pqq.node";

let loaded: Native | undefined;

/**
 * The addon: a prebuilt one from its platform package if that is installed, else the one built here.
 *
 * @throws PqqError `PQQ_ERR_ADDON_MISSING` with the command that repairs it.
 */
export function loadNative(): Native {
  loaded ??= load([platformPackage(), BUILT_HERE]);
  return loaded;
}

function load(candidates: readonly string[]): Native {
  const causes: unknown[] = [];
  for (const candidate of candidates) {
    try {
      return require(candidate) as Native;
    } catch (error) {
      causes.push(error);
    }
  }
  throw new PqqError("PQQ_ERR_ADDON_MISSING", {
    detail: `run \`npm rebuild velo-pqq\` (${causes.map(reason).join("; ")})`,
    cause: causes.at(-1),
  });
}

/** First line only: what follows is a list of the places that were searched. */
function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}

/** Such as `@velo-pqq/linux-x64`; npm picks among packages of one name by its `os`, `cpu` and `libc` fields. */
function platformPackage(): string {
  return `@velo-pqq/${process.platform}-${process.arch}`;
}
