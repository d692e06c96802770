// SPDX-License-Identifier: MIT
// Our client with servers that were not made here: pages, bodies both ways, hundreds of streams, Retry, QUIC version 2.
import { expect } from "chai";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Client } from "../../lib/index.js";
import { echo, exercise, fillFolder, FILES, onePage, Running, type Target } from "./exercise.js";
import { go, keyUpdates, type GoPeer } from "./go.js";
import { debian, inChroot, type Chroot } from "./peers.js";
import { passed, report, type Feature } from "./report.js";
import { certificateScript, freePort } from "./servers.js";
import { describePeer } from "./support.js";

/** What a server is started with. */
interface Setup {
  readonly chroot: Chroot;
  /** With cert.pem, key.pem and www, as seen from inside. */
  readonly folder: string;
  readonly retry?: boolean;
  readonly version?: 1 | 2;
}

interface Kind {
  readonly name: string;
  readonly algorithm: "ML-DSA-65" | "P-256";
  /** What {@link exercise} has no test for. */
  readonly more: readonly ("Retry" | "QUIC v2" | "key update")[];
  readonly expected: { readonly group: string; readonly signature: string };
  readonly version: (chroot: Chroot) => string;
  /** Starts one and returns its port. */
  readonly start: (setup: Setup) => Promise<[AsyncDisposable, number]>;
  /** Where a body cannot be had back by {@link echo}. */
  readonly upload?: (target: Omit<Target, "upload">, chroot: Chroot) => Target["upload"];
}

