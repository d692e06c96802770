// SPDX-License-Identifier: MIT
// A server and a client in one process. Run it with: node --import ./test/register.mjs examples/hello.ts
import { Client, devIdentity, Response, Server } from "velo-pqq";

// Two private roots and two certificates, in your data folder; for development only.
const dev = devIdentity();

await using server = await Server.serve(
  { port: 0, identity: dev.identity },
  (request, { connection }) =>
    new Response(`hello over ${connection.security.group}, you asked for ${request.url}\n`),
);

await using client = new Client({ caFile: dev.caFile });
const response = await client.get(server.url);

console.log(await response.text());
console.log(response.connection.security);
