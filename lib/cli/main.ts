// SPDX-License-Identifier: MIT
// The command line of `pqq`: its commands, their options, their help. Stable, because scripts depend on it.
import { createRequire } from "node:module";
import { Command, CommanderError, Option } from "commander";
import {
  CLIENT_INTEGERS,
  PQ_ON_H3,
  RETRY_MODES,
  SERVER_INTEGERS,
  SHARED_INTEGERS,
  type PqOnH3,
  type RetryMode,
} from "../config/fields.js";
import {
  collect,
  groupNames,
  GROUPS_HELP,
  header,
  httpsUrl,
  integer,
  integerOption,
  method,
  collectUrl,
  profileHelp,
  profileOption,
  quicVersions,
  resolveEntry,
  requirementOption,
} from "./arguments.js";
import { certDev, type CertDevOptions } from "./cert.js";
import { doctor, type DoctorOptions } from "./doctor.js";
import { explain } from "./failure.js";
import { get, type GetOptions } from "./get.js";
import { KEY_LOG_HELP } from "./key_log.js";
import { EXIT, note, printJson } from "./output.js";
import { PASSPHRASE_HELP, PASSPHRASE_OPTION } from "./passphrase.js";
import { forgetPins, listPins, type ForgetOptions, type PinsOptions } from "./pins.js";
import { probe, type ProbeOptions } from "./probe.js";
import { serve, type ServeOptions } from "./serve.js";

const MAX_PORT = 65_535;
const MAX_WORKERS = 64;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** Datagram sizes that QUIC has (RFC 9000 section 14). */
const MIN_MTU = 1_200;
const MAX_MTU = 65_527;

