// SPDX-License-Identifier: MIT
// The schemas of ServerOptions and ClientOptions. An action's message is "what was expected", a line feed, and "what
// to do about it"; an object's message is the list of its names. parse.ts makes errors of them, and
// docs/config.schema.json is made from the same schemas.
import { isIP } from "node:net";
import * as v from "valibot";
import { TOKEN } from "../headers.js";
import type { LookupFunction } from "../internal/resolve.js";
import { PinStore } from "../pins.js";
import {
  CIPHERS,
  CLIENT_INTEGERS,
  GROUPS,
  MAX_FOLDERS,
  MAX_LISTEN_HOSTS,
  MAX_PROFILES,
  MAX_SITES,
  MISDIRECTED_REQUESTS,
  PQ_ON_H3,
  PROFILE_NAMES,
  PROFILES,
  REQUIREMENTS,
  RETRY_MODES,
  SERVER_INTEGERS,
  SHARED_INTEGERS,
  SIGNATURE_SCHEMES,
  UNKNOWN_SERVER_NAMES,
  type IntegerField,
} from "./fields.js";
import type { Pem, Signer } from "./types.js";

function keysOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table) as (keyof T)[];
}

function object<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, Object.keys(entries).join(" "));
}

function integer(field: IntegerField) {
  const zero = field.zero === undefined ? "" : `0 (${field.zero}) or `;
  const safe =
    field.default === undefined
      ? `leave it out ${field.absent ?? "for no limit"}`
      : `a safe value is ${field.default}`;
  const message = `${zero}an integer ${field.min}–${field.max} (${field.unit})\n${safe}`;
  const inRange = v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(field.min, message),
    v.maxValue(field.max, message),
  );
  const schema =
    field.zero === undefined ? inRange : v.union([v.literal(0, message), inRange], message);
  const described = v.pipe(schema, v.description(field.summary));
  return v.optional(described, field.default);
}

function integers<const T extends Record<string, IntegerField>>(fields: T) {
  const schemas = Object.entries(fields).map(([name, field]) => [name, integer(field)]);
  return Object.fromEntries(schemas) as { readonly [K in keyof T]: ReturnType<typeof integer> };
}

function oneOf<const T extends readonly string[]>(names: T, safe: string) {
  return v.picklist(names, `one of ${names.join(", ")}\na safe value is "${safe}"`);
}

function ipAddress(message: string) {
  return v.pipe(
    v.string(message),
    v.check((text) => isIP(text) !== 0, message),
  );
}

function flag(summary: string, byDefault = false) {
  const message = `true or false\na safe value is ${String(byDefault)}`;
  return v.optional(v.pipe(v.boolean(message), v.description(summary)), byDefault);
}

/** PEM text with at least one block of the wanted kind in it. */
function pem(what: string, marker: RegExp, fileOption: string) {
  const message = `PEM text of ${what} (-----BEGIN …)\nfor a file use ${fileOption}`;
  return v.custom<Pem>(
    (input) =>
      (typeof input === "string" || input instanceof Uint8Array) && marker.test(textOf(input)),
    message,
  );
}

