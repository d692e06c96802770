// SPDX-License-Identifier: MIT
// The fixed vectors against the implementation in TypeScript. That libpqq agrees with the same file is shown by
// test/native/tls/authenticator_vectors_test.c, which is why the statements are cited there.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  bytes,
  jsonOf,
  keysOf,
  makeVectors,
  readVectors,
  textOf,
  VECTORS_JSON,
  VECTORS_TEXT,
} from "../../helpers/authenticator_vectors.js";
import { signDeterministically } from "../../helpers/deterministic_ecdsa.js";
import {
  exportKeys,
  readRequest,
  SCHEMES,
  verifyAuthenticator,
  verifyEmptyAuthenticator,
} from "../../helpers/exported_authenticator.js";
import { AuthenticatorError } from "../../helpers/tls_messages.js";

const { identities, vectors, bad } = readVectors();
const CLASSICAL: readonly number[] = [
  SCHEMES.ecdsa_secp256r1_sha256,
  SCHEMES.ecdsa_secp384r1_sha384,
];

/** What the verifier offered: the schemes of the request, or of a ClientHello. */
function schemesFor(request: Buffer): readonly number[] {
  return request.length > 0 ? readRequest(request).schemes : CLASSICAL;
}

describe("vectors for the exported authenticator", () => {
  for (const vector of vectors) {
    const keys = keysOf(vector);
    const request = bytes(vector.request);

    it(`${vector.name}: the keys are the exporter's`, () => {
      expect(exportKeys(vector.hash, bytes(vector.exporterSecret), vector.sender)).to.deep.equal(
        keys,
      );
    });

    it(`${vector.name}: verifies`, () => {
      const data = bytes(vector.authenticator);
      if (vector.identity === "") {
        verifyEmptyAuthenticator(keys, request, data);
        return;
      }
      const identity = identities.find(({ name }) => name === vector.identity)!;
      const proven = verifyAuthenticator(keys, request, schemesFor(request), data);
      expect(proven.scheme).to.equal(Number.parseInt(identity.scheme, 16));
      expect(proven.chain.map((one) => one.toString("hex"))).to.deep.equal(identity.chain);
      expect(proven.isSignatureChecked).to.equal(CLASSICAL.includes(proven.scheme));
    });
  }

  for (const entry of bad) {
    it(`${entry.name}: is refused as ${entry.refusal}`, () => {
      const of = vectors.find(({ name }) => name === entry.of)!;
      const request = bytes(entry.request);
      expect(() =>
        verifyAuthenticator(
          keysOf({ ...entry, hash: of.hash }),
          request,
          schemesFor(request),
          bytes(entry.authenticator),
        ),
      )
        .to.throw(AuthenticatorError)
        .with.property("refusal", entry.refusal);
    });
  }

  it("are what making them again gives", () => {
    const made = makeVectors(readVectors());
    expect(jsonOf(made)).to.equal(readFileSync(VECTORS_JSON, "utf8"));
    expect(textOf(made)).to.equal(readFileSync(VECTORS_TEXT, "utf8"));
  });
});

describe("deterministic ECDSA", () => {
  it("gives the signatures of RFC 6979 appendix A.2.5 and A.2.6", () => {
    const sample = Buffer.from("sample");
    const p256 = signDeterministically(
      "P-256",
      bytes("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
      sample,
    ).toString("hex");
    expect(p256).to.include("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
    expect(p256).to.include("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    const p384 = signDeterministically(
      "P-384",
      bytes(
        "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
      ),
      sample,
    ).toString("hex");
    expect(p384).to.include(
      "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
    );
    expect(p384).to.include(
      "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
    );
  });
});
