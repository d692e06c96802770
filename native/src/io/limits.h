/* SPDX-License-Identifier: MIT */
/* Every limit of the UDP driver and of the simple door that is not an option,
 * with its reason. The engine's limits are in core/limits.h. */
#ifndef PQQ__IO_LIMITS_H
#define PQQ__IO_LIMITS_H

/* Messages of one recvmmsg call, each with room for a whole GRO batch. More
 * would make a turn of the worker longer (16 first flights are about 5 ms of
 * signing) and push the buffers out of the second level cache. */
#define PQQ__RECV_MESSAGES 16
/* Largest UDP payload, and largest GRO batch. */
#define PQQ__RECV_MESSAGE_BYTES 65536

/* Messages of one sendmmsg call; UIO_MAXIOV is 1,024, but 64 already make the
 * call itself cheap beside the work per datagram. */
#define PQQ__SEND_MESSAGES 64
/* Bytes gathered before a send call: four full pqq_engine_send results. */
#define PQQ__SEND_ARENA_BYTES (4u * 65536u)
/* Linux refuses more segments in one UDP_SEGMENT message (UDP_MAX_SEGMENTS). */
#define PQQ__GSO_MAX_SEGMENTS 64
/* A GSO message is one IP packet until it is cut: 65,535 less the IPv6, IPv4
 * (with options) and UDP headers, rounded down. */
#define PQQ__GSO_MAX_BYTES 65400

/* What one turn of a worker does at most of each step, so that none starves
 * the others: a flood of datagrams must not keep answers from going out, nor a
 * large download the handshakes. */
#define PQQ__TURN_ROUTED 64
#define PQQ__TURN_COMMANDS 1024
#define PQQ__TURN_EVENTS 1024
#define PQQ__TURN_SEND_BYTES (1024u * 1024u)
/* Results of the signing pool: as many as a turn takes in messages. */
#define PQQ__TURN_SIGNATURES 16

/* Threads of a driver's signing pool: no more than workers, because each keeps
 * one busy for less than half of the time (a signature is a third of what a
 * handshake costs). */
#define PQQ__MAX_SIGNING_THREADS 64
/* How much nicer than the workers they are: a request that comes in the middle
 * of a burst goes first, and 5 still leaves signing a quarter of a core that it
 * has to share. */
#define PQQ__SIGNING_NICENESS 5
/* Handshakes that a worker may find waiting for a signature in one turn and
 * still sign itself; see worker_sign.c. A turn takes in PQQ__RECV_MESSAGES, and a
 * ClientHello with ML-KEM is two, with repeated first flights up to six: 3 are
 * as many as a turn can bring then. */
#define PQQ__IN_LINE_SIGNATURES 2
/* Jobs in a signing pool, their results included (5 KiB each). At 100 us a
 * signature one thread works that off in 0.1 s, long before a client's first
 * timeout of 1 s (RFC 9002 section 6.2.2). */
#define PQQ__SIGNING_POOL_JOBS 1024

/* Socket buffers when the options do not say: 2 MiB is 10 ms at 1.6 Gbit/s. */
#define PQQ__SOCKET_BUFFER_BYTES (2u * 1024u * 1024u)
/* Larger values overflow the kernel's own doubling of SO_RCVBUF. */
#define PQQ__MAX_SOCKET_BUFFER_BYTES (1024u * 1024u * 1024u)

/* Port 0 with several hosts: how often another port is tried when the one the
 * first host got is taken on another. */
#define PQQ__PORT_ATTEMPTS 16

/* Threads of one driver. Each has a socket for every host: 64 times
 * PQQ_MAX_LISTEN_HOSTS stays below the usual 1,024 descriptors. */
#define PQQ__MAX_WORKERS 64

/* Errors of recvmsg in a row that are neither "nothing there" nor a report
 * about an earlier send, until a worker gives up instead of spinning. */
#define PQQ__MAX_SOCKET_FAILURES 64

/* Datagrams that wait in a worker's hand-over ring. They are rare (a client
 * whose address changed), but replayed ones are in an attacker's hand. */
#define PQQ__ROUTE_RING_DATAGRAMS 1024
#define PQQ__ROUTE_RING_BYTES (1024u * 1024u)

/* Bytes of commands that wait for one worker. A submitter that respects
 * PQQ_EVENT_WRITABLE stays far below: 256 KiB a stream. */
#define PQQ__COMMAND_QUEUE_BYTES (256u * 1024u * 1024u)

/* How long an ending worker waits, after its connections are closed, for a
 * reader that has pushed back and for a full socket. */
#define PQQ__LINGER_MS 1000

/* While a socket takes no more, the engine's timers run at most this often. */
#define PQQ__BLOCKED_TICK_MS 1

/* Longest path of the folder of hand-over sockets, with its NUL: the name of a socket is 108 bytes
 * (sockaddr_un), and theirs in it take 13. */
#define PQQ__HANDOVER_FOLDER_BYTES 95

/* How long a worker that shuts down believes who has come after it. Looking reads a folder. */
#define PQQ__HANDOVER_BELIEVED_MS 100

/* Longest URL of pqq_request; RFC 9110 section 4.1 asks for at least 8,000. */
#define PQQ__MAX_URL_BYTES 8192

/* The head start of one address on the next in pqq_request: what RFC 8305
 * section 5 recommends as Connection Attempt Delay (100 ms to 2 s are allowed). */
#define PQQ__ATTEMPT_DELAY_MS 250

/* Addresses of one name that pqq_request tries; each has a socket and a
 * connection until one has won. */
#define PQQ__MAX_ATTEMPTS 8

/* And among which it picks these, so that many IPv6 addresses do not push out
 * all IPv4 ones. */
#define PQQ__MAX_RESOLVED 64

/* Server: the defaults and bounds of pqq_server_options.max_body_bytes. */
#define PQQ__SERVER_BODY_BYTES (1024u * 1024u)
#define PQQ__MAX_SERVER_BODY_BYTES (1024u * 1024u * 1024u)

/* Client: those of pqq_request_options. */
#define PQQ__REQUEST_TIMEOUT_MS 30000u
#define PQQ__MAX_REQUEST_TIMEOUT_MS 3600000u
#define PQQ__RESPONSE_BODY_BYTES (64u * 1024u * 1024u)

/* First allocation for a message body; it doubles up to its limit. */
#define PQQ__FIRST_BODY_BYTES 4096u

#endif
