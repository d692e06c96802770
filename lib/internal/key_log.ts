// SPDX-License-Identifier: MIT
// Nobody is to have a key log without knowing it.

/** Says that the secrets of connections are written down. */
export function warnOfKeyLog(): void {
  process.emitWarning("keyLog is on: whoever gets its lines can read all traffic", {
    code: "PQQ_KEY_LOG",
  });
}
