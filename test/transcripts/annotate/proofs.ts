// SPDX-License-Identifier: MIT
// The proofs of identity in a connection: CertificateVerify of the handshake and those of the authenticators.
import { Reader, join } from "./bytes.js";
import type { Connection } from "./connection.js";
import { streamType } from "./http3.js";
import { digest, exportKey } from "./keys.js";
import type { Side } from "./recording.js";
import { leafCertificate, type Message, readMessages } from "./tls.js";

/** A signature, what it is over, and the certificate whose key made it. */
export interface Proof {
  readonly name: string;
  readonly scheme: number;
  readonly input: Uint8Array;
  readonly signature: Uint8Array;
  readonly leaf: Uint8Array;
}

/** An authenticator's proof, with what its Finished is made of. */
export interface AuthenticatorProof extends Proof {
  readonly finished: Uint8Array;
  readonly finishedKey: Uint8Array;
  /** Everything before the Finished. */
  readonly covered: Uint8Array;
}

export const handshakeLabel = "TLS 1.3, server CertificateVerify";

/** RFC 8446 section 4.4.3, also for authenticators (RFC 9261 section 5.2.2). */
export function signatureInput(label: string, hash: Uint8Array): Uint8Array {
  return join(new Uint8Array(64).fill(0x20), Buffer.from(`${label}\0`), hash);
}

function find(messages: readonly Message[], ...types: number[]): Message {
  const found = messages.find(({ type }) => types.includes(type));
  if (found === undefined) {
    throw new Error(`no message of type ${types.join(" or ")}`);
  }
  return found;
}

function readVerify({ body }: Message): { scheme: number; signature: Uint8Array } {
  const reader = new Reader(body);
  return { scheme: reader.number(2).value, signature: reader.vector(2).body.bytes };
}

/** The server's, in the handshake. */
export function handshakeProof({ suite, messages }: Connection): Proof {
  const verify = find(messages, 15);
  const before = messages.slice(
    0,
    messages.findIndex(({ type }) => type === 15),
  );
  const hash = digest(suite.hash, join(...before.map(({ bytes }) => bytes)));
  return {
    name: "server's certificate_verify",
    ...readVerify(verify),
    input: signatureInput(handshakeLabel, hash),
    leaf: leafCertificate(find(messages, 11, 25)),
  };
}

const authenticatorStream = 0x56454c50;

interface Frame {
  readonly from: Side;
  readonly type: number;
  readonly messages: readonly Message[];
}

/** The frames of all streams of authenticators. */
function authenticatorFrames({ streams }: Connection): Frame[] {
  return streams
    .filter(({ id, bytes }) => (id & 2) !== 0 && streamType(bytes) === authenticatorStream)
    .flatMap(({ from, bytes }) => {
      const reader = new Reader(bytes);
      reader.varint();
      const frames: Frame[] = [];
      while (reader.left > 0) {
        const type = reader.varint().value;
        const length = reader.varint().value;
        frames.push({ from, type, messages: readMessages(reader.take(length)) });
      }
      return frames;
    });
}

function proofOf(
  { suite, recording }: Connection,
  name: string,
  { from, messages }: Frame,
  request: Message | undefined,
): AuthenticatorProof {
  const exported = (what: string) =>
    exportKey(suite, recording.secret("EXPORTER_SECRET"), `EXPORTER-${from} authenticator ${what}`);
  const verify = find(messages, 15);
  const certificate = find(messages, 11);
  const signed = join(
    exported("handshake context"),
    request?.bytes ?? new Uint8Array(),
    certificate.bytes,
  );
  return {
    name,
    ...readVerify(verify),
    input: signatureInput("Exported Authenticator", digest(suite.hash, signed)),
    leaf: leafCertificate(certificate),
    finished: find(messages, 20).body,
    finishedKey: exported("finished key"),
    covered: join(signed, verify.bytes),
  };
}

/** All authenticators, the server's first; a client's answers the request of the same number. */
export function authenticatorProofs(connection: Connection): AuthenticatorProof[] {
  const frames = authenticatorFrames(connection);
  const requests = frames.filter(({ type }) => type === 2).map(({ messages }) => messages[0]);
  const sent = frames.filter(({ type }) => type === 1);
  const of = (side: Side) => sent.filter(({ from }) => from === side);
  return [
    ...of("server").map((frame) => proofOf(connection, "server's authenticator", frame, undefined)),
    ...of("client").map((frame, index) =>
      proofOf(connection, `client's authenticator ${index + 1}`, frame, requests[index]),
    ),
  ];
}
