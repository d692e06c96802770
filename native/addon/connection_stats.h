/* SPDX-License-Identifier: MIT */
/* The live counters of one connection, asked for off the JavaScript thread: a
 * worker may be in the middle of a burst of handshakes. */
#ifndef PQQ_ADDON_CONNECTION_STATS_H
#define PQQ_ADDON_CONNECTION_STATS_H

#include <memory>

#include <napi.h>

#include "driver_host.h"

namespace velo {

// A promise of a Float64Array: bytes sent, bytes received, datagrams sent,
// datagrams received, packets lost, smoothed RTT in ms, least RTT in ms,
// congestion window in bytes. Undefined if the connection is gone.
Napi::Value AskConnectionStats(Napi::Env env, std::shared_ptr<DriverHost> host, pqq_id conn);

} // namespace velo

#endif
