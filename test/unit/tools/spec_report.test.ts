// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const SCRIPT = fileURLToPath(new URL("../../tools/spec-report.mjs", import.meta.url));
/** Not written out, or the report on this repository would find them here. */
const SPEC = "spec".concat(":");

const PAGE = `# A page

Text that explains.

- [ZZ-1] A peer MUST be tested,
  on two lines.
- [ZZ-2] A peer MUST NOT be forgotten.
- [ZZ-3] A peer SHOULD wait. (later: patience)

| statement | value |
|---|---|
| [ZZ-4] | 4 (not testable: nobody can see it) |
| [ZZ-5] | 5 |
`;

describe("spec:report", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "pqq-spec-"));
    write("spec/page.md", PAGE);
    write("test/native/a_test.c", `/* ${SPEC} ZZ-1 */\nTEST("a") {}\n`);
    write("test/unit/b.test.ts", `it("b", () => {\n  // Why it is so. ${SPEC} ZZ-1, ZZ-5\n});\n`);
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }

  function report(...options: string[]): { status: number | null; out: string; err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...options, root], {
      encoding: "utf8",
    });
    return { status, out: stdout, err: stderr };
  }

  it("lists statements without tests, and those that are excused apart", () => {
    const { status, out, err } = report();
    expect(err).to.equal("");
    expect(status).to.equal(0);
    expect(out).to.match(
      /^Statements without tests: 1\n {2}ZZ-2 +A peer MUST NOT be forgotten\.$/m,
    );
    expect(out).to.include(
      "Excused: 2\n  ZZ-3   later: patience\n  ZZ-4   not testable: nobody can",
    );
    expect(out).to.include("spec: 5 statements, 2 with tests, 1 without, 2 excused, 0 problems");
  });

  it("prints only the counts with --check", () => {
    const { status, out } = report("--check");
    expect(status).to.equal(0);
    expect(out.trim().split("\n")).to.have.length(1);
  });

  it("fails for a citation of an id that does not exist, in tests and in sources", () => {
    write("test/native/c_test.c", `/* About a thing.\n * ${SPEC} ZZ-1, ZZ-9 */\n`);
    write("native/src/d.c", `// ${SPEC} ZZ-8\n`);
    const { status, err } = report("--check");
    expect(status).to.equal(1);
    expect(err).to.include("test/native/c_test.c:2: there is no statement ZZ-9");
    expect(err).to.include("native/src/d.c:1: there is no statement ZZ-8");
  });

  it("fails for a page that refers to an id that does not exist", () => {
    write("spec/other.md", "- [YY-1] See ZZ-7 and SHA-256.\n");
    const { status, err } = report("--check");
    expect(status).to.equal(1);
    expect(err).to.equal("spec/other.md:1: there is no statement ZZ-7\n");
  });

  it("fails for an id that two statements have", () => {
    write("spec/other.md", "- [ZZ-5] Again.\n");
    const { status, err } = report("--check");
    expect(status).to.equal(1);
    expect(err).to.include("spec/page.md:13: ZZ-5 is already at spec/other.md:1");
  });

  it("fails for a key word in capitals outside of a statement, but not in the index", () => {
    write("spec/README.md", "The key words MUST and MAY.\n");
    write("spec/page.md", `${PAGE}\nA peer MUST say so.\n\n\`\`\`\nMUST\n\`\`\`\n`);
    const { status, err } = report("--check");
    expect(status).to.equal(1);
    expect(err).to.equal("spec/page.md:15: a key word in capitals outside of a statement\n");
  });

  it("fails without any statement", () => {
    rmSync(join(root, "spec"), { recursive: true });
    expect(report("--check").status).to.equal(1);
  });

  it("finds this repository's pages and citations in order", () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, "--check"], {
      encoding: "utf8",
    });
    expect(stderr).to.equal("");
    expect(status).to.equal(0);
  });
});
