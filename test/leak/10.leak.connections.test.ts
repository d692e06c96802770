// SPDX-License-Identifier: MIT
import { readdirSync } from "node:fs";
import { expect } from "chai";
import { Client, Response, type Handler } from "../../lib/index.js";
import { growth } from "../helpers/memory.js";
import { counted, signal, startService, testIdentity } from "../helpers/service.js";

const CONNECTIONS = 2_000;
/** Far below what one forgotten object per connection would be. */
const MOST_HEAP_BYTES_PER_CONNECTION = 100;
/** A connection has some 50 KiB while it lives: 2,000 of them forgotten are 100 MiB. */
const MOST_RESIDENT_BYTES = 32 * 1024 * 1024;

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

describe("leak: connections", function () {
  this.timeout(600_000);

  async function measure(
    handler: Handler,
    use: (client: Client, url: string) => Promise<void>,
  ): Promise<void> {
    await using service = await startService(handler);
    const ca = testIdentity().caPem;
    const files = openFiles();
    const grown = await growth(CONNECTIONS, async (count) => {
      for (let i = 0; i < count; i++) {
        await using client = new Client({ ca });
        await use(client, service.url);
      }
    });
    expect(grown.heapBytesPerRepetition, grown.readings).to.be.below(
      MOST_HEAP_BYTES_PER_CONNECTION,
    );
    expect(grown.residentBytes, grown.readings).to.be.below(MOST_RESIDENT_BYTES);
    expect(openFiles()).to.be.at.most(files + 1);
    await counted(service.server, "connectionsAccepted", 2 * CONNECTIONS);
  }

  it(`${CONNECTIONS} clients, one request each, leave nothing behind`, async () => {
    await measure(
      () => new Response("ok"),
      async (client, url) => {
        expect(await (await client.get(url)).text()).to.equal("ok");
      },
    );
  });

  it(`${CONNECTIONS} clients that go in the middle of a request leave nothing behind`, async () => {
    let arrived = signal();
    await measure(
      (request) => {
        arrived.resolve();
        return new Promise((_, reject) => {
          request.signal.addEventListener("abort", () => {
            reject(request.signal.reason as Error);
          });
        });
      },
      async (client, url) => {
        arrived = signal();
        const response = client.get(url).catch(() => undefined);
        await arrived.promise;
        await client.close();
        await response;
      },
    );
  });
});
