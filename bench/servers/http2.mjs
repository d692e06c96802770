// SPDX-License-Identifier: MIT
// Node's own HTTP/2 server, over TCP and TLS 1.3 of Node's OpenSSL.
//
//   node http2.mjs CERT KEY
import { createSecureServer } from "node:http2";
import { control, downloadBytes, readIdentity, small, writeDownload } from "./control.mjs";
import { tlsOptions } from "../harness/tls.mjs";

const server = createSecureServer({
  ...readIdentity(),
  ...tlsOptions,
  settings: { maxConcurrentStreams: 100 },
});
server.on("stream", (stream, headers) => {
  const bytes = downloadBytes(headers[":path"]);
  stream.respond({
    ":status": 200,
    "content-type": "text/plain",
    "content-length": bytes ?? small.length,
  });
  if (bytes === undefined) {
    stream.end(small);
  } else {
    writeDownload(stream, bytes);
  }
});
server.listen(0, "127.0.0.1", () => {
  control(server.address().port, () => process.exit());
});
