// SPDX-License-Identifier: MIT
// Lets mocha import TypeScript. Types are not checked here: `npm run typecheck` does that.
import { register } from "node:module";

// With require(esm) mocha loads test files by require() first and, when that fails for any reason,
// reports a SyntaxError instead of the reason, with line numbers of the compiled text.
Object.defineProperty(process.features, "require_module", { value: false });

register("ts-node/esm", import.meta.url);
