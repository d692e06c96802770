// SPDX-License-Identifier: MIT
// Which clients of others can be run here. They come from where those of test/interop come from.
import { browser, debian } from "../interop/peers.js";
import { browserProgram } from "./browser.js";
import { chrootPrograms, writeRoots, type Program } from "./programs.js";

/** Clients of others, and why some are not there. */
export interface Peers {
  readonly programs: readonly Program[];
  /** Who cannot be run, with the reason. */
  readonly skipped: readonly string[];
  readonly remove: () => void;
}

/** Looks for all of them. */
export async function findPeers(): Promise<Peers> {
  const programs: Program[] = [];
  const skipped: string[] = [];
  let remove = (): void => undefined;
  if ("found" in debian) {
    const chroot = debian.found;
    const folder = chroot.makeFolder();
    writeRoots(chroot, folder);
    programs.push(...chrootPrograms(chroot, folder));
    remove = () => {
      chroot.remove(folder);
    };
  } else {
    const { missing } = debian;
    const names = ["curl", "curl, SecP384r1MLKEM1024", "curl, classical", "aioquic"];
    skipped.push(...names.map((name) => `${name}: ${missing}`));
  }
  if ("found" in browser) programs.push(await browserProgram(browser.found));
  else skipped.push(`Chromium: ${browser.missing}`);
  return { programs, skipped, remove };
}
