// SPDX-License-Identifier: MIT
// Our client against nginx (its own QUIC, OpenSSL) with an ML-DSA-65 certificate and key made by OpenSSL.
import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client, devIdentity } from "../../lib/index.js";
import { handshakeFailure } from "../helpers/service.js";
import { debian } from "./peers.js";
import { report } from "./report.js";
import { certificateScript, freePort } from "./servers.js";
import { describePeer, execute, sha256 } from "./support.js";

const cli = join(process.cwd(), "lib", "cli", "pqq.mjs");

/** An ECDSA leaf under a root of its own beside the ML-DSA one: a client with both roots offers velocity/1. */
const makeCertificates = `${certificateScript()}
EC="ec -pkeyopt ec_paramgen_curve:P-256"
openssl req -x509 -newkey $EC -nodes -subj "/CN=classical root" -keyout root2.key -out ca2.pem -days 2
openssl req -newkey $EC -nodes -subj "/CN=localhost" -keyout key2.pem -out request2.pem
openssl x509 -req -in request2.pem -CA ca2.pem -CAkey root2.key -days 2 -extfile extensions -out cert2.pem
cat ca2.pem >> ca.pem
head -c 8388608 /dev/urandom > www/large.bin
`;

const configuration = (folder: string, port: number): string => `
daemon off; master_process off; user root;
pid ${folder}/nginx.pid; error_log stderr notice;
events { worker_connections 512; }
http {
  access_log off;
  server {
    listen 127.0.0.1:${port} quic reuseport;
    http3 on;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    ssl_certificate ${folder}/cert2.pem;
    ssl_certificate_key ${folder}/key2.pem;
    location = /group { return 200 "$ssl_curve\\n"; }
    location / { root ${folder}/www; }
  }
}
`;

describePeer("nginx", debian, (chroot) => {
  const folder = chroot.makeFolder();
  const ca = chroot.outside(`${folder}/ca.pem`);
  let nginx: ChildProcess;
  let origin: string;

  before(async () => {
    const made = chroot.run("sh", "-ec", `cd ${folder}; mkdir www; ${makeCertificates}`);
    expect(made.status, made.stderr).to.equal(0);
    const port = await freePort();
    chroot.write(`${folder}/nginx.conf`, configuration(folder, port));
    origin = `https://localhost:${port}`;
    const [command, args] = chroot.command("nginx", "-c", `${folder}/nginx.conf`);
    nginx = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    // Its first notices come when its sockets are open.
    const lines = createInterface({ input: nginx.stderr! });
    const started = lines[Symbol.asyncIterator]();
    const first = (await started.next()) as IteratorResult<string, undefined>;
    expect(first.value).to.match(/\[notice\]/);
    nginx.stderr!.resume();
  });

  after(async () => {
    nginx.kill();
    await once(nginx, "exit");
    chroot.remove(folder);
  });

  it("gives our client X25519MLKEM768 and an ML-DSA-65 chain", async () => {
    await using client = new Client({ caFile: ca });
    const response = await client.get(`${origin}/group`);
    expect(response.status).to.equal(200);
    expect(await response.text()).to.equal("X25519MLKEM768\n");
    const { alpn, group, signature, authentication, downgrade } = response.connection.security;
    expect({ alpn, group, signature, authentication, downgrade }).to.deep.equal({
      alpn: "h3",
      group: "X25519MLKEM768",
      signature: "ML-DSA-65",
      authentication: "pq",
      downgrade: null, // it has no better one: it does not know velocity/1
    });
    const peer = chroot
      .run("nginx", "-v")
      .stderr.replace(/^nginx version: nginx\//, "nginx ")
      .trim();
    report({ peer, role: "server", protocol: alpn, group, signature, result: "page, 8 MiB file" });
  });

  it("is good enough for a client that requires pq, and not for one that requires hybrid", async () => {
    await using client = new Client({ caFile: ca });
    const response = await client.get(`${origin}/group`, { require: "pq" });
    expect(response.connection.security.authentication).to.equal("pq");
    const error = await handshakeFailure(client.get(`${origin}/group`, { require: "hybrid" }));
    expect(error).to.include({ code: "PQQ_ERR_NO_SHARED_ALPN", alert: 120, remote: true });
  });

  it("serves a large file to pqq get", async () => {
    const output = chroot.outside(`${folder}/got.bin`);
    const args = [cli, "get", `${origin}/large.bin`, "--ca", ca, "-o", output];
    const { status, stderr } = await execute([process.execPath, args]);
    expect(status, stderr).to.equal(0);
    expect(sha256(chroot.read(`${folder}/got.bin`))).to.equal(
      sha256(chroot.read(`${folder}/www/large.bin`)),
    );
  });

  it("is described by pqq probe", async () => {
    const args = [cli, "probe", origin, "--ca", ca, "--json"];
    const { status, stdout, stderr } = await execute([process.execPath, args]);
    expect(status, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.include({
      alpn: "h3",
      group: "X25519MLKEM768",
      signature: "ML-DSA-65",
      hybrid: true,
    });
  });

  it("is not trusted under another root", async () => {
    const { caFile } = devIdentity({ dir: chroot.outside(`${folder}/other`) });
    await using client = new Client({ caFile });
    const error = await handshakeFailure(client.get(`${origin}/group`));
    expect(error).to.have.property("code", "PQQ_ERR_CERT_UNTRUSTED");
  });
});
