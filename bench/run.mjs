// SPDX-License-Identifier: MIT
// Starts the harness, which is TypeScript; `npm run typecheck` checks its types.
import { register } from "node:module";
import { fileURLToPath } from "node:url";

process.noDeprecation = true; // of module.register and what ts-node uses; not of ours
// ts-node reads it in this process and in the thread that loads modules, from wherever this is run.
process.env.TS_NODE_PROJECT ??= fileURLToPath(new URL("../tsconfig.json", import.meta.url));
register("ts-node/esm", import.meta.url);
await import("./main.ts");
