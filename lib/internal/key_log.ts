// SPDX-License-Identifier: MIT
// Nobody is to have a key log without knowing it.

/** What a server's `warning` event says, or a process warning. */
export const KEY_LOG_WARNING = "keyLog is on: whoever gets its lines can read all traffic";
