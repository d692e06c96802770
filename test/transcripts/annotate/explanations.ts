// SPDX-License-Identifier: MIT
// Every field that a transcript can show: its name and what it is for. listing.ts takes no other names, so a field
// without an explanation does not compile.

/** Key to name and explanation. */
export const explanations = {
  // Datagrams and packets
  "packet.first": [
    "first byte",
    "after header protection is removed: form, fixed or GREASE bit (RFC 9287), type, packet number length (RFC 9000 section 17)",
  ],
  "packet.protectedFirst": [
    "first byte as sent",
    "its low bits are masked by header protection (RFC 9001 section 5.4)",
  ],
  "packet.version": ["version", "QUIC version 1 (RFC 9000 section 15)"],
  "packet.destinationId": [
    "destination connection id",
    "chosen by the receiver; in a client's first packets random, and the source of the Initial keys",
  ],
  "packet.sourceId": ["source connection id", "chosen by the sender, for the peer to send to"],
  "packet.tokenLength": [
    "token length",
    "no address validation token was given (RFC 9000 section 8.1)",
  ],
  "packet.token": ["token", "from an earlier Retry or NEW_TOKEN"],
  "packet.length": [
    "length",
    "of packet number, payload and authentication tag, so that a further packet can follow in the datagram",
  ],
  "packet.protectedNumber": ["packet number as sent", "masked by header protection"],
  "packet.number": [
    "packet number",
    "truncated to what the receiver can complete (RFC 9000 appendix A); goes into the nonce",
  ],
  "packet.payload": [
    "payload",
    "in the clear; the 16 bytes of the AEAD tag that follow are not shown",
  ],
  // Frames
  "frame.type": ["frame", "type and name (RFC 9000 section 19)"],
  "newToken.length": ["token length", "RFC 9000 section 19.7"],
  "newToken.token": [
    "token",
    "RFC 9000 section 8.1.3: proves the client's address on its next connection; encrypted, for this server alone",
  ],
  "frame.padding": [
    "PADDING",
    "fills datagrams with Initial packets to 1,200 bytes (RFC 9000 section 14.1), and hides where CRYPTO data is",
  ],
  "frame.streamId": [
    "stream id",
    "its two low bits say who opened it and whether it has two directions",
  ],
  "frame.applicationError": [
    "application error code",
    "of HTTP/3 (RFC 9114 section 8.1; 256 is H3_NO_ERROR) or of velocity/1 (spec/code-points.md)",
  ],
  "frame.transportError": ["error code", "of QUIC (RFC 9000 section 20.1)"],
  "frame.closeFrameType": ["frame type", "of the frame that the error is about, 0 if unknown"],
  "frame.reasonLength": ["reason length", "bytes of the reason phrase"],
  "frame.reason": ["reason", "text for people"],
  "frame.maxData": [
    "maximum data",
    "bytes on all streams together that the peer may send in total",
  ],
  "frame.maxStreamData": [
    "maximum stream data",
    "bytes on this stream that the peer may send in total",
  ],
  "frame.maxStreams": ["maximum streams", "streams of this kind that the peer may open in total"],
  "frame.sequence": [
    "sequence number",
    "of a connection id among those that its owner has given out",
  ],
  "frame.retirePriorTo": ["retire prior to", "ids with a lower number are to be given up"],
  "frame.connectionIdLength": ["length", "of the connection id"],
  "frame.connectionId": [
    "connection id",
    "a further one; an encrypted block that names the worker (ARCHITECTURE.md)",
  ],
  "frame.resetToken": [
    "stateless reset token",
    "ends the connection if a datagram ends in it (RFC 9000 section 10.3)",
  ],
  "ack.largest": ["largest acknowledged", "highest packet number received in this space"],
  "ack.delay": [
    "ACK delay",
    "how long the sender waited, in units of 2^ack_delay_exponent microseconds",
  ],
  "ack.rangeCount": ["range count", "gap and range pairs that follow"],
  "ack.firstRange": ["first range", "packets below the largest that are acknowledged with it"],
  "ack.gap": ["gap", "packets not received, less one"],
  "ack.range": ["range", "packets received below the gap, less one"],
  "ack.ect0": ["ECT(0) count", "packets received with that mark (RFC 9000 section 13.4)"],
  "ack.ect1": ["ECT(1) count", "packets received with that mark"],
  "ack.ce": ["ECN-CE count", "packets that a router marked instead of dropping them"],
  "crypto.offset": ["offset", "in the TLS bytes of this level and direction"],
  "crypto.length": ["length", "of the data"],
  "crypto.data": ["data", "shown once, under TLS messages"],
  "stream.offset": ["offset", "in the stream's bytes"],
  "stream.length": ["length", "of the data; without it the frame fills the packet"],
  "stream.data": ["data", "shown once, under Streams"],
  // TLS messages
  "message.type": ["message", "type of the handshake message (RFC 8446 section 4)"],
  "message.length": ["length", "of the body"],
  "hello.version": ["legacy_version", "frozen; the version is in supported_versions"],
  "clientHello.random": [
    "random",
    "32 fresh bytes of the client; the key log names the connection by it",
  ],
  "serverHello.random": ["random", "32 fresh bytes of the server"],
  "hello.sessionIdLength": [
    "legacy_session_id length",
    "0: QUIC has no use for TLS 1.2's disguise (RFC 9001 section 8.4)",
  ],
  "hello.sessionId": ["legacy_session_id", "echoed by the server"],
  "clientHello.ciphersLength": ["cipher_suites length", "bytes"],
  "clientHello.cipher": [
    "cipher suite",
    "AEAD and hash that the client accepts, most preferred first; those of its profile",
  ],
  "clientHello.compressionLength": ["legacy_compression_methods length", "bytes"],
  "clientHello.compression": ["legacy_compression_methods", "frozen"],
  "serverHello.cipher": ["cipher suite", "the server's choice"],
  "serverHello.compression": ["legacy_compression_method", "frozen"],
  "extensions.length": ["extensions length", "bytes of all extensions"],
  "extension.type": ["extension", "number and name of IANA"],
  "extension.length": ["length", "of the extension's content"],
  "extension.listLength": ["list length", "bytes of the entries"],
  "extension.unknown": ["content", "of an extension that this page does not take apart"],
  "serverName.type": ["name type", "the only one there is (RFC 6066 section 3)"],
  "serverName.length": ["name length", "bytes"],
  "serverName.name": ["host name", "chooses the identity and is what both leaves must name"],
  "groups.group": ["group", "key exchange that the client accepts, most preferred first"],
  "signatureAlgorithms.scheme": [
    "signature scheme",
    "accepted in CertificateVerify and in certificates, most preferred first",
  ],
  "alpn.length": ["protocol length", "bytes"],
  "alpn.protocol": [
    "protocol",
    "application protocol (RFC 7301): offered, most preferred first, or chosen",
  ],
  "compressCertificate.algorithm": [
    "algorithm",
    "in which the sender takes compressed certificates (RFC 8879)",
  ],
  "supportedVersions.version": ["version", "offered"],
  "supportedVersions.selected": ["selected version", "of the server"],
  "pskModes.mode": ["mode", "how a pre-shared key would be used; none is offered here"],
  "keyShare.group": ["group", "that the key is for"],
  "keyShare.length": ["key_exchange length", "bytes"],
  "keyShare.encapsulationKey": [
    "ML-KEM encapsulation key",
    "fresh; the server encapsulates a secret to it (FIPS 203)",
  ],
  "keyShare.ciphertext": ["ML-KEM ciphertext", "the secret, encapsulated to the client's key"],
  "keyShare.x25519": [
    "X25519 public key",
    "fresh (RFC 7748); with ML-KEM both secrets are used one behind the other",
  ],
  "keyShare.p384": ["P-384 public key", "fresh, uncompressed point"],
  "keyShare.other": ["public key", "fresh"],
  "certificate.contextLength": [
    "certificate_request_context length",
    "0 in the handshake; in an authenticator 32 random bytes (RFC 9261)",
  ],
  "certificate.context": [
    "certificate_request_context",
    "makes the authenticator one of a kind, or repeats that of its request",
  ],
  "certificate.listLength": ["certificate_list length", "bytes of all certificates"],
  "certificate.length": ["certificate length", "bytes"],
  "certificate.data": [
    "certificate",
    "X.509 in DER (RFC 5280); the first is the leaf, its root is not sent",
  ],
  "certificate.extensionsLength": ["extensions length", "of this certificate's entry"],
  "compressed.algorithm": ["algorithm", "of the compression (RFC 8879)"],
  "compressed.length": ["uncompressed_length", "bytes of the Certificate message's body"],
  "compressed.dataLength": ["compressed length", "bytes"],
  "compressed.data": ["compressed certificate message", "as sent"],
  "compressed.message": ["certificate message", "decompressed"],
  "verify.scheme": ["algorithm", "signature scheme that was used"],
  "verify.length": ["signature length", "bytes"],
  "verify.signature": [
    "signature",
    "by the leaf's key, over 64 spaces, a label, 00 and the hash of what came before (RFC 8446 section 4.4.3; authenticators: RFC 9261 section 5.2.2)",
  ],
  "request.contextLength": ["certificate_request_context length", "bytes"],
  "request.context": ["certificate_request_context", "random; the answer repeats it"],
  "finished.data": [
    "verify_data",
    "HMAC that proves possession of the keys and that no message was changed (RFC 8446 section 4.4.4)",
  ],
  // Transport parameters
  "parameter.id": [
    "transport parameter",
    "number and name (RFC 9000 section 18.2); one that is unknown is ignored",
  ],
  "parameter.length": ["length", "of the value"],
  "parameter.originalDestination": [
    "value",
    "destination id of the client's first Initial: proves that no Retry was slipped in",
  ],
  "parameter.idleTimeout": [
    "value",
    "milliseconds without a packet after which the connection is gone",
  ],
  "parameter.resetToken": ["value", "stateless reset token of the server's first connection id"],
  "parameter.maxUdpPayload": ["value", "largest UDP payload that is taken"],
  "parameter.maxData": ["value", "first connection window, bytes"],
  "parameter.maxStreamDataLocal": [
    "value",
    "first window of streams that the sender of this opens, bytes",
  ],
  "parameter.maxStreamDataRemote": ["value", "first window of streams that its peer opens, bytes"],
  "parameter.maxStreamDataUni": ["value", "first window of unidirectional streams, bytes"],
  "parameter.maxStreamsBidi": ["value", "bidirectional streams that the peer may open"],
  "parameter.maxStreamsUni": ["value", "unidirectional streams that the peer may open"],
  "parameter.ackDelayExponent": ["value", "unit of ACK delays: 2 to this power microseconds"],
  "parameter.maxAckDelay": ["value", "milliseconds that an acknowledgement may be late"],
  "parameter.activeIds": ["value", "connection ids of the peer that are kept"],
  "parameter.initialSource": ["value", "source connection id of the sender's first packet"],
  "parameter.versions": ["value", "versions, protected by the handshake (RFC 9368)"],
  "parameter.greaseQuicBit": [
    "value",
    "empty: packets with the fixed bit cleared are taken (RFC 9287)",
  ],
  "parameter.unknown": ["value", "of a reserved or unknown parameter, there to be ignored"],
  "parameter.commitment": [
    "value",
    "profile commitment of velocity/1 (spec/profile-commitment.md), covered by Finished like all of this",
  ],
  "versions.chosen": ["chosen version", "the one in use"],
  "versions.available": ["available version", "one that the sender also speaks"],
  "commitment.version": ["version", "of the commitment's format"],
  "commitment.offered": ["offered profile", "of the client, most preferred first"],
  "commitment.profile": [
    "profile",
    "that the server keeps on this connection; 0: none, the protocol is h3",
  ],
  "commitment.reason": ["reason", "why it is h3; 0 if a profile is kept"],
  "commitment.pin": [
    "pin lifetime",
    "how long the client is asked to accept nothing below hybrid from this origin",
  ],
  // Certificates
  "x509.version": ["version", "of the certificate's format"],
  "x509.serial": ["serialNumber", "one of a kind for its issuer"],
  "x509.tbsAlgorithm": [
    "signature",
    "algorithm of the issuer's signature, inside of what is signed",
  ],
  "x509.issuer": ["issuer", "name of the root, which the verifier has as an anchor"],
  "x509.notBefore": ["notBefore", "valid from"],
  "x509.notAfter": ["notAfter", "valid until; this value means no end (RFC 5280 section 4.1.2.5)"],
  "x509.subject": ["subject", "name of the holder; only for people, see subjectAltName"],
  "x509.keyAlgorithm": ["public key algorithm", "of the holder's key"],
  "x509.curve": ["curve", "of the key"],
  "x509.key": ["public key", "of the holder; ML-DSA as in FIPS 204, ECDSA an uncompressed point"],
  "x509.extension": ["extension", "identifier, and whether who does not know it must refuse"],
  "x509.extensionValue": ["value", "DER"],
  "x509.dnsName": ["dNSName", "the name that is compared with the one connected to (RFC 9525)"],
  "x509.purpose": ["purpose", "what the key may be used for in TLS"],
  "x509.keyUsage": ["use", "unused bits, then what the key may do"],
  "x509.algorithm": ["signatureAlgorithm", "again, outside of what is signed"],
  "x509.signature": ["signatureValue", "by the issuer, over all above"],
  // HTTP/3
  "h3.type": ["HTTP/3 frame", "type and name (RFC 9114 section 7.2)"],
  "h3.length": ["length", "of the payload"],
  "h3.data": ["content", "bytes of the message's content"],
  "h3.goaway": ["id", "requests from here on are not handled"],
  "h3.unknown": ["payload", "of a type that is ignored"],
  "settings.id": [
    "setting",
    "number and name (RFC 9114 section 7.2.4.1); reserved ones are ignored",
  ],
  "settings.value": ["value", "of the setting; bytes or a count"],
  "qpack.insertCount": [
    "required insert count",
    "entries of the dynamic table that must be there; sent as one more (RFC 9204 section 4.5.1)",
  ],
  "qpack.base": [
    "base",
    "where relative indexes count from; sent as the difference to the insert count",
  ],
  "qpack.line": [
    "field line",
    "name and value, and how they are represented (RFC 9204 section 4.5)",
  ],
  streamType: ["stream type", "first on a unidirectional stream (RFC 9114 section 6.2)"],
  "qpack.encoder": [
    "instruction",
    "to the peer's copy of the sender's dynamic table (RFC 9204 section 4.3)",
  ],
  "qpack.decoder": ["instruction", "to the encoder of the peer (RFC 9204 section 4.4)"],
  streamBytes: ["content", "of a stream of a type that is ignored"],
  // Authenticators of velocity/1
  "authenticators.type": ["frame", "of a stream of authenticators (spec/hybrid-authentication.md)"],
  "authenticators.length": ["length", "of the payload"],
  "authenticators.message": [
    "part",
    "a message with the header of a TLS handshake message (RFC 9261 section 5.2)",
  ],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

export type ExplanationKey = keyof typeof explanations;
