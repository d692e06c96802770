// SPDX-License-Identifier: MIT
// The file of `pqq serve --stateless-key`: a secret that outlives the process.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { UsageError } from "./failure.js";

const KEY_BYTES = 32;
/** Of the permissions, those of everybody but the owner. */
const OTHERS = 0o077;

const isCode = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException).code === code;

/**
 * Reads the key, or makes the file with a new one if it is missing.
 *
 * @throws UsageError if the file is not 32 bytes, or may be read by others.
 */
export function statelessKeyOf(file: string): Uint8Array {
  try {
    return read(file);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
  make(file);
  return read(file);
}

function read(file: string): Uint8Array {
  const fd = openSync(file, "r");
  try {
    const { mode, size } = fstatSync(fd);
    if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
      throw new UsageError(
        `--stateless-key: ${file} may be read by others (mode ${(mode & 0o777).toString(8)})`,
        `chmod 600 ${file}`,
      );
    }
    if (size !== KEY_BYTES) {
      throw new UsageError(
        `--stateless-key: ${file} has ${String(size)} bytes, not ${String(KEY_BYTES)}`,
        `make one: head -c ${String(KEY_BYTES)} /dev/urandom > ${file}`,
      );
    }
    return new Uint8Array(readFileSync(fd));
  } finally {
    closeSync(fd);
  }
}

/** Whole or not at all, and never in the place of one that another process has made meanwhile. */
function make(file: string): void {
  const own = `${file}.${String(process.pid)}`;
  const fd = openSync(own, "wx", 0o600);
  try {
    writeSync(fd, randomBytes(KEY_BYTES));
    linkSync(own, file);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    closeSync(fd);
    unlinkSync(own);
  }
}
