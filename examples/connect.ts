// SPDX-License-Identifier: MIT
// A tunnel over extended CONNECT (RFC 9220): the server sends bytes and datagrams back as they come.
import { Client, devIdentity, Response, Server, type Handler } from "velo-pqq";

const dev = devIdentity();

const handler: Handler = (request, context) => {
  if (request.protocol !== "echo") return new Response("CONNECT to me\n");
  const tunnel = context.accept();
  context.waitUntil(tunnel.readable.pipeTo(tunnel.writable));
  const datagrams = async (): Promise<void> => {
    for await (const datagram of tunnel.datagrams) tunnel.datagrams.send(datagram);
  };
  context.waitUntil(datagrams());
  return tunnel;
};

await using server = await Server.serve(
  { port: 0, identity: dev.identity, connectProtocols: ["echo"] },
  handler,
);
await using client = new Client({ caFile: dev.caFile });

const tunnel = await client.connect(server.url, { protocol: "echo" });

// A datagram may be lost; on this machine it is not.
tunnel.datagrams.send(Buffer.from("ping"));
for await (const datagram of tunnel.datagrams) {
  console.log(`datagram: ${Buffer.from(datagram).toString()}`);
  break;
}

const writer = tunnel.writable.getWriter();
await writer.write(Buffer.from("hello"));
await writer.close();
for await (const chunk of tunnel.readable) console.log(`bytes: ${Buffer.from(chunk).toString()}`);
await tunnel.closed;
