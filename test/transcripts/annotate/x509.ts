// SPDX-License-Identifier: MIT
// The fields of a certificate (RFC 5280 section 4.1), read from its DER.
import { Reader } from "./bytes.js";
import type { ExplanationKey } from "./explanations.js";
import type { Listing } from "./listing.js";
import { objects } from "./names.js";

interface Element {
  readonly tag: number;
  readonly header: Uint8Array;
  readonly content: Uint8Array;
}

function element(reader: Reader): Element {
  const start = reader.at;
  const tag = reader.number(1).value;
  let length = reader.number(1).value;
  if (length > 0x80) {
    length = reader.number(length & 0x7f).value;
  }
  const header = reader.bytes.subarray(start, reader.at);
  return { tag, header, content: reader.take(length) };
}

function children({ content }: Element): Element[] {
  const reader = new Reader(content);
  const found: Element[] = [];
  while (reader.left > 0) {
    found.push(element(reader));
  }
  return found;
}

function objectName({ content }: Element): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) {
      numbers.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  const text = [top, first - top * 40, ...rest].join(".");
  const name = objects[text];
  return name === undefined ? text : `${name} (${text})`;
}

function listAlgorithm(list: Listing, key: ExplanationKey, algorithm: Element): void {
  const [id, parameters] = children(algorithm);
  list.field(key, id!.content, objectName(id!));
  if (parameters) {
    list.field("x509.curve", parameters.content, objectName(parameters));
  }
}

function listName(list: Listing, key: ExplanationKey, name: Element): void {
  const parts = children(name).flatMap(children);
  for (const part of parts) {
    const [id, value] = children(part);
    const text = Buffer.from(value!.content).toString();
    list.field(key, value!.content, `${objectName(id!)}: ${text}`);
  }
}

function time({ content }: Element): string {
  return Buffer.from(content).toString();
}

function listKey(list: Listing, key: Element): void {
  const [algorithm, bits] = children(key);
  listAlgorithm(list, "x509.keyAlgorithm", algorithm!);
  list.field("x509.key", bits!.content.subarray(1));
}

/** DER inside of extnValue: dNSName entries, purposes, or as it is. */
function listExtensionValue(list: Listing, name: string, value: Uint8Array): void {
  const inner = element(new Reader(value));
  if (name.startsWith("subjectAltName")) {
    for (const entry of children(inner)) {
      list.field("x509.dnsName", entry.content, Buffer.from(entry.content).toString());
    }
  } else if (name.startsWith("extKeyUsage")) {
    for (const entry of children(inner)) {
      list.field("x509.purpose", entry.content, objectName(entry));
    }
  } else if (name.startsWith("keyUsage")) {
    const bits = inner.content[1]!;
    const uses = ["digitalSignature", "", "", "", "keyAgreement", "keyCertSign", "cRLSign"];
    const shown = uses.filter((_, index) => (bits & (0x80 >> index)) !== 0).join(", ");
    list.field("x509.keyUsage", inner.content, shown);
  } else {
    list.field("x509.extensionValue", value);
  }
}

function listExtension(list: Listing, extension: Element): void {
  const parts = children(extension);
  const name = objectName(parts[0]!);
  const critical = parts.length === 3 ? "critical" : "not critical";
  list.group("x509.extension", parts[0]!.content, `${name}, ${critical}`, () => {
    listExtensionValue(list, name, parts.at(-1)!.content);
  });
}

/** Lists a certificate; tags and lengths of the DER around the fields are left out. */
export function listCertificate(der: Uint8Array, list: Listing): void {
  const [tbs, algorithm, signature] = children(element(new Reader(der)));
  const [version, serial, inner, issuer, validity, subject, key, extensions] = children(tbs!);
  list.field("x509.version", children(version!)[0]!.content, "v3");
  list.field("x509.serial", serial!.content);
  listAlgorithm(list, "x509.tbsAlgorithm", inner!);
  listName(list, "x509.issuer", issuer!);
  const [from, until] = children(validity!);
  list.field("x509.notBefore", from!.content, time(from!));
  list.field("x509.notAfter", until!.content, time(until!));
  listName(list, "x509.subject", subject!);
  listKey(list, key!);
  for (const extension of extensions ? children(children(extensions)[0]!) : []) {
    listExtension(list, extension);
  }
  listAlgorithm(list, "x509.algorithm", algorithm!);
  list.field("x509.signature", signature!.content.subarray(1));
}
