// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Response, type Client, type Handler } from "../../lib/index.js";
import { growth } from "../helpers/memory.js";
import { startService } from "../helpers/service.js";

const REQUESTS = 100_000;
const AT_ONCE = 64;
/** Far below what one forgotten object per request would be. */
const MOST_HEAP_BYTES_PER_REQUEST = 4;
/** What 330 bytes of native memory forgotten per request would be. */
const MOST_RESIDENT_BYTES = 32 * 1024 * 1024;

async function times(count: number, once: () => Promise<void>): Promise<void> {
  let left = count;
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await once();
  });
  await Promise.all(lanes);
}

/** One chunk, and then silence. */
function unfinished(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(new Uint8Array(1000));
    },
  });
}

describe("leak: requests", function () {
  this.timeout(600_000);

  const cases: [string, Handler, (client: Client, url: string) => Promise<void>][] = [
    [
      "small GETs",
      () => new Response("ok"),
      async (client, url) => {
        await (await client.get(url)).text();
      },
    ],
    [
      "streamed echoes",
      (request) => new Response(request.body, { trailers: { "x-end": "1" } }),
      async (client, url) => {
        const body = ReadableStream.from([Buffer.from("one"), Buffer.from("two")]);
        const response = await client.request(url, { method: "POST", body });
        await response.bytes();
        await response.trailers;
      },
    ],
    [
      "requests that are cancelled",
      () => new Response(unfinished()),
      async (client, url) => {
        const controller = new AbortController();
        const response = await client.get(url, { signal: controller.signal });
        controller.abort();
        await response.bytes().catch(() => undefined);
      },
    ],
  ];

  for (const [name, handler, use] of cases) {
    it(`${REQUESTS} ${name} leave nothing behind`, async () => {
      await using service = await startService(handler);
      const grown = await growth(REQUESTS, (count) =>
        times(count, () => use(service.client, service.url)),
      );
      expect(grown.heapBytesPerRepetition, grown.readings).to.be.below(MOST_HEAP_BYTES_PER_REQUEST);
      expect(grown.residentBytes, grown.readings).to.be.below(MOST_RESIDENT_BYTES);
      expect(service.errors).to.deep.equal([]);
    });
  }
});
