// SPDX-License-Identifier: MIT
// Whether this environment's event loop waits for the network. It does while somebody holds it: a server that
// listens, an operation of a client whose promise is pending.
import { loadNative } from "./load.js";

let holders = 0;

/** Keeps the process (or worker thread) alive until the matching {@link releaseLoop}. */
export function holdLoop(): void {
  if (holders === 0) loadNative().setReferenced(true);
  holders += 1;
}

/** Ends one {@link holdLoop}. */
export function releaseLoop(): void {
  holders -= 1;
  if (holders === 0) loadNative().setReferenced(false);
}
