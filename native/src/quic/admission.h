/* SPDX-License-Identifier: MIT */
/* Who may begin a connection: the order in which a server's limits bite. Pure
 * arithmetic on counters and the time; endpoint_accept.c acts on the verdict.
 *
 *   the address is                not proven        proven (token)
 *   connections of the worker     refuse at max_connections, half-open at MAX
 *   handshake CPU, over 125 %     refuse            refuse
 *   half-open from BUSY on        Retry             admit
 *   handshake CPU, over 100 %     Retry             admit
 *   rate of the address           Retry             refuse
 *
 * Retry stands for admit (refuse at the rate) where `retry` is never. A sender of forged
 * addresses can use up the places, the CPU and the rate of those who have not
 * proven theirs, and nothing of the others': their rates are counted apart. */
#ifndef PQQ__QUIC_ADMISSION_H
#define PQQ__QUIC_ADMISSION_H

#include <pqq/engine.h>

#include "core/rate_table.h"

typedef enum pqq__admission_verdict {
  PQQ__ADMIT,
  PQQ__ADMIT_AFTER_RETRY,
  /* Refused, by what is counted. */
  PQQ__REFUSE_FULL,
  PQQ__REFUSE_BUSY,
  PQQ__REFUSE_RATE
} pqq__admission_verdict;

typedef struct pqq__admission {
  const pqq_config_options *values;
  /* Without connections_per_address it has no buckets. */
  int is_server;
  uint8_t rate_key[16];
  pqq__rate_table rates;
  uint64_t (*work_clock)(void *user_data);
  void *user_data;
  /* CPU time that handshakes may still take at `cpu_at`; below zero what was
   * taken beyond the budget. */
  int64_t cpu_left_ns;
  pqq_time_ns cpu_at;
} pqq__admission;

/* What there is at the moment. */
typedef struct pqq__admission_load {
  uint32_t half_open;
  uint32_t connections;
  int is_shut_down;
} pqq__admission_load;

/* `rate_key` is 16 random bytes. 0, or -1 on lack of memory. */
int pqq__admission_init(pqq__admission *admission, const pqq_config_options *values,
                        const pqq_engine_options *options, const uint8_t rate_key[16]);
/* Other limits from now on; what was counted stays. 0, or -1 on lack of memory, with the old ones.
 */
int pqq__admission_set(pqq__admission *admission, const pqq_config_options *values);
void pqq__admission_deinit(pqq__admission *admission);

/* Judges a first datagram. Takes from the rate of `remote` only with PQQ__ADMIT. */
pqq__admission_verdict pqq__admission_judge(pqq__admission *admission,
                                            const pqq__admission_load *load,
                                            const pqq_address *remote, int is_proven,
                                            pqq_time_ns now);

/* CPU time of a piece of work: what begin returned goes to end. */
uint64_t pqq__admission_cpu_begin(const pqq__admission *admission);
void pqq__admission_cpu_end(pqq__admission *admission, uint64_t began, pqq_time_ns now);
void pqq__admission_spend(pqq__admission *admission, uint64_t cpu_ns, pqq_time_ns now);

#endif
