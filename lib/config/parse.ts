// SPDX-License-Identifier: MIT
// Options in, frozen configuration out, once, at the door. Nothing behind it checks an option again.
import type * as v from "valibot";
import { ConfigError } from "../errors/index.js";
import type { FolderOptions } from "../files.js";
import { PinStore } from "../pins.js";
import {
  CIPHERS,
  CLIENT_INTEGERS,
  GROUPS,
  REQUEST_INTEGERS,
  SHARED_INTEGERS,
  SIGNATURE_SCHEMES,
  type ClientIntegers,
  type RequestIntegers,
  type Requirement,
} from "./fields.js";
import { check } from "./issues.js";
import { defaultRoots } from "./roots.js";
import {
  clientSchema,
  requireSchema,
  serverSchema,
  textOf,
  updateSchema,
  type LooseKeyPair,
} from "./schema.js";
import type {
  ClientConfig,
  ClientOptions,
  IdentitySource,
  IdentityUpdate,
  Pem,
  Requirements,
  ServerConfig,
  ServerOptions,
  SharedConfig,
} from "./types.js";

/**
 * Checks the options of a server.
 *
 * @throws ConfigError with every mistake in it.
 */
export function parseServerOptions(input: ServerOptions): ServerConfig {
  const values = check(serverSchema, input);
  const { host, clientAuthentication } = values;
  checkVelocity(values, clientAuthentication !== undefined);
  checkPin(required(values.pinLifetimeS), values.velocity, canProveBoth(values));
  return Object.freeze({
    ...sharedConfig(values),
    hosts: Object.freeze(host === undefined ? [] : typeof host === "string" ? [host] : host),
    port: required(values.port),
    ...whoItIs(values),
    unknownServerName: values.unknownServerName,
    misdirectedRequests: values.misdirectedRequests,
    workers: required(values.workers),
    signingThreads: values.signingThreads,
    statelessKey: values.statelessKey?.slice(),
    handoverPath: values.handoverPath,
    maxConcurrentRequests: required(values.maxConcurrentRequests),
    maxRequestBodyBytes: values.maxRequestBodyBytes,
    ...integersOf<RequestIntegers>(REQUEST_INTEGERS, values),
    maxRequestsPerConnection: values.maxRequestsPerConnection,
    connectProtocols: Object.freeze(values.connectProtocols ?? []),
    connectPlain: values.connectPlain,
    datagrams:
      values.datagrams ?? (values.connectPlain || (values.connectProtocols ?? []).length > 0),
    dateHeader: values.dateHeader,
    maxConnections: required(values.maxConnections),
    retry: values.retry,
    handshakeCpuMs: required(values.handshakeCpuMs),
    connectionsPerAddress: required(values.connectionsPerAddress),
    caPem: clientAuthentication?.ca === undefined ? undefined : caBytes(clientAuthentication.ca),
    caFile: clientAuthentication?.caFile,
    requireClientAuthentication: clientAuthentication?.require,
    pinLifetimeS: required(values.pinLifetimeS),
    files: Object.freeze(folders(values.files)),
    reportFiles: values.reportFiles,
  });
}

function folders(given: ServerOptions["files"]): FolderOptions[] {
  const list = Array.isArray(given) ? (given as readonly (string | FolderOptions)[]) : [given];
  return list.flatMap((one) =>
    one === undefined ? [] : typeof one === "string" ? { root: one } : (one as FolderOptions),
  );
}

/**
 * Checks who a server is to be from now on; everything else stays as in `config`.
 *
 * @throws ConfigError with every mistake in it.
 */
export function parseIdentityUpdate(config: ServerConfig, input: IdentityUpdate): ServerConfig {
  const values = check(updateSchema, input, "update");
  checkPin(config.pinLifetimeS, config.velocity, canProveBoth(values));
  return Object.freeze({ ...config, ...whoItIs(values) });
}

type WhoValues = v.InferOutput<typeof updateSchema>;

function whoItIs({
  identity,
  sites,
}: WhoValues): Pick<ServerConfig, "identities" | "sites" | "pqOnH3"> {
  return {
    identities: identity === undefined ? NO_IDENTITIES : identitySources(identity),
    sites: Object.freeze(
      (sites ?? []).map((site) =>
        Object.freeze({
          names: Object.freeze(site.names ?? []),
          identities: identitySources(site.identity),
        }),
      ),
    ),
    pqOnH3: identity?.pqOnH3 ?? "auto",
  };
}

/** Of each site: a pin is for the whole origin, and clients of another site must not believe in one either. */
function canProveBoth({ identity, sites }: WhoValues): boolean {
  const all = [
    ...(identity === undefined ? [] : [identity]),
    ...(sites ?? []).map((site) => site.identity),
  ];
  return all.every((one) => one.classical !== undefined);
}

