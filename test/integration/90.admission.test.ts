// SPDX-License-Identifier: MIT
// Who may begin a connection (docs/admission.md): Retry, tokens, rates, the block list.
import { expect } from "chai";
import { Client, ConfigError, isPqqError, Response, type ServerOptions } from "../../lib/index.js";
import {
  counted,
  rejection,
  serverOptions,
  startService,
  testIdentity,
} from "../helpers/service.js";
import { parseServerOptions } from "../../lib/config/index.js";

describe("admission", () => {
  it("with retry: always a client proves its address first, and both ends know", async () => {
    let seen = "";
    await using service = await startService(
      (_request, { connection }) => {
        seen = connection.addressValidation;
        return new Response("ok");
      },
      { server: { retry: "always" } },
    );
    const { connection } = await service.client.get(service.url);
    expect(connection.addressValidation).to.equal("retry");
    expect(seen).to.equal("retry");
    const { retriesSent, tokensAccepted } = service.server.stats();
    expect(retriesSent).to.be.greaterThan(0);
    expect(tokensAccepted).to.equal(1);
  });

  // That it then takes one round trip less is shown in virtual time (test/sim/retry_test.c).
  it("a client that comes back brings a token, which the server takes", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { idleTimeoutMs: 1_000 },
    });
    const first = (await service.client.get(service.url)).connection;
    expect(first.addressValidation).to.equal("handshake");
    await counted(service.server, "connectionsClosed", 1);
    const second = (await service.client.get(service.url)).connection;
    expect(second).not.to.equal(first);
    expect(second.addressValidation).to.equal("token");
    expect(service.server.stats().tokensAccepted).to.equal(1);
    await counted(service.server, "connectionsClosed", 2);
    // Each token is used once, and each connection brings one.
    const third = (await service.client.get(service.url)).connection;
    expect(third.addressValidation).to.equal("token");
    expect(service.server.stats().tokensSent).to.equal(3);
  });

  it("more connections of one address than it may open are refused", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { connectionsPerAddress: 1, retry: "never" },
    });
    // A burst of eight is allowed.
    const others = await Promise.all(
      Array.from({ length: 12 }, async () => {
        await using client = new Client({ ca: testIdentity().caPem });
        // Not returned as it is: the client would be closed before the answer is there.
        return await client.get(service.url).then(
          () => "served",
          (error: unknown) => (isPqqError(error) ? error.code : String(error)),
        );
      }),
    );
    expect(new Set(others)).to.deep.equal(new Set(["served", "PQQ_ERR_CONNECTION_REFUSED"]));
    expect(service.server.stats().connectionsRefusedRate).to.be.greaterThan(0);
  });

  it("a blocked prefix is not let in until it is taken off the list", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { workers: 2 },
      client: { handshakeTimeoutMs: 500 },
    });
    await service.server.block("127.0.0.0/8");
    await service.server.block("::ffff:192.0.2.0/120", { forMs: 60_000 });
    const [first, second] = service.server.blocked;
    expect(first).to.deep.equal({ prefix: "127.0.0.0/8", until: null });
    expect(second?.prefix).to.equal("192.0.2.0/24");
    expect(second?.until).to.be.instanceOf(Date);
    const error = await rejection(service.client.get(service.url));
    expect(isPqqError(error)).to.equal(true);
    expect(service.server.stats().datagramsBlocked).to.be.greaterThan(0);
    expect(service.server.stats().connectionsAccepted).to.equal(0);
    expect(await service.server.unblock("127.0.0.0/8")).to.equal(true);
    expect(await service.server.unblock("127.0.0.0/8")).to.equal(false);
    expect(await (await service.client.get(service.url)).text()).to.equal("ok");
  });

  it("what is no prefix is refused by name", async () => {
    await using service = await startService(() => new Response("ok"));
    for (const prefix of ["localhost", "192.0.2.1/24", "192.0.2.0/33", ""]) {
      const error = await rejection(service.server.block(prefix));
      expect(isPqqError(error) && error.code, prefix).to.equal("PQQ_ERR_INVALID_ARG");
      expect(String(error)).to.include(prefix);
    }
    expect(service.server.blocked).to.deep.equal([]);
  });

  it("a server that has ended takes no blocks", async () => {
    const service = await startService(() => new Response("ok"));
    await service[Symbol.asyncDispose]();
    const error = await rejection(service.server.block("192.0.2.0/24"));
    expect(isPqqError(error) && error.code).to.equal("PQQ_ERR_STATE");
  });

  it("options out of range are refused, and have the defaults that the documents say", () => {
    const { retry, handshakeCpuMs, connectionsPerAddress } = parseServerOptions(serverOptions());
    expect({ retry, handshakeCpuMs, connectionsPerAddress }).to.deep.equal({
      retry: "auto",
      handshakeCpuMs: 800,
      connectionsPerAddress: 0,
    });
    for (const wrong of [
      { retry: "sometimes" },
      { handshakeCpuMs: 0 },
      { handshakeCpuMs: 1_001 },
      { connectionsPerAddress: -1 },
    ]) {
      const options = { ...serverOptions(), ...wrong } as ServerOptions;
      expect(() => parseServerOptions(options), JSON.stringify(wrong)).to.throw(ConfigError);
    }
  });
});
