// SPDX-License-Identifier: MIT
// Reads the profiles and the algorithms that they name from the C files that define them, and makes of them the tables
// of docs/profiles.md and lib/config/profiles.generated.ts. Used by gen-docs.mjs.

/** The rows `{PREFIX_NAME, …, "IANA name", …}` of native/src/crypto/algorithms.c, with the numbers of types.h. */
function algorithms(read, prefix) {
  const numbers = new Map(
    [...read("include/pqq/types.h").matchAll(new RegExp(`\\b${prefix}(\\w+) = (0x\\w+)`, "g"))].map(
      ([, name, number]) => [name, number],
    ),
  );
  const rows = read("native/src/crypto/algorithms.c").matchAll(
    new RegExp(`\\{${prefix}(\\w+),([^"}]*)"([^"]+)"`, "g"),
  );
  return [...rows].map(([, constant, fields, name]) => {
    const number = numbers.get(constant);
    if (number === undefined) {
      throw new Error(`types.h has no ${prefix}${constant}`);
    }
    return { constant: prefix + constant, number, name, fields: fields.split(",").map(Number) };
  });
}

/** Cuts `a, (b, c), "d, e"` at its outer commas. */
function cut(text) {
  return [...text.matchAll(/"[^"]*"|\([^)]*\)|[^,\s]+/g)].map(([part]) => part);
}

/** Everything that profiles.def says, with IANA names in place of constants. */
export function readProfiles(read) {
  const groups = algorithms(read, "PQQ_GROUP_");
  const schemes = algorithms(read, "PQQ_SCHEME_");
  const ciphers = algorithms(read, "PQQ_CIPHER_");
  const names = new Map([...groups, ...schemes, ...ciphers].map((row) => [row.constant, row.name]));
  const nameOf = (constant) => {
    const name = names.get(constant);
    if (name === undefined) {
      throw new Error(`native/src/crypto/algorithms.c has no row of ${constant}`);
    }
    return name;
  };
  const list = (text) => cut(text.slice(1, -1)).map(nameOf);
  const ids = new Map(
    [...read("include/pqq/types.h").matchAll(/\bPQQ_PROFILE_(\w+) = (\d+)/g)].map(
      ([, name, id]) => [name, Number(id)],
    ),
  );
  const profiles = [...read("include/pqq/profiles.def").matchAll(/^PQQ_PROFILE\(([^]*?)\)$/gm)].map(
    ([, text]) => {
      const [constant, name, velocity, h3, suites, pq, classical, datagrams, summary] = cut(text);
      return {
        id: ids.get(constant),
        name: JSON.parse(name),
        groups: list(velocity),
        h3Groups: list(h3),
        ciphers: list(suites),
        pqScheme: nameOf(pq),
        classicalScheme: nameOf(classical),
        firstFlightDatagrams: Number(datagrams),
        summary: JSON.parse(summary),
      };
    },
  );
  // RSASSA-PKCS1 is only for certificates (RFC 8446 section 4.2.3), so no profile can name it.
  const usable = schemes.filter(({ name }) => !name.startsWith("rsa_pkcs1"));
  return { groups, schemes: usable, ciphers, profiles };
}

const code = (name) => `\`${name}\``;

/** The table of docs/profiles.md. */
export function profileTable(read) {
  const { profiles } = readProfiles(read);
  return [
    "| profile | groups on `velocity/1` | and on `h3` | cipher suites | identities, at least | first flight | for |",
    "|---|---|---|---|---|---|---|",
    ...profiles.map((row) =>
      [
        "",
        `${code(row.name)} (${row.id})`,
        row.groups.map(code).join(", "),
        row.h3Groups.map(code).join(", "),
        row.ciphers.map(code).join(", "),
        `${code(row.pqScheme)} and ${code(row.classicalScheme)}`,
        `${row.firstFlightDatagrams} datagrams`,
        row.summary,
        "",
      ]
        .join(" | ")
        .trim(),
    ),
  ];
}

/** The names that a custom profile can be made of. */
export function algorithmTable(read) {
  const { groups, schemes, ciphers } = readProfiles(read);
  const rows = (kind, list) =>
    list.map(({ name, number }) => `| ${kind} | \`${name}\` | \`${number}\` |`);
  return [
    "| field | name | IANA number |",
    "|---|---|---|",
    ...rows("`groups`", groups),
    ...rows("`ciphers`", ciphers),
    ...rows("`signatureSchemes`", schemes),
  ];
}

function literal(value) {
  return JSON.stringify(value).replaceAll('","', '", "');
}

function profileLines({ name, ...row }) {
  const fields = Object.entries(row).map(([key, value]) => `    ${key}: ${literal(value)},`);
  return [`  ${name}: {`, ...fields, "  },"];
}

function numberTable(name, comment, rows) {
  const lines = rows.map((row) => `  ${JSON.stringify(row.name)}: ${row.number},`);
  return [`/** ${comment} */`, `export const ${name} = {`, ...lines, "} as const;", ""];
}

/** lib/config/profiles.generated.ts. */
export function profileModule(read) {
  const { groups, schemes, ciphers, profiles } = readProfiles(read);
  return [
    "// SPDX-License-Identifier: MIT",
    "// Made by `npm run gen` from include/pqq/profiles.def, include/pqq/types.h and native/src/crypto/algorithms.c.",
    "",
    ...numberTable("GROUPS", "Key-exchange groups by IANA name: TLS Supported Groups.", groups),
    ...numberTable("CIPHERS", "Cipher suites by IANA name: TLS Cipher Suites.", ciphers),
    ...numberTable(
      "SIGNATURE_SCHEMES",
      "Schemes of CertificateVerify and authenticators by IANA name: TLS SignatureScheme.",
      schemes,
    ),
    "/** The profiles: lists are in order of preference, identities are the weakest that each takes. */",
    "export const PROFILE_TABLE = {",
    ...profiles.flatMap(profileLines),
    "} as const;",
    "",
  ].join("\n");
}
