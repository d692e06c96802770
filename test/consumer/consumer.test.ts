// SPDX-License-Identifier: MIT
// libpqq for users of C and C++: installed, moved somewhere else, found by CMake and by pkg-config, shared and static.
import { expect } from "chai";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, configure, filesOf, missing, projects, root, run } from "./install.js";

const version = (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version;
const negotiated = `libpqq ${version}: 200 /hello X25519MLKEM768 ML-DSA-65\n`;
const inC = `C201112 ${negotiated}`;
const inCxx = `C++201703 ${negotiated}`;

/** Programs of a build, by name. */
const programs = (folder: string, pattern: RegExp): string[] =>
  readdirSync(folder).filter((name) => pattern.test(name));

describe("libpqq for C and C++", function () {
  this.timeout(120_000);
  let folder: string;
  /** Where the installed library is found: not where it was installed to. */
  let prefix: string;
  let shared: NodeJS.ProcessEnv;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pqq-consumer-"));
    const stage = join(folder, "stage");
    run({ DESTDIR: stage }, "cmake", "--install", join(root, "build"), "--prefix", "/opt/pqq");
    prefix = join(folder, "moved", "pqq");
    mkdirSync(join(folder, "moved"));
    renameSync(join(stage, "opt", "pqq"), prefix);
    expect(filesOf(stage), "all of it went below DESTDIR and the prefix").to.deep.equal([]);
    shared = { LD_LIBRARY_PATH: join(prefix, libraryFolder()) };
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** lib, lib64 or lib/<architecture>, as the system has it. */
  function libraryFolder(): string {
    const file = filesOf(prefix).find((name) => name.endsWith("/libpqq.a"));
    expect(file, "libpqq.a is installed").to.not.equal(undefined);
    return file!.slice(0, -"/libpqq.a".length);
  }

  it("installs headers, libraries, licences, and what CMake and pkg-config read", () => {
    const lib = libraryFolder();
    const headers = readdirSync(join(root, "include", "pqq"));
    const files = filesOf(prefix).filter(
      (name) => !/-(relwithdebinfo|release|debug|noconfig)\.cmake$/.test(name),
    );
    expect(files).to.have.members([
      ...headers.map((name) => `include/pqq/${name}`),
      ...["libpqq.a", "libpqq.so", "libpqq.so.0", `libpqq.so.${version}`].map(
        (name) => `${lib}/${name}`,
      ),
      ...["pqq-config", "pqq-config-version", "pqq-shared", "pqq-static"].map(
        (name) => `${lib}/cmake/pqq/${name}.cmake`,
      ),
      `${lib}/pkgconfig/libpqq.pc`,
      "share/doc/pqq/LICENSE",
      "share/doc/pqq/THIRD_PARTY_LICENSES",
    ]);
    expect(readlinkSync(join(prefix, lib, "libpqq.so"))).to.equal("libpqq.so.0");
    expect(readlinkSync(join(prefix, lib, "libpqq.so.0"))).to.equal(`libpqq.so.${version}`);
    const dynamic = run({}, "readelf", "-d", join(prefix, lib, "libpqq.so"));
    expect(dynamic)
      .to.include("soname: [libpqq.so.0]")
      .and.not.match(/R(UN)?PATH/);
    for (const file of files.filter((name) => /\.(cmake|pc)$/.test(name))) {
      const text = readFileSync(join(prefix, file), "utf8");
      expect(text, `${file} knows where it was built`).to.not.include(root);
      expect(text, `${file} knows where it was installed`).to.not.include("/opt/pqq");
    }
  });

  it("has an archive that defines pqq_* and nothing else", () => {
    const defined = run(
      {},
      "nm",
      "-g",
      "--defined-only",
      join(prefix, libraryFolder(), "libpqq.a"),
    );
    const names = [...defined.matchAll(/^[0-9a-f]+ \w (\S+)$/gm)].map(([, name]) => name!);
    const exported = readFileSync(join(root, "test", "abi", "symbols.txt"), "utf8");
    expect(names).to.have.members([...exported.matchAll(/^pqq_\w+/gm)].map(([name]) => name));
  });

  describe("found by CMake", () => {
    let build: string;

    before(() => {
      build = join(folder, "cmake");
      const targets = "-DTARGETS=pqq::pqq;pqq::pqq_static";
      run(
        {},
        "cmake",
        "-S",
        ".",
        "-B",
        build,
        "-G",
        "Ninja",
        `-DCMAKE_PREFIX_PATH=${prefix}`,
        targets,
      );
      run({}, "cmake", "--build", build);
    });

    for (const target of ["pqq", "pqq_static"]) {
      const environment = (): NodeJS.ProcessEnv => (target === "pqq" ? shared : {});

      it(`links pqq::${target} to C11 and C++17`, () => {
        expect(run(environment(), join(build, `${target}_c`))).to.equal(inC);
        expect(run(environment(), join(build, `${target}_cxx`))).to.equal(inCxx);
      });

      it(`keeps the names inside pqq::${target} apart from those of the program`, () => {
        expect(run(environment(), join(build, `${target}_clash`))).to.equal(inC);
      });
    }

    it("is the version that was asked for, or is not found", () => {
      const [major, minor] = version.split(".").map(Number) as [number, number];
      const ask = (wanted: string): string => {
        const options = [`-DCMAKE_PREFIX_PATH=${prefix}`, `-DPQQ_WANTED=${wanted}`];
        return configure(projects, join(folder, "version"), ...options);
      };
      expect(ask(`${major}.${minor}`)).to.not.include("CMake Error");
      expect(ask(`${major}.${minor + 1}`)).to.include("compatible with requested version");
      expect(ask(`${major}.${minor};COMPONENTS;static`)).to.not.include("CMake Error");
      expect(ask(`${major}.${minor};COMPONENTS;windows`)).to.include("windows");
    });
  });

  describe("found by pkg-config", function () {
    let environment: NodeJS.ProcessEnv;
    let out: string;
    const lacks = missing("pkg-config", "make");

    before(function () {
      if (lacks !== undefined) {
        console.log(`    skipped: ${lacks} is not installed`);
        this.skip();
      }
      environment = { PKG_CONFIG_PATH: join(prefix, libraryFolder(), "pkgconfig") };
      out = join(folder, "make");
      mkdirSync(out);
      run(environment, "make", "--silent", `OUT=${out}`);
    });

    it("says version, flags and libraries", () => {
      expect(run(environment, "pkg-config", "--modversion", "libpqq").trim()).to.equal(version);
      expect(run(environment, "pkg-config", "--static", "--libs", "libpqq")).to.match(
        /-lpqq -pthread -lm/,
      );
    });

    it("links the shared library to C11 and C++17", () => {
      expect(run(shared, join(out, "make_c"))).to.equal(inC);
      expect(run(shared, join(out, "make_cxx"))).to.equal(inCxx);
    });

    it("links the static library to C11 and C++17", () => {
      expect(run({}, join(out, "make_static_c"))).to.equal(inC);
      expect(run({}, join(out, "make_static_cxx"))).to.equal(inCxx);
      for (const name of programs(out, /static/)) {
        expect(run({}, "readelf", "-d", join(out, name))).to.not.match(
          /NEEDED.*(pqq|ssl|crypto|stdc\+\+.*pqq)/,
        );
      }
    });

    it("lives in one program with the system's OpenSSL", function () {
      if (attempt({}, "pkg-config", "--exists", "openssl").status !== 0) {
        console.log("      skipped: no OpenSSL with headers is installed");
        this.skip();
      }
      const program = join(out, "make_openssl");
      run(environment, "make", "--silent", `OUT=${out}`, program);
      expect(run({}, program))
        .to.match(/^OpenSSL \d/)
        .and.include(inC);
    });
  });

  it("is a part of another project, with the static library alone, in lib64", () => {
    const build = join(folder, "embedded");
    const options = [
      `-DPQQ_SOURCE=${root}`,
      "-DBUILD_SHARED_LIBS=OFF",
      "-DPQQ_INSTALL=ON",
      "-DCMAKE_INSTALL_LIBDIR=lib64",
      "-DCMAKE_BUILD_TYPE=Debug", // quick to build
    ];
    run({}, "cmake", "-S", "embedded", "-B", build, "-G", "Ninja", ...options);
    run({}, "cmake", "--build", build);
    expect(run({}, join(build, "embedding"))).to.equal(inC.replace("201112", "201710"));
    const installed = join(folder, "static only");
    run({}, "cmake", "--install", build, "--prefix", installed);
    const libraries = filesOf(installed).filter((name) => name.includes("/libpqq"));
    expect(libraries).to.deep.equal(["lib64/libpqq.a", "lib64/pkgconfig/libpqq.pc"]);

    // pqq::pqq is the library that there is.
    const user = join(folder, "user");
    run(
      {},
      "cmake",
      "-S",
      projects,
      "-B",
      user,
      "-G",
      "Ninja",
      `-Dpqq_DIR=${installed}/lib64/cmake/pqq`,
      "-DTARGETS=pqq::pqq",
    );
    run({}, "cmake", "--build", user, "--target", "pqq_c");
    expect(run({}, join(user, "pqq_c"))).to.equal(inC);
  });

  it("says why what cannot be built is not", () => {
    const refusal = (...options: string[]): string =>
      configure(root, join(folder, "refused"), ...options);
    const nothing = ["-DPQQ_BUILD_SHARED=OFF", "-DPQQ_BUILD_STATIC=OFF"];
    expect(refusal(...nothing)).to.include("nothing to build");
    const both = ["-DPQQ_BUILD_SHARED=ON", "-DPQQ_BUILD_STATIC=ON", "-DPQQ_SANITIZE=address"];
    expect(refusal(...both)).to.include("PQQ_BUILD_STATIC=OFF");
  });
});
