/* SPDX-License-Identifier: MIT */
/* The portable poller on every system: its source is built again here, under
 * names of its own. */
#define PQQ_FORCE_POLL 1
#define pqq__poller test_poller
#define pqq__poller_init test_poller_init
#define pqq__poller_deinit test_poller_deinit
#define pqq__poller_add test_poller_add
#define pqq__poller_watch_writes test_poller_watch_writes
#define pqq__poller_wait test_poller_wait
#define pqq__poller_wake test_poller_wake
#define pqq__wait_socket test_wait_socket
#define pqq__wait_sockets test_wait_sockets
#include "../../../native/src/io/poller_poll.c"
#define POLLER_NAME "the portable poller"
#include "poller_cases.h"