/**
 * Checks the options of a client. Without `ca` and `caFile` the roots of Node.js are taken.
 *
 * @throws ConfigError with every mistake in it.
 */
export function parseClientOptions(input: ClientOptions): ClientConfig {
  const values = check(clientSchema, input);
  checkVelocity(values, false);
  checkProfiles(values.profiles ?? [], values.profile);
  return Object.freeze({
    ...sharedConfig(values),
    caPem: values.caFile === undefined ? caBytes(values.ca ?? defaultRoots()) : undefined,
    caFile: values.caFile,
    identities: values.identity === undefined ? NO_IDENTITIES : identitySources(values.identity),
    profiles: Object.freeze(values.profiles ?? []),
    firstFlightRepeat: values.firstFlightRepeat,
    pins: pinStore(values.pins),
    ...integersOf<ClientIntegers>(CLIENT_INTEGERS, values),
    retryAfter: values.retryAfter,
    decompress: values.decompress,
    family: values.family,
    localAddress: values.localAddress,
    lookup: values.lookup,
    resolve: resolveMap(values.resolve ?? {}),
    datagrams: values.datagrams,
    signal: values.signal,
  });
}

/**
 * Checks what a request requires. A field that is left out requires nothing by itself.
 *
 * @throws ConfigError
 */
export function parseRequire(input: unknown): Requirements {
  return input === undefined ? NOTHING : requirements(check(requireSchema, input, "require"));
}

/** The options of a table, all of which have a value by now. */
function integersOf<T extends ClientIntegers | RequestIntegers>(
  table: Readonly<Record<keyof T, unknown>>,
  values: Partial<Record<keyof T, number | undefined>>,
): T {
  const names = Object.keys(table) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, required(values[name])])) as unknown as T;
}

/** Keys in the form that URLs have, so that `Example.com:443` is found. */
function resolveMap(
  given: Readonly<Record<string, string | readonly string[]>>,
): ReadonlyMap<string, readonly string[]> {
  const entries = Object.entries(given).map(([key, value]) => {
    const { hostname, port } = new URL(`https://${key}`);
    const host = hostname.replace(/^\[|\]$/g, "");
    const addresses = typeof value === "string" ? [value] : [...value];
    return [`${host}:${port || "443"}`, Object.freeze(addresses)] as const;
  });
  return new Map(entries);
}

const NOTHING: Requirements = Object.freeze({});
const NO_IDENTITIES: readonly IdentitySource[] = Object.freeze([]);

/** The short form is for both. */
function requirements(given: Requirement | Requirements | undefined): Requirements {
  return typeof given === "string"
    ? { keyExchange: given, authentication: given }
    : (given ?? NOTHING);
}

type SharedValues = Pick<
  v.InferOutput<typeof serverSchema>,
  (keyof SharedConfig | "require") & keyof v.InferOutput<typeof serverSchema>
>;

function sharedConfig(values: SharedValues): SharedConfig {
  const { keyExchange, authentication } = requirements(values.require);
  return {
    ...algorithms(values),
    requireKeyExchange: keyExchange,
    requireAuthentication: authentication,
    velocity: values.velocity,
    certificateCompression: values.certificateCompression,
    requireRelatedCertificate: values.requireRelatedCertificate,
    idleTimeoutMs: required(values.idleTimeoutMs),
    handshakeTimeoutMs: required(values.handshakeTimeoutMs),
    maxHeaderListBytes: required(values.maxHeaderListBytes),
    maxHeaderFields: required(values.maxHeaderFields),
    ...windows(values),
    maxUdpPayloadBytes: required(values.maxUdpPayloadBytes),
    maxGlitches: required(values.maxGlitches),
    connectionIdPackets: required(values.connectionIdPackets),
    disablePmtud: values.disablePmtud,
    assumeMaxUdpPayload: values.assumeMaxUdpPayload,
    quicVersions: Object.freeze(values.quicVersions ?? []),
    disableOffload: values.disableOffload,
    keyLog: values.keyLog,
  };
}

/** The profile with its lists as IANA numbers; those of a named one are native code's business. */
function algorithms({
  profile,
  groups,
}: SharedValues): Pick<SharedConfig, "profile" | "groups" | "ciphers" | "signatureSchemes"> {
  if (typeof profile === "string") {
    const ciphers = Object.freeze([]);
    return { profile, groups: numbers(groups ?? [], GROUPS), ciphers, signatureSchemes: ciphers };
  }
  if (groups !== undefined) {
    throw new ConfigError([
      {
        path: "groups",
        expected: "nothing beside a profile of your own",
        received: `an array of ${groups.length}`,
        hint: "put them into profile.groups",
      },
    ]);
  }
  return {
    profile: "custom",
    groups: numbers(profile.groups, GROUPS),
    ciphers: numbers(profile.ciphers, CIPHERS),
    signatureSchemes: numbers(profile.signatureSchemes, SIGNATURE_SCHEMES),
  };
}

