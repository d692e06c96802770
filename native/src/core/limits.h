/* SPDX-License-Identifier: MIT */
/* Every limit of libpqq that is not an option of pqq_config_options, with its
 * reason and what goes wrong without it. */
#ifndef PQQ__CORE_LIMITS_H
#define PQQ__CORE_LIMITS_H

/* Our connection ids: one AES block, see quic/cid.h. */
#define PQQ__CID_BYTES 16

/* Connections of one worker whose handshake is not done. Each holds about
 * 70 KiB (test/sim/limits_test.c measures it), so a flood of first datagrams from
 * forged addresses is stopped at 280 MiB and the handshake timeout. */
#define PQQ__MAX_HALF_OPEN 4096

/* Half-open connections from which on a worker is busy: clients without a token are asked to
 * prove their address first (`retry`: auto). Forged addresses then hold a quarter of the places and
 * 70 MiB at most; the rest is for clients that have proven theirs. */
#define PQQ__BUSY_HALF_OPEN 1024

/* Share of handshake_cpu_ms up to which clients that have proven their address are still served,
 * in percent: a quarter more, so that those who came back with a token do not find the door shut
 * by what made them come back. */
#define PQQ__HANDSHAKE_CPU_HARD_PERCENT 125

/* How long a Retry token is good: a client answers a Retry at once, and a lost answer is sent
 * again after 1, 2 and 4 s (RFC 9002 section 6.2.1). Short, because until then it can be replayed
 * from its address and port (RFC 9000 section 8.1.4). */
#define PQQ__RETRY_TOKEN_LIFETIME_MS 10000

/* How long a token of a NEW_TOKEN frame is good, and how often the secret of tokens changes: the
 * visitor of yesterday has one round trip, and a secret is in use for two days at most. */
#define PQQ__TOKEN_LIFETIME_S 86400
#define PQQ__TOKEN_EPOCH_S 86400

/* Longest token of a server that a client reports and sends: it is part of every Initial of 1,200
 * bytes, of which the ClientHello needs most. Ours have 45 (NEW_TOKEN) and 90 bytes (Retry). */
#define PQQ__MAX_TOKEN_BYTES 512

/* NEW_TOKEN frames of one connection that are reported: a server sends one per path; more would be
 * memory in its hand while nobody reads events. */
#define PQQ__MAX_NEW_TOKENS 8

/* Buckets of the rate limit, and in how many places of the table one name may lie: 256 KiB, taken
 * only where connections_per_address is set. Beyond that many names the fullest are forgotten. */
#define PQQ__RATE_BUCKETS 16384
#define PQQ__RATE_WAYS 4

/* A site (IPv4 /24, IPv6 /48) may open that many times what one address (IPv4 /32, IPv6 /64) may:
 * who has a site has many addresses, and is still one. */
#define PQQ__RATE_SITE_FACTOR 8

/* A bucket holds what fills it in one second, but this at least: a browser that comes back opens a
 * few connections at once. */
#define PQQ__RATE_MIN_BURST 8

/* Entries of a block list (120 bytes each): a list that is longer belongs into the firewall. */
#define PQQ__MAX_BLOCKED 4096

/* Stateless answers (Version Negotiation, Retry, CONNECTION_CLOSE, stateless reset) that wait to be
 * sent, and the room for one: a Retry has up to 173 bytes. More are dropped: nobody is owed one
 * (RFC 9000 sections 5.2.2, 6.1, 8.1.2, 10.3). */
#define PQQ__MAX_STATELESS_REPLIES 64
#define PQQ__STATELESS_REPLY_BYTES 192

/* Datagrams of ClientHellos that wait for their first part, per worker, and how
 * large each may be: the network reorders over milliseconds, in which a server
 * sees few, and a flood must not make this a store (96 KiB). */
#define PQQ__MAX_EARLY_DATAGRAMS 64
#define PQQ__MAX_EARLY_BYTES 1536

/* A stateless reset looks like the shortest usual packet, and is at least one byte shorter than
 * what it answers, so that two endpoints cannot answer each other for ever (RFC 9000
 * section 10.3.3). One of less than 21 bytes is not recognised. */
#define PQQ__STATELESS_RESET_BYTES 42
#define PQQ__MIN_STATELESS_RESET_BYTES 21

/* Stateless resets of one worker: at once, and per second after. Enough for the clients of a server
 * that was restarted to learn of it in time, little for whoever sends old datagrams again and again
 * (RFC 9000 section 10.3.3). */
