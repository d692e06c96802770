// SPDX-License-Identifier: MIT
// What a connection's last event says (native/addon/event_text.h, WriteCloseText).
import { GROUPS, SIGNATURE_SCHEMES } from "../config/fields.js";
import { authenticationName } from "../connection.js";
import type { StatusInfo } from "../errors/from_status.js";
import type { Offer } from "../errors/index.js";
import { splitText } from "./text.js";

/** The facts of an end, and the reason for people. */
export interface CloseFacts extends StatusInfo {
  readonly reason: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

const GROUP_NAMES = namesOf(GROUPS);
const SCHEME_NAMES = namesOf(SIGNATURE_SCHEMES);

function namesOf(table: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(table).map(([name, value]) => [value, name]));
}

/** Values without a name are of no group or scheme that libpqq has. */
function nameOf(names: ReadonlyMap<number, string>, value: number): string {
  return names.get(value) ?? `0x${value.toString(16).padStart(4, "0")}`;
}

function namesIn(names: ReadonlyMap<number, string>, list: string): readonly string[] {
  return Object.freeze(
    list === "" ? [] : list.split(" ").map((value) => nameOf(names, Number(value))),
  );
}

function offerOf(groups: string, schemes: string, protocols: string): Offer | undefined {
  if (groups === "" && schemes === "" && protocols === "") return undefined;
  return Object.freeze({
    groups: namesIn(GROUP_NAMES, groups),
    signatureSchemes: namesIn(SCHEME_NAMES, schemes),
    protocols: Object.freeze(protocols === "" ? [] : protocols.split(",")),
  });
}

/** Reads the text of a CLOSED event. */
export function closeFacts(text: string): CloseFacts {
  const fields = splitText(text);
  const at = (index: number): string => fields[index] ?? "";
  const number = (index: number): number => Number(at(index));
  return {
    remote: at(0) === "1",
    alert: at(2) === "" ? undefined : number(2),
    wireCode: at(3) === "" ? undefined : BigInt(at(3)),
    group: number(4) === 0 ? undefined : nameOf(GROUP_NAMES, number(4)),
    signature: number(5) === 0 ? undefined : nameOf(SCHEME_NAMES, number(5)),
    authentication: number(6) === 0 ? undefined : authenticationName(number(6)),
    remoteAddress: at(7),
    remotePort: number(8),
    offered: offerOf(at(9), at(10), at(11)),
    reason: at(12),
  };
}
