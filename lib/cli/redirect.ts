// SPDX-License-Identifier: MIT
// Redirects of `pqq get -L`. Followed here and not by the library, because what is trusted depends on the host: the
// development roots are for this machine only, wherever a redirect points.
import type { ClientResponse } from "../client.js";
import { CLIENT_INTEGERS } from "../config/fields.js";
import { RedirectError } from "../errors/index.js";
import { UsageError } from "./failure.js";
import type { GetOptions } from "./get.js";

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What one origin is told and another must not hear. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
]);

/** Where to go next, and with what; null if this response is the answer. */
export function nextRequest(
  response: Pick<ClientResponse, "status" | "headers">,
  url: URL,
  options: GetOptions,
  redirects: number,
): { readonly url: URL; readonly options: GetOptions } | null {
  const location = response.headers.get("location");
  if (options.location !== true || location === null || !STATUSES.has(response.status)) return null;
  const facts = { url: url.href, status: response.status, location };
  const most = options.maxRedirects ?? CLIENT_INTEGERS.maxRedirects.default;
  if (redirects >= most) throw new RedirectError(`more than ${String(most)} redirects`, facts);
  const target = URL.canParse(location, url.href) ? new URL(location, url.href) : null;
  if (target?.protocol !== "https:")
    throw new RedirectError(`the target ${location} is no https URL`, facts);
  return {
    url: target,
    options: redirected(options, response.status, target.origin === url.origin),
  };
}

/** The options of the next request, by fetch's rules. */
function redirected(options: GetOptions, status: number, isSameOrigin: boolean): GetOptions {
  const method = options.method ?? (options.data === undefined ? "GET" : "POST");
  const isPost = method === "POST" && (status === 301 || status === 302);
  const dropsBody = isPost || (status === 303 && method !== "GET" && method !== "HEAD");
  const header = options.header?.filter(([given]) => {
    const name = given.toLowerCase();
    return !(dropsBody && name.startsWith("content-")) && (isSameOrigin || !CREDENTIALS.has(name));
  });
  const rest = isSameOrigin ? options : withoutIdentity(options);
  if (dropsBody) return { ...rest, header, method: "GET", data: undefined };
  if (options.data === "@-") {
    throw new UsageError("a redirect asks for the body again", "send a file with --data @FILE");
  }
  return { ...rest, header };
}

/** Who somebody is was meant for the server that was named, as much as a password would be. */
function withoutIdentity(options: GetOptions): GetOptions {
  return {
    ...options,
    clientCert: undefined,
    clientKey: undefined,
    clientClassicalCert: undefined,
    clientClassicalKey: undefined,
  };
}
