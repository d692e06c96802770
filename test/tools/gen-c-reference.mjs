// SPDX-License-Identifier: MIT
// Makes the pages of docs/c from the headers: one per header, and an index.
//
//   node test/tools/gen-c-reference.mjs             writes
//   node test/tools/gen-c-reference.mjs --check     fails if something would change
//   node test/tools/gen-c-reference.mjs --out DIR   writes into another folder
//
// A public name without a comment, or a function without its errors, is a failure in each case.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { declaredNames, problemsOf, readHeaders } from "./c-headers.mjs";

const notice = "<!-- Made by `npm run gen` from include/pqq: do not edit. -->";
const pageOf = (header) => header.replace(/\.h$/, ".md");
const anchor = (name) => `<a id="${name.toLowerCase()}"></a>`;

/** Turns the text of comments into Markdown with links. */
class Prose {
  #names;
  #headers;

  /** @param names - of declarations, with the header of each */
  constructor(names) {
    this.#names = names;
    this.#headers = new Set(names.values());
  }

  /** Paragraphs; lines that are indented are code, or lists if they begin with a dash. */
  blocks(text) {
    return text
      .split(/\n{2,}/)
      .map((block) => this.#block(block))
      .join("\n\n");
  }

  #block(block) {
    const lines = block.split("\n");
    if (lines.every((line) => /^ {2}/.test(line))) {
      return ["```", ...lines.map((line) => line.slice(2)), "```"].join("\n");
    }
    if (lines[0].startsWith("- ")) return lines.map((line) => this.inline(line)).join("\n");
    // "Errors:" and the like begin a paragraph of their own.
    const joined = lines.map((line) => line.trim()).join(" ");
    return this.inline(joined)
      .replace(/ ?(?<![*\w])(Errors|Ownership|Returns|Thread): /g, (_, word) => `\n\n**${word}:** `)
      .trim();
  }

  /** One run of text: names as links, RFC sections as links, everything else as it is. */
  inline(text) {
    return text
      .split(/(`[^`]*`)/)
      .map((part) => (part.startsWith("`") ? this.#code(part) : this.#plain(part)))
      .join("");
  }

  #code(part) {
    const name = part.slice(1, -1);
    return this.#names.has(name) ? this.#link(name) : part;
  }

  #plain(part) {
    return part
      .replace(/[<>]/g, (sign) => (sign === "<" ? "&lt;" : "&gt;"))
      .replace(/\*/g, "\\*")
      .replace(/\b(?:pqq|PQQ)_\w+(?:\\\*)?/g, (word) => this.#name(word.replace("\\*", "*")))
      .replace(/\b\w+\.h\b/g, (file) =>
        this.#headers.has(file) ? `[${file}](${pageOf(file)})` : file,
      )
      .replace(/\bspec\/[\w-]+\.md\b/g, (file) => `[${file}](../../${file})`)
      .replace(
        /\bRFC (\d+)(?:,? sections? ([\d.]*\d))?/g,
        (words, number, section) =>
          `[${words}](https://www.rfc-editor.org/rfc/rfc${number}${section ? `#section-${section}` : ""})`,
      );
  }

  #name(word) {
    if (this.#names.has(word)) return this.#link(word);
    if (!word.endsWith("*")) return `\`${word}\``;
    const first = [...this.#names.keys()].find((name) => name.startsWith(word.slice(0, -1)));
    return first === undefined ? `\`${word}\`` : this.#link(first, word);
  }

  #link(name, text = name) {
    return `[\`${text}\`](${pageOf(this.#names.get(name))}#${name.toLowerCase()})`;
  }
}

const cell = (text) => text.replaceAll("|", "\\|").replace(/\s*\n+\s*/g, " ");
const isReserved = (name) => /^reserved\d*$/.test(name);

/** Rows of a struct's members or an enum's values. */
function memberTable(declaration, prose) {
  const isEnum = declaration.kind === "enum";
  const rows = declaration.members.flatMap(({ doc, names, declarations }) => {
    const shown = names.flatMap((name, at) => (isReserved(name) ? [] : [[name, declarations[at]]]));
    if (shown.length === 0) return [];
    const codes = shown.map(([name, text]) => {
      const code = `\`${text.replace(/\s+/g, " ")}\``;
      return isEnum ? `${anchor(name)}${code}` : code;
    });
    const meaning =
      names[0] === "struct_size" ? "The size that the caller was compiled with." : doc;
    return [`| ${codes.map(cell).join("<br>")} | ${cell(prose.inline(meaning))} |`];
  });
  return [`| ${isEnum ? "value" : "member"} | meaning |`, "|---|---|", ...rows];
}

