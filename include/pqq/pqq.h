/* SPDX-License-Identifier: MIT */
/**
 * libpqq: post-quantum QUIC and HTTP/3.
 *
 * Conventions of every header here
 *
 * - Fallible functions return pqq_status: 0 ok, positive progress, negative
 *   error. Results come through out-parameters, written only on success.
 *   NULL where it is not allowed gives PQQ_ERR_NULL_ARG, never a crash.
 * - Caller-filled structs begin with struct_size and are prepared by
 *   pqq_X_init(&x, sizeof x), which writes the defaults. They grow only at the
 *   end, and the library accepts every smaller size it ever had.
 * - Handles are opaque. _new/_start/_free and _ref/_unref are the only
 *   ownership verbs; free is called once; NULL is ignored by it.
 * - Threads: "thread-safe", "one thread at a time" or "owner thread only",
 *   said once at each type.
 * - Time is a parameter below the driver; units are in the names.
 * - Strings are UTF-8 with a NUL; bytes are pqq_bytes.
 *
 * Doors, from simple to full: server.h and request.h (pqq_start_server,
 * pqq_request), driver.h (threads, events, commands), engine.h (no I/O).
 */
#ifndef PQQ_PQQ_H
#define PQQ_PQQ_H

#include <pqq/config.h>
#include <pqq/driver.h>
#include <pqq/engine.h>
#include <pqq/error.h>
#include <pqq/events.h>
#include <pqq/export.h>
#include <pqq/files.h>
#include <pqq/request.h>
#include <pqq/server.h>
#include <pqq/signer.h>
#include <pqq/stats.h>
#include <pqq/types.h>
#include <pqq/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_init prepares the library: crypto self-check, CPU features, tables.
 *  Call it before anything else; calling it again is cheap and fine.
 *  Thread-safe. Errors: PQQ_ERR_INTERNAL (a crypto library does not work). */
PQQ_EXPORT pqq_status pqq_init(void);

/** pqq_version returns PQQ_VERSION_STRING of the library that runs. */
PQQ_EXPORT const char *pqq_version(void);

/** pqq_abi_version returns PQQ_ABI_VERSION of the library that runs. */
PQQ_EXPORT uint32_t pqq_abi_version(void);

/** pqq_capabilities returns static JSON text: versions of ngtcp2, nghttp3,
 *  AWS-LC and liboqs, groups, signature schemes, profiles, and whether GSO and
 *  GRO are known to this build. */
PQQ_EXPORT const char *pqq_capabilities(void);

/** pqq_group_name and pqq_group_from_name translate between IANA numbers and
 *  names ("X25519MLKEM768"). name: NULL if unknown; number: 0 if unknown. */
PQQ_EXPORT const char *pqq_group_name(uint16_t group);
PQQ_EXPORT uint16_t pqq_group_from_name(const char *name);

/** pqq_profile_name and pqq_profile_from_name: "light", "balanced", "secure".
 *  NULL or 0 if unknown. */
PQQ_EXPORT const char *pqq_profile_name(int32_t profile);
PQQ_EXPORT int32_t pqq_profile_from_name(const char *name);

#ifdef __cplusplus
}
#endif

#endif
