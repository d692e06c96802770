// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { expect } from "chai";
import { Response } from "../../lib/index.js";
import { startService } from "../helpers/service.js";

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;

/** Bytes that differ from place to place, so that a piece lost, doubled or moved shows. */
function chunk(index: number, bytes: number): Uint8Array {
  const words = new Uint32Array(bytes / 4);
  for (let i = 0; i < words.length; i++)
    words[i] = Math.imul(index + 1, 0x9e3779b1) ^ (i * 0x85ebca6b);
  return new Uint8Array(words.buffer);
}

async function* chunks(total: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < total / bytes; i++) yield await Promise.resolve(chunk(i, bytes));
}

async function sha256(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

describe("body: transfer", () => {
  it("64 MiB arrive intact at a client that streams", async () => {
    await using service = await startService(() => new Response(chunks(SIZE, MIB / 4)));
    const response = await service.client.get(service.url);
    expect(await sha256(response.body!)).to.equal(await sha256(chunks(SIZE, MIB / 4)));
  });

  it("64 MiB arrive intact at a server that streams", async () => {
    await using service = await startService(
      async (request) => new Response(await sha256(request.body!)),
    );
    const body = chunks(SIZE, MIB / 4);
    const response = await service.client.request(service.url, { method: "POST", body });
    expect(await response.text()).to.equal(await sha256(chunks(SIZE, MIB / 4)));
  });

  it("whole content of 32 MiB is sent and collected as one", async () => {
    const whole = chunk(7, 32 * MIB);
    await using service = await startService(
      async (request) => new Response(await request.bytes()),
    );
    const response = await service.client.request(service.url, { method: "POST", body: whole });
    expect(response.headers.get("content-length")).to.equal(String(whole.length));
    expect(Buffer.compare(await response.bytes(), whole)).to.equal(0);
  });

  it("an echo streams both ways at once", async () => {
    await using service = await startService((request) => new Response(request.body));
    const body = chunks(8 * MIB, 40_000 - (40_000 % 4));
    const response = await service.client.request(service.url, { method: "POST", body });
    expect(await sha256(response.body!)).to.equal(await sha256(chunks(8 * MIB, 40_000)));
  });

  for (const size of [0, 1, 4095, 4096, 4097, 65_536, 262_144, 262_145, 1_000_001]) {
    it(`content of ${String(size)} bytes, as string and as bytes`, async () => {
      await using service = await startService(async (request) =>
        request.url.endsWith("text")
          ? new Response(await request.text())
          : new Response(await request.bytes()),
      );
      const text = "é".repeat(size);
      const asText = await service.client.request(`${service.url}text`, {
        method: "POST",
        body: text,
      });
      expect((await asText.text()) === text).to.equal(true);
      const bytes = new Uint8Array(size).fill(7);
      const asBytes = await service.client.request(service.url, { method: "POST", body: bytes });
      expect(Buffer.compare(await asBytes.bytes(), bytes)).to.equal(0);
    });
  }

  it("a reader with a buffer of its own gets every byte", async () => {
    await using service = await startService(() => new Response(chunks(MIB, 1000)));
    const response = await service.client.get(service.url);
    const reader = response.body!.getReader({ mode: "byob" });
    const hash = createHash("sha256");
    let buffer = new Uint8Array(777);
    for (;;) {
      const { done, value } = await reader.read(buffer);
      if (value !== undefined) hash.update(value);
      if (done) break;
      buffer = new Uint8Array(value.buffer);
    }
    expect(hash.digest("hex")).to.equal(await sha256(chunks(MIB, 1000)));
  });
});
