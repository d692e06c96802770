/* SPDX-License-Identifier: MIT */
/* io/poller_epoll.c (or poller_poll.c elsewhere): readiness, deadlines, wakes. */
#include "io/poller.h"
#define POLLER_NAME "the system's poller"
#include "poller_cases.h"
