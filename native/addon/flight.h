/* SPDX-License-Identifier: MIT */
/* pqq_config_predict_flight and pqq_predict_flight for JavaScript. */
#ifndef PQQ_ADDON_FLIGHT_H
#define PQQ_ADDON_FLIGHT_H

#include <napi.h>

#include <pqq/pqq.h>

namespace velo {

// The flight of a server with that configuration.
Napi::Value FlightOf(Napi::Env env, const pqq_config *config, const Napi::Value &query);

// predictFlight(options, query): the flight of a server with these options.
Napi::Value PredictFlight(const Napi::CallbackInfo &info);

// predictFlightOf(facts, query): the flight of a server that was met.
Napi::Value PredictFlightOf(const Napi::CallbackInfo &info);

} // namespace velo

#endif
