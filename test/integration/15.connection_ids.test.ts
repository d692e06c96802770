// SPDX-License-Identifier: MIT
// Connection ids that are renewed (docs/transport.md). What an observer sees is in test/sim/id_renewal_test.c.
import { expect } from "chai";
import { Response } from "../../lib/index.js";
import { startService } from "../helpers/service.js";

const BYTES = 2_000_000;

describe("connectionIdPackets", () => {
  async function transfer(connectionIdPackets: number): Promise<number> {
    const both = { connectionIdPackets };
    await using service = await startService(() => new Response(new Uint8Array(BYTES)), {
      server: both,
      client: both,
    });
    for (let i = 0; i < 4; i++) {
      const content = await (await service.client.get(service.url)).arrayBuffer();
      expect(content.byteLength).to.equal(BYTES);
    }
    expect(service.server.stats().cidCloses).to.equal(0);
    return service.server.stats().connectionIdsRenewed;
  }

  it("after so many packets another id of the peer's is used", async () => {
    expect(await transfer(100)).to.be.greaterThan(0);
  });

  it("0 keeps the first one", async () => {
    expect(await transfer(0)).to.equal(0);
  });
});
