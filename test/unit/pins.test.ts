// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { ConfigError, PinStore } from "../../lib/index.js";
import { MAX_PINS } from "../../lib/pins.js";
import { rejection } from "../helpers/service.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const A = "https://a.example";
const B = "https://b.example:4433";

describe("pins", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pqq-pins-"));
    file = join(folder, "below", "pins.json");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** A file with pins that end at these times. */
  function write(pins: Record<string, Date>, version: unknown = 1): void {
    file = join(folder, "pins.json");
    writeFileSync(file, JSON.stringify({ version, pins }));
  }

  for (const where of ["in memory", "in a file"] as const) {
    describe(where, () => {
      const make = (): PinStore => new PinStore(where === "in memory" ? undefined : file);

      it("are kept by scheme, host and port", async () => {
        const pins = make();
        const before = Date.now();
        await pins.set("https://A.example:443/some/page", 3600);
        expect(pins.get(new URL("https://a.example/"))).to.have.property("origin", A);
        expect(pins.get(A)?.expires.getTime()).to.be.within(before + 3.6e6, Date.now() + 3.6e6);
        expect(pins.get("https://a.example:8443")).to.equal(undefined);
        expect(pins.get("https://b.a.example")).to.equal(undefined);
      });

      it("are listed by origin", async () => {
        const pins = make();
        expect(pins.list()).to.deep.equal([]);
        await pins.set(B, 60);
        await pins.set(A, 60);
        expect(pins.list().map(({ origin }) => origin)).to.deep.equal([A, B]);
      });

      it("are removed by a lifetime of 0, by name, and all at once", async () => {
        const pins = make();
        for (const origin of [A, B, "https://c.example", "https://d.example"])
          await pins.set(origin, 60);
        await pins.set(A, 0);
        expect(pins.get(A)).to.equal(undefined);
        expect(await pins.forget(B, "https://never.example")).to.equal(1);
        expect(await pins.clear()).to.equal(2);
        expect(pins.list()).to.deep.equal([]);
      });

      it("take the last lifetime, be it shorter", async () => {
        const pins = make();
        await pins.set(A, 3600);
        await pins.set(A, 60);
        expect(pins.get(A)?.expires.getTime()).to.be.at.most(Date.now() + 60_000);
        await pins.set(A, 7200);
        expect(pins.get(A)?.expires.getTime()).to.be.above(Date.now() + 3_600_000);
      });

      // spec: FS-25
      it("are for https origins and for at most a year", async () => {
        const pins = make();
        expect(await rejection(pins.set("http://a.example", 1))).to.have.property(
          "code",
          "PQQ_ERR_URL_INVALID",
        );
        for (const lifetimeS of [-1, 31_536_001, Number.NaN])
          expect(await rejection(pins.set(A, lifetimeS))).to.be.instanceOf(RangeError);
        await pins.set(A, 31_536_000);
        expect(pins.list()).to.have.length(1);
      });
    });
  }

  it("in memory have a limit, and a new one does not push out an old one", async () => {
    const pins = new PinStore();
    for (let i = 0; i < MAX_PINS; i++) await pins.set(`https://${i}.example`, 3600);
    const error = await rejection(pins.set(A, 3600));
    expect(error).to.have.property("code", "PQQ_ERR_LIMIT");
    expect(pins.get("https://0.example")).not.to.equal(undefined);
    expect(pins.get(A)).to.equal(undefined);
    await pins.set("https://0.example", 7200);
    await pins.forget("https://1.example");
    await pins.set(A, 3600);
    expect(pins.list()).to.have.length(MAX_PINS);
  });

  // spec: FS-30
  it("in a file make way for new ones when they have expired", async () => {
    const past = new Date(Date.now() - 1);
    write(Object.fromEntries(Array.from({ length: MAX_PINS }, (_, i) => [`https://${i}.x`, past])));
    const pins = new PinStore(file);
    expect(pins.get("https://0.x")).to.equal(undefined);
    expect(pins.list()).to.deep.equal([]);
    await pins.set(A, 60);
    expect(readFileSync(file, "utf8")).to.include(A).and.not.include("https://0.x");
  });

  it("in a file that is not there are none, and looking does not make it", () => {
    expect(new PinStore(file).get(A)).to.equal(undefined);
    expect(existsSync(file)).to.equal(false);
  });

  // spec: FS-29
  it("in a file can be read by nobody else, and nothing is left beside it", async () => {
    await new PinStore(file).set(A, 60);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(statSync(join(folder, "below")).mode & 0o777).to.equal(0o700);
    expect(readdirSync(join(folder, "below"))).to.deep.equal(["pins.json"]);
  });

  it("in a file are seen by another store as soon as they are there", async () => {
    const [one, other] = [new PinStore(file), new PinStore(file)];
    expect(other.get(A)).to.equal(undefined);
    await one.set(A, 60);
    expect(other.get(A)).not.to.equal(undefined);
    await other.set(B, 60);
    expect(one.list()).to.have.length(2);
    await other.clear();
    expect(one.list()).to.deep.equal([]);
  });

  it("that are young are not written again", async () => {
    const pins = new PinStore(file);
    await pins.set(A, 31_536_000);
    const { ino } = statSync(file);
    await pins.set(A, 31_536_000);
    expect(statSync(file).ino).to.equal(ino);
    await pins.set(A, 31_000_000);
    expect(statSync(file).ino).not.to.equal(ino);
  });

  it("of several processes that write at once are all there", async () => {
    const run = promisify(execFile);
    const loader = ["--import", "./test/register.mjs", "test/fixtures/pin_writer.mjs"];
    const names = ["one", "two", "three"];
    await Promise.all(
      names.map((name) => run(process.execPath, [...loader, file, name], { cwd: ROOT })),
    );
    expect(new PinStore(file).list()).to.have.length(25 * names.length);
  }).timeout(60_000);

  it("of stores of one process that write at once are all there", async () => {
    const origins = Array.from({ length: 20 }, (_, i) => `https://${i}.example`);
    await Promise.all(origins.map((origin) => new PinStore(file).set(origin, 60)));
    expect(new PinStore(file).list()).to.have.length(20);
  });

  it("are written although a process has died with the lock in its hands", async () => {
    write({});
    writeFileSync(`${file}.lock`, "");
    const minuteAgo = new Date(Date.now() - 60_000);
    utimesSync(`${file}.lock`, minuteAgo, minuteAgo);
    await new PinStore(file).set(A, 60);
    expect(readdirSync(folder)).to.deep.equal(["pins.json"]);
  });

  const DAMAGED: [what: string, text: string, why: RegExp][] = [
    ["is cut off", '{"version":1,"pins":{"https://a.exam', /no JSON text/],
    ["is empty", "", /no JSON text/],
    ["is of a newer version", '{"version":2,"pins":{}}', /version 2, not 1/],
    ["has no pins", '{"version":1}', /no pins/],
    ["has a list for pins", '{"version":1,"pins":[]}', /no pins/],
    ["has no object", "null", /version undefined/],
    [
      "has a date that is none",
      '{"version":1,"pins":{"https://a.example":"soon"}}',
      /date of https:\/\/a/,
    ],
  ];
  for (const [what, text, why] of DAMAGED) {
    it(`in a file that ${what} are an error, and the file stays as it is`, async () => {
      file = join(folder, "pins.json");
      writeFileSync(file, text);
      const pins = new PinStore(file);
      expect(() => pins.get(A))
        .to.throw(ConfigError, why)
        .with.property("code", "PQQ_ERR_PIN_STORE");
      expect(() => pins.list()).to.throw(ConfigError);
      for (const change of [pins.set(B, 60), pins.forget(A), pins.clear()])
        expect(await rejection(change))
          .to.be.instanceOf(ConfigError)
          .and.have.property("path", "pins");
      expect(readFileSync(file, "utf8")).to.equal(text);
      expect(readdirSync(folder)).to.deep.equal(["pins.json"]);
    });
  }

  it("that cannot be written hold as long as their store, and the error says why", async () => {
    // The name is just short enough, and that of the lock beside it is not.
    const pins = new PinStore(join(folder, "x".repeat(253)));
    const error = await rejection(pins.set(A, 60));
    expect(error).to.have.property("code", "PQQ_ERR_PIN_STORE");
    expect((error as Error).message).to.include("cannot be written: ENAMETOOLONG");
    expect(pins.get(A)).not.to.equal(undefined);
    expect(pins.list()).to.have.length(1);
  });
});
