/* SPDX-License-Identifier: MIT */
/* The block list of a driver: that of each of its workers' engines, which are
 * kept alike by asking all of them in turn. */
#include "core/error.h"
#include "core/units.h"
#include "io/clock.h"
#include "io/driver.h"

typedef struct request {
  const pqq_prefix *prefix;
  pqq_time_ns until;
  pqq_status status;
} request;

static void block(pqq_engine *engine, void *user_data) {
  request *wanted = user_data;

  wanted->status = pqq_engine_block(engine, wanted->prefix, wanted->until, pqq__clock_ns());
}

static void unblock(pqq_engine *engine, void *user_data) {
  request *wanted = user_data;

  wanted->status = pqq_engine_unblock(engine, wanted->prefix);
}

static pqq_status ask_all(pqq_driver *driver, void (*ask)(pqq_engine *engine, void *user_data),
                          request *wanted) {
  pqq__error_clear();
  if (driver == NULL || wanted->prefix == NULL) {
    return pqq__driver_null_error(driver, "prefix");
  }
  return pqq__driver_ask_all(driver, ask, wanted, &wanted->status);
}

pqq_status pqq_driver_block(pqq_driver *driver, const pqq_prefix *prefix, uint64_t for_ms) {
  pqq_time_ns now = pqq__clock_ns();
  pqq_time_ns longest = (PQQ_TIME_NEVER - now) / PQQ__NS_PER_MS;
  request wanted = {.prefix = prefix, .until = PQQ_TIME_NEVER};

  if (for_ms != 0 && for_ms < longest) {
    wanted.until = now + for_ms * PQQ__NS_PER_MS;
  }
  return ask_all(driver, block, &wanted);
}

pqq_status pqq_driver_unblock(pqq_driver *driver, const pqq_prefix *prefix) {
  request wanted = {.prefix = prefix};

  return ask_all(driver, unblock, &wanted);
}
