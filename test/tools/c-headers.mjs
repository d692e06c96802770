// SPDX-License-Identifier: MIT
// Reads include/pqq: what each header declares, with the comments that document it, and what is wrong with those.
//
// A header is a row of groups. A group is a comment that begins with `/**` and the declarations below it, up to the next
// such comment: functions that belong together share one. Inside structs and enums it is the same with members.
//
//   node test/tools/c-headers.mjs FOLDER      prints what is wrong, and fails if anything is
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The text of a comment without its stars. What is indented more than the rest stays so. */
function commentText(comment) {
  const [first, ...rest] = comment
    .replace(/^\/\*\*?[ \t]*/, "")
    .replace(/\s*\*\/$/, "")
    .split("\n")
    .map((line) => line.trimEnd());
  const lines = rest.map((line) => line.replace(/^\s*\*/, ""));
  const indents = lines.filter((line) => line !== "").map((line) => /^ */.exec(line)[0].length);
  const indent = Math.min(...indents, 8);
  return [first, ...lines.map((line) => line.slice(indent))].join("\n").trim();
}

/** Pieces of C at one level: comments, preprocessor lines, and declarations that end with `;` (or `,` in an enum). */
function pieces(text, end) {
  const found = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const skip = /^(?:\s+|extern "C" \{|\}\s*(?=#endif))/.exec(rest);
    const comment = /^\/\*[^]*?\*\//.exec(rest);
    const line = /^#(?:[^\n]*\\\n)*[^\n]*\n?/.exec(rest);
    if (skip !== null) {
      at += skip[0].length;
    } else if (comment !== null) {
      found.push({ kind: comment[0].startsWith("/**") ? "doc" : "comment", text: comment[0] });
      at += comment[0].length;
    } else if (line !== null) {
      found.push({ kind: "line", text: line[0].trimEnd() });
      at += line[0].length;
    } else {
      const length = declarationLength(rest, end);
      const declaration = rest.slice(0, length).replace(/,$/, "").trim();
      if (declaration !== "") found.push({ kind: "declaration", text: declaration });
      at += length;
    }
  }
  return found;
}

/** Up to and with the first `end` outside of all brackets and comments. */
function declarationLength(text, end) {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith("/*", at)) {
      at = text.indexOf("*/", at) + 1;
    } else if ("({[".includes(text[at])) {
      depth++;
    } else if (")}]".includes(text[at])) {
      depth--;
    } else if (text[at] === end && depth === 0) {
      return at + 1;
    }
  }
  return text.length;
}

/** Members of a struct or an enum: each comment with what it stands for. */
function members(body, end, rowsOf) {
  const groups = [];
  for (const { kind, text } of pieces(body, end)) {
    const rows = kind === "line" ? rowsOf(text) : undefined;
    if (rows !== undefined) {
      groups.push(...rows);
    } else if (kind === "doc") {
      groups.push({ doc: commentText(text), names: [], declarations: [] });
    } else if (kind === "declaration") {
      if (groups.length === 0) groups.push({ doc: "", names: [], declarations: [] });
      const plain = text.replace(/;$/, "");
      const name =
        end === ","
          ? /^\w+/.exec(plain)?.[0]
          : (/\(\*(\w+)\)/.exec(plain) ?? /(\w+)(?:\[[^\]]*\])?$/.exec(plain))?.[1];
      groups.at(-1).names.push(name);
      groups.at(-1).declarations.push(plain);
    }
  }
  return groups.filter(({ names }) => names.length > 0);
}