const nginx: Kind = {
  name: "nginx",
  algorithm: "ML-DSA-65",
  more: ["Retry"],
  expected: { group: "X25519MLKEM768", signature: "ML-DSA-65" },
  version: (chroot) =>
    chroot
      .run("nginx", "-v")
      .stderr.replace(/^nginx version: nginx\//, "nginx ")
      .trim(),
  async start({ chroot, folder, retry = false }) {
    const port = await freePort();
    const file = `${folder}/nginx-${port}.conf`;
    const configuration = `
daemon off; master_process off; user root;
pid ${folder}/nginx-${port}.pid; error_log stderr error;
events { worker_connections 2048; }
http {
  access_log off; client_max_body_size 64m; client_body_temp_path ${folder};
  server {
    listen 127.0.0.1:${port} quic reuseport;
    http3 on; quic_retry ${retry ? "on" : "off"};
    ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
    location / { root ${folder}/www; dav_methods PUT; }
  }
}
`;
    chroot.write(file, configuration);
    return [Running.start(chroot.command("nginx", "-c", file)), port];
  },
  // It has no way to give a body back: it stores it.
  upload: (target, chroot) => async (client, body) => {
    const response = await client.request(`${target.origin}/uploaded.bin`, { method: "PUT", body });
    expect(response.status).to.equal(201);
    return chroot.read(`${target.folder}/www/uploaded.bin`);
  },
};

/** What HAProxy stands before: files of a folder, and an echo, over HTTP/1.1. */
async function backend(chroot: Chroot, folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const name = Object.values(FILES).find((file) => request.url === `/${file}`);
    if (request.method === "POST") {
      request.pipe(response);
    } else if (name === undefined) {
      response.writeHead(404).end();
    } else {
      response.end(chroot.read(`${folder}/www/${name}`));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const haproxy: Kind = {
  name: "haproxy",
  algorithm: "ML-DSA-65",
  more: ["Retry"],
  expected: { group: "X25519MLKEM768", signature: "ML-DSA-65" },
  version: (chroot) =>
    chroot
      .run("haproxy", "-v")
      .stdout.replace(/^HAProxy version (\d+\.\d+\.\d+)[^]*/, "HAProxy $1")
      .trim(),
  async start({ chroot, folder, retry = false }) {
    const behind = await backend(chroot, folder);
    const port = await freePort();
    const file = `${folder}/haproxy-${port}.conf`;
    const configuration = `
global
  cluster-secret interop
  ssl-default-bind-curves X25519MLKEM768:X25519
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 10s
frontend quic
  bind quic4@127.0.0.1:${port} ssl crt ${folder}/both.pem alpn h3${retry ? " quic-force-retry" : ""}
  default_backend files
backend files
  server files 127.0.0.1:${(behind.address() as AddressInfo).port}
`;
    chroot.write(file, configuration);
    const running = Running.start(chroot.command("haproxy", "-f", file));
    const both: AsyncDisposable = {
      async [Symbol.asyncDispose]() {
        await running[Symbol.asyncDispose]();
        behind.closeAllConnections();
        behind.close();
        await once(behind, "close");
      },
    };
    return [both, port];
  },
};

const aioquic: Kind = {
  name: "aioquic",
  algorithm: "P-256",
  more: ["Retry", "QUIC v2"],
  expected: { group: "X25519", signature: "ecdsa_secp256r1_sha256" },
  version: (chroot) =>
    `aioquic ${chroot.run("python3", "-c", "import aioquic; print(aioquic.__version__)").stdout.trim()}`,
  async start({ chroot, folder, retry = false }) {
    chroot.copy(join(process.cwd(), "test", "interop", "aioquic_serve.py"), `${folder}/serve.py`);
    const args = ["serve.py", "cert.pem", "key.pem", "www"].map((name) => `${folder}/${name}`);
    const command = chroot.command("python3", ...args, ...(retry ? ["--retry"] : []));
    return (await Running.withLine(command)) as [Running, number];
  },
};

const quicGo = (peer: GoPeer, algorithm: Kind["algorithm"]): Kind => ({
  name: algorithm === "P-256" ? "quic-go, ECDSA" : "quic-go",
  algorithm,
  more: ["key update", "Retry", "QUIC v2"],
  expected: {
    group: "X25519MLKEM768",
    signature: algorithm === "P-256" ? "ecdsa_secp256r1_sha256" : "ML-DSA-65",
  },
  version: () => (algorithm === "P-256" ? `${peer.name}, ECDSA` : peer.name),
  async start({ chroot, folder, retry = false, version = 1 }) {
    const file = (name: string): string => chroot.outside(`${folder}/${name}`);
    const args = ["-cert", file("cert.pem"), "-key", file("seed.pem"), "-root", file("www")];
    if (retry) args.push("-retry");
    args.push("-version", String(version));
    const [running, line] = await Running.withLine(peer.command("serve", ...args), {
      QLOGDIR: file("qlog"),
    });
    return [running, (line as { port: number }).port];
  },
});

function describeServer(kind: Kind, chroot: Chroot): void {
  describe(`${kind.name}, a server for our client`, function () {
    this.timeout(120_000);
    let folder: string;
    let server: AsyncDisposable;
    let target: Target;

    async function begin(options: { retry?: boolean; version?: 1 | 2 }): Promise<AsyncDisposable> {
      const [running, port] = await kind.start({ chroot, folder, ...options });
      const base = {
        peer: kind.version(chroot),
        origin: `https://localhost:${port}`,
        caFile: chroot.outside(`${folder}/ca.pem`),
        folder,
      };
      target = { ...base, upload: (kind.upload ?? echo)(base, chroot) };
      await untilUp(target, options.version);
      return running;
    }

    async function inAnotherWay(
      options: { retry?: boolean; version?: 1 | 2 },
      feature: Feature,
    ): Promise<void> {
      const running = await begin(options);
      try {
        await onePage(target, feature, options.version);
      } finally {
        await running[Symbol.asyncDispose]();
      }
    }

    before(async () => {
      folder = chroot.makeFolder();
      // Go takes an ML-DSA key as its seed alone (RFC 9881 section 6 has three forms).
      const seed =
        kind.algorithm === "P-256"
          ? "cp key.pem seed.pem"
          : "openssl pkey -provparam ml-dsa.output_formats=seed-only -in key.pem -out seed.pem";
      const script = `cd ${folder}; mkdir qlog; ${certificateScript({ algorithm: kind.algorithm })}
cat cert.pem key.pem > both.pem
${seed}
${fillFolder}`;
      const made = chroot.run("sh", "-ec", script);
      expect(made.status, made.stderr).to.equal(0);
      server = await begin({});
    });

    after(async () => {
      await server[Symbol.asyncDispose]();
      chroot.remove(folder);
    });

    it("negotiates what it should", async () => {
      await using client = new Client({ caFile: target.caFile });
      const { connection } = await client.get(`${target.origin}/${FILES.small}`);
      expect(connection.security).to.include({ alpn: "h3", ...kind.expected });
      const { alpn: protocol, group, signature } = connection.security;
      report({ peer: target.peer, role: "server", protocol, group, signature, result: "as below" });
    });

    exercise(() => target, chroot);

    if (kind.more.includes("key update")) {
      it("has changed keys, and our client went along", () => {
        expect(keyUpdates(chroot.outside(`${folder}/qlog`))).to.include("local_update");
        passed(target.peer, "server", "key update");
      });
    }

    if (kind.more.includes("Retry")) {
      it("sends a Retry, and our client comes back with its token", async () => {
        await inAnotherWay({ retry: true }, "Retry");
      });
    }

    if (kind.more.includes("QUIC v2")) {
      it("speaks QUIC version 2", async () => {
        await inAnotherWay({ version: 2 }, "QUIC v2");
      });
    }
  });
}

/** Not all of them say when they listen: tried until one answers. */
async function untilUp({ origin, caFile }: Target, version?: 1 | 2): Promise<void> {
  const MAX_TRIES = 200; // each takes until the port is refused, or a handshake
  for (let tries = 1; ; tries++) {
    try {
      const quicVersions = version === undefined ? undefined : ([version] as const);
      await using client = new Client({ caFile, quicVersions });
      await client.get(`${origin}/${FILES.small}`);
      return;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

for (const kind of [nginx, haproxy, aioquic]) {
  const program = kind.name === "aioquic" ? "python3" : kind.name;
  describePeer(kind.name, inChroot(debian, program), (chroot) => {
    describeServer(kind, chroot);
  });
}

describePeer("quic-go", go, (peer) => {
  describePeer("with certificates of OpenSSL", debian, (chroot) => {
    for (const algorithm of ["ML-DSA-65", "P-256"] as const) {
      describeServer(quicGo(peer, algorithm), chroot);
    }
  });
});
