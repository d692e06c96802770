/* SPDX-License-Identifier: MIT */
/* When the attempts of a race begin, which one wins and what is said when none does: in virtual
 * time, with an engine whose datagrams go nowhere. */
#include <string.h>

#include "api/api_fixture.h"
#include "api/race.h"
#include "core/units.h"
#include "harness.h"

#define DELAY_NS (PQQ__ATTEMPT_DELAY_MS * PQQ__NS_PER_MS)
#define ADDRESSES 12
#define BEGIN_NS (5 * PQQ__NS_PER_S)

typedef struct fixture {
  pqq_config *config;
  pqq_engine *engine;
  pqq_address addresses[ADDRESSES];
  pqq__race race;
} fixture;

static void set_up(fixture *f, uint32_t max_connections) {
  pqq_config_options options = fixture_options();
  pqq_engine_options engine_options;
  pqq_connect_options connect = {.struct_size = sizeof connect, .server_name = "localhost"};

  *f = (fixture){0};
  options.max_connections = max_connections;
  EXPECT_INT(pqq_config_new(&options, &f->config), PQQ_OK);
  EXPECT_INT(pqq_engine_options_init(&engine_options, sizeof engine_options), PQQ_OK);
  EXPECT_INT(pqq_engine_new(f->config, &engine_options, &f->engine), PQQ_OK);
  for (size_t i = 0; i < ADDRESSES; i++) {
    f->addresses[i] =
        (pqq_address){.family = 4, .port = (uint16_t)(40000 + i), .ip = {127, 0, 0, 1}};
  }
  pqq__race_init(&f->race, f->engine, &connect, f->addresses, ADDRESSES);
}

static void tear_down(fixture *f) {
  pqq__race_deinit(&f->race);
  pqq_engine_free(f->engine);
  pqq_config_unref(f->config);
}

static void fail(fixture *f, size_t i, pqq_status status) {
  pqq_close_info close = {.status = status, .reason = {(const uint8_t *)"why", 3}};

  pqq__race_closed(&f->race, f->race.attempts[i].conn, &close);
}

/* Closes a connection in the engine, and takes its event as the loop does. */
static void end(fixture *f, size_t i) {
  pqq_event event;

  EXPECT_INT(pqq_engine_unreachable(f->engine, &f->addresses[i], BEGIN_NS), PQQ_OK);
  while (pqq_engine_next_event(f->engine, &event) == PQQ_OK) {
    if (event.type == PQQ_EVENT_CLOSED) {
      pqq__race_closed(&f->race, event.conn, event.close);
    }
  }
}

TEST("each address has a head start on the next") {
  fixture f;

  EXPECT(PQQ__ATTEMPT_DELAY_MS >= 100 && PQQ__ATTEMPT_DELAY_MS <= 2000); /* RFC 8305 section 5 */
  set_up(&f, 100);
  pqq__race_step(&f.race, BEGIN_NS);
  EXPECT_UINT(f.race.begun, 1);
  EXPECT_UINT(pqq__race_deadline(&f.race), BEGIN_NS + DELAY_NS);
  pqq__race_step(&f.race, BEGIN_NS + DELAY_NS - 1);
  EXPECT_UINT(f.race.begun, 1);
  pqq__race_step(&f.race, BEGIN_NS + DELAY_NS);
  EXPECT_UINT(f.race.begun, 2);
  EXPECT_UINT(f.race.attempts[1].remote->port, 40001);
  tear_down(&f);
}

TEST("one that fails lets the next begin at once, which has a whole head start again") {
  fixture f;

  set_up(&f, 100);
  pqq__race_step(&f.race, BEGIN_NS);
  end(&f, 0);
  pqq__race_step(&f.race, BEGIN_NS + 7);
  EXPECT_UINT(f.race.begun, 2);
  EXPECT_UINT(pqq__race_deadline(&f.race), BEGIN_NS + 7 + DELAY_NS);
  EXPECT(!f.race.is_over);
  tear_down(&f);
}

TEST("no more addresses are tried than the limit says, and then it is over") {
  fixture f;

  set_up(&f, 100);
  for (size_t i = 0; i < ADDRESSES; i++) {
    pqq__race_step(&f.race, BEGIN_NS + i * DELAY_NS);
  }
  EXPECT_UINT(f.race.begun, PQQ__MAX_ATTEMPTS);
  EXPECT_UINT(pqq__race_deadline(&f.race), PQQ_TIME_NEVER);
  for (size_t i = 0; i < PQQ__MAX_ATTEMPTS; i++) {
    EXPECT(!f.race.is_over);
    end(&f, i);
    pqq__race_step(&f.race, BEGIN_NS + ADDRESSES * DELAY_NS);
  }
  EXPECT(f.race.is_over);
  EXPECT_INT(pqq__race_verdict(&f.race), PQQ_ERR_UNREACHABLE);
  EXPECT(strstr(pqq_error_detail(), "127.0.0.1:40000: ") == pqq_error_detail());
  tear_down(&f);
}

TEST("max_connections bounds those that run at once, not which are tried") {
  fixture f;

  set_up(&f, 1);
  pqq__race_step(&f.race, BEGIN_NS);
  pqq__race_step(&f.race, BEGIN_NS + DELAY_NS);
  EXPECT_UINT(f.race.begun, 1);
  EXPECT_UINT(pqq__race_deadline(&f.race), PQQ_TIME_NEVER);
  end(&f, 0);
  pqq__race_step(&f.race, BEGIN_NS + DELAY_NS);
  EXPECT_UINT(f.race.begun, 2);
  EXPECT(f.race.attempts[1].is_running);
  tear_down(&f);
}

