// SPDX-License-Identifier: MIT
// What is required, and what happens if it cannot be had: a server and a client that both prove two identities, and a
// server that cannot. Run it with: node --import ./test/register.mjs examples/policy.ts
import { Client, devIdentity, isPqqError, Response, Server } from "velo-pqq";

const dev = devIdentity();
const user = devIdentity({ names: ["user.example"] });

// Takes clients only with both identities, and asks them to come back with nothing less for a day.
await using server = await Server.serve(
  {
    port: 0,
    identity: dev.identity,
    require: "hybrid",
    clientAuthentication: { caFile: user.caFile, require: "hybrid" },
    pinLifetimeS: 86_400,
  },
  (_request, { connection }) =>
    new Response(`you have proven ${connection.security.client?.authentication ?? "nothing"}\n`),
);

await using client = new Client({ caFile: dev.caFile, identity: user.identity, require: "hybrid" });
const response = await client.get(server.url);
console.log(await response.text());
for (const { role, algorithm } of response.connection.security.certificates) {
  console.log(`the server has proven its ${role} identity: ${algorithm}`);
}

// This one speaks h3 only.
await using plain = await Server.serve(
  { port: 0, identity: dev.identity, velocity: false },
  () => new Response("hello\n"),
);
try {
  await client.get(plain.url);
} catch (error) {
  if (isPqqError(error)) console.log(`refused: ${error.code}`);
}
const { security } = (await client.get(plain.url, { require: "pq" })).connection;
console.log(`with less: ${security.alpn}, ${security.authentication}, ${security.group}`);
