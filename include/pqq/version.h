/* SPDX-License-Identifier: MIT */
/* Library version; package.json is checked against it. */
#ifndef PQQ_VERSION_H
#define PQQ_VERSION_H

/** PQQ_VERSION_* is the version of these headers; pqq_version returns that of the
 *  library that runs. */
#define PQQ_VERSION_MAJOR 0
#define PQQ_VERSION_MINOR 1
#define PQQ_VERSION_PATCH 0
#define PQQ_VERSION_STRING "0.1.0"

/** PQQ_ABI_VERSION grows by one whenever a change breaks old binaries; it is
 *  the number in `libpqq.so.0`. */
#define PQQ_ABI_VERSION 0

#endif
