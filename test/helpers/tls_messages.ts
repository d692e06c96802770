// SPDX-License-Identifier: MIT
// Handshake messages and vectors of TLS (RFC 8446 sections 3 and 4), for test/helpers/exported_authenticator.ts.

/** Why an authenticator is refused, by the names of the error codes. */
export type Refusal = "malformed" | "invalid" | "scheme";

export class AuthenticatorError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

export function number(value: number, bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  out.writeUIntBE(value, 0, bytes);
  return out;
}

/** `content` behind its length. */
export function vector(lengthBytes: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([number(body.length, lengthBytes), body]);
}

export function message(type: number, ...body: Uint8Array[]): Buffer {
  return Buffer.concat([number(type, 1), vector(3, ...body)]);
}

/** Reads from the front; what does not fit is malformed. */
export class Reader {
  #rest: Buffer;

  constructor(bytes: Uint8Array) {
    this.#rest = Buffer.from(bytes);
  }

  get length(): number {
    return this.#rest.length;
  }

  take(bytes: number): Buffer {
    if (bytes > this.#rest.length) {
      throw new AuthenticatorError("malformed", "a length is beyond the end");
    }
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  number(bytes: number): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  vector(lengthBytes: number): Reader {
    return new Reader(this.take(this.number(lengthBytes)));
  }

  /** A handshake message of that type: its body, and all of it for transcripts. */
  message(type: number): { body: Reader; whole: Buffer } {
    const before = this.#rest;
    if (this.number(1) !== type) {
      throw new AuthenticatorError("malformed", `not a message of type ${type}`);
    }
    const body = this.vector(3);
    return { body, whole: before.subarray(0, before.length - this.#rest.length) };
  }

  all(): Buffer {
    return this.take(this.#rest.length);
  }

  end(): void {
    if (this.#rest.length > 0) {
      throw new AuthenticatorError("malformed", "bytes are left over");
    }
  }
}
