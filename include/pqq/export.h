/* SPDX-License-Identifier: MIT */
/* Symbol visibility. Every public function carries PQQ_EXPORT; everything
 * else in libpqq is hidden. */
#ifndef PQQ_EXPORT_H
#define PQQ_EXPORT_H

/** PQQ_EXPORT makes a function visible outside of the library. */
#if defined(__GNUC__) || defined(__clang__)
#define PQQ_EXPORT __attribute__((visibility("default")))
#else
#define PQQ_EXPORT
#endif

#endif