/** The text of a PEM value. Latin-1: PEM is ASCII, and whatever else is there is ignored by its readers. */
export function textOf(input: Pem): string {
  return typeof input === "string"
    ? input
    : Buffer.from(input.buffer, input.byteOffset, input.length).toString("latin1");
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;
const PRIVATE_KEY = /-----BEGIN (?:EC |RSA |ENCRYPTED )?PRIVATE KEY-----/;

function file(what: string) {
  const message = `the path of ${what}\nan empty string is no path`;
  return v.pipe(v.string(message), v.nonEmpty(message));
}

const PASSPHRASE_MESSAGE =
  "the passphrase of an encrypted key\nleave it out if the key is not encrypted";
/** PQQ__MAX_SIGNER_TIMEOUT_MS, PQQ__MAX_SIGNER_PENDING. */
const SIGNER_LIMITS = { timeoutMs: 600_000, maxPending: 65_536 } as const;
const SIGNER_MESSAGE =
  "{ sign(scheme, message, { signal }), timeoutMs: 1–600000, maxPending: 1–65536 }\na signer may be any object with that method";

function isSigner(input: unknown): input is Signer {
  if (typeof input !== "object" || input === null) return false;
  const given = input as Readonly<Record<string, unknown>> & { readonly sign?: unknown };
  return (
    typeof given.sign === "function" &&
    Object.entries(SIGNER_LIMITS).every(([name, most]) => {
      const value = given[name] ?? 1;
      return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
    })
  );
}

const KEY_PAIR_ENTRIES = {
  cert: v.optional(pem("a certificate chain, leaf first", CERTIFICATE, "certFile")),
  key: v.optional(pem("a private key", PRIVATE_KEY, "keyFile")),
  certFile: v.optional(file("a PEM certificate chain, leaf first")),
  keyFile: v.optional(file("a PEM private key")),
  passphrase: v.optional(v.pipe(v.string(PASSPHRASE_MESSAGE), v.nonEmpty(PASSPHRASE_MESSAGE))),
  signer: v.optional(v.custom<Signer>(isSigner, SIGNER_MESSAGE)),
};

/** A KeyPair before it is known which of its two forms it has. */
export interface LooseKeyPair {
  readonly cert?: Pem | undefined;
  readonly key?: Pem | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly signer?: Signer | undefined;
}

/** Both as text or both as files: a mixture is more often a slip than a wish. */
function isWholePair(pair: LooseKeyPair): boolean {
  if (pair.signer !== undefined) {
    const hasKey = [pair.key, pair.keyFile, pair.passphrase].some((value) => value !== undefined);
    return !hasKey && (pair.cert === undefined) !== (pair.certFile === undefined);
  }
  const asText = pair.cert !== undefined && pair.key !== undefined;
  const asFiles = pair.certFile !== undefined && pair.keyFile !== undefined;
  const given = [pair.cert, pair.key, pair.certFile, pair.keyFile].filter(
    (value) => value !== undefined,
  ).length;
  return given === 2 && (asText || asFiles);
}

const PAIR_MESSAGE =
  "either { cert, key } or { certFile, keyFile }, or a certificate with a signer\n`pqq cert dev` makes an identity for development";

const classical = v.optional(
  v.pipe(
    object(KEY_PAIR_ENTRIES),
    v.check((pair) => isWholePair(pair), PAIR_MESSAGE),
  ),
);

const identity = v.pipe(
  object({
    ...KEY_PAIR_ENTRIES,
    classical,
    pqOnH3: v.optional(oneOf(keysOf(PQ_ON_H3), "auto"), "auto"),
  }),
  v.check((pair) => isWholePair(pair), PAIR_MESSAGE),
);

/** Of a site, where `pqOnH3` is the whole server's to say, and of a client. */
const plainIdentity = v.pipe(
  object({ ...KEY_PAIR_ENTRIES, classical }),
  v.check((pair) => isWholePair(pair), PAIR_MESSAGE),
);

const SERVER_NAME_MESSAGE =
  'a DNS name of at most 253 characters, such as "www.example" or "*.example.net"\nIP addresses are never asked for by name; the first site answers for them';
const LABEL = /^(?!-)[\w-]{1,63}(?<!-)$/;

/** As pqq__host_name_parse: a wildcard needs two labels behind it, and what ends in a number is an address. */
function isServerName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  const isWildcard = labels[0] === "*";
  const rest = isWildcard ? labels.slice(1) : labels;
  return (
    text.length <= 254 &&
    rest.length >= (isWildcard ? 2 : 1) &&
    rest.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(rest.at(-1) ?? "")
  );
}

const serverName = v.pipe(
  v.string(SERVER_NAME_MESSAGE),
  v.check((name) => isServerName(name), SERVER_NAME_MESSAGE),
);

const SITES_MESSAGE = `1–${MAX_SITES} of { names, identity }\nleave it out for one identity`;
const sites = v.pipe(
  v.array(
    object({
      names: v.optional(
        v.pipe(
          v.array(serverName, SERVER_NAME_MESSAGE),
          v.minLength(1, "at least one name\nleave it out for the names in the certificates"),
        ),
      ),
      identity: plainIdentity,
    }),
    SITES_MESSAGE,
  ),
  v.minLength(1, SITES_MESSAGE),
  v.maxLength(MAX_SITES, SITES_MESSAGE),
);

