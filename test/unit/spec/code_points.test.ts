// SPDX-License-Identifier: MIT
// The numbers and tables of spec/ against those of the sources, so that neither changes alone.
import { readFileSync } from "node:fs";
import { expect } from "chai";

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
}

const CODE_POINTS = read("spec/code-points.md");
const OVERVIEW = read("spec/overview.md");
const VELOCITY = read("native/src/tls/velocity.h");
const TYPES = read("include/pqq/types.h");
const PROFILES = read("include/pqq/profiles.def");

/** The cells of the table rows whose first one is a statement of that prefix. */
function rowsOf(page: string, prefix: string): string[][] {
  return page
    .split("\n")
    .filter((line) => line.startsWith(`| [${prefix}-`))
    .map((line) => line.split("|").slice(2, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));
}

/** `PREFIX_NAME = number` and `#define PREFIX_NAME number` of a header, by name in lower case. */
function numbersOf(header: string, prefix: string): Record<string, number> {
  const pattern = new RegExp(`\\b${prefix}(\\w+)(?: =)? (0x[0-9a-f]+|\\d+)u?\\b`, "g");
  return Object.fromEntries(
    [...header.matchAll(pattern)].map(([, name, value]) => [name!.toLowerCase(), Number(value)]),
  );
}

function numbersOfRows(rows: string[][]): Record<string, number> {
  return Object.fromEntries(
    rows.map(([code, name]) => [name!.replace(/:.*/, "").toLowerCase(), Number(code)]),
  );
}

describe("spec/code-points.md", () => {
  const rows = rowsOf(CODE_POINTS, "CP");
  const errors = rows.filter(([code]) => code!.startsWith("0x56"));
  const frames = rows.filter(([code]) => /^0x0\d$/.test(code!));
  const decimal = rows.filter(([code]) => /^\d+$/.test(code!));

  // spec: CP-1, CP-2, CP-3
  it("has the names and identifiers of the library", () => {
    expect(VELOCITY).to.include('#define PQQ__ALPN_VELOCITY "velocity/1"');
    const numbers = numbersOf(VELOCITY, "PQQ__");
    expect(numbers["commitment_parameter"]).to.equal(0x56454c4f);
    expect(numbers["proof_stream"]).to.equal(0x56454c50);
    expect(CODE_POINTS).to.include("identifier `0x56454c4f`");
    expect(CODE_POINTS).to.include("type `0x56454c50`");
  });

  // spec: CP-4, CP-5
  it("has its frames", () => {
    expect(numbersOfRows(frames)).to.deep.equal(numbersOf(VELOCITY, "PQQ__FRAME_"));
  });

  // spec: CP-6, CP-7, CP-8, CP-9, CP-10, CP-11
  it("has its profiles, and leaves the other ids free", () => {
    const { custom, ...named } = numbersOf(TYPES, "PQQ_PROFILE_");
    expect(custom).to.equal(255);
    expect(numbersOfRows(decimal)).to.include({ ...named, custom });
    expect(Object.values(named)).to.deep.equal([1, 2, 3]);
  });

  // spec: CP-12, CP-13, CP-14, CP-15, CP-16, CP-17, CP-18, CP-19
  it("has its reasons", () => {
    expect(numbersOfRows(decimal)).to.include(numbersOf(TYPES, "PQQ_DOWNGRADE_"));
    expect(Object.keys(numbersOf(TYPES, "PQQ_DOWNGRADE_"))).to.have.length(8);
  });

  // spec: CP-20, CP-21, CP-22, CP-23, CP-24, CP-25, CP-26, CP-27
  it("has its error codes", () => {
    const { policy, ...wire } = numbersOf(VELOCITY, "PQQ__WIRE_");
    expect(numbersOfRows(errors)).to.deep.equal({ ...wire, authenticator_policy: policy });
  });

  it("has only values that implementations do not send at random", () => {
    const reserved = (value: number, first: number): boolean => (value - first) % 31 === 0;
    expect(reserved(0x56454c4f, 27)).to.equal(false); // RFC 9000 section 18.1
    const ours = [0x56454c50, ...Object.values(numbersOf(VELOCITY, "PQQ__WIRE_"))];
    for (const value of ours) {
      expect(reserved(value, 0x21), value.toString(16)).to.equal(false); // RFC 9114
    }
  });
});

describe("spec/overview.md", () => {
  const suites: Record<string, string> = {
    "AES-128-GCM-SHA256": "PQQ_CIPHER_AES_128_GCM_SHA256",
    "AES-256-GCM-SHA384": "PQQ_CIPHER_AES_256_GCM_SHA384",
    "ChaCha20-Poly1305-SHA256": "PQQ_CIPHER_CHACHA20_POLY1305_SHA256",
  };
  const schemes: Record<string, string> = {
    "ML-DSA-44": "PQQ_SCHEME_MLDSA44",
    "ML-DSA-65": "PQQ_SCHEME_MLDSA65",
    "ML-DSA-87": "PQQ_SCHEME_MLDSA87",
    "ECDSA P-256": "PQQ_SCHEME_ECDSA_SECP256R1_SHA256",
    "ECDSA P-384": "PQQ_SCHEME_ECDSA_SECP384R1_SHA384",
  };

  // spec: OV-8, OV-9, OV-10
  it("has the profiles of the library", () => {
    const rows = rowsOf(OVERVIEW, "OV").filter((cells) => cells.length === 6);
    expect(rows).to.have.length(3);
    const profiles = PROFILES.replaceAll(/\s+/g, " ");
    for (const [name, , groups, pq, classical, ciphers] of rows) {
      const group = `PQQ_GROUP_${groups!.toUpperCase()}`;
      const list = ciphers!
        .split(", ")
        .map((suite) => suites[suite]!)
        .join(", ");
      const pattern = new RegExp(
        `"${name!}", \\(${group}\\), \\([^)]*\\), \\(${list}\\), ${schemes[pq!]!}, ${schemes[classical!]!},`,
      );
      expect(profiles, name).to.match(pattern);
    }
  });
});