/**
 * Runs `pqq` with the arguments behind its name.
 *
 * @returns the exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  // Whoever reads our output may stop reading: `pqq get … | head`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.ok);
    throw error;
  });
  let exitCode: number = EXIT.ok;
  const program = makeProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error, args.includes("--json"));
  }
}

function report(error: unknown, isJson: boolean): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const { exitCode, code, message, hint } = explain(error);
  if (isJson) printJson({ event: "error", code, message, hint: hint ?? null, exitCode });
  note(message);
  if (hint !== undefined) note(`hint: ${hint}`);
  return exitCode;
}

const EXIT_CODES = `
Exit codes: 0 ok, 1 HTTP status of 400 or above, 2 usage, 3 connection or TLS, 4 refused by policy`;

function makeProgram(setExitCode: (code: number) => void): Command {
  const program = new Command("pqq")
    .description(
      "Post-quantum QUIC and HTTP/3: serve files, fetch them, and see what was negotiated.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showHelpAfterError("(see --help)")
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  $ pqq serve ./public                           serve a folder on https://localhost:4433/
  $ pqq get https://localhost:4433/              print a page
  $ pqq probe https://localhost:4433/ --json     what was negotiated, for scripts
  $ pqq doctor                                   does the handshake fit one round trip?
${EXIT_CODES}`,
    );
  addServe(program, setExitCode);
  addGet(program, setExitCode);
  addProbe(program, setExitCode);
  addDoctor(program, setExitCode);
  addCert(program, setExitCode);
  addPins(program, setExitCode);
  return program;
}

function addServe(program: Command, setExitCode: (code: number) => void): void {
  program
    .command("serve")
    .summary("serve the files of a folder")
    .description(
      "Serves the files of a folder over HTTP/3. Without --cert and --key it makes a development identity, keeps it " +
        "in your data folder, and `pqq get` and `pqq probe` on this machine trust it.",
    )
    .argument("[dir]", "folder to serve", ".")
    .option("-p, --port <number>", "UDP port, 0 picks a free one", integer(0, MAX_PORT), 4433)
    .option(
      "--host <address>",
      "address to listen on, repeatable (default: 127.0.0.1 and ::1; all: ::)",
      collect,
    )
    .addOption(profileOption())
    .option("--cert <file>", "certificate chain (PEM)")
    .option("--key <file>", "its private key (PEM)")
    .option("--classical-cert <file>", "ECDSA certificate chain beside an ML-DSA one (PEM)")
    .option("--classical-key <file>", "its private key (PEM)")
    .option(PASSPHRASE_OPTION, PASSPHRASE_HELP)
    .option(
      "--site <files>",
      "another identity for the names in it, repeatable: CERT,KEY or CERT,KEY,CLASSICAL_CERT,CLASSICAL_KEY",
      collect,
    )
    .option("--refuse-unknown-names", "refuse clients that ask for the name of no site")
    .addOption(
      new Option("--pq-on-h3 <when>", "use the ML-DSA certificate for clients on h3 that take both")
        .choices(Object.keys(PQ_ON_H3))
        .default("auto" satisfies PqOnH3),
    )
    .addOption(requirementOption("--require <level>", "least that clients must offer"))
    .addOption(requirementOption("--require-kex <level>", "the same for the key exchange alone"))
    .option("--client-ca <file>", "let in only clients with a certificate under these roots (PEM)")
    .addOption(
      requirementOption("--require-client <level>", "what such clients must prove (default: any)"),
    )
    .addOption(
      integerOption(
        "--pin-lifetime <seconds>",
        "for this long clients accept nothing but hybrid authentication from here",
        SERVER_INTEGERS.pinLifetimeS,
      ),
    )
    .option("--groups <names>", GROUPS_HELP, groupNames)
    .option(
      "--quic-version <list>",
      "QUIC versions, most preferred first (default: 1 and 2, as the client begins)",
      quicVersions,
    )
    .addOption(
      new Option("--retry <when>", "make clients without a token prove their address first")
        .choices(Object.keys(RETRY_MODES))
        .default("auto" satisfies RetryMode),
    )
    .addOption(
      integerOption(
        "--handshake-cpu <ms>",
        "CPU time per second that a worker spends on handshakes",
        SERVER_INTEGERS.handshakeCpuMs,
      ),
    )
    .addOption(
      integerOption(
        "--connections-per-address <number>",
        "new connections per second of one address at each worker, 0 for no limit",
        SERVER_INTEGERS.connectionsPerAddress,
      ),
    )
    .addOption(
      integerOption(
        "--headers-timeout <ms>",
        "time for a request's header section, 0 for no limit",
        SERVER_INTEGERS.headersTimeoutMs,
      ),
    )
    .addOption(
      integerOption(
        "--send-timeout <ms>",
        "how long a client may not take a response, 0 for no limit",
        SERVER_INTEGERS.sendTimeoutMs,
      ),
    )
    .addOption(
      integerOption(
        "--min-rate <bytes>",
        "what a client has to take of a response, bytes per second",
        SERVER_INTEGERS.minRateBytesPerS,
      ),
    )
    .addOption(
      integerOption(
        "--max-header-fields <number>",
        "fields of a request",
        SHARED_INTEGERS.maxHeaderFields,
      ),
    )
    .addOption(
      integerOption(
        "--max-target <bytes>",
        "path and query of a request",
        SERVER_INTEGERS.maxTargetBytes,
      ),
    )
    .option(
      "--block <prefix>",
      "take nothing from this address or prefix, repeatable (192.0.2.0/24)",
      collect,
    )
    .option("--workers <number>", "network threads", integer(1, MAX_WORKERS), 1)
    .option(
      "--stateless-key <file>",
      "32 secret bytes that outlive a restart, made if they are missing; then old connections end at once",
    )
    .option(
      "--handover <dir>",
      "take the port over from the process that has it, without losing a connection",
    )
    .option("--keylog <file>", KEY_LOG_HELP)
    .option("--listing", "answer folders without an index.html with a list of their names")
    .option("--log", "print a line per request")
    .option("--json", "print JSON, one value a line; the first says where the server listens")
    .addHelpText(
      "after",
      `
Examples:
  $ pqq serve                                    the current folder, for this machine only
  $ pqq serve site --host :: --log               for the whole network, with a log
  $ pqq serve site --host :: --connections-per-address 20 --block 192.0.2.0/24
  $ pqq serve site --cert pq.pem --key pq.key --classical-cert ec.pem --classical-key ec.key
  $ pqq serve --require-kex pq --pin-lifetime 86400   no classical key exchange, and a pin for a day
${profileHelp()}

The first SIGINT or SIGTERM lets the requests under way finish, the second stops at once.`,
    )
    .action(async (dir: string, options: ServeOptions) => {
      setExitCode(await serve(dir, options));
    });
}

/** The options about the connection, of `get` and `probe`. */
function addConnectionOptions(command: Command): Command {
  return command
    .option("--ca <file>", "trust these roots and no others (PEM)")
    .option("--keylog <file>", KEY_LOG_HELP)
    .addOption(profileOption())
    .addOption(requirementOption("--require <level>", "least that will do"))
    .addOption(requirementOption("--require-kex <level>", "the same for the key exchange alone"))
    .addOption(
      new Option("--alpn <protocol>", "speak this and nothing else").choices(["velocity/1", "h3"]),
    )
    .option("--groups <names>", GROUPS_HELP, groupNames)
    .option(
      "--quic-version <list>",
      "QUIC versions, most preferred first (default: 1,2)",
      quicVersions,
    )
    .option("-4, --ipv4", "connect over IPv4 only")
    .addOption(new Option("-6, --ipv6", "connect over IPv6 only").conflicts("ipv4"))
    .option(
      "--resolve <host:port:address>",
      "connect to this address instead of resolving the host, repeatable",
      resolveEntry,
    )
    .option(
      "--connect-timeout <ms>",
      "time for resolving and connecting (default: 10000)",
      integer(1, MAX_TIMEOUT_MS),
    )
    .option("--no-pins", "neither keep nor mind pins (see pqq pins)")
    .option("--client-cert <file>", "certificate chain for servers that ask who you are (PEM)")
    .option("--client-key <file>", "its private key (PEM)")
    .option("--client-classical-cert <file>", "ECDSA certificate chain beside an ML-DSA one (PEM)")
    .option("--client-classical-key <file>", "its private key (PEM)")
    .option(PASSPHRASE_OPTION, PASSPHRASE_HELP);
}

