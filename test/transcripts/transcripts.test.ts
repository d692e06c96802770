// SPDX-License-Identifier: MIT
// The readable form of spec/transcripts is what its recordings hold. Reading one is a check of its own: every packet has
// to open under keys that node:crypto derives, and what can be computed from them has to be what AWS-LC computed.
// record_test.c shows that the recordings are what libpqq does.
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { X509Certificate, verify } from "node:crypto";
import { join } from "node:path";
import { type Connection, readConnection } from "./annotate/connection.js";
import { makeDocument } from "./annotate/document.js";
import { pages } from "./annotate/pages.js";
import { authenticatorProofs, handshakeProof, type Proof } from "./annotate/proofs.js";
import { folder, readRecording, type Recording } from "./annotate/recording.js";

const isUpdate = process.env["PQQ_UPDATE_TRANSCRIPTS"] !== undefined;
const ecdsaP256 = 0x0403;

function read(name: string): Connection {
  return readConnection(readRecording(name));
}

/** The key of a certificate, or undefined where this Node does not know its algorithm. */
function keyOf(certificate: X509Certificate) {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}

/** Whether signature and certificate are good under the root; undefined if this Node cannot tell. */
function isGood(proof: Proof): boolean | undefined {
  const isEcdsa = proof.scheme === ecdsaP256;
  const rootFile = isEcdsa ? "p-256-root.pem" : "ml-dsa-65-root.pem";
  const root = new X509Certificate(readFileSync(join(folder, "identities", rootFile)));
  const leaf = new X509Certificate(proof.leaf);
  const [leafKey, rootKey] = [keyOf(leaf), keyOf(root)];
  if (leafKey === undefined || rootKey === undefined) {
    return undefined;
  }
  const digest = isEcdsa ? "sha256" : null;
  return leaf.verify(rootKey) && verify(digest, proof.input, leafKey, proof.signature);
}

/** When the last byte of a stream's half has gone, and when the first. */
function streamTimes({ datagrams }: Connection, from: string, id: number): number[] {
  return datagrams
    .filter(({ packets }) =>
      packets.some(
        ({ packet, list }) =>
          packet.from === from && list.lines.some((line) => line.includes(` stream id = ${id}, `)),
      ),
    )
    .map(({ datagram }) => datagram.atNs);
}

describe("transcripts", () => {
  for (const [name, page] of Object.entries(pages)) {
    it(`${name}.md explains every field of ${name}.json`, () => {
      const text = makeDocument(page, read(name));
      const path = join(folder, `${name}.md`);
      if (isUpdate) {
        writeFileSync(path, text);
      }
      const isSame = readFileSync(path, "utf8") === text;
      expect(isSame, "npm run gen:transcripts, then look at the difference").to.equal(true);
    });

    it(`${name}: signatures and certificates verify with node:crypto`, function () {
      const connection = read(name);
      const proofs = [handshakeProof(connection), ...authenticatorProofs(connection)];
      const verdicts = proofs.map(isGood);
      expect(verdicts).not.to.include(false);
      if (!verdicts.includes(true)) {
        this.skip(); // one ML-DSA signature, and a Node without ML-DSA
      }
    });
  }

  it("every recording has its page", () => {
    const recordings = readdirSync(folder).filter((file) => file.endsWith(".json"));
    expect(recordings.sort()).to.deep.equal(
      Object.keys(pages)
        .map((name) => `${name}.json`)
        .sort(),
    );
  });

  it("a recording with one bit turned over does not open", () => {
    const recording = readRecording("velocity");
    const datagrams = recording.datagrams.map((datagram, index) => ({
      ...datagram,
      hex:
        index === 9
          ? datagram.hex.replace(/.$/, (digit) => (Number.parseInt(digit, 16) ^ 1).toString(16))
          : datagram.hex,
    }));
    const damaged: Recording = { ...recording, datagrams };
    expect(() => readConnection(damaged)).to.throw(/authenticate/);
  });

  it("the addon that npm install built has no function that could seed it", function () {
    if (process.platform !== "linux") {
      this.skip(); // the check reads ELF
    }
    const root = join(folder, "..", "..");
    const check = join(root, "test", "abi", "check-no-seed.mjs");
    const addon = join(root, "build", "addon", "pqq.node");
    const { status, stderr } = spawnSync(process.execPath, [check, addon], { encoding: "utf8" });
    expect(status, stderr).to.equal(0);
  });

  it("a client of velocity/1 sends its request after the server's authenticator has arrived", () => {
    const connection = read("velocity");
    const proven = streamTimes(connection, "server", 3).at(-1)!;
    const [asked] = streamTimes(connection, "client", 0);
    expect(asked).to.be.greaterThan(proven);
  });
});
