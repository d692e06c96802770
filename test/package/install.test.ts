// SPDX-License-Identifier: MIT
// The package as users get it: packed, then installed into an empty project, with and without scripts.
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = process.cwd();

/** Installed copies compile the addon, but take the C dependencies that this checkout has built. */
const environment = { ...process.env, PQQ_DEPS_DIR: join(root, "build", "deps") };

function run(folder: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    env: environment,
    encoding: "utf8",
  });
  if (error || status !== 0) {
    throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stdout + stderr}`);
  }
  return stdout;
}

describe("the installed package", function () {
  this.timeout(600_000); // compiles the addon
  let project: string;
  let tarball: string;

  /** Code of the error that the first use of the library gives: nobody listens on port 1. */
  function firstError(): string {
    const script = `import { Client } from "velo-pqq";
      try {
        await Client.get("https://127.0.0.1:1/");
      } catch (error) {
        console.log(error.code, error.message);
      }`;
    return run(project, process.execPath, "--input-type=module", "--eval", script);
  }

  before(() => {
    project = mkdtempSync(join(tmpdir(), "velo-install-"));
    const packed = JSON.parse(
      run(root, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", project),
    ) as [{ filename: string }];
    tarball = join(project, packed[0].filename);
    writeFileSync(join(project, "package.json"), '{ "private": true }');
  });

  after(() => {
    rmSync(project, { recursive: true, force: true });
  });

  it("names the repair when install scripts did not run", () => {
    run(project, "npm", "install", "--ignore-scripts", "--prefer-offline", "--no-audit", tarball);
    expect(firstError()).to.match(/^PQQ_ERR_ADDON_MISSING .*npm rebuild velo-pqq/);
  });

  it("builds the addon by that repair, which is what npm install runs", () => {
    run(project, "npm", "rebuild", "velo-pqq");
    expect(firstError()).to.match(/^PQQ_ERR_(?!ADDON_MISSING)/);
  });

  it("brings the pqq command", () => {
    expect(run(project, "npx", "--no-install", "pqq", "--version").trim()).to.equal(
      run(project, process.execPath, "-p", "require('velo-pqq/package.json').version").trim(),
    );
  });
});

describe("the checkout", function () {
  this.timeout(120_000);

  it("keeps npx pqq working after the build was deleted and made again", () => {
    rmSync(join(root, "dist"), { recursive: true, force: true });
    run(root, "npm", "run", "--silent", "prepare");
    const versions = [root, join(root, "lib")].map((folder) =>
      run(folder, "npx", "--no-install", "pqq", "--version").trim(),
    );
    expect(versions[0]).to.match(/^\d+\.\d+\.\d+$/);
    expect(versions[1]).to.equal(versions[0]);
  });
});