const NOBODY_MESSAGE = "identity or sites\n`pqq cert dev` makes an identity for development";

/** See IdentityUpdate. */
export const updateSchema = v.pipe(
  object({ identity: v.optional(identity), sites: v.optional(sites) }),
  v.forward(
    v.check((who) => who.identity !== undefined || who.sites !== undefined, NOBODY_MESSAGE),
    ["identity"],
  ),
);

const HOST_MESSAGE =
  'an IP address, such as "127.0.0.1" or "::1"\nleave it out to listen on every address';
const address = ipAddress(HOST_MESSAGE);
const HOSTS_MESSAGE = `1–${MAX_LISTEN_HOSTS} IP addresses\nleave it out to listen on every address`;
const hosts = v.pipe(
  v.array(address, HOSTS_MESSAGE),
  v.minLength(1, HOSTS_MESSAGE),
  v.maxLength(MAX_LISTEN_HOSTS, HOSTS_MESSAGE),
);

/** A list of names, none of them twice. */
function listOf<const T extends readonly string[]>(what: string, names: T, safe: string) {
  const message = `an array of ${what} names\na safe value is ["${safe}"]`;
  return v.pipe(
    v.array(oneOf(names, safe), message),
    v.minLength(1, message),
    v.check(
      (given) => new Set(given).size === given.length,
      `every ${what} once\na safe value is ["${safe}"]`,
    ),
  );
}

const groupNames = listOf("group", keysOf(GROUPS), "X25519MLKEM768");
const groups = v.pipe(
  groupNames,
  v.description("Key-exchange groups by IANA name, most preferred first."),
);

const PROFILE_MESSAGE = `one of ${PROFILE_NAMES.join(", ")}, or { groups, ciphers, signatureSchemes }\na safe value is "balanced"`;
const profile = v.union(
  [
    oneOf(PROFILE_NAMES, "balanced"),
    object({
      groups: groupNames,
      ciphers: listOf("cipher suite", keysOf(CIPHERS), "TLS_AES_128_GCM_SHA256"),
      signatureSchemes: listOf("signature scheme", keysOf(SIGNATURE_SCHEMES), "ML-DSA-65"),
    }),
  ],
  PROFILE_MESSAGE,
);

const requirement = oneOf(keysOf(REQUIREMENTS), "any");
const REQUIRE_MESSAGE = `one of ${keysOf(REQUIREMENTS).join(", ")}, or { keyExchange, authentication } of them\na safe value is "any"`;

/** See Requirement; also for single requests. */
export const requireSchema = v.union(
  [
    requirement,
    object({ keyExchange: v.optional(requirement), authentication: v.optional(requirement) }),
  ],
  REQUIRE_MESSAGE,
);

const QUIC_VERSIONS_MESSAGE =
  "an array of 1 and 2, each once\nleave it out to speak both, and version 1 first";
const quicVersions = v.pipe(
  v.array(v.picklist([1, 2], QUIC_VERSIONS_MESSAGE), QUIC_VERSIONS_MESSAGE),
  v.minLength(1, QUIC_VERSIONS_MESSAGE),
  v.check((given) => new Set(given).size === given.length, QUIC_VERSIONS_MESSAGE),
  v.description("QUIC versions, most preferred first (RFC 9368)."),
);

const KEY_LOG_MESSAGE = "a function that takes a line\nleave it out: a key log is for debugging";

const shared = {
  profile: v.optional(profile, "balanced"),
  require: v.optional(
    v.pipe(
      requireSchema,
      v.description("The least that will do, for key exchange and authentication."),
    ),
  ),
  velocity: flag("Offer or take velocity/1.", true),
  certificateCompression: flag("Compress certificates (RFC 8879).", true),
  requireRelatedCertificate: flag("Both identities of a peer must name each other (RFC 9763)."),
  groups: v.optional(groups),
  ...integers(SHARED_INTEGERS),
  disablePmtud: flag("Stay at datagrams of 1,200 bytes instead of probing for larger ones."),
  assumeMaxUdpPayload: flag(
    "Send datagrams of maxUdpPayloadBytes from the first one on; only where the network's MTU is known.",
  ),
  quicVersions: v.optional(quicVersions),
  disableOffload: flag("Do not use UDP GSO and GRO even if the kernel has them."),
  keyLog: v.optional(
    v.custom<(line: string) => void>((it) => typeof it === "function", KEY_LOG_MESSAGE),
  ),
};

