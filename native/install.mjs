// SPDX-License-Identifier: MIT
// Builds the addon, build/addon/pqq.node: npm's `install` script, and `npm run build:native`. When a
// prebuilt platform package is installed (the names are those of lib/internal/load.ts) there is nothing to do.
//
// Plain JavaScript with no dependency but cmake-js, as it runs before anything is built. npm shows the
// output of install scripts only when they fail or with --foreground-scripts.
import { spawn, spawnSync } from "node:child_process";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = realpathSync(join(dirname(fileURLToPath(import.meta.url)), ".."));
const outputFolder = join(root, "build", "addon");
const logFile = join(outputFolder, "install.log");

const tools = [
  {
    names: [process.env.CC, "cc", "gcc", "clang"],
    missing:
      "a C compiler is missing: install gcc or clang (Debian: apt-get install build-essential)",
  },
  {
    names: [process.env.CXX, "c++", "g++", "clang++"],
    missing:
      "a C++ compiler is missing: install g++ or clang++ (Debian: apt-get install build-essential)",
  },
  {
    names: ["cmake"],
    missing:
      "cmake is missing: install 3.22 or newer (Debian: apt-get install cmake, or pip install cmake)",
  },
  {
    names: ["ninja", "ninja-build"],
    missing:
      "ninja is missing: install it (Debian: apt-get install ninja-build, or pip install ninja)",
  },
  {
    names: ["cargo", join(process.env.HOME ?? "", ".cargo", "bin", "cargo")],
    missing:
      "cargo is missing: install Rust's package manager, 1.85 or newer (https://rustup.rs); it only fetches C sources",
  },
];

function say(text) {
  console.log(`velo-pqq: ${text}`);
}

function runs(command) {
  return command && spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function checkTools() {
  const missing = tools.filter((tool) => !tool.names.some(runs));
  for (const tool of missing) {
    console.error(`velo-pqq: ${tool.missing}`);
  }
  if (missing.length > 0) {
    console.error("velo-pqq: then run `npm rebuild velo-pqq`, or `npm install` in a checkout.");
    process.exit(1);
  }
}

/** Runs one cmake-js command with its output in the log; progress of the dependencies is shown. */
function cmakeJs(command, log) {
  const require = createRequire(import.meta.url);
  const packageFile = require.resolve("cmake-js/package.json");
  const script = join(dirname(packageFile), require(packageFile).bin["cmake-js"]);
  const child = spawn(
    process.execPath,
    [script, command, "--directory", root, "--out", outputFolder],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let rest = "";
  const onOutput = (chunk) => {
    log.write(chunk);
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const progress = /^-- ((?:Building|Fetching) .*)/.exec(line);
      if (progress) {
        say(progress[1]);
      }
    }
  };
  child.stdout.on("data", onOutput);
  child.stderr.on("data", onOutput);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`cmake-js ${command} failed`));
      }
    });
  });
}

function hasPrebuilt() {
  try {
    createRequire(import.meta.url).resolve(`@velo-pqq/${process.platform}-${process.arch}`);
    return true;
  } catch {
    return false;
  }
}

/** A cache made for another folder (a moved checkout) cannot be used again. */
function dropForeignCache() {
  const cache = join(outputFolder, "CMakeCache.txt");
  if (
    existsSync(cache) &&
    !readFileSync(cache, "utf8").includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${root}\n`)
  ) {
    rmSync(outputFolder, { recursive: true });
  }
}

async function main() {
  if (hasPrebuilt()) {
    return;
  }
  checkTools();
  dropForeignCache();
  mkdirSync(outputFolder, { recursive: true });
  const log = createWriteStream(logFile);
  const started = Date.now();
  say("building the native addon (the first time takes two to four minutes, later seconds)");
  try {
    await cmakeJs("configure", log);
    say("Building libpqq and the addon ...");
    await cmakeJs("build", log);
  } catch (error) {
    await new Promise((resolve) => log.end(resolve));
    const tail = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-40).join("\n");
    console.error(
      `${tail}\n\nvelo-pqq: the native addon was not built: ${error.message}. The end of the log is above.`,
    );
    console.error(
      `velo-pqq: the whole log is ${logFile}; after a repair, run \`npm rebuild velo-pqq\` or \`npm install\` in a checkout.`,
    );
    process.exit(1);
  }
  log.end();
  say(`done in ${Math.round((Date.now() - started) / 1000)} s`);
}

await main();
