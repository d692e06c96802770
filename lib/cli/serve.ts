// SPDX-License-Identifier: MIT
// `pqq serve`
import { hostname, constants } from "node:os";
import { resolve } from "node:path";
import type {
  ClientAuthentication,
  GroupName,
  Identity,
  PqOnH3,
  RetryMode,
  Profile,
  QuicVersion,
  Requirement,
  Site,
} from "../config/index.js";
import { devIdentity, type DevIdentity } from "../dev.js";
import { isPqqError } from "../errors/index.js";
import { Server, type FileRequest } from "../server.js";
import { explain, UsageError } from "./failure.js";
import { keyLogTo } from "./key_log.js";
import { duration, EXIT, note, print, printJson, strong, table } from "./output.js";
import { passphraseOf } from "./passphrase.js";
import {
  givenIdentity,
  pairOf,
  requirementsOf,
  type IdentityOptions,
  type RequireOptions,
} from "./policy.js";
import { statelessKeyOf } from "./stateless_key.js";

/** Options of `pqq serve`. */
export interface ServeOptions extends RequireOptions, IdentityOptions {
  readonly port: number;
  readonly host?: readonly string[];
  readonly profile: Profile;
  readonly site?: readonly string[];
  readonly refuseUnknownNames?: boolean;
  readonly groups?: readonly GroupName[];
  readonly pqOnH3: PqOnH3;
  readonly clientCa?: string;
  readonly requireClient?: Requirement;
  readonly pinLifetime: number;
  readonly retry: RetryMode;
  readonly handshakeCpu: number;
  readonly connectionsPerAddress: number;
  readonly headersTimeout: number;
  readonly sendTimeout: number;
  readonly minRate: number;
  readonly maxHeaderFields: number;
  readonly maxTarget: number;
  readonly block?: readonly string[];
  readonly workers: number;
  readonly statelessKey?: string;
  readonly handover?: string;
  readonly keylog?: string;
  readonly quicVersion?: readonly QuicVersion[];
  readonly log?: boolean;
  readonly listing?: boolean;
  readonly json?: boolean;
}

/** Both, because browsers try ::1 first for localhost and other programs do not. */
const LOOPBACK: readonly string[] = ["127.0.0.1", "::1"];
const WILDCARDS: ReadonlySet<string> = new Set(["::", "0.0.0.0"]);
/** How long requests under way may take after the first signal. */
const DRAIN_MS = 10_000;

/** Serves a folder until a signal comes. */
export async function serve(folder: string, options: ServeOptions): Promise<number> {
  const { dev, ...who } = whoItIs(options);
  const server = await listen(folder, options, who);
  if (options.log === true) server.on("file", logger(options.json === true));
  await block(server, options.block ?? []);
  server.on("error", (error) => {
    note(error instanceof Error ? error.message : String(error));
  });
  server.on("warning", (message) => {
    note(message);
  });
  // Before anybody is told that the server is there: the next thing that comes may be a signal.
  const stopped = untilStopped(server);
  reloadOnHangup(server, options);
  if (options.json === true) announceJson(server, options, dev);
  else announce(server, resolve(folder), options, dev);
  return stopped;
}

/** The sites of `--site`: two or four files each. */
function givenSites(options: ServeOptions): Site[] {
  const { site = [] } = options;
  const passphrase = passphraseOf(options);
  return site.map((text) => {
    const files = text.split(",");
    const [certFile = "", keyFile = "", classicalCert, classicalKey] = files;
    if ((files.length !== 2 && files.length !== 4) || files.includes("")) {
      throw new UsageError(
        `--site ${text}: expected CERT,KEY or CERT,KEY,CLASSICAL_CERT,CLASSICAL_KEY`,
        "the files of one site, separated by commas without spaces",
      );
    }
    const classical = pairOf(classicalCert, classicalKey, "--site", passphrase);
    return { identity: { certFile, keyFile, passphrase, classical } };
  });
}

