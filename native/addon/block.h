/* SPDX-License-Identifier: MIT */
/* A server's block list, changed off the JavaScript thread: each worker is
 * waited for. */
#ifndef PQQ_ADDON_BLOCK_H
#define PQQ_ADDON_BLOCK_H

#include <memory>
#include <string>

#include <napi.h>

#include "driver_host.h"

namespace velo {

// A promise of the prefix as libpqq writes it ("192.0.2.0/24"), settled when all
// workers have it. Rejects with an error that has `status` and `detail`. `for_ms`
// 0: for good.
Napi::Value AskBlock(Napi::Env env, std::shared_ptr<DriverHost> host, const std::string &prefix,
                     bool is_blocked, uint64_t for_ms);

} // namespace velo

#endif
