// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { simulate } from "./simulate.js";

const identities = ["ECDSA P-256", "ECDSA P-384", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const;

describe("simulated link", () => {
  for (const identity of identities) {
    it(`completes a handshake and a download with ${identity} over a link that loses 5 %`, async () => {
      const result = await simulate({ identity, seed: 7, bytes: 200_000, lossPpm: 50_000 });
      expect(result).to.include({ connected: true, completed: 1, damaged: 0 });
      expect(result.receivedBytes).to.equal(200_000);
      expect(result.group).to.equal("X25519MLKEM768");
      expect(result.server.datagramsLost).to.be.greaterThan(0);
    });
  }

  it("takes one round trip, with ML-DSA-65 only if the first flight is sent again", async () => {
    const classical = await simulate({ identity: "ECDSA P-256", disableRepeat: true });
    const repeated = await simulate({ identity: "ML-DSA-65" });
    const plain = await simulate({ identity: "ML-DSA-65", disableRepeat: true });
    expect(classical).to.include({ roundTrips: 1, handshakeMs: 20 });
    expect(repeated).to.include({ roundTrips: 1, handshakeMs: 20 });
    expect(plain).to.include({ roundTrips: 2, handshakeMs: 40 });
  });

  it("loses the datagrams that are named, and no others", async () => {
    const result = await simulate({ dropClient: [1], dropServer: [0, 2] });
    expect(result.connected).to.equal(true);
    expect(result.client.datagramsLost).to.equal(1);
    expect(result.server.datagramsLost).to.equal(2);
  });

  it("keeps to 1,200 bytes where nothing larger passes", async () => {
    const result = await simulate({ bytes: 500_000, mtuBytes: 1200 });
    expect(result).to.include({ completed: 1, damaged: 0, receivedBytes: 500_000 });
    expect(result.server.datagramsTooLarge).to.be.greaterThan(0); // its probes
  });

  it("fails with a typed status where not even 1,200 bytes pass", async () => {
    const result = await simulate({ mtuBytes: 1199 });
    expect(result).to.include({ connected: false, closeStatus: "PQQ_ERR_UNREACHABLE" });
  });

  it("finishes a thousand uploads over a link that reorders and damages", async () => {
    const result = await simulate({
      requests: 1000,
      uploadBytes: 5000,
      reorderPpm: 20_000,
      reorderMs: 5,
      flipPpm: 5000,
    });
    expect(result).to.include({ completed: 1000, damaged: 0 });
  });

  it("refuses what it does not know", async () => {
    const wrong = { lossPpm: "much" } as unknown as { lossPpm: number };
    const error = await simulate(wrong).catch((reason: unknown) => reason);
    expect(error).to.be.an("error").with.property("code", 2);
  });
});
