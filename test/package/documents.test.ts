// SPDX-License-Identifier: MIT
// Documents against what the package really offers: README's programs compile, docs/cli.md has all options.
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// Inside the package, so that "velo-pqq" means this package.
const folder = join(process.cwd(), "build", "readme");
const readme = readFileSync("README.md", "utf8");

/** The fenced blocks of one language. */
function blocks(language: string, text = readme): string[] {
  const fences = text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"));
  return [...fences].map(([, block]) => block!);
}

function check(command: string, ...args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  expect(status, error?.message ?? stdout + stderr).to.equal(0);
}

function compileC(program: string): void {
  const source = join(folder, "program.c");
  writeFileSync(source, program);
  check("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iinclude", source);
}

describe("README.md", function () {
  this.timeout(60_000);

  before(() => {
    mkdirSync(folder, { recursive: true });
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("has TypeScript that compiles", () => {
    const [program, excerpt, policy] = blocks("ts");
    const files = { program: program!, excerpt: excerpt!, policy: policy! };
    const context = `import { Server, type Handler } from "velo-pqq";\ndeclare const handler: Handler;\n`;
    writeFileSync(join(folder, "program.ts"), files.program);
    writeFileSync(join(folder, "excerpt.ts"), context + files.excerpt);
    writeFileSync(join(folder, "policy.ts"), files.policy);
    const options = ["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--types", "node"];
    const target = [
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--lib",
      "es2023,esnext.disposable",
    ];
    const sources = Object.keys(files).map((name) => join(folder, `${name}.ts`));
    const tsc = join("node_modules", "typescript", "bin", "tsc");
    check(process.execPath, tsc, ...options, ...target, ...sources);
  });

  it("has C that compiles", () => {
    const [program] = blocks("c");
    compileC(program!);
  });
});

describe("docs/c-guide.md", () => {
  const programs = blocks("c", readFileSync(join("docs", "c-guide.md"), "utf8")).filter((block) =>
    block.includes("int main("),
  );

  before(() => {
    mkdirSync(folder, { recursive: true });
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("has a server and a request that compile", () => {
    expect(programs).to.have.length(2);
    programs.forEach(compileC);
  });
});

describe("docs/cli.md", () => {
  const sections = readFileSync(join("docs", "cli.md"), "utf8")
    .split(/^## pqq /m)
    .slice(1);
  const cli = join("lib", "cli", "pqq.mjs");

  for (const section of sections) {
    const words = section.split("\n", 1)[0]!.split(" ");
    const command = words.filter((word) => /^[a-z]+$/.test(word));
    it(`has the options of pqq ${command.join(" ")}`, () => {
      const args = [cli, ...command, "--help"];
      const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
      const offered = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, name]) => name);
      const described = [...section.matchAll(/^\|[^|]*\|/gm)].flatMap(([cell]) => [
        ...cell.matchAll(/--[a-z][a-z-]+/g),
      ]);
      expect(described.map(([name]) => name)).to.have.members(
        offered.filter((name) => name !== "--help"),
      );
    });
  }
});
