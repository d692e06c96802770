// SPDX-License-Identifier: MIT
// `--keylog`: a file in the format that Wireshark, curl and browsers have for it.
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { UsageError } from "./failure.js";
import { note } from "./output.js";

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** Says the same in every command. */
export const KEY_LOG_HELP =
  "append the TLS secrets of all connections to this file, for Wireshark; whoever has it can read them";

/**
 * What takes the lines; undefined without a file. They are appended one by one, so that a reader has them while the program runs.
 *
 * @throws UsageError if the file cannot be opened, is no plain file, or can be read by others.
 */
export function keyLogTo(file: string | undefined): ((line: string) => void) | undefined {
  if (file === undefined) return undefined;
  const fd = open(file);
  let hasFailed = false;
  return (line) => {
    if (hasFailed) return;
    try {
      writeSync(fd, `${line}\n`);
    } catch (error) {
      hasFailed = true;
      note(`--keylog ${file}: ${(error as Error).message}; no more lines are written`);
    }
  };
}

function open(file: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, OWNER_ONLY);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === "ELOOP"
      ? refusal(file, "is a symbolic link", "name the file that it points to")
      : new UsageError(`--keylog: ${message}`, "a file that this user may write");
  }
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    throw refusal(file, "is no plain file", "lines are appended to a file");
  }
  if ((stats.mode & OTHERS) !== 0) {
    closeSync(fd);
    throw refusal(file, "can be used by others than its owner", `chmod 600 ${file}`);
  }
  return fd;
}

function refusal(file: string, what: string, hint: string): UsageError {
  return new UsageError(`--keylog: ${file} ${what}`, hint);
}