const REQUIREMENTS_HELP = `
Requirements:
  hybrid    ECDH and ML-KEM; an ML-DSA and a classical identity under two roots, so velocity/1 only
  pq        ML-KEM, with or without ECDH; ML-DSA in every signature up to the root
  any       the best that both have`;

function addGet(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command("get")
    .summary("fetch a URL")
    .description("Fetches a URL over HTTP/3 and prints the body, or saves it with a progress bar.")
    .argument("<url>", "what to fetch", httpsUrl)
    .option("-o, --output <file>", "save the body; the file appears when it is complete")
    .option("-H, --header <field>", "send a header field 'name: value', repeatable", header)
    .option("-X, --method <method>", "request method (default: GET, POST with --data)", method)
    .option("-d, --data <text>", "send a body: text, @FILE, or @- for standard input")
    .option("-L, --location", "follow redirects")
    .option(
      "--max-redirects <number>",
      "how many of them (default: 20)",
      integer(0, CLIENT_INTEGERS.maxRedirects.max),
    )
    .option("-I, --head", "ask for the header section alone, and print it")
    .option("--compressed", "ask for compressed content, and decompress it")
    .option(
      "--retry <number>",
      "send again where that is safe, also behind 429 and 503 with retry-after (default: 2, without these)",
      integer(0, CLIENT_INTEGERS.retries.max),
    )
    .option("-i, --include", "print the status and the header fields too");
  addConnectionOptions(command)
    .option("--timeout <ms>", "give up after this time", integer(1, MAX_TIMEOUT_MS))
    .option("--json", "print the response as one JSON value")
    .addHelpText(
      "after",
      `
Examples:
  $ pqq get https://localhost:4433/
  $ pqq get https://example.com/large.iso -o large.iso
  $ pqq get https://localhost:4433/upload -d @photo.jpg -H 'content-type: image/jpeg'
  $ pqq get https://example.com/ -I --resolve example.com:443:127.0.0.1
  $ pqq get https://localhost:4433/ --require hybrid
${profileHelp()}
${REQUIREMENTS_HELP}
${EXIT_CODES}`,
    )
    .action(async (url: URL, options: GetOptions) => {
      setExitCode(await get(url, options));
    });
}

function addProbe(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command("probe")
    .summary("show what a server negotiates")
    .description(
      "Connects and shows what was negotiated: key exchange, certificates, cipher, round trips.",
    )
    .argument("<url>", "where to connect to", httpsUrl);
  addConnectionOptions(command)
    .option("--timeout <ms>", "give up after this time", integer(1, MAX_TIMEOUT_MS))
    .option("--json", "print one JSON value")
    .addHelpText(
      "after",
      `
Examples:
  $ pqq probe https://localhost:4433/
  $ pqq probe https://localhost:4433/ --json | jq .group
  $ pqq probe https://localhost:4433/ --require hybrid || echo "not good enough: $?"
${profileHelp()}
${REQUIREMENTS_HELP}
${EXIT_CODES}`,
    )
    .action(async (url: URL, options: ProbeOptions) => {
      setExitCode(await probe(url, options));
    });
}

