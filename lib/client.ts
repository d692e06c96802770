// SPDX-License-Identifier: MIT
// The client: a pool of connections, and fetch's rules on top of it.
import { parseClientOptions, type ClientConfig, type ClientOptions } from "./config/index.js";
import { ClientResponse } from "./client_response.js";
import { RedirectError, TunnelError } from "./errors/index.js";
import { TOKEN, WireHeaders } from "./headers.js";
import type { ResponseHead } from "./internal/client_stream.js";
import { Deadline, pause } from "./internal/deadline.js";
import { codingsOf, decoded } from "./internal/decode.js";
import { holdLoop, releaseLoop } from "./internal/keep_alive.js";
import { Pool, type PoolStats } from "./internal/pool.js";
import { retryDelayMs } from "./internal/retry.js";
import { sharedClient } from "./internal/shared_clients.js";
import {
  originOf,
  parseRequest,
  redirected,
  toConnect,
  toWire,
  type ClientRequestInit,
  type ParsedRequest,
} from "./internal/wire_request.js";
import type { CloseOptions } from "./server.js";
import { toStats, type Stats } from "./stats.js";
import type { Tunnel } from "./tunnel.js";

export type { ClientResponse } from "./client_response.js";
export type { PoolStats } from "./internal/pool.js";
export type { BlobLike, RequestBody } from "./internal/request_content.js";
export type { LookupFunction } from "./internal/resolve.js";
export type { ClientRequestInit, Priority, RedirectMode } from "./internal/wire_request.js";
export type { InterimListener } from "./internal/client_stream.js";

/** Options of a request that names its own trust anchors and limits; for the static methods. */
export type SharedRequestInit = ClientRequestInit & Omit<ClientOptions, "signal">;

/** Counters of a client, and what its connections and requests are doing. */
export type ClientStats = Stats & { readonly pool: PoolStats };

/** How a client ends. */
export interface ClientCloseOptions extends CloseOptions {
  /** Let everything that is under way finish, for `drainMs` if that is given, else however long it takes. */
  readonly graceful?: boolean | undefined;
}

/** Options of {@link Client.connect}. `timeoutMs` is for the answer, not for the tunnel. */
export type ConnectInit = Pick<
  ClientRequestInit,
  "headers" | "onInterim" | "priority" | "require" | "signal" | "timeoutMs"
