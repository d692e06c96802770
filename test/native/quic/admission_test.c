/* SPDX-License-Identifier: MIT */
/* The order in which a server's limits bite: every row of the table in
 * quic/admission.h. */
#include "quic/admission.h"

#include "core/limits.h"
#include "core/units.h"
#include "harness.h"

#define NOW (1000 * PQQ__NS_PER_S)

static const uint8_t key[16] = {7};

typedef struct scene {
  pqq_config_options values;
  pqq__admission admission;
  pqq__admission_load load;
  uint64_t cpu_ns;
} scene;

static uint64_t read_cpu(void *user_data) {
  return ((const scene *)user_data)->cpu_ns;
}

static void begin(scene *s, int32_t retry, uint32_t rate) {
  pqq_engine_options options = {.is_server = 1, .work_clock = read_cpu, .user_data = s};

  *s = (scene){.values = {.max_connections = 10000,
                          .handshake_cpu_ms = 400,
                          .retry = retry,
                          .connections_per_address = rate}};
  EXPECT_INT(pqq__admission_init(&s->admission, &s->values, &options, key), 0);
}

static pqq_address address(uint8_t net, uint8_t host) {
  return (pqq_address){.family = 4, .port = 1000, .ip = {192, 0, net, host}};
}

static int judge_from(scene *s, pqq_address from, int is_proven, pqq_time_ns now) {
  return pqq__admission_judge(&s->admission, &s->load, &from, is_proven, now);
}

static int judge(scene *s, int is_proven) {
  return judge_from(s, address(2, 1), is_proven, NOW);
}

static void spend_ms(scene *s, uint64_t cpu_ms, pqq_time_ns now) {
  uint64_t began = pqq__admission_cpu_begin(&s->admission);

  s->cpu_ns += cpu_ms * PQQ__NS_PER_MS;
  pqq__admission_cpu_end(&s->admission, began, now);
}

TEST("an idle server admits everybody, one with retry: always only who has a token") {
  scene s;

  begin(&s, PQQ_RETRY_AUTO, 0);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  EXPECT_INT(judge(&s, 1), PQQ__ADMIT);
  begin(&s, PQQ_RETRY_NEVER, 0);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  begin(&s, PQQ_RETRY_ALWAYS, 0);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT_AFTER_RETRY);
  EXPECT_INT(judge(&s, 1), PQQ__ADMIT);
}

TEST("from BUSY half-open connections on the address has to be proven, at MAX the door is shut") {
  scene s;

  begin(&s, PQQ_RETRY_AUTO, 0);
  s.load.half_open = PQQ__BUSY_HALF_OPEN - 1;
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  s.load.half_open = PQQ__BUSY_HALF_OPEN;
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT_AFTER_RETRY);
  s.load.half_open = PQQ__MAX_HALF_OPEN - 1;
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT_AFTER_RETRY);
  EXPECT_INT(judge(&s, 1), PQQ__ADMIT);
  s.values.retry = PQQ_RETRY_NEVER;
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  s.load.half_open = PQQ__MAX_HALF_OPEN;
  for (s.values.retry = PQQ_RETRY_AUTO; s.values.retry <= PQQ_RETRY_NEVER; s.values.retry++) {
    EXPECT_INT(judge(&s, 0), PQQ__REFUSE_BUSY);
    EXPECT_INT(judge(&s, 1), PQQ__REFUSE_BUSY);
  }
}

TEST("max_connections and a shutdown refuse everybody") {
  scene s;

  begin(&s, PQQ_RETRY_ALWAYS, 0);
  s.load.connections = s.values.max_connections;
  EXPECT_INT(judge(&s, 0), PQQ__REFUSE_FULL);
  EXPECT_INT(judge(&s, 1), PQQ__REFUSE_FULL);
  s.load.connections = 0;
  s.load.is_shut_down = 1;
  EXPECT_INT(judge(&s, 1), PQQ__REFUSE_FULL);
}

TEST("the CPU budget: Retry above it, refused above 125 %, and full again after a second") {
  scene s;

  begin(&s, PQQ_RETRY_AUTO, 0);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  spend_ms(&s, 399, NOW);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  spend_ms(&s, 1, NOW);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT_AFTER_RETRY);
  EXPECT_INT(judge(&s, 1), PQQ__ADMIT);
  s.values.retry = PQQ_RETRY_NEVER;
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  s.values.retry = PQQ_RETRY_AUTO;
  spend_ms(&s, 99, NOW);
  EXPECT_INT(judge(&s, 1), PQQ__ADMIT);
  spend_ms(&s, 1, NOW);
  EXPECT_INT(judge(&s, 0), PQQ__REFUSE_BUSY);
  EXPECT_INT(judge(&s, 1), PQQ__REFUSE_BUSY);
  /* 100 ms of CPU flow back in 250 ms. */
  EXPECT_INT(judge_from(&s, address(2, 1), 1, NOW + PQQ__NS_PER_S / 5), PQQ__ADMIT);
  EXPECT_INT(judge_from(&s, address(2, 1), 0, NOW + PQQ__NS_PER_S / 4), PQQ__ADMIT_AFTER_RETRY);
  EXPECT_INT(judge_from(&s, address(2, 1), 0, NOW + PQQ__NS_PER_S / 2), PQQ__ADMIT);
}

