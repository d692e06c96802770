// SPDX-License-Identifier: MIT
// Exported authenticators across implementations: what TypeScript makes of fresh inputs, the C test verifies; what C
// makes of the same inputs, TypeScript verifies.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import {
  bytes,
  keysOf,
  makeVectors,
  readVectors,
  textOf,
  type Vectors,
} from "../helpers/authenticator_vectors.js";
import { readRequest, SCHEMES, verifyAuthenticator } from "../helpers/exported_authenticator.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(ROOT, "build", "test", "native", "tls", "authenticator_vectors_test");
const CLASSICAL = [SCHEMES.ecdsa_secp256r1_sha256, SCHEMES.ecdsa_secp384r1_sha384];

describe("exported authenticators of both implementations", () => {
  let folder: string;

  before(function () {
    if (!existsSync(PROGRAM)) {
      console.log(`# SKIP ${PROGRAM} is not built`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "pqq-vectors-"));
  });

  after(() => {
    if (folder) {
      rmSync(folder, { recursive: true });
    }
  });

  /** Runs the C test on these vectors; what C makes of their inputs, by name. */
  function runC(vectors: Vectors): Map<string, string> {
    const input = join(folder, "in.txt");
    const output = join(folder, "out.txt");
    writeFileSync(input, textOf(vectors));
    const { status, stdout } = spawnSync(PROGRAM, [], {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, PQQ_AUTHENTICATORS: input, PQQ_AUTHENTICATORS_OUT: output },
    });
    expect(status, stdout).to.equal(0);
    const lines = readFileSync(output, "utf8").trim().split("\n");
    return new Map(lines.map((line) => line.split("\t") as [string, string]));
  }

  function expectVerified(vectors: Vectors, made: ReadonlyMap<string, string>): void {
    const proving = vectors.vectors.filter(({ identity }) => identity !== "");
    expect([...made.keys()]).to.deep.equal(proving.map(({ name }) => name));
    for (const vector of proving) {
      const request = bytes(vector.request);
      const schemes = request.length > 0 ? readRequest(request).schemes : CLASSICAL;
      const data = bytes(made.get(vector.name)!);
      const proven = verifyAuthenticator(keysOf(vector), request, schemes, data);
      expect(proven.isSignatureChecked, vector.name).to.equal(vector.identity !== "ML-DSA-44");
    }
  }

  // spec: HA-23, HA-27, HA-51
  it("verify each other's authenticators of the fixed inputs", () => {
    const vectors = readVectors();
    expectVerified(vectors, runC(vectors));
  });

  // spec: HA-14, HA-20, HA-23, HA-24, HA-27, HA-51, HA-52, SC-5, SC-6
  it("verify, and refuse, each other's authenticators of fresh inputs", () => {
    const old = readVectors();
    // This Node may not have ML-DSA, and a signature cannot be given in advance here.
    const identities = old.identities.filter(({ name }) => name !== "ML-DSA-44");
    for (let round = 0; round < 8; round++) {
      const seed = process.env["PQQ_TEST_SEED"] ?? randomBytes(8).toString("hex");
      const vectors = makeVectors({ ...old, identities }, seed);
      try {
        expectVerified(vectors, runC(vectors));
      } catch (error) {
        console.log(`PQQ_TEST_SEED=${seed}`);
        throw error;
      }
    }
  });
});