function numbers<const N extends string>(
  names: readonly N[],
  table: Readonly<Record<N, number>>,
): readonly number[] {
  return Object.freeze(names.map((name) => table[name]));
}

/** Hybrid authentication and client certificates are what `velocity/1` is; nothing else has them. */
function checkVelocity(values: SharedValues, asksClients: boolean): void {
  if (values.velocity) return;
  const isHybrid = requirements(values.require).authentication === "hybrid";
  if (!isHybrid && !asksClients) return;
  const because = asksClients ? "clientAuthentication" : "require.authentication";
  throw new ConfigError(
    [
      {
        path: "velocity",
        expected: `true beside ${because}${asksClients ? "" : ' "hybrid"'}, which only velocity/1 has`,
        received: "false",
        hint: `leave out velocity or ${because}`,
      },
    ],
    "PQQ_ERR_POLICY_CONFIG",
  );
}

/** A pin is asked for on `velocity/1`: a server that cannot speak it would only believe to be pinned. */
function checkPin(lifetimeS: number, velocity: boolean, hasClassical: boolean): void {
  if (lifetimeS === 0 || (velocity && hasClassical)) return;
  throw new ConfigError(
    [
      {
        path: "pinLifetimeS",
        expected: "0 on a server that does not speak velocity/1",
        received: String(lifetimeS),
        hint: velocity ? "add identity.classical, or leave it out" : "leave it or velocity out",
      },
    ],
    "PQQ_ERR_POLICY_CONFIG",
  );
}

/** `"custom"` stands for the object in `profile`. */
function checkProfiles(names: readonly string[], profile: SharedValues["profile"]): void {
  if (!names.includes("custom") || typeof profile !== "string") return;
  throw new ConfigError([
    {
      path: "profiles",
      expected: '"custom" only beside a profile of your own',
      received: JSON.stringify(names),
      hint: "describe it in profile: { groups, ciphers, signatureSchemes }",
    },
  ]);
}

function pinStore(pins: PinStore | string | false | undefined): PinStore | undefined {
  if (pins === false) return undefined;
  return pins instanceof PinStore ? pins : new PinStore(pins);
}

/** A window that starts above the default maximum raises that maximum; one above a given maximum is a mistake. */
function windows(values: SharedValues) {
  const result: Record<string, number> = {};
  for (const [first, most] of [
    ["streamWindowBytes", "maxStreamWindowBytes"],
    ["connectionWindowBytes", "maxConnectionWindowBytes"],
  ] as const) {
    const size = required(values[first]);
    const limit = required(values[most]);
    const isDefault = limit === SHARED_INTEGERS[most].default;
    if (size > limit && !isDefault) {
      const expected = `at least ${first} (${size} bytes)`;
      throw new ConfigError([
        { path: most, expected, received: String(limit), hint: `a safe value is ${size}` },
      ]);
    }
    result[first] = size;
    result[most] = Math.max(size, limit);
  }
  return result as Pick<
    SharedConfig,
    | "streamWindowBytes"
    | "connectionWindowBytes"
    | "maxStreamWindowBytes"
    | "maxConnectionWindowBytes"
  >;
}

function identitySources(
  identity: LooseKeyPair & { readonly classical?: LooseKeyPair | undefined },
): readonly IdentitySource[] {
  const pairs = identity.classical === undefined ? [identity] : [identity, identity.classical];
  return Object.freeze(pairs.map((pair) => identitySource(pair)));
}

function identitySource(pair: LooseKeyPair): IdentitySource {
  const { cert, key, certFile, keyFile, signer } = pair;
  if (signer !== undefined) {
    return Object.freeze(
      certFile === undefined ? { certPem: bytesOf(cert ?? ""), signer } : { certFile, signer },
    );
  }
  const passphrase =
    pair.passphrase === undefined ? undefined : { passphrase: bytesOf(pair.passphrase) };
  if (certFile !== undefined && keyFile !== undefined) {
    return Object.freeze({ certFile, keyFile, ...passphrase });
  }
  return Object.freeze({
    certPem: bytesOf(cert ?? ""),
    keyPem: bytesOf(key ?? ""),
    ...passphrase,
  });
}

function caBytes(ca: Pem | readonly Pem[]): Uint8Array {
  if (typeof ca === "string" || ca instanceof Uint8Array) return bytesOf(ca);
  return Buffer.from(ca.map(textOf).join("\n"), "latin1");
}

/** A copy, so that nobody changes it while it is in use. */
function bytesOf(input: Pem): Uint8Array {
  return typeof input === "string" ? Buffer.from(input) : Uint8Array.from(input);
}

/** A field with a default always has a value; the schema's type cannot say so for a table of fields. */
function required(value: number | undefined): number {
  if (value === undefined) throw new TypeError("an option with a default has no value");
  return value;
}
