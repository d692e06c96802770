// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { Response, Server } from "../../lib/index.js";
import { serverOptions, startService } from "../helpers/service.js";

describe("statelessKey", () => {
  it("is 32 bytes", async () => {
    for (const statelessKey of [new Uint8Array(31), new Uint8Array(32)]) {
      let code: unknown;
      try {
        await Server.serve(serverOptions({ statelessKey }), () => new Response(""));
      } catch (error) {
        code = (error as { code: string }).code;
      }
      expect(code).to.equal("PQQ_ERR_INVALID_ARG");
    }
  });

  it("serves with several workers", async () => {
    const statelessKey = randomBytes(32);
    await using service = await startService(() => new Response("here"), {
      server: { statelessKey, workers: 4 },
    });
    expect(await (await service.client.get(service.url)).text()).to.equal("here");
  });
});
