// SPDX-License-Identifier: MIT
// The transcripts there are, in the order of reading.
import type { Page } from "./document.js";

export const pages: Readonly<Record<string, Page>> = {
  velocity: {
    title: "A connection over velocity/1",
    about: [
      "Client and server with default options and the profile balanced. The ClientHello offers `velocity/1`, then `h3`, " +
        "with a profile commitment; the server keeps the profile and asks the client to remember that for a day. The TLS " +
        "handshake proves the ML-DSA-65 identity; the authenticator on the server's first stream, sent right behind " +
        "Finished, proves the ECDSA P-256 identity under the other root. Only then does the client send its GET.",
    ],
  },
  "velocity-mutual": {
    title: "A connection over velocity/1 with client authentication",
    about: [
      "The same with a server that demands hybrid authentication of its clients: its stream of authenticators ends with " +
        "two requests, one for ML-DSA and one for classical schemes, and the client answers both on a stream of its own " +
        "before the request is handled.",
    ],
  },
  h3: {
    title: "A connection over h3",
    about: [
      "What a client gets that offers nothing but `h3`, from a server with both identities and default options: key " +
        "exchange is hybrid, the certificate is the ECDSA one, because such a client may trust no ML-DSA root.",
    ],
  },
  "h3-fallback": {
    title: "A connection that falls back to h3",
    about: [
      "The client offers `velocity/1`, then `h3`; the server has only its classical identity. It chooses `h3`, and its " +
        "profile commitment says why. The client requires nothing and goes on; one that requires hybrid authentication " +
        "would not have offered `h3`.",
    ],
  },
};
