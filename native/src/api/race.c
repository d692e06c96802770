/* SPDX-License-Identifier: MIT */
/* See race.h. */
#include "api/race.h"

#include <stdio.h>

#include "core/units.h"
#include "http3/session.h"
#include "io/address.h"

/* pqq_connect_options.token of all attempts, by which the losers are abandoned. */
#define RACE_TOKEN 1

void pqq__race_init(pqq__race *race, pqq_engine *engine, const pqq_connect_options *options,
                    const pqq_address *addresses, size_t count) {
  *race = (pqq__race){.engine = engine,
                      .options = *options,
                      .addresses = addresses,
                      .count = count < PQQ__MAX_ATTEMPTS ? count : PQQ__MAX_ATTEMPTS};
  race->options.token = RACE_TOKEN;
}

void pqq__race_deinit(pqq__race *race) {
  for (size_t i = 0; i < race->begun; i++) {
    pqq__udp_socket_close(&race->attempts[i].sock);
  }
}

static size_t count_running(const pqq__race *race) {
  size_t running = 0;

  for (size_t i = 0; i < race->begun; i++) {
    running += race->attempts[i].is_running != 0;
  }
  return running;
}

/* --- Failures ------------------------------------------------------------------------------------
 */

/* Band -3xx of error_codes.def: certificates, algorithms, policy. */
static int is_refusal(pqq_status status) {
  return status <= -300 && status > -400;
}

static pqq__progress progress_of(const pqq__attempt *attempt, pqq_status status) {
  if (is_refusal(status)) {
    return PQQ__PROGRESS_REFUSED;
  }
  if (attempt->is_answered) {
    return PQQ__PROGRESS_ANSWERED;
  }
  return status == PQQ_ERR_UNREACHABLE ? PQQ__PROGRESS_SILENT : PQQ__PROGRESS_FAILED;
}

/* The next need not wait for its turn. */
static void lose(pqq__race *race, pqq__attempt *attempt, pqq_status status, const char *detail) {
  pqq__progress progress = progress_of(attempt, status);

  attempt->is_running = 0;
  race->next_at = 0;
  race->is_over |= progress == PQQ__PROGRESS_REFUSED;
  if (progress > race->progress) {
    race->progress = progress;
    race->status = status;
    (void)snprintf(race->detail, sizeof race->detail, "%s", detail);
  }
}

static pqq__attempt *find(pqq__race *race, pqq_id conn) {
  for (size_t i = 0; i < race->begun; i++) {
    if (race->attempts[i].is_running && race->attempts[i].conn == conn) {
      return &race->attempts[i];
    }
  }
  return NULL;
}

/* A handshake that nobody has answered is the same as an address that nobody has. */
void pqq__race_closed(pqq__race *race, pqq_id conn, const pqq_close_info *close) {
  pqq__attempt *attempt = find(race, conn);
  pqq_status status = close->status == PQQ_OK ? PQQ_ERR_CONNECTION_CLOSED : close->status;
  char detail[PQQ__ERROR_DETAIL_BYTES], address[PQQ__ADDRESS_TEXT_BYTES];

  if (attempt == NULL) {
    return; /* has lost already */
  }
  if (!attempt->is_answered && status == PQQ_ERR_HANDSHAKE_TIMEOUT) {
    status = PQQ_ERR_UNREACHABLE;
  }
  (void)snprintf(detail, sizeof detail, "%s: %.*s", pqq__address_text(attempt->remote, address),
                 (int)close->reason.len,
                 close->reason.len > 0 ? (const char *)close->reason.data : "");
  lose(race, attempt, status, detail);
}

void pqq__race_time_out(pqq__race *race, pqq_status status) {
  for (size_t i = 0; i < race->begun; i++) {
    pqq__attempt *attempt = &race->attempts[i];
    char address[PQQ__ADDRESS_TEXT_BYTES];

    if (attempt->is_running) {
      lose(race, attempt, attempt->is_answered ? status : PQQ_ERR_UNREACHABLE,
           pqq__address_text(attempt->remote, address));
    }
  }
  race->is_over = 1;
}

