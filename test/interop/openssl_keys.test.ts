// SPDX-License-Identifier: MIT
// Keys and certificates that OpenSSL made, in every private key form of RFC 9881: a server takes them and proves itself.
import { expect } from "chai";
import { Client, Response, Server } from "../../lib/index.js";
import { debian } from "./peers.js";
import { describePeer } from "./support.js";

/** OpenSSL's names (ml-dsa.output_formats) for the seed, the expanded key, and both. */
const forms = ["seed-only", "priv-only", "seed-priv"];
const algorithms = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];

const makeRoot = `
openssl req -x509 -newkey mldsa65 -nodes -subj "/CN=keys root" -keyout root.key -out ca.pem -days 2
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' > extensions
`;

const makeLeaf = (newKey: string): string => `
${newKey} > key.pem
openssl req -new -key key.pem -subj "/CN=localhost" -out request.pem
openssl x509 -req -in request.pem -CA ca.pem -CAkey root.key -days 2 -extfile extensions -out cert.pem
`;

describePeer("openssl's keys", debian, (chroot) => {
  const folder = chroot.makeFolder();

  function shell(script: string): void {
    const { status, stderr } = chroot.run("sh", "-ec", `cd ${folder}; ${script}`);
    expect(status, stderr).to.equal(0);
  }

  before(() => {
    shell(makeRoot);
  });

  after(() => {
    chroot.remove(folder);
  });

  async function signatureOf(newKey: string): Promise<string> {
    shell(makeLeaf(newKey));
    const identity = {
      cert: chroot.read(`${folder}/cert.pem`),
      key: chroot.read(`${folder}/key.pem`),
    };
    await using server = await Server.serve(
      // The profile that takes every ML-DSA key; the others ask for a stronger one than ML-DSA-44.
      { port: 0, host: "127.0.0.1", profile: "light", identity },
      () => new Response("ok"),
    );
    await using client = new Client({ ca: chroot.read(`${folder}/ca.pem`) });
    const response = await client.get(`https://127.0.0.1:${server.port}/`);
    expect(await response.text()).to.equal("ok");
    return response.connection.security.signature;
  }

  for (const algorithm of algorithms) {
    for (const form of forms) {
      it(`a server takes ${algorithm} as ${form}`, async () => {
        const format = `-provparam ml-dsa.output_formats=${form}`;
        const newKey = `openssl genpkey -algorithm ${algorithm} ${format}`;
        expect(await signatureOf(newKey)).to.equal(algorithm);
      });
    }
  }

  it("a server takes ECDSA P-256 as PKCS#8 and as SEC1", async () => {
    const pkcs8 = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    expect(await signatureOf(pkcs8)).to.equal("ecdsa_secp256r1_sha256");
    expect(await signatureOf(`${pkcs8} | openssl ec`)).to.equal("ecdsa_secp256r1_sha256");
  });
});