const anchor = pem("trust anchors", CERTIFICATE, "caFile");
const CA_MESSAGE =
  "PEM text of trust anchors (-----BEGIN …), or an array of them\nfor a file use caFile";

const ANCHORS = {
  ca: v.optional(
    v.union([anchor, v.pipe(v.array(anchor, CA_MESSAGE), v.minLength(1, CA_MESSAGE))], CA_MESSAGE),
  ),
  caFile: v.optional(file("PEM trust anchors")),
};

const KEY_MESSAGE =
  "32 bytes that are not all zero, as randomBytes(32) makes them\nleave it out for new ones at each start";
const statelessKey = v.pipe(
  v.instance(Uint8Array, KEY_MESSAGE),
  v.check((key) => key.length === 32 && key.some((byte) => byte !== 0), KEY_MESSAGE),
);
const HANDOVER_MESSAGE =
  'the path of a folder, at most 94 bytes, such as "/run/site"\nleave it out where one process has the port';
const PROTOCOLS_MESSAGE =
  'an array of protocol tokens, such as ["websocket"]\nleave it out to take none';
const connectProtocols = v.pipe(
  v.array(
    v.pipe(v.string(PROTOCOLS_MESSAGE), v.regex(TOKEN, PROTOCOLS_MESSAGE)),
    PROTOCOLS_MESSAGE,
  ),
  v.description("Protocols that CONNECT may ask for (RFC 9220)."),
);
const DATAGRAMS = "Take and send HTTP datagrams (RFC 9297).";
const DATAGRAMS_MESSAGE = "true or false\nleave it out to have them where CONNECT is taken";

const FOLDER_MESSAGE =
  'the path of a folder, or { root, prefix, … }\nfor example { root: "./public", prefix: "/assets" }';
const folder = v.union(
  [
    v.pipe(v.string(FOLDER_MESSAGE), v.nonEmpty(FOLDER_MESSAGE)),
    object({
      root: file("a folder"),
      prefix: v.optional(v.string('a path, such as "/assets"\nleave it out for "/"')),
      index: v.optional(v.string('a file name\na safe value is "index.html"')),
      cacheControl: v.optional(v.string('a cache-control value\na safe value is "no-cache"')),
      links: v.optional(oneOf(["beneath", "never", "anywhere"], "beneath")),
      listing: flag("Answer a folder without an index file with a list of its names."),
      variants: flag("Send compressed variants that lie beside a file.", true),
      nosniff: flag("Send x-content-type-options: nosniff.", true),
      hidden: flag("Serve names that begin with a dot."),
      fallThrough: v.optional(v.boolean("true or false\nleave it out for true beside a handler")),
    }),
  ],
  FOLDER_MESSAGE,
);
const FOLDERS_MESSAGE = `at most ${MAX_FOLDERS} folders\nleave it out for none`;
const folders = v.pipe(v.array(folder, FOLDERS_MESSAGE), v.maxLength(MAX_FOLDERS, FOLDERS_MESSAGE));

