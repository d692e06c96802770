// SPDX-License-Identifier: MIT
// The readable form of a recording: one page of Markdown.
import type { Connection, ListedPacket, SentMessage, SentStream } from "./connection.js";
import * as derived from "./derived.js";
import { frameNames, streamKind } from "./frames.js";
import { listStreamContent, streamType, tableOf } from "./http3.js";
import { hexLines, Listing } from "./listing.js";
import { messages as messageNames, named, streamTypes } from "./names.js";
import { listMessage } from "./tls.js";

/** What a page begins with. */
export interface Page {
  readonly title: string;
  /** Paragraphs. */
  readonly about: readonly string[];
}

function milliseconds(ns: number): string {
  return `${(ns / 1e6).toFixed(3)} ms`;
}

function overview({ datagrams }: Connection): string {
  const rows = datagrams.map(({ datagram, packets }) => {
    const shown = packets
      .map(
        ({ packet, list }) => `${packet.level} ${packet.number}: ${frameNames(list.lines) || "-"}`,
      )
      .join("; ");
    const { index, atNs, from, bytes, ecn } = datagram;
    return `| ${index} | ${milliseconds(atNs)} | ${from} | ${bytes.length} | ${ecn === 2 ? "ECT(0)" : "-"} | ${shown} |`;
  });
  return [
    "| datagram | sent at | by | bytes | ECN | packets and their frames |",
    "|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function values(list: readonly derived.Value[]): string {
  const lines = list.flatMap(({ name, bytes, text }) => [
    `${name} (${bytes.length} bytes) · ${text}`,
    ...hexLines(bytes, "    "),
  ]);
  return ["```text", ...lines, "```"].join("\n");
}

function packetSection({ packet, list }: ListedPacket): string {
  return `**${packet.level} packet ${packet.number}, by the ${packet.from}**\n\n${list.toString()}`;
}

function packetSections({ datagrams }: Connection): string {
  return datagrams
    .map(({ datagram: { index, from, atNs, bytes }, packets }) =>
      [
        `### Datagram ${index}`,
        `${from} at ${milliseconds(atNs)}, ${bytes.length} bytes.`,
        ...packets.map(packetSection),
      ].join("\n\n"),
    )
    .join("\n\n");
}

function messageSection(message: SentMessage): string {
  const list = new Listing();
  listMessage(message, list);
  const name = messageNames[message.type];
  return [
    `### ${message.from}: ${name}`,
    `${message.bytes.length} bytes in CRYPTO frames of ${message.level} packets.`,
    list.toString(),
  ].join("\n\n");
}

function streamSection({ streams }: Connection, { id, from, bytes, isEnded }: SentStream): string {
  const list = new Listing();
  const table = tableOf(streams.filter((stream) => stream.from === from));
  listStreamContent(id, bytes, table, list);
  const type = id & 2 ? `, ${named(streamTypes, streamType(bytes), 2)}` : "";
  return [
    `### Stream ${id}, by the ${from}`,
    `${streamKind(id)}${type}: ${bytes.length} bytes, ${isEnded ? "ended" : "left open"}.`,
    list.toString(),
  ].join("\n\n");
}

function facts({ recording }: Connection): string {
  const { seed, alpn, group, cipher, signature } = recording;
  return [
    "| what | value |",
    "|---|---|",
    `| seed | ${seed} |`,
    `| ALPN | ${alpn} |`,
    `| key exchange | ${group} |`,
    `| cipher suite | ${cipher} |`,
    `| CertificateVerify | ${signature} |`,
  ].join("\n");
}

export function makeDocument(page: Page, connection: Connection): string {
  const { name } = connection.recording;
  const authenticators = derived.authenticatorValues(connection);
  return `${[
    `# ${page.title}`,
    `Made by \`npm run gen:transcripts\` from [${name}.json](${name}.json); [README.md](README.md) says how to read it.`,
    ...page.about,
    facts(connection),
    "## Overview",
    overview(connection),
    "## Secrets",
    "From the client's key log, in the order in which they came about.",
    values(derived.secrets(connection)),
    "Packet keys. The Initial ones follow from the first destination connection id, the others from the secrets above.",
    values(derived.keyValues(connection)),
    "Exporters with an empty context, as long as the hash.",
    values(derived.exporterValues(connection)),
    "## TLS messages",
    ...connection.messages.map(messageSection),
    "## Computed values",
    "Not sent, but what both ends compute on the way.",
    values(derived.handshakeValues(connection)),
    ...(authenticators.length > 0 ? [values(authenticators)] : []),
    "## Streams",
    ...connection.streams.map((stream) => streamSection(connection, stream)),
    "## Packets",
    packetSections(connection),
  ].join("\n\n")}\n`;
}
