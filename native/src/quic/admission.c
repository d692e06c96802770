/* SPDX-License-Identifier: MIT */
#include "quic/admission.h"

#include <string.h>

#include "core/limits.h"
#include "core/prefix.h"
#include "core/units.h"

/* What one source of connections is, by family: an address, and the site that it belongs to. */
#define ADDRESS_BITS_4 32
#define SITE_BITS_4 24
#define ADDRESS_BITS_6 64
#define SITE_BITS_6 48

/* A prefix, and whether it is proven. */
#define NAME_BYTES (PQQ__PREFIX_KEY_BYTES + 1)

/* Of the table, that of the address and that of its site. */
typedef struct source {
  uint8_t address[NAME_BYTES];
  uint8_t site[NAME_BYTES];
} source;

int pqq__admission_init(pqq__admission *admission, const pqq_config_options *values,
                        const pqq_engine_options *options, const uint8_t rate_key[16]) {
  *admission =
      (pqq__admission){.work_clock = options->work_clock,
                       .user_data = options->user_data,
                       .is_server = options->is_server != 0,
                       .cpu_left_ns = (int64_t)(values->handshake_cpu_ms * PQQ__NS_PER_MS)};
  memcpy(admission->rate_key, rate_key, sizeof admission->rate_key);
  return pqq__admission_set(admission, values);
}

int pqq__admission_set(pqq__admission *admission, const pqq_config_options *values) {
  if (admission->is_server && values->connections_per_address && !admission->rates.buckets &&
      pqq__rate_table_init(&admission->rates, admission->rate_key) != 0) {
    return -1;
  }
  admission->values = values;
  return 0;
}

void pqq__admission_deinit(pqq__admission *admission) {
  pqq__rate_table_deinit(&admission->rates);
}

/* --- CPU ------------------------------------------------------------------------------------- */

static int64_t budget_ns(const pqq__admission *admission) {
  return (int64_t)(admission->values->handshake_cpu_ms * PQQ__NS_PER_MS);
}

/* A second fills the budget whatever was left; so what is overdrawn is worked off within one
 * second, and what is saved is not more than one second's. */
static void refill(pqq__admission *admission, pqq_time_ns now) {
  int64_t budget = budget_ns(admission);
  pqq_time_ns elapsed = now > admission->cpu_at ? now - admission->cpu_at : 0;

  if (elapsed > 2 * PQQ__NS_PER_S) {
    elapsed = 2 * PQQ__NS_PER_S;
  }
  admission->cpu_left_ns += (int64_t)(elapsed * admission->values->handshake_cpu_ms / 1000);
  if (admission->cpu_left_ns > budget) {
    admission->cpu_left_ns = budget;
  }
  admission->cpu_at = now;
}

uint64_t pqq__admission_cpu_begin(const pqq__admission *admission) {
  return admission->work_clock ? admission->work_clock(admission->user_data) : 0;
}

void pqq__admission_spend(pqq__admission *admission, uint64_t cpu_ns, pqq_time_ns now) {
  int64_t budget = budget_ns(admission);

  refill(admission, now);
  admission->cpu_left_ns -= cpu_ns < 2 * (uint64_t)budget ? (int64_t)cpu_ns : 2 * budget;
  if (admission->cpu_left_ns < -budget) {
    admission->cpu_left_ns = -budget;
  }
}

void pqq__admission_cpu_end(pqq__admission *admission, uint64_t began, pqq_time_ns now) {
  if (admission->work_clock) {
    pqq__admission_spend(admission, admission->work_clock(admission->user_data) - began, now);
  }
}

static int is_cpu_used_up(const pqq__admission *admission, uint32_t percent) {
  int64_t beyond = budget_ns(admission) * (int64_t)(percent - 100) / 100;

  return admission->cpu_left_ns <= -beyond;
}

/* --- Rate ------------------------------------------------------------------------------------ */

static source source_of(const pqq_address *remote, int is_proven) {
  pqq_address plain = pqq__address_plain(remote);
  int is_ipv4 = plain.family == 4;
  source made;

  pqq__prefix_key(&plain, is_ipv4 ? ADDRESS_BITS_4 : ADDRESS_BITS_6, made.address);
  pqq__prefix_key(&plain, is_ipv4 ? SITE_BITS_4 : SITE_BITS_6, made.site);
  made.address[NAME_BYTES - 1] = made.site[NAME_BYTES - 1] = is_proven != 0;
  return made;
}

static pqq__rate rate_of(uint32_t per_second) {
  return (pqq__rate){per_second,
                     per_second > PQQ__RATE_MIN_BURST ? per_second : PQQ__RATE_MIN_BURST};
}

/* 1 if there is no limit, or one connection more was within it. */
static int take_rate(pqq__admission *admission, const pqq_address *remote, int is_proven,
                     pqq_time_ns now) {
  pqq__rate_table *rates = &admission->rates;
  pqq__rate address_rate, site_rate;
  source from;

  if (!rates->buckets || !admission->values->connections_per_address) {
    return 1;
  }
  from = source_of(remote, is_proven);
  address_rate = rate_of(admission->values->connections_per_address);
  site_rate = (pqq__rate){address_rate.per_second * PQQ__RATE_SITE_FACTOR,
                          address_rate.burst * PQQ__RATE_SITE_FACTOR};
  if (!pqq__rate_table_has(rates, from.address, NAME_BYTES, address_rate, now) ||
      !pqq__rate_table_has(rates, from.site, NAME_BYTES, site_rate, now)) {
    return 0;
  }
  pqq__rate_table_take(rates, from.address, NAME_BYTES, address_rate, now);
  pqq__rate_table_take(rates, from.site, NAME_BYTES, site_rate, now);
  return 1;
}

/* --- All of it ------------------------------------------------------------------------------- */

static int wants_retry(const pqq__admission *admission, const pqq__admission_load *load) {
  switch (admission->values->retry) {
  case PQQ_RETRY_ALWAYS:
    return 1;
  case PQQ_RETRY_NEVER:
    return 0;
  default:
    return load->half_open >= PQQ__BUSY_HALF_OPEN || is_cpu_used_up(admission, 100);
  }
}

pqq__admission_verdict pqq__admission_judge(pqq__admission *admission,
                                            const pqq__admission_load *load,
                                            const pqq_address *remote, int is_proven,
                                            pqq_time_ns now) {
  refill(admission, now);
  if (load->is_shut_down || load->connections >= admission->values->max_connections) {
    return PQQ__REFUSE_FULL;
  }
  if (load->half_open >= PQQ__MAX_HALF_OPEN ||
      is_cpu_used_up(admission, PQQ__HANDSHAKE_CPU_HARD_PERCENT)) {
    return PQQ__REFUSE_BUSY;
  }
  if (!is_proven && wants_retry(admission, load)) {
    return PQQ__ADMIT_AFTER_RETRY;
  }
  if (!take_rate(admission, remote, is_proven, now)) {
    return is_proven || admission->values->retry == PQQ_RETRY_NEVER ? PQQ__REFUSE_RATE
                                                                    : PQQ__ADMIT_AFTER_RETRY;
  }
  return PQQ__ADMIT;
}
