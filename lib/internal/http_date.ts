// SPDX-License-Identifier: MIT

const SECOND_MS = 1000;

let second = 0;
let text = "";

/** The time of now for a `date` field (RFC 9110 section 5.6.7); made once a second. */
export function httpDate(): string {
  const now = Math.floor(Date.now() / SECOND_MS);
  if (now !== second) {
    second = now;
    text = new Date(now * SECOND_MS).toUTCString();
  }
  return text;
}
