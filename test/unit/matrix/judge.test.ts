// SPDX-License-Identifier: MIT
// The judge of the policy matrix has to find each kind of silent downgrade: cells in which one thing is not as it was.
import { expect } from "chai";
import {
  ALL_CIPHERS,
  type ClientFacts,
  type Connected,
  type Failed,
  type ServerFacts,
  type View,
} from "../../matrix/facts.js";
import { judge, silentDowngrades } from "../../matrix/judge.js";

const ANY = { keyExchange: "any", authentication: "any" } as const;

const client: ClientFacts = {
  profiles: ["balanced"],
  groups: ["X25519MLKEM768", "X25519"],
  ciphers: ALL_CIPHERS,
  schemes: ["ML-DSA-65", "ecdsa_secp256r1_sha256"],
  trustsPq: true,
  trustsClassical: true,
  require: ANY,
};

const server: ServerFacts = {
  profile: "balanced",
  hasPq: true,
  hasClassical: true,
  velocity: true,
  pqOnH3: true,
  groups: ["X25519MLKEM768", "X25519"],
  require: ANY,
};

const velocity: View = {
  protocol: "velocity/1",
  group: "X25519MLKEM768",
  cipher: "TLS_AES_128_GCM_SHA256",
  signature: "ML-DSA-65",
  classicalSignature: "ecdsa_secp256r1_sha256",
  authentication: "hybrid",
  profile: "balanced",
  downgrade: null,
  claimed: false,
};

/** What comes of a server whose operator has switched velocity/1 off. */
const onH3: View = {
  ...velocity,
  protocol: "h3",
  classicalSignature: null,
  authentication: "pq",
  downgrade: "policy_disabled",
};
const off: ServerFacts = { ...server, velocity: false };

/** A cell whose two ends saw `view`, with what each of them saw otherwise. */
function cell(
  view: View,
  {
    seen = {},
    sent = {},
    selection = "",
  }: { seen?: Partial<View>; sent?: Partial<View>; selection?: string } = {},
): Connected {
  const claimed = view.downgrade !== null;
  return {
    kind: "connected",
    client: { ...view, claimed, ...seen },
    server: { ...view, ...sent },
    selection,
  };
}

/** Both ends saw something else than they should have. */
const both = (view: View, other: Partial<View>): Connected => cell({ ...view, ...other });

const found = (
  outcome: Connected,
  facts: { client?: ClientFacts; server?: ServerFacts } = {},
): string => silentDowngrades(facts.client ?? client, facts.server ?? server, outcome).join("\n");

describe("the judge of the policy matrix", () => {
  it("has nothing against velocity/1, or h3 with a reason on both ends", () => {
    expect(judge(client, server, cell(velocity), true)).to.deep.equal([]);
    expect(judge(client, off, cell(onH3), true)).to.deep.equal([]);
  });

  it("finds a reason that one of the ends does not have", () => {
    for (const side of ["seen", "sent"] as const) {
      const outcome = cell(onH3, { [side]: { downgrade: null } });
      expect(found(outcome, { server: off })).to.include("silent: both know velocity/1");
    }
    expect(found(both(onH3, { downgrade: null }))).to.include("silent: both know velocity/1");
  });

  it("finds a reason that nobody knows, and a claim that is presented as a fact", () => {
    expect(found(both(onH3, { downgrade: "because" }), { server: off })).to.include("silent");
    expect(found(cell(onH3, { seen: { claimed: false } }), { server: off })).to.include("a claim");
  });

  it("finds a reason where there is nothing to excuse", () => {
    expect(found(both(velocity, { downgrade: "cipher" }))).to.include("for not being it");
    const plain = { ...client, profiles: [] };
    expect(found(cell(onH3), { client: plain, server: off })).to.include("nothing better");
  });

  for (const field of ["protocol", "group", "cipher", "signature", "authentication"] as const) {
    it(`finds ends that disagree about the ${field}`, () => {
      expect(found(cell(velocity, { seen: { [field]: "another" } }))).to.include(
        `the ends disagree: ${field}`,
      );
    });
  }

  for (const end of ["client", "server"] as const) {
    it(`finds what is below the requirement of the ${end}`, () => {
      const require = { keyExchange: "hybrid", authentication: "hybrid" } as const;
      const facts = {
        client,
        server: off,
        [end]: { ...(end === "client" ? client : off), require },
      };
      expect(found(both(onH3, { group: "X25519" }), facts)).to.include(
        `X25519 is below key exchange hybrid, as the ${end} requires`,
      );
      expect(found(cell(onH3), facts)).to.include(
        `pq is below authentication hybrid, as the ${end} requires`,
      );
    });
  }

  it("finds a classical key exchange between two ends that have ML-KEM, whatever the reason", () => {
    const outcome = both(onH3, { group: "X25519", downgrade: "classical_group" });
    expect(found(outcome)).to.include("silent: X25519");
  });

  it("finds a classical certificate where both have ML-DSA, unless the operator's setting is named", () => {
    const classical = { signature: "ecdsa_secp256r1_sha256", authentication: "classical" };
    const outcome = both(onH3, classical);
    expect(found(outcome, { server: off })).to.include("silent: ecdsa_secp256r1_sha256");
    const never = { ...off, pqOnH3: false };
    expect(found(outcome, { server: never })).to.include("without naming pqOnH3");
    const selection = "classical identity: pq_on_h3 is never";
    expect(found({ ...outcome, selection }, { server: never })).to.equal("");
  });

  it("finds authentication that the signatures do not bear out", () => {
    expect(found(both(onH3, { authentication: "hybrid" }), { server: off })).to.include(
      "the signatures make it pq",
    );
    const classical = { signature: "ecdsa_secp256r1_sha256" };
    expect(found(both(velocity, classical))).to.include("the signatures make it classical");
  });

  it("finds an error instead of a connection, a connection instead of an error, and another error", () => {
    const refused: Failed = {
      kind: "failed",
      code: "PQQ_ERR_TLS_ALERT",
      alert: 40,
      by: "server",
      text: "",
    };
    const strict = {
      ...server,
      require: { keyExchange: "hybrid", authentication: "any" },
    } as const;
    const classical = { ...client, groups: ["X25519"] };
    expect(judge(client, server, refused, true)).to.deep.equal([
      "expected velocity/1, got PQQ_ERR_TLS_ALERT",
    ]);
    expect(judge(classical, strict, refused, true)).to.have.lengthOf(2);
    expect(
      judge(classical, strict, { ...refused, code: "PQQ_ERR_POLICY_REFUSED", alert: 71 }, true),
    ).to.deep.equal([]);
    expect(judge(classical, strict, cell(onH3), true).join("\n")).to.include(
      "expected PQQ_ERR_POLICY_REFUSED, got h3",
    );
    // Another program has a code of its own, but the alert is the same.
    expect(
      judge(classical, strict, { ...refused, code: "exit status 7", alert: 71 }, false),
    ).to.deep.equal([]);
    expect(judge(classical, strict, { ...refused, alert: undefined }, false)).to.have.lengthOf(1);
  });
});
