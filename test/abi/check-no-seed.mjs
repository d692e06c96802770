// SPDX-License-Identifier: MIT
// Proves that nothing can take the randomness of a built library into its own hands.
//
//   node test/abi/check-no-seed.mjs build/libpqq.so.0 | build/addon/pqq.node | build/libpqq.a
//
// AWS-LC and liboqs bring functions by which their own tests replace the source of entropy, and
// test/transcripts/seeded.c calls them. From a shared library the linker has to have thrown them out, and
// they are neither exported nor imported. In libpqq.a, which is linked once more by its user, they have to
// be local, and no code or data may refer to them, so that nobody can. Nothing of test/ is in a library,
// and it reads no environment variables but those that AWS-LC is known to read.
// test/abi/no_seed_test.c shows the same by running the library.
import { spawnSync } from "node:child_process";

const library = process.argv[2];
if (library === undefined) {
  console.error("usage: check-no-seed.mjs LIBRARY");
  process.exit(2);
}
const isArchive = library.endsWith(".a");

/** Everything that AWS-LC has for its own tests, and what sets the generator of liboqs. */
const door = /for_testing|for_fuzzing|^OQS_randombytes_(custom|switch)_algorithm$/i;
/** Only tells which source is in use. */
const harmless = "get_entropy_source_method_id_FOR_TESTING";
/** What the seeded program is made of. */
const ours = /^(seeded_|sim_|harness_|identities_make)/;
/** Processor features to leave out; folders of certificates and a terminal that libpqq never asks for. */
const readers = new Set([
  "OPENSSL_cpuid_setup",
  "by_file_ctrl",
  "dir_ctrl",
  "openssl_console_open",
]);

function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, [...args, library], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status !== 0) {
    throw new Error(error?.message ?? stderr);
  }
  return stdout.split("\n");
}

function symbols(...options) {
  return run("nm", ...options).flatMap((line) => {
    const match = /^[0-9a-f]* +\w (\S+)$/.exec(line);
    return match ? [match[1].replace(/@.*/, "")] : [];
  });
}

const isDoor = (name) => door.test(name) && name !== harmless;
const problems = [];
const all = symbols();
const doors = all.filter(isDoor);
// Local functions on either side, to be sure that all names were seen.
for (const name of ["RAND_bytes", "OQS_randombytes"]) {
  if (!all.includes(name)) {
    problems.push(`${name} is not in the library: stripped, or AWS-LC or liboqs has changed`);
  }
}
problems.push(
  ...all.filter((name) => ours.test(name)).map((name) => `${name} of the tests is in the library`),
  ...symbols(isArchive ? "-g" : "-D")
    .filter((name) => door.test(name))
    .map((name) => `${name} is exported or imported`),
  ...(isArchive ? [] : doors.map((name) => `${name} was not thrown out`)),
);

/** Function in which a shared library calls getenv, by the disassembler. */
function callers() {
  let current = "";
  return run("objdump", "-d", "--no-show-raw-insn").flatMap((line) => {
    current = /^[0-9a-f]+ <(.*)>:$/.exec(line)?.[1] ?? current;
    return /<(secure_)?getenv@plt>$/.test(line) ? [current] : [];
  });
}

/** What each section of an archive refers to; AWS-LC and liboqs have a section per function. */
function relocations() {
  let section = "";
  return run("readelf", "-rW").flatMap((line) => {
    section = /^Relocation section '\.rela?(\S*)'/.exec(line)?.[1] ?? section;
    const name = /^[0-9a-f]+ .* R_\w+ +[0-9a-f]+ (\S+)/.exec(line)?.[1];
    const isUnwinding = /^\.(eh_frame|debug)/.test(section);
    return name === undefined || isUnwinding ? [] : [[section.replace(/^\.text\./, ""), name]];
  });
}

if (isArchive) {
  for (const [section, reference] of relocations()) {
    const name = reference.replace(/^\.\w+\./, "");
    if (isDoor(name) && !isDoor(section)) {
      problems.push(`${section} refers to ${name}`);
    }
    if (/^(secure_)?getenv$/.test(name) && !readers.has(section)) {
      problems.push(`${section} reads an environment variable`);
    }
  }
} else {
  problems.push(
    ...callers()
      .filter((name) => !readers.has(name))
      .map((name) => `${name} reads an environment variable`),
  );
}

for (const problem of problems) {
  console.error(problem);
}
if (problems.length > 0) {
  process.exit(1);
}
const left = isArchive ? `${doors.length} functions for tests, all out of reach` : "none is in it";
console.log(`${library}: functions that could seed it: ${left}`);