/** What stands in the page of one group: title, declarations, text, members. */
function section(group, prose) {
  const names = group.declarations.flatMap(({ names }) => names);
  const title =
    names.length > 0
      ? names.map((name) => `\`${name}\``).join(", ")
      : cell(group.doc.split(/(?<=[.:;,])\s/)[0]).replace(/[.:;,]$/, "");
  const code = group.declarations
    .filter(
      ({ kind }) => kind === "function" || kind === "type" || kind === "macro" || kind === "opaque",
    )
    .map(({ text }) => text.replace(/^PQQ_EXPORT /, "").replace(/\n {11}( *)/g, "\n$1"));
  return [
    `### ${names.map(anchor).join("")}${title}`,
    "",
    ...(code.length > 0 ? ["```c", ...code, "```", ""] : []),
    prose.blocks(group.doc),
    "",
    ...group.declarations.flatMap((declaration) =>
      declaration.members === undefined ? [] : [...memberTable(declaration, prose), ""],
    ),
  ];
}

function page(header, prose) {
  const lines = [
    notice,
    "",
    `# ${header.name}`,
    "",
    prose.blocks(header.about),
    "",
    `\`#include <pqq/${header.name}>\` · [all headers](README.md)`,
    "",
    ...header.groups.flatMap((group) => section(group, prose)),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Every name with its page, by header. */
function index(headers, names) {
  const lines = [
    notice,
    "",
    "# Reference of the C interface",
    "",
    "One page per header. What holds for all of them is in [pqq.h](pqq.md) and [abi.md](../abi.md); how the parts work together",
    "is in the [guide](../c-guide.md). Error codes are explained in [errors.md](../errors.md).",
    "",
    "| header | for |",
    "|---|---|",
    ...headers.map(
      ({ name, about }) => `| [${name}](${pageOf(name)}) | ${cell(about.split("\n\n")[0])} |`,
    ),
    "",
  ];
  for (const kind of ["functions", "types", "constants"]) {
    const listed = headers.flatMap(({ groups }) =>
      groups.flatMap(({ declarations }) =>
        declarations
          .filter((one) => kindOf(one) === kind)
          .flatMap((one) =>
            one.kind === "enum" ? one.members.flatMap((member) => member.names) : one.names,
          ),
      ),
    );
    const sorted = listed.filter((name) => !name.startsWith("PQQ_ERR_")).toSorted();
    lines.push(`## All ${kind}`, "");
    lines.push(
      `${sorted.map((name) => `[\`${name}\`](${pageOf(names.get(name))}#${name.toLowerCase()})`).join(" ·\n")}`,
      "",
    );
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

function kindOf({ kind }) {
  if (kind === "function") return "functions";
  return kind === "macro" || kind === "enum" ? "constants" : "types";
}

/** All pages by file name. */
function reference(headers) {
  const shown = headers.filter(({ groups }) => groups.length > 0);
  const names = declaredNames(shown);
  const prose = new Prose(names);
  const pages = new Map([["README.md", index(shown, names)]]);
  for (const header of shown) pages.set(pageOf(header.name), page(header, prose));
  return pages;
}

/** Files whose content differs from the pages, and pages of headers that are gone. */
function differences(folder, pages) {
  const isSame = ([file, text]) =>
    existsSync(join(folder, file)) && readFileSync(join(folder, file), "utf8") === text;
  const changed = [...pages].filter((page) => !isSame(page)).map(([file]) => file);
  return [...changed, ...readdirSync(folder).filter((file) => !pages.has(file))];
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const [option, other] = process.argv.slice(2);
const folder = option === "--out" ? other : join(root, "docs", "c");
const headers = readHeaders(join(root, "include", "pqq"));
const pages = reference(headers);
mkdirSync(folder, { recursive: true });
const stale = differences(folder, pages);
for (const file of stale) {
  if (option === "--check") {
    console.error(`docs/c/${file} is not up to date: run node test/tools/gen-c-reference.mjs`);
  } else if (pages.has(file)) {
    writeFileSync(join(folder, file), pages.get(file));
  } else {
    rmSync(join(folder, file));
  }
}
const problems = problemsOf(headers);
for (const problem of problems) {
  console.error(problem);
}
process.exit((option === "--check" && stale.length > 0) || problems.length > 0 ? 1 : 0);