#define PQQ__STATELESS_RESET_BURST 1024
#define PQQ__STATELESS_RESETS_PER_S 1024

/* Connection ids that a peer may keep of ours at once (RFC 9000 section
 * 5.1.1): enough for a migration, small enough that a table entry flood by
 * RETIRE_CONNECTION_ID is not worth it. */
#define PQQ__ACTIVE_CID_LIMIT 4

/* How often a client may change its address on one connection: at once, and per second after. A
 * phone that hands over between cells, or sits behind a network that gives out ports anew every few
 * seconds, stays far below; more would be work without end for path validation, and datagrams from
 * further addresses are dropped until there is allowance again. */
#define PQQ__PATH_CHANGE_BURST 16
#define PQQ__PATH_CHANGES_PER_S 1

/* When a client that waits for answers sends a PING: after so many PTOs of silence, but not before
 * a server has had the time for an ordinary answer; twice as much before each further one. Silence
 * after the last is what a long poll looks like, and keep_alive_ms is there for that. */
#define PQQ__QUIET_PTOS 3
#define PQQ__QUIET_MIN_MS 250
#define PQQ__QUIET_PINGS 4

/* When large datagrams are given up: after so many PTOs (RFC 9002 section 6.2) in which nothing was
 * acknowledged; and for how long, doubled each time, until they are tried again (RFC 8899 section
 * 5.1.1 has 600 s for the latter). */
#define PQQ__BLACK_HOLE_PTOS 3
#define PQQ__BLACK_HOLE_FIRST_MS 60000
#define PQQ__BLACK_HOLE_LAST_MS 600000

/* QUIC frames of no use per HTTP/3 glitch of max_glitches: spurious retransmissions are some, and
 * no fault of a peer. Seconds in which the whole allowance comes back. Both as ngtcp2 and nghttp3
 * have them. */
#define PQQ__GLITCHES_QUIC_FACTOR 10
#define PQQ__GLITCHES_REFILL_S 30

/* Stateless reset tokens of a peer that are known at once: of the id in use, and of those of a
 * migration that is under way. */
#define PQQ__MAX_RESET_TOKENS 8
#define PQQ__RESET_TOKEN_BYTES 16

/* How many datagrams of a connection's handshake are timed for the round trip
 * count. A flight of ML-DSA-87 with loss needs about 30. */
#define PQQ__MAX_TIMED_DATAGRAMS 64

/* Datagrams of a client's first flight, repeated ones included. Six of 1,200 bytes let a server
 * send 21,600, more than the initial window of any that keeps to RFC 9002 section 7.2 (14,720), and
 * are less than our own (12,000). More would make an open door for waste. */
#define PQQ__MAX_FIRST_FLIGHT_DATAGRAMS 6

/* Unidirectional streams a peer may open: control, QPACK encoder and decoder
 * (RFC 9114 section 6.2), and room for reserved types it may grease with. */
#define PQQ__MAX_UNI_STREAMS 16

/* QPACK (RFC 9204 section 5): 4 KiB is what browsers use; more buys little and
 * is memory that a peer can fill per connection. */
#define PQQ__QPACK_TABLE_BYTES 4096
#define PQQ__QPACK_BLOCKED_STREAMS 100

/* Send buffer of one stream: a writer is told to wait above HIGH and to go on
 * below LOW. Above MAX a write is refused: the writer does not listen. */
#define PQQ__WRITE_HIGH_BYTES (256u * 1024u)
#define PQQ__WRITE_LOW_BYTES (64u * 1024u)
#define PQQ__WRITE_MAX_BYTES (16u * 1024u * 1024u)

/* Received body bytes are gathered into one event up to this size, so that a
 * reader sees few events and one always fits into its ring. */
#define PQQ__DATA_EVENT_FIRST_BYTES 2048u
#define PQQ__DATA_EVENT_MAX_BYTES 65536u

/* Requests of one client connection that wait for the handshake or for the
 * peer's stream limit. */
#define PQQ__MAX_PENDING_REQUESTS 16384

/* How often a server looks at its responses within send_timeout_ms, which is kept to within twice
 * the time between two looks. */
#define PQQ__RESPONSE_LOOKS 8

/* Interim (1xx) responses to one request. They are not flow-controlled: a server could fill the
 * memory of a client that does not read its events. */
#define PQQ__MAX_INTERIM_RESPONSES 32

