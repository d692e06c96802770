// SPDX-License-Identifier: MIT
// docs/config.schema.json is made from the schemas that parse options. This test makes it again and compares;
// `PQQ_UPDATE=1 npm run test:one -- test/unit/config/json_schema.test.ts` writes it.
import { readFileSync, writeFileSync } from "node:fs";
import { toJsonSchema, type JsonSchema } from "@valibot/to-json-schema";
import { expect } from "chai";
import * as prettier from "prettier";
import type * as v from "valibot";
import { clientSchema, serverSchema } from "../../../lib/config/schema.js";

const FILE = new URL("../../../docs/config.schema.json", import.meta.url);

const NOT_IN_JSON = "an object";

/** Takes what JSON cannot carry out of an object's properties, at every depth. */
function prune(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  const { properties } = node as { properties?: Record<string, { $comment?: string }> };
  for (const [name, property] of Object.entries(properties ?? {})) {
    if (property.$comment === NOT_IN_JSON) delete properties?.[name];
  }
  Object.values(node).forEach(prune);
}

/** What JSON cannot carry is left out: an AbortSignal, a PinStore, a function, a signer. PEM text is a string. */
function convert(schema: v.GenericSchema): JsonSchema {
  const json = toJsonSchema(schema, {
    typeMode: "input",
    errorMode: "ignore",
    target: "draft-2020-12",
    overrideSchema: ({ valibotSchema }) => {
      if (valibotSchema.type === "instance") return { $comment: NOT_IN_JSON };
      if (valibotSchema.type !== "custom") return undefined;
      const { message } = valibotSchema as { message?: unknown };
      return String(message).startsWith("PEM text")
        ? { type: "string", contentMediaType: "application/x-pem-file" }
        : { $comment: NOT_IN_JSON };
    },
  });
  delete json.$schema;
  prune(json);
  const pins = json.properties?.["pins"];
  if (typeof pins === "object") {
    pins.anyOf = pins.anyOf?.filter(
      (one) => typeof one === "boolean" || one.$comment !== NOT_IN_JSON,
    );
  }
  return json;
}

function generate(): Promise<string> {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Options of velo-pqq",
    $defs: { server: convert(serverSchema), client: convert(clientSchema) },
  };
  return prettier.format(JSON.stringify(schema), { parser: "json", printWidth: 100 });
}

describe("docs/config.schema.json", () => {
  it("is what the schemas say", async () => {
    const text = await generate();
    if (process.env["PQQ_UPDATE"] === "1") writeFileSync(FILE, text);
    expect(readFileSync(FILE, "utf8")).to.equal(text);
  });

  it("has the ranges, the defaults and the meaning of the options", async () => {
    const { $defs } = JSON.parse(await generate()) as {
      $defs: { server: JsonSchema; client: JsonSchema };
    };
    expect($defs.server.required).to.deep.equal([]);
    expect($defs.server.additionalProperties).to.equal(false);
    expect($defs.server.properties?.["workers"]).to.deep.include({
      type: "integer",
      minimum: 1,
      maximum: 64,
      default: 1,
    });
    expect($defs.server.properties?.["workers"]).to.have.property("description");
    expect($defs.client.properties?.["profile"])
      .to.have.property("anyOf")
      .that.deep.includes({ enum: ["light", "balanced", "secure"], type: "string" });
    expect($defs.client.properties?.["pins"]).to.have.property("anyOf").that.has.length(2);
    expect($defs.server.properties?.["pinLifetimeS"]).to.deep.include({ maximum: 31_536_000 });
  });
});
