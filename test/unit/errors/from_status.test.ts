// SPDX-License-Identifier: MIT
import { inspect } from "node:util";
import { expect } from "chai";
import {
  ApplicationError,
  ConfigError,
  errorFromStatus,
  HandshakeError,
  isPqqError,
  PqqError,
  StreamError,
  TimeoutError,
  TransportError,
} from "../../../lib/errors/index.js";

const CLASSES = [
  [-104, "PQQ_ERR_STATE", PqqError],
  [-203, "PQQ_ERR_BODY_TOO_LARGE", PqqError],
  [-301, "PQQ_ERR_CERT_UNREADABLE", ConfigError],
  [-303, "PQQ_ERR_KEY_MISMATCH", ConfigError],
  [-306, "PQQ_ERR_CA_UNREADABLE", ConfigError],
  [-308, "PQQ_ERR_CERT_UNTRUSTED", HandshakeError],
  [-312, "PQQ_ERR_NO_SHARED_GROUP", HandshakeError],
  [-316, "PQQ_ERR_GROUP_UNKNOWN", ConfigError],
  [-401, "PQQ_ERR_HANDSHAKE_TIMEOUT", TimeoutError],
  [-404, "PQQ_ERR_CONNECTION_REFUSED", TransportError],
  [-501, "PQQ_ERR_STREAM_RESET", StreamError],
  [-503, "PQQ_ERR_HTTP_PROTOCOL", ApplicationError],
  [-506, "PQQ_ERR_REQUEST_TIMEOUT", TimeoutError],
  [-601, "PQQ_ERR_ADDRESS_IN_USE", PqqError],
  [-901, "PQQ_ERR_INTERNAL", PqqError],
] as const;

describe("errorFromStatus", () => {
  for (const [status, code, expected] of CLASSES) {
    it(`makes a ${expected.name} of ${code}`, () => {
      const error = errorFromStatus(status, "some detail");
      expect(error).to.be.instanceOf(expected).and.instanceOf(PqqError);
      expect(error.constructor).to.equal(expected);
      expect(error.name).to.equal(expected.name);
      expect(error.code).to.equal(code);
      expect(error.message).to.include("some detail");
    });
  }

  it("keeps what is known about a handshake", () => {
    const error = errorFromStatus(-315, undefined, { group: "X25519", alert: 40, remote: true });
    expect(error).to.deep.include({
      group: "X25519",
      signature: undefined,
      alert: 40,
      remote: true,
    });
    expect(error.message).to.equal("the TLS handshake failed with an alert");
  });

  it("keeps how far a server has proven itself, and what was required", () => {
    const required = {
      keyExchange: "any",
      authentication: "hybrid",
      pinnedUntil: undefined,
    } as const;
    const info = {
      group: "X25519MLKEM768",
      signature: "ML-DSA-65",
      authentication: "pq",
      required,
    } as const;
    expect(errorFromStatus(-327, "no stream", info)).to.deep.include({
      ...info,
      code: "PQQ_ERR_AUTHENTICATOR_MISSING",
      name: "HandshakeError",
      message: "the peer did not send its authenticator: no stream",
    });
  });

  for (const [status, path] of [
    [-322, "require"],
    [-324, "identity.classical"],
    [-325, "identity"],
    [-333, "requireRelatedCertificate"],
  ] as const) {
    it(`takes ${String(status)} for a mistake in ${path} at the start, and for a peer's later`, () => {
      expect(errorFromStatus(status, "", { startOf: "server" })).to.include({
        name: "ConfigError",
        path,
      });
      expect(errorFromStatus(status, "")).to.have.property("name", "HandshakeError");
    });
  }

  it("names the trust anchors by whose they are", () => {
    expect(errorFromStatus(-306, "", { startOf: "client" })).to.have.property("path", "ca");
    expect(errorFromStatus(-306, "", { startOf: "server" })).to.have.property(
      "path",
      "clientAuthentication.ca",
    );
  });

  it("names the profile that an identity is too weak for", () => {
    expect(errorFromStatus(-323, "ML-DSA-44")).to.include({ name: "ConfigError", path: "profile" });
  });

  it("keeps what was on the wire", () => {
    const error = errorFromStatus(-501, "", { wireCode: 0x10cn, remote: true });
    expect(error).to.deep.include({ wireCode: 0x10cn, remote: true, retryable: false });
  });

  it("names the option of a refused identity", () => {
    expect(errorFromStatus(-303, "server.pem")).to.deep.include({ path: "identity.key" });
  });

  it("keeps the cause", () => {
    const cause = new Error("below");
    expect(errorFromStatus(-604, "read", { cause }).cause).to.equal(cause);
    expect(errorFromStatus(-604, "read")).not.to.have.property("cause");
  });
});

describe("isPqqError", () => {
  it("knows its own, also from another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { [Symbol.for("pqq.error")]: true });
    expect(isPqqError(new PqqError("PQQ_ERR_STATE"))).to.equal(true);
    expect(isPqqError(foreign)).to.equal(true);
    expect(isPqqError(new Error("x"))).to.equal(false);
    expect(isPqqError({ [Symbol.for("pqq.error")]: true })).to.equal(false);
  });

  it("does not show its brand in a log", () => {
    expect(inspect(new PqqError("PQQ_ERR_STATE"))).not.to.include("pqq.error");
  });
});
