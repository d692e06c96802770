// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Response, type QuicVersion } from "../../lib/index.js";
import { startService } from "../helpers/service.js";

type Versions = readonly QuicVersion[] | undefined;

describe("QUIC versions", () => {
  for (const [what, client, server, spoken, isNegotiated] of [
    ["the client's first by default", [2, 1], undefined, 2, false],
    ["the server's first if it has an order", [1, 2], [2, 1], 2, false],
    ["the only one of a server, after Version Negotiation", undefined, [2], 2, true],
  ] as [string, Versions, Versions, number, boolean][]) {
    it(`is ${what}`, async () => {
      await using service = await startService(
        (_request, { connection }) => new Response(String(connection.quicVersion)),
        { client: { quicVersions: client }, server: { quicVersions: server } },
      );
      const response = await service.client.get(service.url);
      expect(response.connection.quicVersion).to.equal(spoken);
      expect(await response.text()).to.equal(String(spoken));
      expect(service.server.stats().versionNegotiations > 0).to.equal(isNegotiated);
      expect(response.connection.security.alpn).to.equal("velocity/1");
    });
  }
});
