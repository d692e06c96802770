// SPDX-License-Identifier: MIT
// Checks who includes whom: each third-party library from one folder only, layers downwards only.
// The rules are those of ARCHITECTURE.md.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Which of our folders a layer may include, besides itself and the public headers. */
const layers = {
  core: [],
  crypto: ["core"],
  tls: ["crypto", "core"],
  quic: ["tls", "crypto", "core"],
  http3: ["quic", "tls", "crypto", "core"],
  files: ["core"], // both are users of the public engine calls, like nginx would be
  io: ["files", "core"],
  api: ["http3", "quic", "tls", "crypto", "io", "files", "core"],
};

/** Who may include a third-party header, by path prefix. */
const thirdParty = {
  "openssl/": ["native/src/tls/"],
  "oqs/": ["native/src/crypto/"],
  "ngtcp2/": ["native/src/quic/", "native/src/tls/quic_glue."],
  "nghttp3/": ["native/src/http3/"],
  "zlib.h": ["native/src/tls/codec."],
  "brotli/": ["native/src/tls/codec."],
  "napi.h": ["native/addon/"],
  "node_api.h": ["native/addon/"],
  "js_native_api.h": ["native/addon/"],
  "uv.h": [],
};

function sourcesIn(folder) {
  const path = join(root, folder);
  return existsSync(path)
    ? readdirSync(path, { recursive: true })
        .filter((file) => /\.(c|cc|h|def)$/.test(file))
        .map((file) => join(folder, file))
    : [];
}

function includesOf(file) {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  return lines.flatMap((line, index) => {
    const match = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
    return match ? [{ line: index + 1, quoted: match[1] === '"', path: match[2] }] : [];
  });
}

/** The folder below native/src that a quoted include lands in, or undefined if it is none of them. */
function includedLayer(file, path) {
  const beside = relative(root, join(root, dirname(file), path));
  const target = existsSync(join(root, beside)) ? beside : join("native", "src", path);
  const match = /^native\/src\/([^/]+)\//.exec(target);
  return match?.[1];
}

function problemOf(file, { quoted, path }) {
  for (const [prefix, allowed] of Object.entries(thirdParty)) {
    if (path.startsWith(prefix) && !allowed.some((folder) => file.startsWith(folder))) {
      return `<${path}> may be included from ${allowed.join(", ") || "nowhere"} only`;
    }
  }
  if (!quoted) {
    return undefined;
  }
  const layer = includedLayer(file, path);
  const own = /^native\/src\/([^/]+)\//.exec(file)?.[1];
  if (own === undefined) {
    return layer === undefined ? undefined : `"${path}" is internal: include <pqq/...> only`;
  }
  if (layer === undefined) {
    return `"${path}" is not below native/src; public headers are <pqq/...>`;
  }
  if (layer !== own && !layers[own]?.includes(layer)) {
    return `${own} may not include ${layer} ("${path}")`;
  }
  return undefined;
}

let problems = 0;
let files = 0;
for (const folder of ["include", "native/src", "native/addon", "examples"]) {
  for (const file of sourcesIn(folder)) {
    files++;
    for (const include of includesOf(file)) {
      const problem = problemOf(file, include);
      if (problem !== undefined) {
        console.error(`${file}:${include.line}: ${problem}`);
        problems++;
      }
    }
  }
}
console.log(`layers: ${files} files, ${problems} problems`);
process.exit(problems > 0 ? 1 : 0);