/** Who the server is, as the files on the command line say now. */
function whoItIs(options: ServeOptions): {
  identity: Identity;
  sites?: Site[];
  dev: DevIdentity | null;
} {
  const given = givenIdentity(options);
  const dev =
    given === undefined
      ? devIdentity({ profile: options.profile, names: devNames(options.host) })
      : null;
  const identity = given ?? dev?.identity;
  if (identity === undefined) throw new UsageError("no identity");
  const sites = givenSites(options);
  return {
    identity: { ...identity, pqOnH3: options.pqOnH3 },
    ...(sites.length > 0 && { sites }),
    dev,
  };
}

/** Whom the server lets in; undefined for everybody. */
function clientAuthentication({
  clientCa,
  requireClient,
}: ServeOptions): ClientAuthentication | undefined {
  if (clientCa !== undefined) return { caFile: clientCa, require: requireClient ?? "any" };
  if (requireClient === undefined) return undefined;
  throw new UsageError(
    "--require-client needs --client-ca",
    "--client-ca FILE names the roots of client certificates",
  );
}

/** What a development certificate has to be for, beside this machine's own names; undefined for nothing else. */
function devNames(hosts: readonly string[] | undefined): string[] | undefined {
  const others = (hosts ?? []).filter((host) => host !== "localhost" && !LOOPBACK.includes(host));
  if (others.length === 0) return undefined;
  const names = others.map((host) => (WILDCARDS.has(host) ? hostname() : host));
  return [...new Set(["localhost", ...LOOPBACK, ...names])];
}

/** What outlives this process. */
function continuity({ statelessKey, handover }: ServeOptions): {
  statelessKey?: Uint8Array;
  handoverPath?: string;
} {
  if (handover !== undefined && statelessKey === undefined) {
    throw new UsageError(
      "--handover needs --stateless-key",
      "all processes have to read each other's connection ids: the same FILE for each",
    );
  }
  return {
    ...(statelessKey !== undefined && { statelessKey: statelessKeyOf(statelessKey) }),
    ...(handover !== undefined && { handoverPath: handover }),
  };
}

async function listen(
  folder: string,
  options: ServeOptions,
  who: { identity: Identity; sites?: Site[] },
): Promise<Server> {
  const files = { root: folder, listing: options.listing === true };
  const { port, profile, workers, pinLifetime: pinLifetimeS } = options;
  const policy = {
    require: requirementsOf(options),
    clientAuthentication: clientAuthentication(options),
    pinLifetimeS,
    quicVersions: options.quicVersion,
    files,
    reportFiles: options.log === true,
    groups: options.groups,
    retry: options.retry,
    handshakeCpuMs: options.handshakeCpu,
    connectionsPerAddress: options.connectionsPerAddress,
    headersTimeoutMs: options.headersTimeout,
    sendTimeoutMs: options.sendTimeout,
    minRateBytesPerS: options.minRate,
    maxHeaderFields: options.maxHeaderFields,
    maxTargetBytes: options.maxTarget,
    ...continuity(options),
    keyLog: keyLogTo(options.keylog),
  };
  const unknownServerName = options.refuseUnknownNames === true ? "refuse" : "default";
  const hosts = options.host?.flatMap((host) => (host === "localhost" ? LOOPBACK : host));
  const start = (host: readonly string[]): Promise<Server> =>
    Server.serve({ port, host, profile, workers, ...who, unknownServerName, ...policy });
  if (hosts !== undefined) return start(hosts);
  try {
    return await start(LOOPBACK);
  } catch (error) {
    if (!isPqqError(error) || error.code !== "PQQ_ERR_ADDRESS_UNAVAILABLE") throw error;
    note("this machine has no IPv6; serving on 127.0.0.1 only");
    return start(["127.0.0.1"]);
  }
}

/** Before anybody is told that the server is there. */
async function block(server: Server, prefixes: readonly string[]): Promise<void> {
  try {
    for (const prefix of prefixes) await server.block(prefix);
  } catch (error) {
    await server.close({ drainMs: 0 });
    if (isPqqError(error) && error.code === "PQQ_ERR_INVALID_ARG") {
      throw new UsageError(`--block: ${error.message}`, "such as --block 192.0.2.0/24");
    }
    throw error;
  }
}

