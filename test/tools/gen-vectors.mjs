// SPDX-License-Identifier: MIT
// Writes spec/vectors/exported-authenticator.{json,txt} from the identities in the .json: npm run gen:vectors.
// test/unit/spec/exported_authenticator.test.ts fails if the files are not what this makes.
import { writeFileSync } from "node:fs";
import { register } from "node:module";

register("ts-node/esm", import.meta.url);
const { jsonOf, makeVectors, readVectors, textOf, VECTORS_JSON, VECTORS_TEXT } = await import(
  new URL("../helpers/authenticator_vectors.ts", import.meta.url)
);

const vectors = makeVectors(readVectors());
writeFileSync(VECTORS_JSON, jsonOf(vectors));
writeFileSync(VECTORS_TEXT, textOf(vectors));
console.log(`${vectors.vectors.length} vectors, ${vectors.bad.length} that must be refused`);
