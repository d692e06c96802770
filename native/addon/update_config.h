/* SPDX-License-Identifier: MIT */
/* Another configuration for a running driver, made and taken over on a thread of
 * the libuv pool: certificates and keys take milliseconds to load. */
#ifndef PQQ_ADDON_UPDATE_CONFIG_H
#define PQQ_ADDON_UPDATE_CONFIG_H

#include <functional>
#include <memory>

#include <napi.h>

#include <pqq/pqq.h>

#include "driver_host.h"

namespace velo {

// A promise that settles once every worker has the configuration that `options` describe, or that
// is rejected, with the old one in force. `taken` gets the new configuration, with a reference that
// is its own, on the JavaScript thread before the promise settles. `owner` stays alive until then.
Napi::Value UpdateConfig(const Napi::Object &owner, std::shared_ptr<DriverHost> host,
                         const Napi::Object &options, std::function<void(pqq_config *)> taken);

} // namespace velo

#endif
