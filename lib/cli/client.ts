// SPDX-License-Identifier: MIT
// The client of `get` and `probe`.
import { Client } from "../client.js";
import type { ClientOptions, GroupName, Profile, QuicVersion } from "../config/index.js";
import { SHARED_INTEGERS } from "../config/fields.js";
import { keyLogTo } from "./key_log.js";
import { clientIdentity, pinFile, type ClientPolicyOptions } from "./policy.js";
import { trustFor } from "./trust.js";

/** What both commands can be told about the connection. */
export interface ConnectionOptions extends ClientPolicyOptions {
  readonly ca?: string;
  readonly profile: Profile;
  readonly timeout?: number;
  readonly quicVersion?: readonly QuicVersion[];
  readonly connectTimeout?: number;
  readonly resolve?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  readonly groups?: readonly GroupName[];
  readonly keylog?: string;
}

/** What is said of a client beyond the connection. */
export type ExtraOptions = Pick<
  ClientOptions,
  "firstFlightRepeat" | "expectedFlightBytes" | "retries" | "retryAfter"
>;

/** A client for one URL. `--timeout` bounds the handshake too, as far as that has no shorter limit anyway. */
export function makeClient(url: URL, options: ConnectionOptions, extra: ExtraOptions = {}): Client {
  const { min, default: most } = SHARED_INTEGERS.handshakeTimeoutMs;
  const handshakeTimeoutMs = Math.min(Math.max(options.timeout ?? most, min), most);
  return new Client({
    profile: options.profile,
    handshakeTimeoutMs,
    quicVersions: options.quicVersion,
    groups: options.groups,
    velocity: options.alpn !== "h3",
    pins: options.pins === false ? false : pinFile(),
    identity: clientIdentity(options),
    ...trustFor(url, options.ca),
    connectTimeoutMs: options.connectTimeout,
    resolve: options.resolve,
    family: options.ipv4 === true ? 4 : options.ipv6 === true ? 6 : 0,
    keyLog: keyLogTo(options.keylog),
    ...extra,
  });
}
