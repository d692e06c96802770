// SPDX-License-Identifier: MIT
// Servers that were not made here, started in the chroot with an ML-DSA-65 certificate.
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** How `openssl req -newkey` names what this needs. */
const KEYS = { "ML-DSA-65": "mldsa65", "P-256": "ec -pkeyopt ec_paramgen_curve:P-256" } as const;

/** A name as long as those of public issuers, so that there is something to compress. */
const ORGANISATION = "/C=XX/O=An organisation with a name of usual length";

/** What {@link certificateScript} makes. */
export interface CertificateOptions {
  readonly algorithm?: keyof typeof KEYS;
  /** One more certificate in between, which the server sends too. */
  readonly intermediate?: boolean;
}

/** A root (ca.pem), a chain that ends under it (cert.pem) and its key (key.pem), in OpenSSL's own default form. */
export function certificateScript(options: CertificateOptions = {}): string {
  const { algorithm = "ML-DSA-65", intermediate = false } = options;
  const key = `-newkey ${KEYS[algorithm]} -nodes`;
  const issuer = intermediate ? "middle" : "ca";
  const middle = `
openssl req ${key} -subj "${ORGANISATION}/CN=interop intermediate" -keyout middle.key -out middle.request
printf 'basicConstraints=critical,CA:TRUE\\n' > middle.extensions
openssl x509 -req -in middle.request -CA ca.pem -CAkey ca.key -days 2 -extfile middle.extensions -out middle.pem`;
  return `
openssl req -x509 ${key} -subj "${ORGANISATION}/CN=interop root" -keyout ca.key -out ca.pem -days 2
${intermediate ? middle : ""}
openssl req ${key} -subj "${ORGANISATION}/CN=localhost" -keyout key.pem -out request.pem
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' > extensions
openssl x509 -req -in request.pem -CA ${issuer}.pem -CAkey ${issuer}.key -days 2 -extfile extensions -out leaf.pem
cat leaf.pem ${intermediate ? "middle.pem" : ""} > cert.pem
`;
}

/** A UDP port that was free a moment ago: these servers cannot say which one port 0 became. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
