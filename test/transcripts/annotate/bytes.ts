// SPDX-License-Identifier: MIT
// Reading bytes in order, as all formats of a transcript are read.

/** Hexadecimal digits without spaces. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The bytes of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** All of `parts` in one. */
export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** A number and the bytes that it was read from. */
export interface Read {
  readonly value: number;
  readonly bytes: Uint8Array;
}

/** Takes bytes from the front and fails where there are none left. */
export class Reader {
  #at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) {
      throw new Error(`${count} bytes wanted at ${this.#at}, ${this.left} left`);
    }
    this.#at += count;
    return this.bytes.subarray(this.#at - count, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }

  peek(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined) {
      throw new Error(`no byte left at ${this.#at}`);
    }
    return byte;
  }

  /** A big-endian number of `count` bytes, at most six. */
  number(count: number): Read {
    const bytes = this.take(count);
    return { value: bytes.reduce((sum, byte) => sum * 256 + byte, 0), bytes };
  }

  /** RFC 9000 section 16; the values of a transcript fit into a double. */
  varint(): Read {
    const bytes = this.take(1 << (this.peek() >> 6));
    const value = bytes.reduce(
      (sum, byte, index) => (index === 0 ? byte & 0x3f : sum * 256 + byte),
      0,
    );
    return { value, bytes };
  }

  /** The byte count of `size` bytes and a reader of that many. */
  vector(size: number): { length: Read; body: Reader } {
    const length = this.number(size);
    return { length, body: new Reader(this.take(length.value)) };
  }
}
