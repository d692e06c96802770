/* SPDX-License-Identifier: MIT */
/* IP literals to pqq_address and back to JavaScript. */
#ifndef PQQ_ADDON_ADDRESS_H
#define PQQ_ADDON_ADDRESS_H

#include <string>

#include <napi.h>

#include <pqq/pqq.h>

namespace velo {

// An IP literal, with a zone ("fe80::1%eth0") if need be. False: it is none.
bool ParseAddress(const std::string &text, uint16_t port, pqq_address *address);

// Without port and zone.
std::string AddressText(const pqq_address &address);

// {address, port, family}
Napi::Object AddressObject(Napi::Env env, const pqq_address &address);

} // namespace velo

#endif