function addDoctor(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command("doctor")
    .summary("see whether a handshake fits one round trip")
    .description(
      "Counts the first flight of a server: the bytes of each part, against three times what a client sends (RFC 9000 " +
        "section 8.1) and the initial window; predicts round trips and says what would help. With a URL it connects, " +
        "without and with repeats of the first flight, and shows what was measured. Without one it reads certificates, " +
        "or takes the development identity; what pqq serve would refuse is refused here with the same words.",
    )
    .argument("[url]", "a server to look at", httpsUrl)
    .option("--cert <file>", "certificate chain of a server (PEM)")
    .option("--key <file>", "its private key (PEM)")
    .option("--classical-cert <file>", "ECDSA certificate chain beside an ML-DSA one (PEM)")
    .option("--classical-key <file>", "its private key (PEM)")
    .option("--mtu <bytes>", "size of the datagrams (default: 1200)", integer(MIN_MTU, MAX_MTU));
  addConnectionOptions(command)
    .option("--timeout <ms>", "give up after this time", integer(1, MAX_TIMEOUT_MS))
    .option("--json", "print one JSON value")
    .addHelpText(
      "after",
      `
Examples:
  $ pqq doctor                                   the development identity of a profile
  $ pqq doctor --profile secure
  $ pqq doctor --cert pq.pem --key pq.key --classical-cert ec.pem --classical-key ec.key
  $ pqq doctor https://localhost:4433/           a server that runs, measured
  $ pqq doctor --json | jq .fits
${profileHelp()}
${EXIT_CODES}`,
    )
    .action(async (url: URL | undefined, options: DoctorOptions) => {
      setExitCode(await doctor(url, options));
    });
}

function addCert(program: Command, setExitCode: (code: number) => void): void {
  const cert = program
    .command("cert")
    .summary("make certificates")
    .description("Makes certificates.");
  cert
    .command("dev")
    .summary("make a development identity")
    .description(
      "Makes two private roots, ML-DSA and ECDSA, and a server certificate under each. One that is there and good for " +
        "seven more days is kept. For development only.",
    )
    .addOption(profileOption())
    .option(
      "--name <host>",
      "DNS name or IP address, repeatable (default: localhost, 127.0.0.1 and ::1)",
      collect,
    )
    .option("--out <dir>", "where to put the files (default: your data folder)")
    .option("--renew", "make new ones even if those that are there are good")
    .option("--json", "print one JSON value")
    .addHelpText(
      "after",
      `
Examples:
  $ pqq cert dev
  $ pqq cert dev --profile secure --name test.internal --name 10.0.0.7 --out ./certs
${profileHelp()}`,
    )
    .action((options: CertDevOptions) => {
      setExitCode(certDev(options));
    });
}

function addPins(program: Command, setExitCode: (code: number) => void): void {
  const pins = program
    .command("pins")
    .summary("list and forget pins")
    .description(
      "Lists the origins that have asked get and probe to accept nothing but hybrid authentication from them for a " +
        "while. They were believed because they had proven both identities when they asked.",
    )
    .option("--json", "print one JSON value per pin")
    .addHelpText(
      "after",
      `
Examples:
  $ pqq pins
  $ pqq pins forget https://localhost:4433
  $ pqq pins forget --all`,
    )
    .action((options: PinsOptions) => {
      setExitCode(listPins(options));
    });
  pins
    .command("forget")
    .summary("forget pins")
    .description("Forgets pins: the next connection accepts what is required and no more.")
    .argument("[origin...]", "whose pins, such as https://localhost:4433", collectUrl)
    .option("--all", "forget all of them")
    .option("--json", "print how many there were as JSON")
    .action(async (origins: readonly URL[], _options: ForgetOptions, command: Command) => {
      // --json is an option of `pins` too, which takes it wherever it stands.
      setExitCode(await forgetPins(origins, command.optsWithGlobals<ForgetOptions>()));
    });
}

function packageVersion(): string {
  const require = createRequire(import.meta.url);
  return (require("../../package.json") as { readonly version: string }).version;
}
