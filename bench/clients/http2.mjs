// SPDX-License-Identifier: MIT
// Load on Node's HTTP/2 server; see control.mjs.
import { once } from "node:events";
import { connect } from "node:http2";
import { countBytes, factsOf, options, run } from "./control.mjs";
import { tlsOptions } from "../harness/tls.mjs";

/** Node's own default of 64 KiB would make a download wait for every window. */
const WINDOW_BYTES = 6 * 1024 * 1024;

const path = options.mode === "download" ? `/download/${options.bytes}` : "/small";
let facts = {};

async function open() {
  const session = connect(`https://localhost:${options.port}`, {
    ...tlsOptions,
    ca: options.ca,
    lookup: (_name, _options, done) => {
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    },
    settings: { initialWindowSize: WINDOW_BYTES },
  });
  await once(session, "connect");
  session.setLocalWindowSize(WINDOW_BYTES);
  facts = factsOf(session.socket);
  return session;
}

async function get(session) {
  const stream = session.request({ ":path": path });
  return countBytes(stream);
}

async function handshake() {
  const session = await open();
  const bytes = await get(session);
  session.close();
  return bytes;
}

if (options.mode === "handshakes") {
  await run({ slots: options.connections, one: handshake, facts: () => facts });
} else {
  const sessions = [];
  while (sessions.length < options.connections) {
    sessions.push(await open());
  }
  const slots = options.connections * options.streams;
  const one = (slot) => get(sessions[slot % sessions.length]);
  await run({ slots, one, facts: () => facts });
}
