// SPDX-License-Identifier: MIT
// `pqq pins` and `pqq pins forget`
import { PinStore } from "../pins.js";
import { UsageError } from "./failure.js";
import { count, EXIT, print, printJson, table } from "./output.js";
import { pinFile } from "./policy.js";

/** Options of `pqq pins`. */
export interface PinsOptions {
  readonly json?: boolean;
}

/** Options of `pqq pins forget`. */
export interface ForgetOptions extends PinsOptions {
  readonly all?: boolean;
}

/** Lists the pins that `get` and `probe` have seen. */
export function listPins(options: PinsOptions): number {
  const file = pinFile();
  const pins = new PinStore(file).list();
  if (options.json === true) {
    for (const { origin, expires } of pins) printJson({ origin, expires: expires.toISOString() });
  } else if (pins.length === 0) {
    print("No server has asked to be pinned.");
  } else {
    print(
      `${count(pins.length, "pin")} in ${file}: nothing but hybrid authentication is accepted from`,
      ...table(pins.map(({ origin, expires }) => [origin, `until ${expires.toISOString()}`])),
    );
  }
  return EXIT.ok;
}

/** Removes pins. */
export async function forgetPins(origins: readonly URL[], options: ForgetOptions): Promise<number> {
  if ((options.all === true) === origins.length > 0) {
    throw new UsageError("name the origins to forget, or --all", "`pqq pins` lists them");
  }
  const store = new PinStore(pinFile());
  const forgotten = options.all === true ? await store.clear() : await store.forget(...origins);
  if (options.json === true) printJson({ forgotten });
  else print(forgotten === 0 ? "There was no such pin." : `Forgot ${count(forgotten, "pin")}.`);
  return EXIT.ok;
}
