// SPDX-License-Identifier: MIT
// Does sending the first flight again save a round trip with servers that were not made here? nginx and HAProxy, each with
// an ML-DSA-65 certificate directly under its root, behind a link of 20 ms each way.
import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Client, predictFlightOf, Response, Server, type Connection } from "../../lib/index.js";
import { DelayedLink } from "./link.js";
import { debian, inChroot, type Chroot } from "./peers.js";
import { certificateScript, freePort } from "./servers.js";
import { describePeer, execute } from "./support.js";

const DELAY_MS = 20;
/** Each takes until the port is refused, or a handshake. */
const MAX_TRIES = 100;

interface Peer {
  readonly name: string;
  readonly version: (chroot: Chroot) => string;
  readonly configuration: (folder: string, port: number) => string;
  readonly command: (file: string) => string[];
}

const nginx: Peer = {
  name: "nginx",
  version: (chroot) => chroot.run("nginx", "-v").stderr.trim(),
  configuration: (folder, port) => `
daemon off; master_process off; user root;
pid ${folder}/nginx.pid; error_log stderr notice;
events { worker_connections 512; }
http {
  access_log off;
  server {
    listen 127.0.0.1:${port} quic reuseport;
    http3 on;
    ssl_certificate_compression on;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    location / { return 200 "ok\\n"; }
  }
}
`,
  command: (file) => ["nginx", "-c", file],
};

const haproxy: Peer = {
  name: "haproxy",
  version: (chroot) => chroot.run("haproxy", "-v").stdout.split("\n")[0] ?? "",
  configuration: (folder, port) => `
global
  log stderr format raw local0
  ssl-default-bind-curves X25519MLKEM768:X25519
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend quic
  bind quic4@127.0.0.1:${port} ssl crt ${folder}/both.pem alpn h3
  http-request return status 200 content-type text/plain string ok
`,
  command: (file) => ["haproxy", "-f", file],
};

for (const peer of [nginx, haproxy]) {
  describePeer(`first flight to ${peer.name}`, inChroot(debian, peer.name), (chroot) => {
    let folder: string;
    let server: ChildProcess;
    let port: number;

    before(async () => {
      folder = chroot.makeFolder();
      const script = `cd ${folder}; ${certificateScript()} cat cert.pem key.pem > both.pem`;
      const made = chroot.run("sh", "-ec", script);
      expect(made.status, made.stderr).to.equal(0);
      port = await freePort();
      const file = `${folder}/configuration`;
      chroot.write(file, peer.configuration(folder, port));
      const [command, args] = chroot.command(...peer.command(file));
      server = spawn(command, args, { stdio: "ignore" });
      await untilUp(port, chroot.outside(`${folder}/ca.pem`));
    });

    after(async () => {
      server.kill("SIGKILL");
      await once(server, "exit");
      chroot.remove(folder);
    });

    it("takes two round trips without repeats and one with them", async () => {
      await using link = await DelayedLink.open(port, DELAY_MS);
      const ca = chroot.outside(`${folder}/ca.pem`);
      const without = await handshake(link.port, ca, 0);
      const flight = predictFlightOf(without);
      const repeated = await handshake(link.port, ca, flight.total.bytes);
      describeResult(peer.version(chroot), without, repeated);
      expect(without.security).to.include({ alpn: "h3", signature: "ML-DSA-65" });
      expect(without.handshake).to.include({ firstFlightRepeats: 0, tlsRoundTrips: 2 });
      expect(repeated.handshake.firstFlightRepeats).to.equal(2);
      expect(repeated.handshake.tlsRoundTrips).to.equal(1);
      expect(repeated.handshake.ms).to.be.lessThan(without.handshake.ms);
    });
  });
}

async function handshake(
  port: number,
  caFile: string,
  expectedFlightBytes: number,
): Promise<Connection> {
  await using client = new Client({ caFile, expectedFlightBytes, velocity: false });
  return (await client.get(`https://localhost:${port}/`)).connection;
}

describePeer("certificate compression with OpenSSL", debian, (chroot) => {
  let folder: string;
  before(() => {
    folder = chroot.makeFolder();
    const script = certificateScript({ algorithm: "P-256", intermediate: true });
    const made = chroot.run("sh", "-ec", `cd ${folder}; ${script}`);
    expect(made.status, made.stderr).to.equal(0);
  });
  after(() => {
    chroot.remove(folder);
  });

  it("takes what nginx compresses", async () => {
    const port = await freePort();
    chroot.write(`${folder}/configuration`, nginx.configuration(folder, port));
    const [command, args] = chroot.command(...nginx.command(`${folder}/configuration`));
    const server = spawn(command, args, { stdio: "ignore" });
    try {
      const ca = chroot.outside(`${folder}/ca.pem`);
      await untilUp(port, ca);
      const { security, handshake: took } = await handshake(port, ca, 0);
      expect(security.certificates[0]?.chain).to.have.length(2);
      expect(took.certificateCompression).to.be.oneOf(["zlib", "brotli"]);
      expect(took.certificateWireBytes).to.be.lessThan(took.certificateBytes);
    } finally {
      server.kill("SIGKILL");
      await once(server, "exit");
    }
  });

  it("sends what openssl s_client unpacks", async () => {
    const [certFile, keyFile] = ["cert.pem", "key.pem"].map((name) =>
      chroot.outside(`${folder}/${name}`),
    ) as [string, string];
    const options = { port: 0, host: "127.0.0.1", identity: { certFile, keyFile } };
    await using server = await Server.serve(options, () => new Response("ok"));
    const client = `timeout 5 openssl s_client -quic -alpn h3 -connect 127.0.0.1:${server.port}`;
    const line = `echo | ${client} -CAfile ${folder}/ca.pem -verify_return_error -msg | tr -cd "[:print:]\\n"`;
    const { stdout } = await execute(chroot.command("sh", "-c", line));
    expect(stdout).to.include("CompressedCertificate").and.include("Verify return code: 0 (ok)");
  });
});

/** These servers do not say when they listen in the same way: tried until one answers. */
async function untilUp(port: number, caFile: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await handshake(port, caFile, 0);
      return;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

/** The figures of docs/interop.md. */
function describeResult(version: string, without: Connection, repeated: Connection): void {
  for (const { handshake: took } of [without, repeated]) {
    console.log(
      `    ${version}: ${took.tlsRoundTrips} round trips, ${took.ms.toFixed(1)} ms, ${took.firstFlightRepeats} repeats; ` +
        `certificate ${took.certificateCompression ?? "as it is"} ${took.certificateWireBytes}/${took.certificateBytes}; ` +
        `received ${took.bytesReceived} bytes in ${took.datagramsReceived}, sent ${took.bytesSent} in ${took.datagramsSent}`,
    );
  }
}
