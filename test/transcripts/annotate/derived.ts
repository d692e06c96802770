// SPDX-License-Identifier: MIT
// Values that an implementation computes and does not send. All are computed here from the secrets of the key log and the
// bytes on the wire; what AWS-LC computed or sent is compared with them.
import { join } from "./bytes.js";
import type { Connection } from "./connection.js";
import { digest, exportKey, finished, hmac } from "./keys.js";
import { messages as messageNames } from "./names.js";
import { authenticatorProofs, handshakeLabel, signatureInput } from "./proofs.js";

/** A value with its name and how it comes about. */
export interface Value {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly text: string;
}

const secretTexts: Readonly<Record<string, string>> = {
  CLIENT_HANDSHAKE_TRAFFIC_SECRET:
    "from the key exchange and ClientHello to ServerHello; protects the client's Handshake packets",
  SERVER_HANDSHAKE_TRAFFIC_SECRET: "the same for the server's",
  CLIENT_TRAFFIC_SECRET_0:
    "from the key exchange and ClientHello to the server's Finished; protects the client's 1-RTT packets",
  SERVER_TRAFFIC_SECRET_0: "the same for the server's",
  EXPORTER_SECRET: "what exporters are derived from; the authenticators hang on it",
};

/** The key log, each secret with what it is for (RFC 8446 section 7.1). */
export function secrets({ recording }: Connection): Value[] {
  return recording.keyLog.map((line) => {
    const label = line.split(" ")[0]!;
    const text = secretTexts[label];
    if (text === undefined) {
      throw new Error(`${label} has no explanation`);
    }
    return { name: label, bytes: recording.secret(label), text };
  });
}

/** Keys of all packets (RFC 9001 section 5.1). */
export function keyValues({ keys }: Connection): Value[] {
  return Object.entries(keys).flatMap(([level, sides]) =>
    Object.entries(sides).flatMap(([side, { key, iv, headerKey }]) => [
      { name: `${level}, ${side}: key`, bytes: key, text: "quic key: seals the payload" },
      {
        name: `${level}, ${side}: iv`,
        bytes: iv,
        text: "quic iv: the nonce, before the packet number is XORed into its end",
      },
      {
        name: `${level}, ${side}: hp`,
        bytes: headerKey,
        text: "quic hp: header protection",
      },
    ]),
  );
}

function mustEqual(what: string, computed: Uint8Array, recorded: Uint8Array): void {
  if (Buffer.compare(computed, recorded) !== 0) {
    throw new Error(`${what} is not what the protocol says`);
  }
}

/** Transcript hashes after each message, and both Finished. */
export function handshakeValues({ suite, recording, messages }: Connection): Value[] {
  const values: Value[] = [];
  let before: Uint8Array = new Uint8Array();
  for (const message of messages) {
    const name = `${message.from}'s ${messageNames[message.type]}`;
    if (message.type === 20) {
      const label = `${message.from.toUpperCase()}_HANDSHAKE_TRAFFIC_SECRET`;
      const computed = finished(suite, recording.secret(label), before);
      mustEqual(name, computed, message.body);
      values.push({
        name: `verify_data of the ${name}`,
        bytes: computed,
        text: "HMAC of the hash above under the finished key of the sender's handshake secret; equals what was sent",
      });
    }
    if (message.type === 15) {
      values.push({
        name: `input of the ${name}`,
        bytes: signatureInput(handshakeLabel, digest(suite.hash, before)),
        text: "what the leaf's key signs: 64 spaces, the label, 00 and the hash above (RFC 8446 section 4.4.3)",
      });
    }
    before = join(before, message.bytes);
    values.push({
      name: `transcript hash up to the ${name}`,
      bytes: digest(suite.hash, before),
      text: "of all messages so far, each with its four bytes of header",
    });
  }
  return values;
}

/** The exporters of authenticators, compared with what AWS-LC exported. */
export function exporterValues({ suite, recording }: Connection): Value[] {
  return recording.exporters.map(({ label, hex }) => {
    const computed = exportKey(suite, recording.secret("EXPORTER_SECRET"), label);
    mustEqual(label, computed, Uint8Array.from(Buffer.from(hex, "hex")));
    return {
      name: label,
      bytes: computed,
      text: label.endsWith("context")
        ? "Handshake Context: what an authenticator's hash begins with (RFC 9261 section 5.1)"
        : "Finished MAC Key: of an authenticator's Finished",
    };
  });
}

/** What an authenticator's signature and its Finished are made over (RFC 9261 section 5.2). */
export function authenticatorValues(connection: Connection): Value[] {
  const { hash } = connection.suite;
  return authenticatorProofs(connection).flatMap(({ name, input, finished: sent, ...proof }) => {
    const computed = hmac(hash, proof.finishedKey, digest(hash, proof.covered));
    mustEqual(`${name}'s Finished`, computed, sent);
    return [
      {
        name: `${name}: input of the signature`,
        bytes: input,
        text: "64 spaces, the label, 00, and the hash of Handshake Context, request if there was one, and Certificate",
      },
      {
        name: `${name}: Finished`,
        bytes: computed,
        text: "HMAC under the Finished MAC Key of the hash that now also covers CertificateVerify; equals what was sent",
      },
    ];
  });
}
