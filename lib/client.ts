// SPDX-License-Identifier: MIT
// The client: a pool of connections, and fetch's rules on top of it.
import { parseClientOptions, type ClientConfig, type ClientOptions } from "./config/index.js";
import { ClientResponse } from "./client_response.js";
import { WireHeaders } from "./headers.js";
import { holdLoop, releaseLoop } from "./internal/keep_alive.js";
import { Pool } from "./internal/pool.js";
import { sharedClient } from "./internal/shared_clients.js";
import {
  originOf,
  parseRequest,
  redirected,
  toWire,
  type ClientRequestInit,
  type ParsedRequest,
} from "./internal/wire_request.js";
import type { CloseOptions } from "./server.js";
import { toStats, type Stats } from "./stats.js";

export type { ClientResponse } from "./client_response.js";
export type { ClientRequestInit, RedirectMode } from "./internal/wire_request.js";

/** Options of a request that names its own trust anchors and limits; for the static methods. */
export type SharedRequestInit = ClientRequestInit & Omit<ClientOptions, "signal">;

/** As in fetch. */
const MAX_REDIRECTS = 20;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * An HTTP/3 client with connections of its own: one per origin, for all its requests.
 *
 * It keeps the process alive only while somebody waits for a response or its content.
 *
 * @example
 * ```ts
 * await using client = new Client({ ca });
 * const response = await client.get("https://localhost:4433/");
 * console.log(response.status, await response.text(), response.connection.security.group);
 * ```
 */
export class Client implements AsyncDisposable {
  readonly #config: ClientConfig;
  readonly #pool: Pool;
  readonly #ended: Promise<void>;

  /** @throws ConfigError for options that are not usable. */
  constructor(options: ClientOptions = {}) {
    this.#config = parseClientOptions(options);
    let settle: () => void = () => undefined;
    this.#ended = new Promise((resolve) => {
      settle = resolve;
    });
    const { signal } = this.#config;
    signal?.throwIfAborted();
    const onAbort = (): void => {
      this.#pool.close(0, signal?.reason);
    };
    this.#pool = new Pool(this.#config, () => {
      signal?.removeEventListener("abort", onAbort);
      settle();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  }

  /** A GET request with the shared client of these options. */
  static get(url: string | URL, init: SharedRequestInit = {}): Promise<ClientResponse> {
    return Client.request(url, { ...init, method: "GET" });
  }

  /**
   * A request with the shared client of these options: requests with the same trust anchors and limits share
   * connections, for as long as the process runs.
   */
  static request(url: string | URL, init: SharedRequestInit = {}): Promise<ClientResponse> {
    const { client, request } = sharedClient(init, (options) => new Client(options));
    return client.request(url, request);
  }

  /** fetch with the shared client of these options; takes a global `Request`, too. */
  static fetch(
    input: string | URL | Request,
    init: SharedRequestInit = {},
  ): Promise<ClientResponse> {
    const { client, request } = sharedClient(init, (options) => new Client(options));
    return client.fetch(input, request);
  }

  /** A GET request. See {@link Client.request}. */
  get(url: string | URL, init: ClientRequestInit = {}): Promise<ClientResponse> {
    return this.request(url, { ...init, method: "GET" });
  }

  /**
   * Makes a request. Resolves when the header section of the response is here, whatever its status.
   *
   * Rejects with a PqqError if there is no response: `PQQ_ERR_CERT_UNTRUSTED`, `PQQ_ERR_RESOLVE`,
   * `PQQ_ERR_REQUEST_TIMEOUT`, … or with the reason of `init.signal`.
   *
   * @throws PqqError `PQQ_ERR_URL_INVALID`, TypeError and RangeError for a request that is not allowed.
   */
  request(url: string | URL, init: ClientRequestInit = {}): Promise<ClientResponse> {
    return this.#follow(parseRequest(url, init, this.#config.requestTimeoutMs));
  }

  /** As the global fetch, which it does not replace. */
  fetch(input: string | URL | Request, init: ClientRequestInit = {}): Promise<ClientResponse> {
    if (!(input instanceof Request)) return this.request(input, init);
    const { url, method, headers, body, signal, redirect } = input;
    return this.request(url, { method, headers, body, signal, redirect, ...init });
  }

  /** Counters since the client was made. */
  stats(): Stats {
    return toStats(this.#pool.endpoint.stats());
  }

  /** Fails what is still under way after `drainMs`, and closes all connections. */
  async close(options: CloseOptions = {}): Promise<void> {
    this.#pool.close(options.drainMs ?? 0);
    // Somebody waits for the network threads to end, and nothing else may be left to keep the process alive.
    holdLoop();
    await this.#ended.finally(releaseLoop);
    await this.#pool.pins.written();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(first: ParsedRequest): Promise<ClientResponse> {
    let request = first;
    for (let redirects = 0; ; redirects++) {
      const head = await this.#pool.request(originOf(request.url), toWire(request));
      const headers = new WireHeaders(head.headers);
      const location = REDIRECTS.has(head.status) ? headers.get("location") : undefined;
      if (location === undefined || request.redirect === "manual") {
        return new ClientResponse({
          ...head,
          headers,
          url: request.url.href,
          redirected: redirects > 0,
        });
      }
      head.body?.cancel();
      if (request.redirect === "error") {
        throw new TypeError(`${request.url.href} answers with a redirect to ${location}`);
      }
      if (redirects === MAX_REDIRECTS) throw new TypeError(`more than ${MAX_REDIRECTS} redirects`);
      request = redirected(request, head.status, location);
    }
  }
}
