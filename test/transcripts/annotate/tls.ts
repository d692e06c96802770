// SPDX-License-Identifier: MIT
// Handshake messages of TLS 1.3 (RFC 8446 section 4), also those inside authenticators (RFC 9261).
import { brotliDecompressSync, inflateSync } from "node:zlib";
import { type Read, Reader } from "./bytes.js";
import type { ExplanationKey } from "./explanations.js";
import { listExtensions } from "./extensions.js";
import type { Listing } from "./listing.js";
import { cipherSuites, compression, messages, named, schemes } from "./names.js";
import { listCertificate } from "./x509.js";

export interface Message {
  readonly type: number;
  readonly body: Uint8Array;
  /** With its header. */
  readonly bytes: Uint8Array;
}

/** All messages of a level's bytes, in order. */
export function readMessages(bytes: Uint8Array): Message[] {
  const reader = new Reader(bytes);
  const found: Message[] = [];
  while (reader.left > 0) {
    const start = reader.at;
    const type = reader.number(1).value;
    const { body } = reader.vector(3);
    found.push({ type, body: body.bytes, bytes: bytes.subarray(start, reader.at) });
  }
  return found;
}

function number(list: Listing, key: ExplanationKey, read: Read, value?: string): number {
  list.field(key, read.bytes, value ?? read.value);
  return read.value;
}

function vector(reader: Reader, list: Listing, lengthKey: ExplanationKey, size: number): Reader {
  const { length, body } = reader.vector(size);
  list.field(lengthKey, length.bytes, length.value);
  return body;
}

function listHello(reader: Reader, list: Listing, isClient: boolean): void {
  list.field("hello.version", reader.take(2), "TLS 1.2");
  list.field(isClient ? "clientHello.random" : "serverHello.random", reader.take(32));
  const session = vector(reader, list, "hello.sessionIdLength", 1);
  if (session.left > 0) {
    list.field("hello.sessionId", session.rest());
  }
  if (isClient) {
    const suites = vector(reader, list, "clientHello.ciphersLength", 2);
    while (suites.left > 0) {
      const suite = suites.number(2);
      number(list, "clientHello.cipher", suite, named(cipherSuites, suite.value));
    }
    list.field(
      "clientHello.compression",
      vector(reader, list, "clientHello.compressionLength", 1).rest(),
      "null",
    );
  } else {
    const suite = reader.number(2);
    number(list, "serverHello.cipher", suite, named(cipherSuites, suite.value));
    list.field("serverHello.compression", reader.take(1), "null");
  }
  const context = isClient ? "client_hello" : "server_hello";
  listExtensions(vector(reader, list, "extensions.length", 2), list, context);
}

function listCertificates(reader: Reader, list: Listing): void {
  const context = vector(reader, list, "certificate.contextLength", 1);
  if (context.left > 0) {
    list.field("certificate.context", context.rest());
  }
  const entries = vector(reader, list, "certificate.listLength", 3);
  while (entries.left > 0) {
    const der = vector(entries, list, "certificate.length", 3);
    list.group("certificate.data", undefined, `${der.left} bytes of DER`, () => {
      listCertificate(der.bytes, list);
    });
    listExtensions(vector(entries, list, "certificate.extensionsLength", 2), list, "certificate");
  }
}

/** The certificate message inside a CompressedCertificate (RFC 8879). */
function decompress(algorithm: number, bytes: Uint8Array): Uint8Array {
  switch (algorithm) {
    case 1:
      return inflateSync(bytes);
    case 2:
      return brotliDecompressSync(bytes);
    default:
      throw new Error(`certificate compression ${algorithm}`);
  }
}

function listCompressed(reader: Reader, list: Listing): void {
  const algorithm = reader.number(2);
  number(list, "compressed.algorithm", algorithm, named(compression, algorithm.value));
  number(list, "compressed.length", reader.number(3));
  const body = vector(reader, list, "compressed.dataLength", 3);
  const message = decompress(algorithm.value, body.bytes);
  list.field("compressed.data", body.rest());
  list.group("compressed.message", undefined, `${message.length} bytes`, () => {
    listCertificates(new Reader(message), list);
  });
}

function listCertificateVerify(reader: Reader, list: Listing): void {
  const scheme = reader.number(2);
  number(list, "verify.scheme", scheme, named(schemes, scheme.value));
  list.field("verify.signature", vector(reader, list, "verify.length", 2).rest());
}

function listCertificateRequest(reader: Reader, list: Listing): void {
  const context = vector(reader, list, "request.contextLength", 1);
  if (context.left > 0) {
    list.field("request.context", context.rest());
  }
  listExtensions(vector(reader, list, "extensions.length", 2), list, "certificate_request");
}

/** The first certificate of a Certificate or CompressedCertificate message, in DER. */
export function leafCertificate({ type, body }: Message): Uint8Array {
  let reader = new Reader(body);
  if (type === 25) {
    const algorithm = reader.number(2).value;
    reader.number(3);
    reader = new Reader(decompress(algorithm, reader.vector(3).body.bytes));
  }
  reader.vector(1);
  return reader.vector(3).body.vector(3).body.bytes;
}

/** Lists one message. */
export function listMessage(message: Message, list: Listing): void {
  const header = new Reader(message.bytes);
  const type = header.number(1);
  list.field("message.type", type.bytes, named(messages, type.value, 2));
  const length = header.number(3);
  list.field("message.length", length.bytes, length.value);
  const reader = new Reader(message.body);
  switch (message.type) {
    case 1:
    case 2:
      listHello(reader, list, message.type === 1);
      break;
    case 8:
      listExtensions(vector(reader, list, "extensions.length", 2), list, "encrypted_extensions");
      break;
    case 11:
      listCertificates(reader, list);
      break;
    case 13:
      listCertificateRequest(reader, list);
      break;
    case 15:
      listCertificateVerify(reader, list);
      break;
    case 20:
      list.field("finished.data", reader.rest());
      break;
    case 25:
      listCompressed(reader, list);
      break;
    default:
      throw new Error(`a handshake message of type ${message.type}`);
  }
  if (reader.left > 0) {
    throw new Error(`${reader.left} bytes behind a message of type ${message.type}`);
  }
}