TEST("the error is that of the attempt that got furthest, of several the first") {
  static const struct {
    pqq_status first, second, verdict;
    int is_first_answered, is_second_answered;
  } rows[] = {
      {PQQ_ERR_UNREACHABLE, PQQ_ERR_CONNECTION_REFUSED, PQQ_ERR_CONNECTION_REFUSED, 0, 1},
      {PQQ_ERR_CONNECTION_REFUSED, PQQ_ERR_UNREACHABLE, PQQ_ERR_CONNECTION_REFUSED, 1, 0},
      {PQQ_ERR_CONNECTION_REFUSED, PQQ_ERR_TRANSPORT, PQQ_ERR_CONNECTION_REFUSED, 1, 1},
      {PQQ_ERR_HANDSHAKE_TIMEOUT, PQQ_ERR_HANDSHAKE_TIMEOUT, PQQ_ERR_HANDSHAKE_TIMEOUT, 0, 1},
      {PQQ_ERR_HANDSHAKE_TIMEOUT, PQQ_ERR_HANDSHAKE_TIMEOUT, PQQ_ERR_UNREACHABLE, 0, 0},
      {PQQ_ERR_UNREACHABLE, PQQ_ERR_CERT_UNTRUSTED, PQQ_ERR_CERT_UNTRUSTED, 0, 1},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fixture f;

    NOTE("row %zu", i);
    set_up(&f, 100);
    pqq__race_step(&f.race, BEGIN_NS);
    pqq__race_step(&f.race, BEGIN_NS + DELAY_NS);
    f.race.attempts[0].is_answered = rows[i].is_first_answered;
    f.race.attempts[1].is_answered = rows[i].is_second_answered;
    fail(&f, 0, rows[i].first);
    fail(&f, 1, rows[i].second);
    EXPECT_INT(pqq__race_verdict(&f.race), rows[i].verdict);
    tear_down(&f);
  }
}

TEST("a server that is refused ends the race, whoever else is running") {
  static const pqq_status refusals[] = {PQQ_ERR_CERT_UNTRUSTED, PQQ_ERR_CERT_NAME_MISMATCH,
                                        PQQ_ERR_POLICY_AUTHENTICATION};

  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    fixture f;

    set_up(&f, 100);
    pqq__race_step(&f.race, BEGIN_NS);
    pqq__race_step(&f.race, BEGIN_NS + DELAY_NS);
    fail(&f, 1, refusals[i]);
    pqq__race_step(&f.race, BEGIN_NS + DELAY_NS);
    EXPECT(f.race.is_over);
    EXPECT_UINT(f.race.begun, 2);
    EXPECT_INT(pqq__race_connected(&f.race, f.race.attempts[0].conn), 0);
    EXPECT_INT(pqq__race_verdict(&f.race), refusals[i]);
    tear_down(&f);
  }
}

TEST("there is one winner; the others are closed, and their ends do not count") {
  fixture f;
  pqq_event event;
  size_t closed = 0;

  set_up(&f, 100);
  for (size_t i = 0; i < 3; i++) {
    pqq__race_step(&f.race, BEGIN_NS + i * DELAY_NS);
  }
  EXPECT_INT(pqq__race_connected(&f.race, f.race.attempts[1].conn), 1);
  EXPECT(f.race.winner == &f.race.attempts[1]);
  EXPECT_INT(pqq__race_connected(&f.race, f.race.attempts[2].conn), 0);
  EXPECT(f.race.winner == &f.race.attempts[1]);
  while (pqq_engine_next_event(f.engine, &event) == PQQ_OK) {
    closed += event.type == PQQ_EVENT_CLOSED;
    pqq__race_closed(&f.race, event.conn, event.close);
  }
  /* Of this engine none is connected, so the winner is abandoned with the others. */
  EXPECT_UINT(closed, 3);
  EXPECT_INT(f.race.progress, PQQ__PROGRESS_NONE);
  pqq__race_step(&f.race, BEGIN_NS + 9 * DELAY_NS);
  EXPECT_UINT(f.race.begun, 3);
  pqq__race_tidy(&f.race);
  EXPECT(f.race.attempts[0].sock.fd < 0 && f.race.attempts[2].sock.fd < 0);
  EXPECT(f.race.attempts[1].sock.fd >= 0);
  EXPECT(pqq__race_sender(&f.race, &f.race.attempts[1].sock.bound) == f.race.winner);
  EXPECT(pqq__race_sender(&f.race, &f.race.attempts[0].sock.bound) == NULL);
  tear_down(&f);
}

TEST("when the time is up, those who were answered have the better error") {
  fixture f;

  set_up(&f, 100);
  pqq__race_step(&f.race, BEGIN_NS);
  pqq__race_step(&f.race, BEGIN_NS + DELAY_NS);
  f.race.attempts[1].is_answered = 1;
  pqq__race_time_out(&f.race, PQQ_ERR_HANDSHAKE_TIMEOUT);
  EXPECT(f.race.is_over);
  EXPECT_INT(pqq__race_verdict(&f.race), PQQ_ERR_HANDSHAKE_TIMEOUT);
  EXPECT_STR(pqq_error_detail(), "127.0.0.1:40001");
  tear_down(&f);
}
