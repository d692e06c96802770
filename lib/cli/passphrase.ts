// SPDX-License-Identifier: MIT
// The passphrase of encrypted private keys: from a file, because everybody on a machine can see its command lines.
import { readFileSync } from "node:fs";
import { UsageError } from "./failure.js";

/** What every command that takes a key has. */
export interface PassphraseOptions {
  readonly keyPassphraseFile?: string;
}

export const PASSPHRASE_OPTION = "--key-passphrase-file <file>";
export const PASSPHRASE_HELP = "passphrase of encrypted keys: the first line of this file";

/**
 * The first line of `--key-passphrase-file`, without its end, as for `openssl -passin file:`; keys that are not encrypted
 * do not need it. Read each time, so that SIGHUP takes a new one too.
 *
 * @throws UsageError if the file cannot be read or has nothing in its first line.
 */
export function passphraseOf({ keyPassphraseFile: file }: PassphraseOptions): string | undefined {
  if (file === undefined) return undefined;
  const [line = ""] = contentOf(file).split(/\r?\n/, 1);
  if (line === "") {
    throw new UsageError(
      `--key-passphrase-file ${file}: the first line is empty`,
      "put the passphrase there, or leave the option out if no key is encrypted",
    );
  }
  return line;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--key-passphrase-file: ${(error as Error).message}`);
  }
}
