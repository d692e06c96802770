// SPDX-License-Identifier: MIT
// Which statements of spec/ do tests show, and which do they not?
//
//   node test/tools/spec-report.mjs [--check] [ROOT]
//
// A statement begins with its id in brackets, `[HA-12]`, as a list item or as the first cell of a table row. A test
// cites it in a comment: `spec: HA-12` or `spec: HA-12, HA-13`. Exit 1: an id that two statements have, a citation or
// a reference of an id that does not exist, a key word of RFC 2119 outside of a statement. Statements without tests are
// only listed. `--check` prints problems and the counts and nothing else.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const marks = /\((not testable|later): ([^()]+)\)/;
const keyWords = /\b(?:MUST|REQUIRED|SHALL|SHOULD|RECOMMENDED|MAY|OPTIONAL)\b/;
const citation = /(?:\/\/|\/\*|^\s*\*).*?\bspec: ([A-Z]{2}-\d+(?:, [A-Z]{2}-\d+)*)/;
const sourceFile = /\.(?:c|h|cc|ts|mjs)$/;

function filesBelow(root, folder, pattern) {
  const path = join(root, folder);
  return existsSync(path)
    ? readdirSync(path, { recursive: true })
        .filter((file) => pattern.test(file))
        .map((file) => join(folder, file))
        .sort()
    : [];
}

function linesOf(root, file) {
  return readFileSync(join(root, file), "utf8").split("\n");
}

/** The statements of a page. One ends where the next begins, or with an empty line, a heading or a table's next row. */
function statementsOf(root, file) {
  const statements = [];
  const stray = [];
  let open;
  let fenced = false;
  linesOf(root, file).forEach((line, index) => {
    const where = `${file}:${index + 1}`;
    fenced = line.startsWith("```") ? !fenced : fenced;
    const begin = /^(?:[-*] |\| )?\[([A-Z]{2}-\d+)\] ?(.*)/.exec(line);
    if (begin) {
      open = { id: begin[1], where, text: begin[2] };
      statements.push(open);
    } else if (/^(?:$|#|\||```|- |\* )/.test(line)) {
      open = undefined;
    } else if (open) {
      open.text += ` ${line.trim()}`;
    }
    if (!open && !fenced && keyWords.test(line)) {
      stray.push(`${where}: a key word in capitals outside of a statement`);
    }
  });
  return { statements, stray };
}

function citationsOf(root, folders) {
  return folders
    .flatMap((folder) => filesBelow(root, folder, sourceFile))
    .filter((file) => !file.startsWith(join("test", "tools"))) // they explain the form
    .flatMap((file) =>
      linesOf(root, file).flatMap((line, index) => {
        const ids = citation.exec(line)?.[1].split(", ") ?? [];
        return ids.map((id) => ({ id, where: `${file}:${index + 1}` }));
      }),
    );
}

/** Ids that pages mention in their text. A prefix that no statement has is something else, such as a name. */
function referencesOf(root, pages, prefixes) {
  return pages.flatMap((file) =>
    linesOf(root, file).flatMap((line, index) =>
      [...line.matchAll(/\b([A-Z]{2})-\d+\b/g)]
        .filter(([, prefix]) => prefixes.has(prefix))
        .map(([id]) => ({ id, where: `${file}:${index + 1}` })),
    ),
  );
}

function collect(root) {
  const pages = filesBelow(root, "spec", /^[^/]*\.md$/);
  const problems = [];
  const statements = new Map();
  for (const file of pages) {
    const page = statementsOf(root, file);
    // The index explains the key words and the form of ids; it states nothing.
    problems.push(...(file.endsWith("README.md") ? [] : page.stray));
    for (const statement of page.statements) {
      const first = statements.get(statement.id);
      if (first) {
        problems.push(`${statement.where}: ${statement.id} is already at ${first.where}`);
      } else {
        statements.set(statement.id, { ...statement, tests: [] });
      }
    }
  }
  const prefixes = new Set([...statements.keys()].map((id) => id.slice(0, 2)));
  const tests = citationsOf(root, ["test"]);
  const others = citationsOf(root, ["native", "lib", "include", "bench", "examples"]);
  for (const { id, where } of [...tests, ...others, ...referencesOf(root, pages, prefixes)]) {
    if (!statements.has(id)) {
      problems.push(`${where}: there is no statement ${id}`);
    }
  }
  for (const { id, where } of tests) {
    statements.get(id)?.tests.push(where);
  }
  return { problems, statements: [...statements.values()] };
}

function shortened(text) {
  const plain = text.replaceAll(/\s+/g, " ").replace(/ ?\|$/, "");
  return plain.length > 100 ? `${plain.slice(0, 97)}...` : plain;
}

function print(title, list, textOf) {
  console.log(`\n${title}: ${list.length}`);
  for (const statement of list) {
    console.log(`  ${statement.id.padEnd(6)} ${textOf(statement)}`);
  }
}

const check = process.argv.includes("--check");
const root =
  process.argv.slice(2).find((argument) => argument !== "--check") ??
  join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const { problems, statements } = collect(root);
const excused = statements.filter(({ text }) => marks.test(text));
const due = statements.filter(({ text }) => !marks.test(text));
const untested = due.filter(({ tests }) => tests.length === 0);

if (!check) {
  print("Statements without tests", untested, ({ text }) => shortened(text));
  print("Excused", excused, ({ text, tests }) => {
    const [, mark, reason] = marks.exec(text);
    return `${mark}: ${reason}${tests.length > 0 ? ` (but cited at ${tests[0]})` : ""}`;
  });
  console.log("");
}
for (const problem of problems) {
  console.error(problem);
}
console.log(
  `spec: ${statements.length} statements, ${due.length - untested.length} with tests, ` +
    `${untested.length} without, ${excused.length} excused, ${problems.length} problems`,
);
process.exit(problems.length > 0 || statements.length === 0 ? 1 : 0);
