// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, devIdentity, predictFlight } from "../../lib/index.js";
import { flightWarning } from "../../lib/flight.js";

describe("predictFlight", () => {
  const dir = mkdtempSync(join(tmpdir(), "pqq-flight-"));
  after(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  const { identity } = devIdentity({ dir, profile: "balanced" });

  it("counts velocity/1 for two identities, and h3 for either where asked", () => {
    const both = predictFlight({ identity });
    const pq = predictFlight({ identity }, { kind: "h3 with ML-DSA" });
    const classical = predictFlight({ identity }, { kind: "h3 classical" });
    expect([both.kind, pq.kind, classical.kind]).to.deep.equal([
      "velocity/1",
      "h3 with ML-DSA",
      "h3 classical",
    ]);
    expect(both.parts.authenticator).to.be.greaterThan(400);
    expect(pq.parts.authenticator).to.equal(0);
    expect(predictFlight({ identity, velocity: false }).kind).to.equal("h3 with ML-DSA");
    expect(both.roundTrips).to.deep.equal({ tls: 2, verified: 2 });
    expect(both.repeats.roundTrips).to.deep.equal({ tls: 1, verified: 1 });
    expect(classical.roundTrips).to.deep.equal({ tls: 1, verified: 1 });
  });

  it("counts what a query takes as given", () => {
    const flight = predictFlight({ identity });
    const known = predictFlight({ identity }, { addressKnown: true });
    expect(known.limitBytes).to.equal(null);
    expect(known.roundTrips.verified).to.equal(1);
    const resumed = predictFlight({ identity }, { resumed: true });
    expect(resumed.parts.certificate + resumed.parts.certificateVerify).to.equal(0);
    expect(resumed.total.bytes).to.be.lessThan(flight.total.bytes - 5000);
    expect(predictFlight({ identity }, { uncompressed: true }).certificate.compression).to.equal(
      null,
    );
    expect(predictFlight({ identity }, { datagramBytes: 1452 }).windowBytes).to.equal(14_520);
    expect(predictFlight({ identity }, { clientDatagrams: 6 }).limitBytes).to.equal(21_600);
    const large = { identity, maxUdpPayloadBytes: 1400, assumeMaxUdpPayload: true };
    expect(predictFlight(large).datagramBytes).to.equal(1400);
  });

  it("has no warning for leaves directly under their roots", () => {
    expect(flightWarning(predictFlight({ identity }))).to.equal(null);
  });

  it("throws for what a server would not be started with", () => {
    expect(() => predictFlight({ identity, profile: "secure" }))
      .to.throw(ConfigError)
      .with.property("code", "PQQ_ERR_PROFILE_IDENTITY");
    expect(() => predictFlight({ identity }, { datagramBytes: 100 })).to.throw(/datagram_bytes/);
  });
});
