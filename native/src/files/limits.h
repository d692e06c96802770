/* SPDX-License-Identifier: MIT */
/* Constants of the file server. `npm run gen` carries them into docs/limits.md. */
#ifndef PQQ__FILES_LIMITS_H
#define PQQ__FILES_LIMITS_H

/* Longest path below a root, decoded, with its NUL; Linux has PATH_MAX 4,096 for what a call takes.
 * A longer one is answered 414. */
#define PQQ__FILES_PATH_BYTES 4096

/* Longest prefix, index name and cache-control value of an option, with its NUL. */
#define PQQ__FILES_OPTION_BYTES 256

/* Byte ranges of one request. More, or ranges that overlap, get the whole file: no player or
 * download manager asks for that, and it is a known way to make a server send much for little (RFC
 * 9110 section 17.15). */
#define PQQ__FILES_MAX_RANGES 16

/* Files up to this size keep their bytes in memory: then a hot one costs no system call. */
#define PQQ__FILES_MEMORY_FILE_BYTES (64 * 1024)

/* Memory of one worker for such bytes; a transfer under way keeps its own file beyond that. */
#define PQQ__FILES_MEMORY_BYTES (32 * 1024 * 1024)

/* Files that one worker remembers, and how many of them may hold a descriptor: 64 workers and the
 * sockets stay below a limit of 16,384 descriptors, one worker far below the usual 1,024. The least
 * recently used goes first. */
#define PQQ__FILES_CACHE_ENTRIES 1024
#define PQQ__FILES_CACHE_DESCRIPTORS 128

/* How long a remembered file is taken for what is on the disk. Then it is opened again and
 * compared: device, inode, size and time of change. */
#define PQQ__FILES_VALID_MS 1000

/* What is read from a large file at a time. A stream holds at most the send buffer above it (256
 * KiB) and what is in flight. */
#define PQQ__FILES_CHUNK_BYTES (64 * 1024)

/* What one turn of a worker reads from disks for all its transfers: the same as it sends
 * (PQQ__TURN_SEND_BYTES). */
#define PQQ__FILES_TURN_BYTES (1024 * 1024)

/* How much of a large file the kernel is told to read ahead. */
#define PQQ__FILES_READ_AHEAD_BYTES (1024 * 1024)

/* Names in the list of a folder; a longer one says that it is cut. Reading it holds up the worker
 * for a millisecond. */
#define PQQ__FILES_LISTED_NAMES 1000

/* Folders that one worker knows: those of its driver and those of commands. */
#define PQQ__FILES_MAX_FOLDERS 256

/* How often openat2 is asked again that says EAGAIN because names are being changed under it. */
#define PQQ__FILES_OPEN_ATTEMPTS 8

#endif