/* Requests that a client may reset on one connection whatever their share, and the number of
 * requests to each reset that is allowed above. Browsers reset what a page has open when it is
 * left: at most max_concurrent_requests, by default 100, at a time. */
#define PQQ__MAX_RESETS 500
#define PQQ__REQUESTS_PER_RESET 2

/* Largest DATAGRAM frame that is taken, where they are enabled: any that fits a UDP payload, as
 * RFC 9221 section 3 recommends. */
#define PQQ__MAX_DATAGRAM_FRAME_BYTES 65535

/* HTTP datagrams that wait to be sent on one connection: about 190 KB, what 50 Mbit/s send in 30
 * ms. More are dropped, which is what the network would do with them. */
#define PQQ__MAX_DATAGRAMS_OUT 128

/* Received HTTP datagrams that wait for their reader: of one stream, so that none takes the room of
 * all, and bytes of one connection, because they are not flow-controlled. */
#define PQQ__MAX_DATAGRAMS_IN 64
#define PQQ__MAX_DATAGRAM_IN_BYTES (256 * 1024)

/* Longest HTTP datagram in a DATAGRAM capsule, sent or taken: what a UDP payload can be, which is
 * what protocols such as connect-udp put there. A longer one is skipped. One that is on its way
 * takes as much memory as has come of it. */
#define PQQ__MAX_CAPSULE_BYTES 65535

/* HTTP datagrams of a connection that have overtaken their request (RFC 9297 section 2.1 asks for
 * about a round trip): a flood must not make this a store. */
#define PQQ__MAX_DATAGRAMS_EARLY 16

/* Bytes of a reason phrase: of a peer's that are kept, of ours that are sent. */
#define PQQ__MAX_REASON_BYTES 128

/* Longest handshake the engine waits between GOAWAY with the highest id and the final
 * one, in PTOs: requests that are on their way get in (RFC 9114 section 5.2). */
#define PQQ__GOAWAY_NOTICE_PTOS 2

/* Blocks that a worker keeps after they are freed, see core/pool.h: of sizes up to the largest
 * that is made and freed with packets (the plain text of one), streams and header fields, and as
 * many bytes as the packets of a few fast downloads have under way (about 500 bytes each). */
#define PQQ__POOL_MAX_BLOCK_BYTES 2048
#define PQQ__POOL_MAX_KEPT_BYTES (4u * 1024u * 1024u)

/* Connection and stream slots: the 24 bits that pqq_id has for them. */
#define PQQ__MAX_SLOTS (1u << 24)

/* Sites of one configuration: each holds two chains, their compressed forms and a key, about
 * 40 KiB with ML-DSA, so this many are 160 MiB. More names than sites are no matter: a certificate
 * has many. */
#define PQQ__MAX_SITES 4096

/* A certificate, key or trust anchor file: the anchors of a whole operating
 * system are about 250 KiB, in ML-DSA-87 about 1.5 MiB. A device or a log given
 * by mistake is not read to its end. */
#define PQQ__MAX_PEM_BYTES (4u * 1024u * 1024u)

/* Trust anchors of one configuration; operating systems have about 150. */
#define PQQ__MAX_ANCHORS 1024

/* A Certificate message that comes compressed, unpacked: the longest chain that is accepted, eight
 * ML-DSA-87 certificates, is 62 KiB. Without it a few bytes could ask for 16 MiB (RFC 8879
 * section 6). */
#define PQQ__MAX_CERTIFICATE_MESSAGE_BYTES 65536u

/* Memory of one decoder of compressed certificates, for a moment: brotli takes about 100 KiB for
 * such a chain, and up to 32 MiB if a peer says so. */
#define PQQ__MAX_DECOMPRESSOR_BYTES (1024u * 1024u)

/* An external signer: how long it may take by default and at most, and how many signatures of one
 * identity it may have at once. A KMS across a continent answers in 100 ms; who waits 5 s has given
 * up. A signer that hangs must not collect 5 KiB for each handshake that has come and gone. */
#define PQQ__SIGNER_TIMEOUT_MS 5000
#define PQQ__MAX_SIGNER_TIMEOUT_MS 600000
#define PQQ__SIGNER_PENDING 1024
#define PQQ__MAX_SIGNER_PENDING 65536

/* Sentence that says why TLS failed, with its NUL. One per connection. */
#define PQQ__TLS_FAILURE_TEXT_BYTES 384

#endif
