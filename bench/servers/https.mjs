// SPDX-License-Identifier: MIT
// Node's own HTTPS server: HTTP/1.1 over TCP and TLS 1.3 of Node's OpenSSL.
//
//   node https.mjs CERT KEY
import { createServer } from "node:https";
import { control, downloadBytes, readIdentity, small, writeDownload } from "./control.mjs";
import { tlsOptions } from "../harness/tls.mjs";

const server = createServer({ ...readIdentity(), ...tlsOptions }, (request, response) => {
  const bytes = downloadBytes(request.url);
  response.writeHead(200, {
    "content-type": "text/plain",
    "content-length": bytes ?? small.length,
  });
  if (bytes === undefined) {
    response.end(small);
  } else {
    writeDownload(response, bytes);
  }
});
server.listen(0, "127.0.0.1", () => {
  control(server.address().port, () => process.exit());
});
