// SPDX-License-Identifier: MIT
// Our client against aioquic: what it offers of velocity/1 is new to that server, and nothing of it is taken.
import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Client, devIdentity } from "../../lib/index.js";
import { handshakeFailure } from "../helpers/service.js";
import { debian } from "./peers.js";
import { report } from "./report.js";
import { describePeer } from "./support.js";

const script = join(process.cwd(), "test", "interop", "aioquic_serve.py");

describePeer("aioquic as a server", debian, (chroot) => {
  const folder = chroot.makeFolder();
  let caFile: string;
  let server: ChildProcess;
  let url: string;

  before(async () => {
    const dev = devIdentity({ dir: chroot.outside(`${folder}/identity`) });
    ({ caFile } = dev);
    chroot.copy(script, `${folder}/serve.py`);
    chroot.copy(dev.identity.classical.certFile, `${folder}/cert.pem`);
    chroot.copy(dev.identity.classical.keyFile, `${folder}/key.pem`);
    const files = ["cert.pem", "key.pem"].map((name) => `${folder}/${name}`);
    const [command, args] = chroot.command("python3", `${folder}/serve.py`, ...files);
    server = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    const [port] = (await once(server.stdout!, "data")) as [Buffer];
    url = `https://127.0.0.1:${String(port).trim()}/`;
  });

  after(async () => {
    server.kill();
    await once(server, "exit");
    chroot.remove(folder);
  });

  it("gets a ClientHello with velocity/1 and h3, and answers on h3", async () => {
    await using client = new Client({ caFile });
    const response = await client.get(url);
    expect(await response.text()).to.equal("h3");
    const { security, handshake } = response.connection;
    expect(security).to.include({
      alpn: "h3",
      group: "X25519",
      signature: "ecdsa_secp256r1_sha256",
      authentication: "classical",
      downgrade: null,
    });
    // It has to do with datagrams that it has seen already (spec/flight-budget.md).
    expect(handshake.firstFlightRepeats).to.be.greaterThan(0);
    const { alpn: protocol, group, signature } = security;
    const version = chroot.run("python3", "-c", "import aioquic; print(aioquic.__version__)");
    const peer = `aioquic ${version.stdout.trim()}`;
    report({ peer, role: "server", protocol, group, signature, result: "page" });
  });

  // Not of the key exchange: without a common group this server fails at an assertion and says nothing more.
  for (const authentication of ["pq", "hybrid"] as const) {
    it(`does not get a client that requires authentication to be ${authentication}`, async () => {
      await using client = new Client({ caFile });
      const error = await handshakeFailure(client.get(url, { require: { authentication } }));
      // handshake_failure, also where the protocols have nothing in common.
      expect(error).to.include({ code: "PQQ_ERR_TLS_ALERT", alert: 40, remote: true });
      expect((await client.get(url)).status, "the server goes on").to.equal(200);
    });
  }
});
