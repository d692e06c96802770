// SPDX-License-Identifier: MIT
// What record.c writes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex } from "./bytes.js";

export type Side = "client" | "server";

interface File {
  readonly name: string;
  readonly seed: string;
  readonly alpn: string;
  readonly group: string;
  readonly cipher: string;
  readonly signature: string;
  readonly exporters: readonly { readonly label: string; readonly hex: string }[];
  readonly keyLog: readonly string[];
  readonly datagrams: readonly {
    readonly atNs: number;
    readonly from: Side;
    readonly ecn: number;
    readonly hex: string;
  }[];
}

export interface Recording extends File {
  /** A secret of the key log by its label. @throws Error if it is not there. */
  secret(label: string): Uint8Array;
}

export const folder = join(import.meta.dirname, "..", "..", "..", "spec", "transcripts");

export function readRecording(name: string): Recording {
  const file = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as File;
  const secrets = new Map(
    file.keyLog.map((line) => {
      const [label, , value] = line.split(" ");
      return [label, value];
    }),
  );
  return {
    ...file,
    secret(label) {
      const value = secrets.get(label);
      if (value === undefined) {
        throw new Error(`${name}: the key log lacks ${label}`);
      }
      return fromHex(value);
    },
  };
}
