// SPDX-License-Identifier: MIT
// Field sections and the dynamic table that they refer to (RFC 9204). A transcript is too short for an entry to be
// evicted, so the table is all that its encoder has inserted.
import { Reader } from "./bytes.js";
import type { Listing } from "./listing.js";
import { huffmanLengths, staticTable } from "./qpack_tables.js";

/** Codes of every symbol as `length:code`, RFC 7541 appendix B. */
function makeCodes(): Map<string, number> {
  const codes = new Map<string, number>();
  const symbols = huffmanLengths.map((length, symbol) => ({ length, symbol }));
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  let code = 0;
  let previous = 0;
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - previous);
    previous = length;
    codes.set(`${length}:${code}`, symbol);
    code++;
  }
  return codes;
}

const codes = makeCodes();

/** Text of Huffman-coded bytes; what is left of the last byte is padding. */
export function huffmanDecode(bytes: Uint8Array): string {
  const out: number[] = [];
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length++;
      const symbol = codes.get(`${length}:${code}`);
      if (symbol !== undefined) {
        out.push(symbol);
        code = 0;
        length = 0;
      }
    }
  }
  if (length > 7 || code !== 2 ** length - 1) {
    throw new Error("Huffman code that does not end in padding");
  }
  return Buffer.from(out).toString("latin1");
}

/** An integer with a prefix of `bits` bits (RFC 7541 section 5.1). */
export function prefixed(reader: Reader, bits: number): number {
  const most = 2 ** bits - 1;
  let value = reader.number(1).value & most;
  if (value < most) {
    return value;
  }
  for (let factor = 1; ; factor *= 128) {
    const byte = reader.number(1).value;
    value += (byte & 0x7f) * factor;
    if ((byte & 0x80) === 0) {
      return value;
    }
  }
}

/** A string whose first byte has a Huffman flag above a length of `bits` bits. */
function text(reader: Reader, bits: number): string {
  const isHuffman = (reader.peek() & (1 << bits)) !== 0;
  const bytes = reader.take(prefixed(reader, bits));
  return isHuffman ? huffmanDecode(bytes) : Buffer.from(bytes).toString("latin1");
}

export type Entry = readonly [name: string, value: string];

function entryOf(table: readonly Entry[], index: number): Entry {
  const entry = table[index];
  if (entry === undefined) {
    throw new Error(`there is no entry ${index}`);
  }
  return entry;
}

/** An instruction in words, and the entry that it adds. */
interface Instruction {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly entry?: Entry;
}

/** One instruction of an encoder stream (section 4.3), with the entries before it. */
function encoderInstruction(reader: Reader, table: readonly Entry[]): [string, Entry?] {
  const first = reader.peek();
  if (first & 0x80) {
    const index = prefixed(reader, 6);
    const isStatic = (first & 0x40) !== 0;
    const [name] = isStatic
      ? entryOf(staticTable, index)
      : entryOf(table, table.length - 1 - index);
    const value = text(reader, 7);
    return [`insert with ${isStatic ? "static" : "dynamic"} name ${index}`, [name, value]];
  }
  if (first & 0x40) {
    return ["insert with literal name", [text(reader, 5), text(reader, 7)]];
  }
  if (first & 0x20) {
    return [`set dynamic table capacity to ${prefixed(reader, 5)}`];
  }
  const index = prefixed(reader, 5);
  return [`duplicate ${index}`, entryOf(table, table.length - 1 - index)];
}

function encoderInstructions(reader: Reader): Instruction[] {
  const found: Instruction[] = [];
  const table: Entry[] = [];
  while (reader.left > 0) {
    const start = reader.at;
    const [what, entry] = encoderInstruction(reader, table);
    const bytes = reader.bytes.subarray(start, reader.at);
    if (entry === undefined) {
      found.push({ bytes, text: what });
    } else {
      found.push({ bytes, text: `${what}: entry ${table.length}, ${entry.join(": ")}`, entry });
      table.push(entry);
    }
  }
  return found;
}

/** The entries that the instructions of an encoder stream make, by absolute index. */
export function dynamicTable(reader: Reader): Entry[] {
  return encoderInstructions(reader).flatMap(({ entry }) => (entry ? [entry] : []));
}

/** Lists what is left of an encoder stream. */
export function listEncoderStream(reader: Reader, list: Listing): void {
  for (const { bytes, text: what } of encoderInstructions(reader)) {
    list.field("qpack.encoder", bytes, what);
  }
}

/** Lists what is left of a decoder stream (section 4.4). */
export function listDecoderStream(reader: Reader, list: Listing): void {
  while (reader.left > 0) {
    const start = reader.at;
    const first = reader.peek();
    const what =
      first & 0x80
        ? `section acknowledgement for stream ${prefixed(reader, 7)}`
        : first & 0x40
          ? `stream cancellation for stream ${prefixed(reader, 6)}`
          : `insert count increment by ${prefixed(reader, 6)}`;
    list.field("qpack.decoder", reader.bytes.subarray(start, reader.at), what);
  }
}

/** One field line: how it is represented, and what it says. */
function readLine(reader: Reader, table: readonly Entry[], base: number): [string, Entry] {
  const first = reader.peek();
  if (first & 0x80) {
    const index = prefixed(reader, 6);
    return first & 0x40
      ? [`indexed, static ${index}`, entryOf(staticTable, index)]
      : [`indexed, dynamic ${base - 1 - index}`, entryOf(table, base - 1 - index)];
  }
  if (first & 0x40) {
    const index = prefixed(reader, 4);
    const isStatic = (first & 0x10) !== 0;
    const [name] = isStatic ? entryOf(staticTable, index) : entryOf(table, base - 1 - index);
    const kind = isStatic ? `static name ${index}` : `dynamic name ${base - 1 - index}`;
    return [`${kind}, literal value`, [name, text(reader, 7)]];
  }
  if (first & 0x20) {
    return ["literal name and value", [text(reader, 3), text(reader, 7)]];
  }
  if (first & 0x10) {
    const index = base + prefixed(reader, 4);
    return [`indexed, dynamic ${index}`, entryOf(table, index)];
  }
  const index = base + prefixed(reader, 3);
  return [`dynamic name ${index}, literal value`, [entryOf(table, index)[0], text(reader, 7)]];
}

/** Lists a field section; `table` is its sender's. */
export function listFieldSection(bytes: Uint8Array, table: readonly Entry[], list: Listing): void {
  const reader = new Reader(bytes);
  const encoded = prefixed(reader, 8);
  // Section 4.5.1.1, as long as fewer entries were inserted than the table has room for.
  const insertCount = encoded === 0 ? 0 : encoded - 1;
  list.field("qpack.insertCount", bytes.subarray(0, reader.at), insertCount);
  const start = reader.at;
  const isNegative = (reader.peek() & 0x80) !== 0;
  const delta = prefixed(reader, 7);
  const base = isNegative ? insertCount - delta - 1 : insertCount + delta;
  list.field("qpack.base", bytes.subarray(start, reader.at), base);
  while (reader.left > 0) {
    const from = reader.at;
    const [representation, [name, value]] = readLine(reader, table, base);
    list.field(
      "qpack.line",
      bytes.subarray(from, reader.at),
      `${name}: ${value} (${representation})`,
    );
  }
}
