// SPDX-License-Identifier: MIT
// Turns ACVP's and Wycheproof's JSON into lines that the C programs here read (vectors.h).
//
//   node test/native/vectors/convert.mjs acvp|wycheproof FOLDER OUT
//
// Each JSON file becomes OUT/<name>.txt. Its first line says how many vectors follow; each other line is one of
// them: `name=text` and `name:hex`, separated by spaces. A shape that is not known here is an error, so that a
// newer package cannot silently test less.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

function known(table, key) {
  if (!Object.hasOwn(table, key)) {
    throw new Error(`unknown kind of vectors: ${key}`);
  }
  return table[key];
}

/** Fields of a JSON object by their names here; those that are missing or null stay out. */
function fields(object, names) {
  return Object.fromEntries(
    Object.entries(names).flatMap(([ours, theirs]) => {
      const value = object[theirs];
      return value === undefined || value === null ? [] : [[ours, value]];
    }),
  );
}

// --- ACVP: FIPS 203 and 204, `algorithm mode` --------------------------------------------------------

/** FIPS 204 has four ways in; ACVP names them by three fields. */
function acvpInterface(group) {
  if (group.signatureInterface === "external") {
    return group.preHash === "pure" ? "external" : "prehash";
  }
  return group.externalMu ? "mu" : "internal";
}

const signedBytes = { message: "message", mu: "mu", context: "context", random: "rnd", pk: "pk" };

const acvpKinds = {
  "ML-KEM keyGen": (group, test) => ({
    text: { op: "kem_keygen", expect: "valid" },
    hex: { seed: test.d + test.z, ...fields(test, { ek: "ek", dk: "dk" }) },
  }),
  "ML-KEM encapDecap": (group, test) =>
    group.function === "encapsulation"
      ? {
          text: { op: "kem_encaps", expect: "valid" },
          hex: fields(test, { ek: "ek", m: "m", c: "c", k: "k" }),
        }
      : {
          // A modified ciphertext is not refused: k is then the one of implicit rejection.
          text: { op: "kem_decaps", expect: "valid" },
          hex: { dk: group.dk, ...fields(test, { c: "c", k: "k" }) },
        },
  "ML-DSA keyGen": (group, test) => ({
    text: { op: "dsa_keygen", expect: "valid" },
    hex: fields(test, { seed: "seed", pk: "pk", sk: "sk" }),
  }),
  "ML-DSA sigGen": (group, test) => ({
    text: { op: "dsa_sign", expect: "valid", interface: acvpInterface(group) },
    hex: fields(test, { ...signedBytes, sk: "sk", sig: "signature" }),
  }),
  "ML-DSA sigVer": (group, test) => ({
    text: {
      op: "dsa_verify",
      expect: test.testPassed ? "valid" : "invalid",
      interface: acvpInterface(group),
    },
    hex: fields(test, { ...signedBytes, sig: "signature" }),
  }),
};

function acvp(json) {
  const convert = known(acvpKinds, `${json.algorithm} ${json.mode}`);
  return json.testGroups.flatMap((group) =>
    group.tests.map((test) => {
      const { text, hex } = convert(group, test);
      const note = test.reason ?? `group ${group.tgId}`;
      return { text: { id: test.tcId, set: group.parameterSet, ...text, note }, hex };
    }),
  );
}

// --- Wycheproof: by the type of a group -------------------------------------------------------------

const wycheproofKinds = {
  MLKEMKeyGen: (group, test) => ({
    op: "kem_keygen",
    hex: fields(test, { seed: "seed", ek: "ek", dk: "dk" }),
  }),
  MLKEMEncapsTest: (group, test) => ({
    op: "kem_encaps",
    hex: fields(test, { ek: "ek", m: "m", c: "c", k: "K" }),
  }),
  MLKEMDecapsValidationTest: (group, test) => ({
    op: "kem_decaps",
    hex: fields(test, { dk: "dk", c: "c", k: "K" }),
  }),
  MLKEMTest: (group, test) => ({
    op: "kem_seed_decaps",
    hex: fields(test, { seed: "seed", ek: "ek", c: "c", k: "K" }),
  }),
  MlDsaSign: (group, test) => ({
    op: "dsa_sign",
    hex: {
      ...fields(group, { seed: "privateSeed", sk: "privateKey", pk: "publicKey" }),
      ...fields(group, { der: "privateKeyPkcs8" }),
      ...fields(test, { message: "msg", mu: "mu", context: "ctx", random: "rnd", sig: "sig" }),
    },
  }),
  MlDsaVerify: (group, test) => ({
    op: "dsa_verify",
    hex: {
      ...fields(group, { pk: "publicKey", der: "publicKeyDer" }),
      ...fields(test, { message: "msg", mu: "mu", context: "ctx", sig: "sig" }),
    },
  }),
};

function wycheproof(json) {
  const vectors = json.testGroups.flatMap((group) =>
    group.tests.map((test) => {
      const { op, hex } = known(wycheproofKinds, group.type)(group, test);
      const text = {
        id: test.tcId,
        set: group.parameterSet ?? json.algorithm,
        op,
        expect: test.result,
      };
      if (op.startsWith("dsa_")) {
        // With a message, mu is only told for those who want to look inside.
        text.interface = hex.message === undefined ? "mu" : "external";
        if (hex.message !== undefined) {
          delete hex.mu;
        }
      }
      const note = [test.comment, ...(test.flags ?? [])].join(" ");
      return { text: { ...text, note }, hex };
    }),
  );
  if (vectors.length !== json.numberOfTests) {
    throw new Error(`${vectors.length} vectors, the file says ${json.numberOfTests}`);
  }
  return vectors;
}

// --- Files ------------------------------------------------------------------------------------------

/** Printable text without spaces, at most as long as a line of a report. */
const word = (text) => (String(text).replace(/[^!-~]+/g, "_") || "-").slice(0, 80);

function line({ text, hex }) {
  if (!["valid", "invalid"].includes(text.expect)) {
    throw new Error(`unknown expectation: ${text.expect}`);
  }
  return [
    ...Object.entries(text).map(([name, value]) => `${name}=${word(value)}`),
    ...Object.entries(hex).map(([name, value]) => `${name}:${value}`),
  ].join(" ");
}

function write(out, name, vectors) {
  const lines = [`source=${name} vectors=${vectors.length}`, ...vectors.map(line)];
  writeFileSync(join(out, `${name}.txt`), `${lines.join("\n")}\n`);
}

const read = (path) => JSON.parse(readFileSync(path, "utf8"));

const origins = {
  acvp(folder, out) {
    for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )) {
      write(out, name, acvp(read(join(folder, name, "internalProjection.json"))));
    }
  },
  wycheproof(folder, out) {
    for (const file of readdirSync(folder).filter((name) => /^ml(kem|dsa)_.*\.json$/.test(name))) {
      write(out, file.replace(/\.json$/, ""), wycheproof(read(join(folder, file))));
    }
  },
};

const [origin, folder, out] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
known(origins, origin)(folder, out);