> & {
  /** What to speak, a token of IANA's registry of HTTP upgrade tokens. Undefined: plain CONNECT. */
  readonly protocol?: string | undefined;
};

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * An HTTP/3 client with connections of its own, for all its requests (docs/client.md).
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
    return this.#run(parseRequest(url, init, this.#config));
  }

  /**
   * Opens a tunnel: CONNECT with `init.protocol` (RFC 9220), such as `"websocket"`, or, without one, plain CONNECT to a
   * proxy. Resolves when the server has accepted.
   *
   * Rejects with a TunnelError if it has not (`PQQ_ERR_CONNECT_REFUSED`), with a PqqError
   * `PQQ_ERR_CONNECT_UNSUPPORTED` if it does not take protocols at all, and as {@link Client.request} does.
   *
   * @throws PqqError `PQQ_ERR_URL_INVALID`, TypeError and RangeError for a request that is not allowed.
   */
  connect(url: string | URL, init: ConnectInit = {}): Promise<Tunnel> {
    const { protocol = null, ...rest } = init;
    if (protocol !== null && !TOKEN.test(protocol)) {
      throw new TypeError(`protocol: ${JSON.stringify(protocol)} is not a token`);
    }
    const request = parseRequest(url, rest, this.#config);
    return this.#connect(request, protocol);
  }

  /** As the global fetch, which it does not replace. */
  fetch(input: string | URL | Request, init: ClientRequestInit = {}): Promise<ClientResponse> {
    if (!(input instanceof Request)) return this.request(input, init);
    const { url, method, headers, body, signal, redirect } = input;
    return this.request(url, { method, headers, body, signal, redirect, ...init });
  }

  /** Counters since the client was made, and its pool as it is now. */
  stats(): ClientStats {
    const pool = this.#pool.stats();
    return Object.freeze({ ...toStats(this.#pool.endpoint.stats()), pool });
  }

  /** Takes no new requests, fails what is still under way after `drainMs`, and closes all connections. */
  async close(options: ClientCloseOptions = {}): Promise<void> {
    const { graceful = false, drainMs = graceful ? Infinity : 0 } = options;
    this.#pool.close(drainMs);
    // Somebody waits for the network threads to end, and nothing else may be left to keep the process alive.
    holdLoop();
    await this.#ended.finally(releaseLoop);
    await this.#pool.pins.written();
  }

  /** Fails everything at once, with `reason` if one is given. Resolves when nothing is left of the client. */
  destroy(reason?: unknown): Promise<void> {
    this.#pool.close(0, reason);
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #connect(request: ParsedRequest, protocol: string | null): Promise<Tunnel> {
    const deadline = new Deadline(request, this.#pool.clock);
    try {
      const wire = toConnect(deadline.request, protocol);
      const head = await this.#pool.request(originOf(request.url), wire);
      if (head.tunnel !== undefined) return head.tunnel;
      head.body?.cancel();
      throw new TunnelError(head.status, new WireHeaders(head.headers).toHeaders());
    } finally {
      // The time was for the answer; the tunnel may last.
      deadline.end();
    }
  }

  /** The request with its limit in time, which ends with the response's content. */
  async #run(request: ParsedRequest): Promise<ClientResponse> {
    const deadline = new Deadline(request, this.#pool.clock);
    try {
      return await this.#follow(deadline);
    } catch (error) {
      deadline.end();
      throw error;
    }
  }

  async #follow(deadline: Deadline): Promise<ClientResponse> {
    let { request } = deadline;
    for (let redirects = 0; ; redirects++) {
      const { head, headers } = await this.#exchange(request);
      const location = REDIRECTS.has(head.status) ? headers.get("location") : undefined;
      if (location === undefined || request.redirect === "manual") {
        const response = this.#answer(request, head, headers, redirects > 0);
        head.onceDone(() => {
          deadline.end();
        });
        return response;
      }
      head.body?.cancel();
      checkRedirect(request, head.status, location, redirects, this.#config.maxRedirects);
      request = redirected(request, head.status, location);
    }
  }

  /** Sends the request, again if the server asks for that and the client's options allow it. */
  async #exchange(request: ParsedRequest): Promise<{ head: ResponseHead; headers: WireHeaders }> {
    const wire = toWire(request);
    for (let attempts = 0; ;) {
      const head = await this.#pool.request(originOf(request.url), wire);
      const headers = new WireHeaders(head.headers);
      attempts += head.attempts;
      const after = this.#config.retryAfter ? headers.get("retry-after") : undefined;
      const delayMs = retryDelayMs(head.status, after, wire, Date.now());
      if (delayMs === undefined || attempts > this.#config.retries) {
        return { head: { ...head, attempts }, headers };
      }
      head.body?.cancel();
      await pause(delayMs, request.signal, this.#pool.clock);
    }
  }

  #answer(
    request: ParsedRequest,
    head: ResponseHead,
    headers: WireHeaders,
    isRedirected: boolean,
  ): ClientResponse {
    const codings = request.decompress ? codingsOf(headers.get("content-encoding")) : undefined;
    const { status, body, connection, attempts } = head;
    return new ClientResponse({
      status,
      headers,
      body: body && codings ? decoded(body, codings, this.#config) : body,
      url: request.url.href,
      redirected: isRedirected,
      connection,
      attempts,
      setPriority: head.setPriority,
    });
  }
}

/** @throws RedirectError */
function checkRedirect(
  request: ParsedRequest,
  status: number,
  location: string,
  redirects: number,
  maxRedirects: number,
): void {
  const facts = { url: request.url.href, status, location };
  if (request.redirect === "error") {
    throw new RedirectError(`redirects to ${location}, and the request allows none`, facts);
  }
  if (redirects >= maxRedirects)
    throw new RedirectError(`more than ${maxRedirects} redirects`, facts);
}
