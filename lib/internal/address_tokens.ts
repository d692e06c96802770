// SPDX-License-Identifier: MIT
// Address validation tokens that servers have given a client (RFC 9000 section 8.1.3): few for each server, few
// servers, each token used once, so that nobody on the way can tell that two connections are one client's.

/** Servers whose tokens are kept. A token of VELO has 45 bytes, any at most 512. */
const MAX_SERVERS = 256;
/** Tokens of one server: as many connections as a client makes to it at once. */
const MAX_TOKENS = 4;

/** See the file's head. */
export class AddressTokens {
  /** The server seen last is the last; so is its token that came last. */
  readonly #servers = new Map<string, string[]>();

  /** Keeps a token; the oldest gives way. */
  add(server: string, token: string): void {
    const tokens = this.#servers.get(server) ?? [];
    tokens.push(token);
    if (tokens.length > MAX_TOKENS) tokens.shift();
    this.#servers.delete(server);
    this.#servers.set(server, tokens);
    const [oldest] = this.#servers.keys();
    if (this.#servers.size > MAX_SERVERS && oldest !== undefined) this.#servers.delete(oldest);
  }

  /** Takes out the newest token, which is good for longest; empty if there is none. */
  take(server: string): string {
    const tokens = this.#servers.get(server);
    const token = tokens?.pop() ?? "";
    if (tokens?.length === 0) this.#servers.delete(server);
    return token;
  }
}
