// SPDX-License-Identifier: MIT
// The reference of the C interface: what its maker finds missing in headers, and that no link of its pages leads nowhere.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect } from "chai";

const READER = join("test", "tools", "c-headers.mjs");
const WRITER = join("test", "tools", "gen-c-reference.mjs");

/** A header without a fault, but for what is put in place of its parts. */
const header = (parts: { about?: string; doc?: string; more?: string } = {}): string => `/* SPDX */
${parts.about ?? "/* For a test. */"}
#ifndef PQQ_X_H
#define PQQ_X_H
/** pqq_status is a result. */
typedef int32_t pqq_status;
/** Values. */
enum {
  /** No error. */
  PQQ_OK = 0,
#include <pqq/error_codes.def>
};
${parts.doc ?? "/** pqq_do does it. Errors: PQQ_ERR_NULL_ARG. */"}
PQQ_EXPORT pqq_status pqq_do(void (*fn)(int, void *), int32_t value);
${parts.more ?? ""}
#endif
`;

describe("reference of the C interface", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pqq-headers-"));
    writeFileSync(join(folder, "error_codes.def"), 'PQQ_E(NULL_ARG, -101, 0, "NULL")\n');
    writeFileSync(join(folder, "stats.def"), "");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function problems(text: string): string[] {
    writeFileSync(join(folder, "x.h"), text);
    const { stdout, stderr } = spawnSync(process.execPath, [READER, folder], { encoding: "utf8" });
    expect(stderr).to.equal("");
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace("include/pqq/x.h: ", ""));
  }

  it("is content with a header that has everything", () => {
    expect(problems(header())).to.deep.equal([]);
  });

  const faults: [string, Parameters<typeof header>[0], string][] = [
    [
      "a header that does not say what it is for",
      { about: "" },
      "no comment says what the header is for",
    ],
    [
      "errors that are not documented",
      { doc: "/** pqq_do does it. */" },
      "pqq_do returns pqq_status but documents no Errors:",
    ],
    [
      "a comment about something else",
      { doc: "/** This does it. Errors: PQQ_ERR_NULL_ARG. */" },
      "the comment above pqq_do does not name it",
    ],
    [
      "an error that does not exist",
      { doc: "/** pqq_do does it. Errors: PQQ_ERR_NULL. */" },
      "a comment names PQQ_ERR_NULL, which does not exist",
    ],
    [
      "a function under the comment of another",
      { more: "PQQ_EXPORT void pqq_undo(void);" },
      "the comment above pqq_undo does not name it",
    ],
    ["a constant without a comment", { more: "#define PQQ_MOST 3" }, "PQQ_MOST has no comment"],
  ];
  for (const [what, parts, sentence] of faults) {
    it(`finds ${what}`, () => {
      expect(problems(header(parts))).to.deep.equal([sentence]);
    });
  }

  it("lets a comment stand for all names that begin alike", () => {
    const doc = "/** pqq_d* does it. Errors: PQQ_ERR_*. */";
    expect(problems(header({ doc }))).to.deep.equal([]);
  });

  describe("made of include/pqq", () => {
    let made: string;

    before(() => {
      made = mkdtempSync(join(tmpdir(), "pqq-reference-"));
      spawnSync(process.execPath, [WRITER, "--out", join(made, "c")], { encoding: "utf8" });
      for (const file of ["c-guide.md", "abi.md", "errors.md"]) {
        cpSync(join("docs", file), join(made, file));
      }
    });

    after(() => {
      rmSync(made, { recursive: true, force: true });
    });

    const pages = (): string[] => readdirSync(join(made, "c")).map((file) => join(made, "c", file));

    it("has a section for every function", () => {
      const symbols = readFileSync(join("test", "abi", "symbols.txt"), "utf8").match(/^pqq_\w+/gm)!;
      const text = pages().map((file) => readFileSync(file, "utf8"));
      const anchors = new Set([...text.join("").matchAll(/<a id="(\w+)">/g)].map(([, id]) => id!));
      expect(symbols.filter((name) => !anchors.has(name))).to.deep.equal([]);
    });

    it("has no link that leads nowhere, and neither has the guide", () => {
      const broken: string[] = [];
      for (const page of [...pages(), join(made, "c-guide.md")]) {
        const links = readFileSync(page, "utf8").matchAll(
          /\]\((?!https:)([\w./-]*)(?:#([\w-]*))?\)/g,
        );
        for (const [, path, id] of links) {
          const target = path === "" ? page : join(page, "..", path!);
          // What is not of these pages lies where it does in the repository.
          const file = existsSync(target) ? target : join("docs", relative(made, target));
          const isThere = existsSync(file);
          if (!isThere || (id !== undefined && !hasAnchor(readFileSync(file, "utf8"), id))) {
            broken.push(`${page}: ${path}#${id ?? ""}`);
          }
        }
      }
      expect(broken).to.deep.equal([]);
    });
  });

  function hasAnchor(text: string, id: string): boolean {
    const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .trim()
        .replaceAll(" ", "-"),
    );
    return text.includes(`<a id="${id}">`) || titles.includes(id);
  }
});