TEST("neither idleness nor a single long piece of work counts for more than a second") {
  pqq_time_ns later = NOW + 3600 * PQQ__NS_PER_S;
  scene s;

  begin(&s, PQQ_RETRY_AUTO, 0);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  spend_ms(&s, 500, later);
  EXPECT_INT(judge_from(&s, address(2, 1), 1, later), PQQ__REFUSE_BUSY);
  spend_ms(&s, 3600000, later);
  EXPECT_INT(judge_from(&s, address(2, 1), 1, later + PQQ__NS_PER_S / 2), PQQ__REFUSE_BUSY);
  EXPECT_INT(judge_from(&s, address(2, 1), 1, later + PQQ__NS_PER_S), PQQ__ADMIT);
  EXPECT_INT(judge_from(&s, address(2, 1), 0, later + PQQ__NS_PER_S + PQQ__NS_PER_MS), PQQ__ADMIT);
}

static uint32_t admitted(scene *s, pqq_address from, int is_proven, int verdict_after) {
  uint32_t count = 0;
  int verdict;

  while ((verdict = judge_from(s, from, is_proven, NOW)) == PQQ__ADMIT) {
    count++;
  }
  EXPECT_INT(verdict, verdict_after);
  return count;
}

TEST("above its rate an unproven address gets a Retry, a proven one is refused; both count apart") {
  scene s;

  begin(&s, PQQ_RETRY_AUTO, 10);
  EXPECT_UINT(admitted(&s, address(2, 1), 0, PQQ__ADMIT_AFTER_RETRY), 10);
  EXPECT_UINT(admitted(&s, address(2, 1), 1, PQQ__REFUSE_RATE), 10);
  EXPECT_INT(judge_from(&s, address(2, 2), 0, NOW), PQQ__ADMIT);
  EXPECT_INT(judge_from(&s, address(2, 1), 1, NOW + PQQ__NS_PER_S / 10), PQQ__ADMIT);
  pqq__admission_deinit(&s.admission);
  begin(&s, PQQ_RETRY_NEVER, 10);
  EXPECT_UINT(admitted(&s, address(2, 1), 0, PQQ__REFUSE_RATE), 10);
  pqq__admission_deinit(&s.admission);
}

TEST("a site has eight times the rate of an address, and IPv6 is counted by /64 and /48") {
  uint32_t count = 0;
  scene s;

  begin(&s, PQQ_RETRY_AUTO, 10);
  for (uint8_t host = 0; host < 200; host++) {
    count += judge_from(&s, address(2, host), 1, NOW) == PQQ__ADMIT;
  }
  EXPECT_UINT(count, 10 * PQQ__RATE_SITE_FACTOR);
  EXPECT_INT(judge_from(&s, address(3, 1), 1, NOW), PQQ__ADMIT);
  count = 0;
  for (uint8_t host = 0; host < 200; host++) {
    pqq_address from = {.family = 6, .ip = {0x20, 1, 0xd, 0xb8, [7] = 5, [15] = host}};

    count += judge_from(&s, from, 1, NOW) == PQQ__ADMIT;
  }
  EXPECT_UINT(count, 10);
  for (uint8_t net = 0; net < 200; net++) {
    pqq_address from = {.family = 6, .ip = {0x20, 1, 0xd, 0xb8, [7] = net}};

    count += judge_from(&s, from, 1, NOW) == PQQ__ADMIT;
  }
  EXPECT_UINT(count, 10 * PQQ__RATE_SITE_FACTOR);
  pqq__admission_deinit(&s.admission);
}

TEST("other limits hold from the moment they are set, and what was counted stays counted") {
  pqq_config_options with_rate;
  scene s;

  begin(&s, PQQ_RETRY_AUTO, 0);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT);
  spend_ms(&s, 400, NOW);
  with_rate = s.values;
  with_rate.connections_per_address = 10;
  EXPECT_INT(pqq__admission_set(&s.admission, &with_rate), 0);
  EXPECT_INT(judge(&s, 0), PQQ__ADMIT_AFTER_RETRY);
  EXPECT_UINT(admitted(&s, address(2, 1), 1, PQQ__REFUSE_RATE), 10);
  EXPECT_INT(pqq__admission_set(&s.admission, &s.values), 0);
  EXPECT_INT(judge(&s, 1), PQQ__ADMIT);
  pqq__admission_deinit(&s.admission);
}
