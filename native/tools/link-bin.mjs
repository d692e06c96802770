// SPDX-License-Identifier: MIT
// Links node_modules/.bin/pqq to lib/cli/pqq.mjs, so that `npx pqq` works in this checkout.
// npm links the commands of dependencies only, and npx's own way round that works just once.
import { lstatSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const binFolder = join(root, "node_modules", ".bin");
const link = join(binFolder, "pqq");

mkdirSync(binFolder, { recursive: true });
if (lstatSync(link, { throwIfNoEntry: false })) {
  rmSync(link);
}
symlinkSync(join("..", "..", "lib", "cli", "pqq.mjs"), link);
