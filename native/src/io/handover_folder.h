/* SPDX-License-Identifier: MIT */
/* The folder of the sockets of handover.h, and who is in it. */
#ifndef PQQ__IO_HANDOVER_FOLDER_H
#define PQQ__IO_HANDOVER_FOLDER_H

#include <stdint.h>
#include <sys/un.h>

#include "io/handover.h"

/* Credentials with each message and ports that processes share are Linux's. */
#if defined(__linux__)
#define PQQ__HAS_HANDOVER 1
#else
#define PQQ__HAS_HANDOVER 0
#endif

/* The socket of a worker. */
void pqq__handover_name(struct sockaddr_un *name, const char *folder, uint16_t generation,
                        uint32_t worker);

/* The generation, not `own`, whose sockets are the youngest, and its workers; their number, 0 if
 * there is none. */
uint32_t pqq__handover_newest(const char *folder, uint16_t own, uint16_t *generation,
                              uint8_t workers[PQQ__MAX_WORKERS]);

#endif
