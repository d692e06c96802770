// SPDX-License-Identifier: MIT
// TLS of Node's own servers and clients, as close to ours as the OpenSSL in this Node.js can: the same cipher suite, the
// hybrid group from OpenSSL 3.5 on, no resumption.
import { constants } from "node:crypto";

const [major, minor] = process.versions.openssl.split(".").map(Number);

/** Whether this Node.js can do X25519MLKEM768 and ML-DSA certificates. */
export const hasPostQuantum = major > 3 || (major === 3 && minor >= 5);

export const tlsOptions = {
  minVersion: "TLSv1.3",
  ciphers: "TLS_AES_128_GCM_SHA256",
  ecdhCurve: hasPostQuantum ? "X25519MLKEM768:X25519" : "X25519",
  secureOptions: constants.SSL_OP_NO_TICKET,
};