/** See ServerOptions. */
export const serverSchema = v.pipe(
  object({
    identity: v.optional(identity),
    sites: v.optional(sites),
    unknownServerName: v.optional(
      v.pipe(
        oneOf(keysOf(UNKNOWN_SERVER_NAMES), "default"),
        v.description("What clients get that ask for a name of no site."),
      ),
      "default",
    ),
    misdirectedRequests: v.optional(
      v.pipe(
        oneOf(keysOf(MISDIRECTED_REQUESTS), "auto"),
        v.description("421 for requests whose authority the certificate does not cover."),
      ),
      "auto",
    ),
    host: v.optional(v.union([address, hosts], HOST_MESSAGE)),
    statelessKey: v.optional(statelessKey),
    handoverPath: v.optional(
      v.pipe(
        v.string(HANDOVER_MESSAGE),
        v.nonEmpty(HANDOVER_MESSAGE),
        v.maxBytes(94, HANDOVER_MESSAGE),
        v.description("A folder for taking over from another process."),
      ),
    ),
    clientAuthentication: v.optional(
      v.pipe(
        object({ ...ANCHORS, require: requirement }),
        v.check(
          ({ ca, caFile }) => (ca === undefined) !== (caFile === undefined),
          "either ca or caFile\nput all anchors of client certificates into one of them",
        ),
      ),
    ),
    files: v.optional(v.union([folder, folders], FOLDER_MESSAGE)),
    reportFiles: flag("Emit a `file` event for each request that `files` has answered."),
    connectProtocols: v.optional(connectProtocols),
    connectPlain: flag("Hand plain CONNECT requests to the handler."),
    datagrams: v.optional(v.pipe(v.boolean(DATAGRAMS_MESSAGE), v.description(DATAGRAMS))),
    dateHeader: flag("Send date in every response that has none (RFC 9110 section 6.6.1).", true),
    retry: v.optional(
      v.pipe(
        oneOf(keysOf(RETRY_MODES), "auto"),
        v.description("When clients without a token have to prove their address first (Retry)."),
      ),
      "auto",
    ),
    ...shared,
    ...integers(SERVER_INTEGERS),
  }),
  v.forward(
    v.check((who) => who.identity !== undefined || who.sites !== undefined, NOBODY_MESSAGE),
    ["identity"],
  ),
);

const PROFILES_MESSAGE = `1–${MAX_PROFILES} of ${keysOf(PROFILES).join(", ")}\nleave it out to offer \`profile\` alone`;
const profiles = v.pipe(
  listOf("profile", keysOf(PROFILES), "balanced"),
  v.maxLength(MAX_PROFILES, PROFILES_MESSAGE),
  v.description("Profiles to offer on velocity/1, most preferred first."),
);

const PINS_MESSAGE =
  "a PinStore, the path of a file, or false\nleave it out to keep pins in memory";

const family = v.optional(v.picklist([0, 4, 6], "0, 4 or 6\nleave it out for both families"), 0);

const LOCAL_MESSAGE = "an IP address of this machine\nleave it out to let the system choose";
const localAddress = v.optional(ipAddress(LOCAL_MESSAGE));

const LOOKUP_MESSAGE = "a function like lookup of node:dns\nleave it out for the system's resolver";
const lookup = v.optional(
  v.custom<LookupFunction>((it) => typeof it === "function", LOOKUP_MESSAGE),
);

const RESOLVE_MESSAGE =
  'an object of IP addresses by "host:port"\nsuch as { "example.com:443": "127.0.0.1" }';
const resolvedAddress = ipAddress(RESOLVE_MESSAGE);
const resolve = v.optional(
  v.record(
    v.pipe(
      v.string(RESOLVE_MESSAGE),
      v.check((key) => /:\d+$/.test(key) && URL.canParse(`https://${key}`), RESOLVE_MESSAGE),
    ),
    v.union(
      [resolvedAddress, v.pipe(v.array(resolvedAddress), v.minLength(1, RESOLVE_MESSAGE))],
      RESOLVE_MESSAGE,
    ),
    RESOLVE_MESSAGE,
  ),
);

/** See ClientOptions. */
export const clientSchema = v.pipe(
  object({
    ...ANCHORS,
    identity: v.optional(plainIdentity),
    profiles: v.optional(profiles),
    firstFlightRepeat: flag("Send the first datagrams again where that saves a round trip.", true),
    retryAfter: flag("Send requests again behind 429 and 503 with retry-after."),
    decompress: flag("Ask for compressed content, and decompress it.", true),
    family,
    localAddress,
    lookup,
    resolve,
    pins: v.optional(
      v.union(
        [
          v.instance(PinStore, PINS_MESSAGE),
          v.pipe(v.string(PINS_MESSAGE), v.nonEmpty(PINS_MESSAGE)),
          v.literal(false, PINS_MESSAGE),
        ],
        PINS_MESSAGE,
      ),
    ),
    datagrams: flag(DATAGRAMS, true),
    signal: v.optional(
      v.instance(AbortSignal, "an AbortSignal\nleave it out if nothing aborts the client"),
    ),
    ...shared,
    ...integers(CLIENT_INTEGERS),
  }),
  v.check(
    (options) => options.ca === undefined || options.caFile === undefined,
    "either ca or caFile\nput all anchors into one of them",
  ),
);
