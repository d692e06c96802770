// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { explain, UsageError } from "../../../lib/cli/failure.js";
import {
  errorFromStatus,
  PqqError,
  statusOfCode,
  type PqqErrorCode,
} from "../../../lib/errors/index.js";

const EXIT_CODES: [code: PqqErrorCode, exitCode: number][] = [
  ["PQQ_ERR_KEY_MISMATCH", 2],
  ["PQQ_ERR_CA_UNREADABLE", 2],
  ["PQQ_ERR_URL_INVALID", 2],
  ["PQQ_ERR_CERT_UNTRUSTED", 3],
  ["PQQ_ERR_CERT_EXPIRED", 3],
  ["PQQ_ERR_HANDSHAKE_TIMEOUT", 3],
  ["PQQ_ERR_ADDRESS_IN_USE", 3],
  ["PQQ_ERR_RESOLVE", 3],
  ["PQQ_ERR_STREAM_RESET", 3],
  ["PQQ_ERR_NO_SHARED_GROUP", 4],
  ["PQQ_ERR_NO_SHARED_SIGNATURE", 4],
  ["PQQ_ERR_PROFILE_IDENTITY", 2],
  ["PQQ_ERR_POLICY_KEY_EXCHANGE", 4],
  ["PQQ_ERR_POLICY_AUTHENTICATION", 4],
  ["PQQ_ERR_POLICY_REFUSED", 4],
  ["PQQ_ERR_POLICY_CONFIG", 4],
  ["PQQ_ERR_SHARED_ROOT", 4],
  ["PQQ_ERR_CHAIN_CROSSED", 4],
  ["PQQ_ERR_COMMITMENT_INVALID", 4],
  ["PQQ_ERR_AUTHENTICATOR_MISSING", 4],
  ["PQQ_ERR_AUTHENTICATOR_LATE", 4],
  ["PQQ_ERR_AUTHENTICATOR_MALFORMED", 4],
  ["PQQ_ERR_AUTHENTICATOR_DUPLICATE", 4],
  ["PQQ_ERR_AUTHENTICATOR_SCHEME", 4],
  ["PQQ_ERR_AUTHENTICATOR_INVALID", 4],
  ["PQQ_ERR_RELATED_CERTIFICATE", 4],
  ["PQQ_ERR_CLIENT_IDENTITY", 4],
];

describe("explain", () => {
  for (const [code, exitCode] of EXIT_CODES) {
    it(`exits with ${String(exitCode)} for ${code}`, () => {
      expect(explain(errorFromStatus(statusOfCode(code)))).to.deep.include({ exitCode, code });
    });
  }

  it("takes a policy that a configuration cannot meet at the start as a mistake on the command line", () => {
    for (const code of [
      "PQQ_ERR_POLICY_CONFIG",
      "PQQ_ERR_SHARED_ROOT",
      "PQQ_ERR_CHAIN_CROSSED",
    ] as const) {
      const error = errorFromStatus(statusOfCode(code), "why", { startOf: "server" });
      expect(explain(error)).to.include({ exitCode: 2, code });
    }
  });

  it("takes a peer's refusing alert as policy, and others as failures", () => {
    expect(
      explain(errorFromStatus(-315, undefined, { alert: 40, remote: true })).exitCode,
    ).to.equal(4);
    expect(
      explain(errorFromStatus(-315, undefined, { alert: 51, remote: true })).exitCode,
    ).to.equal(3);
  });

  it("says how to repair the common mistakes", () => {
    expect(explain(errorFromStatus(-601, "[::1]:4433"))).to.deep.include({
      message: "the UDP port is in use: [::1]:4433",
      hint: "choose another port with --port, or --port 0 for a free one",
    });
    expect(explain(new PqqError("PQQ_ERR_ADDON_MISSING")).exitCode).to.equal(2);
    expect(explain(new UsageError("x", "y"))).to.deep.include({
      exitCode: 2,
      message: "x",
      hint: "y",
    });
  });

  it("passes on what it does not know", () => {
    const error = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    expect(explain(error)).to.deep.include({ exitCode: 3, code: "EACCES" });
    expect(explain(new Error("odd"))).to.deep.include({ code: "ERROR", message: "odd" });
  });
});