function announceJson(server: Server, { profile }: ServeOptions, dev: DevIdentity | null): void {
  const { url, port } = server;
  printJson({ event: "listening", url, port, profile, ca: dev?.caFile ?? null, pid: process.pid });
}

function announce(
  server: Server,
  folder: string,
  options: ServeOptions,
  dev: DevIdentity | null,
): void {
  const rows: [string, string][] = [
    ["folder", folder],
    [
      "addresses",
      server.addresses
        .map(({ address, port, family }) =>
          family === 6 ? `[${address}]:${port}` : `${address}:${port}`,
        )
        .join(", "),
    ],
    ["profile", options.profile],
    [
      "identity",
      dev === null
        ? (options.cert ?? "")
        : `for development, to ${dev.validTo.toISOString().slice(0, 10)}`,
    ],
  ];
  if (dev !== null) rows.push(["roots", dev.caFile]);
  rows.push(...onH3(options, dev), ...policyRows(options));
  print(
    `Serving ${strong(server.url)} over HTTP/3`,
    ...table(rows),
    `Try \`pqq get ${server.url}\`; stop with Ctrl+C.`,
  );
}

/** Which of two certificates clients on plain h3 get that take both. */
function onH3(
  { pqOnH3, classicalCert }: ServeOptions,
  dev: DevIdentity | null,
): [string, string][] {
  if (dev === null && classicalCert === undefined) return [];
  if (pqOnH3 === "always") return [["on h3", "the ML-DSA certificate"]];
  if (pqOnH3 === "never") return [["on h3", "the ECDSA certificate"]];
  if (dev !== null) return [["on h3", "the ML-DSA certificate, as it is for development"]];
  return [["on h3", "the ECDSA certificate, unless both are for development (--pq-on-h3)"]];
}

function policyRows(options: ServeOptions): [string, string][] {
  const { require, requireKex, requireClient, clientCa, pinLifetime } = options;
  const rows: [string, string][] = [];
  if (require !== undefined) rows.push(["requires", require]);
  if (requireKex !== undefined) rows.push(["key exchange", requireKex]);
  if (clientCa !== undefined)
    rows.push(["clients", `${requireClient ?? "any"}, under ${clientCa}`]);
  if (pinLifetime > 0) rows.push(["pin", duration(pinLifetime)]);
  return rows;
}

/** A line per request: when the response is made, before its content is sent. */
function logger(isJson: boolean): (request: FileRequest) => void {
  return ({ connection, method, path, status, bytes }) => {
    const { remoteAddress: remote } = connection;
    const entry = {
      event: "request",
      time: new Date().toISOString(),
      remote,
      method,
      path,
      status,
      bytes,
    };
    if (isJson) printJson(entry);
    else print(`${entry.time} ${remote} ${method} ${path} ${status} ${bytes}`);
  };
}

/** SIGHUP reads the files again; what is wrong with them leaves the old identity in force. */
function reloadOnHangup(server: Server, options: ServeOptions): void {
  const reload = async (): Promise<void> => {
    try {
      const { identity, sites } = whoItIs(options);
      await server.updateIdentity({ identity, sites });
      if (options.json === true) printJson({ event: "reloaded", time: new Date().toISOString() });
      else print("Certificates and keys are read again; new connections have them.");
    } catch (error) {
      const { code, message, hint } = explain(error);
      if (options.json === true) {
        printJson({ event: "reloadFailed", code, message, hint: hint ?? null });
      }
      note(`SIGHUP: ${message}; the old certificates stay in use`);
    }
  };
  process.on("SIGHUP", () => void reload());
}

/** The first signal drains, the second ends the process at once. */
function untilStopped(server: Server): Promise<number> {
  return new Promise((done, fail) => {
    let isStopping = false;
    const onSignal = (signal: "SIGINT" | "SIGTERM"): void => {
      if (isStopping) process.exit(128 + constants.signals[signal]);
      isStopping = true;
      note("finishing the requests under way; once more stops at once");
      server.close({ drainMs: DRAIN_MS }).then(() => {
        process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
        done(EXIT.ok);
      }, fail);
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
}
