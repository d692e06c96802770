// SPDX-License-Identifier: MIT
// Serves examples/site and a JSON endpoint, and prints what to do next. `npm start` runs this.
//
//   node examples/site.mjs [--port N]
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { devIdentity, isPqqError, Response, Server } from "velo-pqq";

const { values } = parseArgs({ options: { port: { type: "string", default: "4433" } } });
const dev = devIdentity();
const files = fileURLToPath(new URL("site", import.meta.url));

/** What was negotiated for the request that asks. */
function connectionFacts({ security, handshake, quicVersion, remoteAddress }) {
  return Response.json(
    { security, handshake, quicVersion, remoteAddress },
    { headers: { "cache-control": "no-store" } },
  );
}

async function listen(host) {
  // The files are answered by the network thread; what is not among them comes to the handler.
  const options = { host, port: Number(values.port), identity: dev.identity, files };
  return Server.serve(options, (request, { connection }) => {
    const { pathname } = new URL(request.url);
    return pathname === "/api/connection"
      ? connectionFacts(connection)
      : new Response("not found\n", { status: 404 });
  });
}

/** Both loopback addresses: browsers try ::1 first for localhost, other programs do not. */
async function listenOnLoopback() {
  try {
    return await listen(["127.0.0.1", "::1"]);
  } catch (error) {
    if (!isPqqError(error) || error.code !== "PQQ_ERR_ADDRESS_UNAVAILABLE") throw error;
    return listen("127.0.0.1");
  }
}

/** Chromium takes a certificate by the hash of its key, without a change of the system's trust store. */
function keyHash(file) {
  const spki = new X509Certificate(readFileSync(file)).publicKey.export({
    type: "spki",
    format: "der",
  });
  return createHash("sha256").update(spki).digest("base64");
}

function printNextSteps({ url, port }) {
  console.log(`
Serving examples/site on ${url}

Fetch it, and see what was negotiated:
  npx pqq get ${url}
  npx pqq probe ${url}

With a curl that has HTTP/3 and ML-DSA:
  curl --http3-only --cacert '${dev.caFile}' ${url}

In Chromium (with another window of it open, add --user-data-dir=/some/new/folder):
  chromium --origin-to-force-quic-on=localhost:${port} \\
    --ignore-certificate-errors-spki-list=${keyHash(dev.identity.classical.certFile)} ${url}

Stop with Ctrl+C.`);
}

try {
  const server = await listenOnLoopback();
  printNextSteps(server);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    // Once: a second signal has its usual effect and ends the process.
    process.once(signal, () => void server.close());
  }
} catch (error) {
  if (!isPqqError(error)) throw error;
  console.error(error.message);
  if (error.code === "PQQ_ERR_ADDRESS_IN_USE") console.error("Try: npm start -- --port 4434");
  process.exitCode = 1;
}