pqq_status pqq__race_verdict(const pqq__race *race) {
  return pqq__error_set(race->status, "%s", race->detail);
}

/* --- Attempts ------------------------------------------------------------------------------------
 */

static pqq_status open_socket(pqq__attempt *attempt) {
  pqq__udp_options options = {.local = pqq__address_any(attempt->remote->family, 0),
                              .buffer_bytes = PQQ__SOCKET_BUFFER_BYTES,
                              .use_offload = 1};
  pqq_status status = pqq__udp_socket_open(&attempt->sock, &options);

  /* No such family here: as good as no route. */
  if (status == PQQ_ERR_ADDRESS_UNAVAILABLE) {
    return PQQ_ERR_UNREACHABLE;
  }
  return status == PQQ_OK ? pqq__udp_socket_connect(&attempt->sock, attempt->remote) : status;
}

static pqq_status connect_to(pqq__race *race, pqq__attempt *attempt, pqq_time_ns now) {
  pqq_status status = open_socket(attempt);

  if (status != PQQ_OK) {
    return status;
  }
  race->options.remote = *attempt->remote;
  race->options.local = attempt->sock.bound;
  return pqq_engine_connect(race->engine, &race->options, now, &attempt->conn);
}

static void begin_next(pqq__race *race, pqq_time_ns now) {
  pqq__attempt *attempt = &race->attempts[race->begun];
  pqq_status status;

  *attempt = (pqq__attempt){.remote = &race->addresses[race->begun], .sock = {.fd = -1}};
  pqq__error_clear();
  status = connect_to(race, attempt, now);
  if (status == PQQ_ERR_TOO_MANY_CONNECTIONS && count_running(race) > 0) {
    /* max_connections: this one's turn comes when another has failed. */
    pqq__udp_socket_close(&attempt->sock);
    race->next_at = PQQ_TIME_NEVER;
    return;
  }
  race->begun++;
  race->next_at = now + PQQ__ATTEMPT_DELAY_MS * PQQ__NS_PER_MS;
  attempt->is_running = status == PQQ_OK;
  if (status != PQQ_OK) {
    lose(race, attempt, status, pqq_error_detail());
  }
}

static int is_settled(const pqq__race *race) {
  return race->winner != NULL || race->is_over;
}

void pqq__race_step(pqq__race *race, pqq_time_ns now) {
  while (!is_settled(race) && race->begun < race->count && race->next_at <= now) {
    begin_next(race, now);
  }
  race->is_over |= race->winner == NULL && race->begun == race->count && count_running(race) == 0;
}

pqq_time_ns pqq__race_deadline(const pqq__race *race) {
  return is_settled(race) || race->begun == race->count ? PQQ_TIME_NEVER : race->next_at;
}

int pqq__race_connected(pqq__race *race, pqq_id conn) {
  pqq__attempt *attempt = find(race, conn);

  if (attempt == NULL || is_settled(race)) {
    /* As fast as the winner: the events of both were waiting. */
    (void)pqq_engine_close(race->engine, conn, PQQ__H3_NO_ERROR);
    return 0;
  }
  race->winner = attempt;
  for (size_t i = 0; i < race->begun; i++) {
    race->attempts[i].is_running = 0;
  }
  (void)pqq_engine_abandon(race->engine, RACE_TOKEN);
  return 1;
}

/* --- Sockets -------------------------------------------------------------------------------------
 */

pqq__attempt *pqq__race_sender(pqq__race *race, const pqq_address *local) {
  for (size_t i = 0; i < race->begun; i++) {
    const pqq__udp_socket *sock = &race->attempts[i].sock;

    if (sock->fd >= 0 && sock->bound.port == local->port &&
        pqq__address_has_same_ip(&sock->bound, local)) {
      return &race->attempts[i];
    }
  }
  return NULL;
}

void pqq__race_tidy(pqq__race *race) {
  for (size_t i = 0; i < race->begun; i++) {
    if (!race->attempts[i].is_running && &race->attempts[i] != race->winner) {
      pqq__udp_socket_close(&race->attempts[i].sock);
    }
  }
}
