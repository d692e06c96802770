// SPDX-License-Identifier: MIT
// Proves that nothing can take the randomness of a built library into its own hands.
//
//   node test/abi/check-no-seed.mjs build/libpqq.so.0 | build/addon/pqq.node
//
// AWS-LC and liboqs bring functions by which their own tests replace the source of entropy, and
// test/transcripts/seeded.c calls them. They are in the archives that every build links. Here is shown
// that a release library does not export them, that none of its code calls them or takes their address
// and none of its data holds it, that nothing of test/ is in it, and that it reads no environment
// variables but those that AWS-LC is known to read. test/abi/no_seed_test.c shows the same by running it.
import { spawnSync } from "node:child_process";

const library = process.argv[2];
if (library === undefined) {
  console.error("usage: check-no-seed.mjs LIBRARY");
  process.exit(2);
}

/** Everything that AWS-LC has for its own tests, and what sets the generator of liboqs. */
const door = /for_testing|for_fuzzing|^OQS_randombytes_(custom|switch)_algorithm$/i;
/** Only tells which source is in use. */
const harmless = new Set(["get_entropy_source_method_id_FOR_TESTING"]);
/** What the seeded program is made of. */
const ours = /^(seeded_|sim_|harness_|identities_make)/;
/** Processor features to leave out; folders of certificates and a terminal that libpqq never asks for. */
const readers = new Set([
  "OPENSSL_cpuid_setup",
  "by_file_ctrl",
  "dir_ctrl",
  "openssl_console_open",
]);

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status !== 0) {
    throw new Error(error?.message ?? stderr);
  }
  return stdout.split("\n");
}

const problems = [];

/** Names to addresses. */
function symbols(...options) {
  const found = new Map();
  for (const line of run("nm", [...options, library])) {
    const match = /^([0-9a-f]*) +\w (\S+)$/.exec(line);
    if (match) {
      found.set(match[2].replace(/@.*/, ""), match[1]);
    }
  }
  return found;
}

const all = symbols();
if (all.size === 0) {
  throw new Error(`${library} is stripped; this check reads a library as it was built`);
}
for (const name of all.keys()) {
  if (ours.test(name)) {
    problems.push(`${name} of the tests is in the library`);
  }
}
for (const name of symbols("-D").keys()) {
  if (door.test(name)) {
    problems.push(`${name} is exported or imported`);
  }
}

const doors = new Map([...all].filter(([name]) => door.test(name) && !harmless.has(name)));
const expected = "override_entropy_source_method_FOR_TESTING";
if (!doors.has(expected)) {
  problems.push(`${expected} is not in the library: AWS-LC has changed, look at this check anew`);
}

/** Code: the disassembler names what an instruction refers to. A door may use another one. */
let current = "";
for (const line of run("objdump", ["-dr", "--no-show-raw-insn", library])) {
  const label = /^[0-9a-f]+ <(.*)>:$/.exec(line);
  if (label) {
    current = label[1];
    continue;
  }
  for (const [, name] of line.matchAll(/<([^>+]+)(?:\+0x[0-9a-f]+)?>/g)) {
    if (doors.has(name) && !doors.has(current)) {
      problems.push(`${current} refers to ${name}`);
    }
    if (/^(secure_)?getenv@plt$/.test(name) && !readers.has(current)) {
      problems.push(`${current} reads an environment variable`);
    }
  }
}

/** Data: a pointer into the library is a relocation whose addend is the address. */
const addresses = new Map([...doors].map(([name, at]) => [BigInt(`0x${at}`), name]));
for (const line of run("readelf", ["-rW", library])) {
  const match = /_RELATIVE +([0-9a-f]+)$/.exec(line.trim());
  const name = match ? addresses.get(BigInt(`0x${match[1]}`)) : undefined;
  if (name !== undefined) {
    problems.push(`a pointer in the data holds ${name}`);
  }
}

for (const problem of problems) {
  console.error(problem);
}
if (problems.length > 0) {
  process.exit(1);
}
console.log(
  `${library}: ${doors.size} functions for tests of AWS-LC and liboqs, none within reach`,
);
