// SPDX-License-Identifier: MIT
import type { Connection } from "./connection.js";
import type { WireHeaders } from "./headers.js";
import type { BodySource } from "./internal/body.js";
import { checkPriority, type Priority } from "./internal/wire_request.js";
import { Response } from "./response.js";

/** What a client knows of a response. */
export interface ClientResponseParts {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: BodySource | null;
  readonly url: string;
  readonly redirected: boolean;
  readonly connection: Connection;
  readonly attempts: number;
  readonly setPriority: (urgency: number, isIncremental: boolean) => void;
}

/** A received response: a {@link Response} that knows where it came from. */
export class ClientResponse extends Response {
  /** The URL that answered, behind all redirects. */
  readonly url: string;
  /** Whether a redirect was followed. */
  readonly redirected: boolean;
  /** The connection that it came on. */
  readonly connection: Connection;
  readonly #setPriority: (urgency: number, isIncremental: boolean) => void;

  /** How often the request was sent to `url`: 1, and more with {@link ClientOptions.retries}. */
  readonly attempts: number;

  /** @internal */
  constructor(parts: ClientResponseParts) {
    super(parts.body, { status: parts.status, headers: parts.headers });
    this.url = parts.url;
    this.redirected = parts.redirected;
    this.connection = parts.connection;
    this.attempts = parts.attempts;
    this.#setPriority = parts.setPriority;
  }

  /**
   * Tells the server that the rest of the content is more or less urgent than it was asked for (PRIORITY_UPDATE, RFC 9218
   * section 7). No effect when all of it is here.
   *
   * @throws RangeError
   */
  setPriority(priority: Priority): void {
    const { urgency, incremental } = checkPriority(priority);
    this.#setPriority(urgency, incremental);
  }
}