/** What one declaration declares. */
function declared(text, rowsOf) {
  const body = /\{([^]*)\}/.exec(text)?.[1];
  if (/^(?:typedef )?enum\b/.test(text)) {
    return { kind: "enum", names: [], members: members(body, ",", rowsOf) };
  }
  const struct = /^typedef struct (\w+)/.exec(text);
  if (struct !== null) {
    return body === undefined
      ? { kind: "opaque", names: [struct[1]] }
      : { kind: "struct", names: [struct[1]], members: members(body, ";", rowsOf) };
  }
  if (text.startsWith("PQQ_EXPORT")) {
    return { kind: "function", names: [/\b(\w+)\s*\(/.exec(text.slice(10))[1]] };
  }
  const name = /\(\*(\w+)\)/.exec(text) ?? /(\w+);$/.exec(text);
  return { kind: "type", names: [name[1]] };
}

const guard =
  /^#(?:ifndef|if|ifdef|else|endif|undef|include|define PQQ_\w+_H$|define PQQ_E\(|define PQQ_STAT\()/;

/** One header. `rowsOf` gives the members that an `#include` of a .def file stands for. */
export function readHeader(file, rowsOf = () => undefined) {
  const header = { name: basename(file), about: "", groups: [], undocumented: [] };
  let group;
  let isInside = false; // below the first preprocessor line, which is the include guard
  for (const { kind, text } of pieces(readFileSync(file, "utf8"), ";")) {
    isInside ||= kind === "line";
    if (kind === "comment" || (kind === "doc" && !isInside)) {
      if (!isInside && !text.includes("SPDX")) header.about = commentText(text);
    } else if (kind === "doc") {
      group = { doc: commentText(text), declarations: [] };
      header.groups.push(group);
    } else if (kind === "declaration" || !guard.test(text)) {
      const macro = /^#define (\w+)/.exec(text);
      const what = macro === null ? declared(text, rowsOf) : { kind: "macro", names: [macro[1]] };
      if (group === undefined || (what.kind === "macro" && group.isFunction)) {
        header.undocumented.push(...what.names);
      } else {
        group.isFunction = what.kind === "function";
        group.declarations.push({ ...what, text });
      }
    }
  }
  header.groups = header.groups.filter(({ declarations }) => declarations.length > 0);
  header.undocumented = [...new Set(header.undocumented)];
  return header;
}

/** The rows of error_codes.def and stats.def, as members of the enum and the struct that include them. */
function definitions(folder) {
  const read = (file) => readFileSync(join(folder, file), "utf8");
  return (line) => {
    if (line.includes("error_codes.def")) {
      return [...read("error_codes.def").matchAll(/^PQQ_E\((\w+), (-\d+), [01], "(.*)"\)$/gm)].map(
        ([, name, number, doc]) => ({
          doc,
          names: [`PQQ_ERR_${name}`],
          declarations: [`PQQ_ERR_${name} = ${number}`],
        }),
      );
    }
    if (line.includes("stats.def")) {
      return [...read("stats.def").matchAll(/^PQQ_STAT\(\s*(\w+),\s*"([^]*?)"\)$/gm)].map(
        ([, name, doc]) => ({ doc, names: [name], declarations: [`uint64_t ${name}`] }),
      );
    }
    return undefined;
  };
}

/** All headers of a folder. */
export function readHeaders(folder) {
  const rowsOf = definitions(folder);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".h"))
    .map((name) => readHeader(join(folder, name), rowsOf));
}

/** Names that the headers declare at top level and in enums. */
export function declaredNames(headers) {
  const names = new Map();
  for (const header of headers) {
    for (const group of header.groups) {
      for (const declaration of group.declarations) {
        for (const name of declaration.names) names.set(name, header.name);
        if (declaration.kind === "enum") {
          for (const member of declaration.members) {
            for (const name of member.names) names.set(name, header.name);
          }
        }
      }
    }
  }
  return names;
}

/** `pqq_exchange_*` stands for every name that begins so. */
const mentions = (doc, name) =>
  [...doc.matchAll(/\b(pqq_\w+)(\*?)/gi)].some(([, word, star]) =>
    star === "*" ? name.startsWith(word) : word === name,
  );

/** What is wrong with the comments, one sentence each. */
export function problemsOf(headers) {
  const problems = [];
  const names = declaredNames(headers);
  for (const header of headers) {
    const say = (text) => problems.push(`include/pqq/${header.name}: ${text}`);
    if (header.about === "") say("no comment says what the header is for");
    for (const name of header.undocumented) say(`${name} has no comment`);
    for (const group of header.groups) {
      for (const declaration of group.declarations) problemsOfOne(declaration, group.doc, say);
      const text = [
        group.doc,
        ...group.declarations.flatMap((one) => (one.members ?? []).map(({ doc }) => doc)),
      ];
      for (const [word] of text.join("\n").matchAll(/\b(?:pqq|PQQ)_\w+\b(?!\*|_\*)/g)) {
        const isPlaceholder = /_X(_|$)|_$/.test(word);
        if (!isPlaceholder && !names.has(word))
          say(`a comment names ${word}, which does not exist`);
      }
    }
  }
  return problems;
}

function problemsOfOne(declaration, doc, say) {
  const [name] = declaration.names;
  if (doc === "") say(`${name ?? "an enum"} has an empty comment`);
  if (declaration.kind === "function") {
    if (!mentions(doc, name)) say(`the comment above ${name} does not name it`);
    const returnsStatus = /^PQQ_EXPORT\s+pqq_status\s/.test(declaration.text);
    if (returnsStatus && !/\bErrors:/.test(doc))
      say(`${name} returns pqq_status but documents no Errors:`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = problemsOf(readHeaders(process.argv[2]));
  for (const problem of problems) console.log(problem);
  process.exit(problems.length > 0 ? 1 : 0);
}
