// SPDX-License-Identifier: MIT
// A server whose classical key is in a "KMS": another object that signs and gives the key to nobody. Run it with:
// node --import ./test/register.mjs examples/signer.ts
import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Client, devIdentity, Response, Server, type Signer } from "velo-pqq";

/** Stands for a service in the network: it takes its time, and may be told to stop. */
class Kms {
  readonly #key: KeyObject;

  constructor(pem: string) {
    this.#key = createPrivateKey(pem);
  }

  /** An ECDSA signature in DER. */
  async sign(message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    await delay(20, undefined, { signal });
    return sign("sha256", message, this.#key);
  }
}

const dev = devIdentity();
const { classical, ...pq } = dev.identity;
const kms = new Kms(readFileSync(classical.keyFile, "utf8"));

const signer: Signer = {
  timeoutMs: 2_000,
  sign(scheme, message, { signal }) {
    console.log(`${scheme} is asked for`);
    return kms.sign(message, signal);
  },
};

await using server = await Server.serve(
  { port: 0, identity: { ...pq, classical: { certFile: classical.certFile, signer } } },
  () => new Response("signed for\n"),
);
server.on("signerError", (error, scheme) => {
  console.error(`${scheme}:`, error);
});

await using client = new Client({ caFile: dev.caFile });
const response = await client.get(server.url, { require: "hybrid" });
console.log(response.connection.security.authentication, await response.text());
