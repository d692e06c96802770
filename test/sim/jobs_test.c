/* SPDX-License-Identifier: MIT */
/* CertificateVerify signatures made elsewhere: the handshake waits for its job,
 * jobs come back late and in any order, or their connection is gone. */
#include <stdio.h>

#include "harness.h"
#include "pair.h"

#define CLIENTS 6

typedef struct farm {
  sim *net;
  pqq_config *server_config, *client_config;
  sim_server server;
  sim_client clients[CLIENTS];
  /* Taken from the engine and not given back. */
  pqq_job *jobs[CLIENTS];
  size_t job_count;
} farm;

static void take_jobs(sim_node *node) {
  farm *f = ((sim_server *)(void *)node)->user_data;
  pqq_job *job;

  while (pqq_engine_next_job(node->engine, &job) == PQQ_OK) {
    EXPECT(f->job_count < CLIENTS);
    f->jobs[f->job_count++] = job;
  }
}

static void farm_open(farm *f, sim_identity identity) {
  pqq_address address = sim_server_address();
  pqq_engine_options options;

  *f = (farm){.net = sim_new(harness_seed())};
  f->server_config = sim_config(NULL, identity);
  f->client_config = sim_config(NULL, SIM_IDENTITIES);
  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  options.sign_as_jobs = 1;
  f->server.node.out.delay_ns = SIM_DELAY_NS;
  f->server.node.on_step = take_jobs;
  f->server.user_data = f;
  sim_server_start(&f->server, f->net, f->server_config, &address, &options);
  for (uint8_t i = 0; i < CLIENTS; i++) {
    pqq_address from = sim_address4((uint8_t)(10 + i), 5000);

    f->clients[i].node.out.delay_ns = SIM_DELAY_NS;
    sim_client_start(&f->clients[i], f->net, f->client_config, &from, &address);
  }
}

static void farm_close(farm *f) {
  for (int i = 0; i < CLIENTS; i++) {
    sim_client_stop(&f->clients[i]);
  }
  sim_server_stop(&f->server);
  sim_free(f->net);
  pqq_config_unref(f->server_config);
  pqq_config_unref(f->client_config);
}

static void complete(farm *f, size_t index) {
  pqq_job_run(f->jobs[index]);
  EXPECT_INT(pqq_engine_complete(f->server.node.engine, f->jobs[index], sim_now(f->net)), PQQ_OK);
  f->jobs[index] = NULL;
  f->server.node.is_touched = 1;
}

static int connected(const farm *f) {
  int count = 0;

  for (int i = 0; i < CLIENTS; i++) {
    count += f->clients[i].is_connected;
  }
  return count;
}

TEST("handshakes wait for their signatures, which may come late and in any order") {
  for (int identity = 0; identity < SIM_IDENTITIES; identity++) {
    static const size_t order[CLIENTS] = {3, 0, 5, 1, 4, 2};
    farm f;

    NOTE("%s", sim_identity_name((sim_identity)identity));
    farm_open(&f, (sim_identity)identity);
    sim_run_for(f.net, SIM_SECOND);
    EXPECT_UINT(f.job_count, CLIENTS);
    EXPECT_INT(connected(&f), 0);
    for (int i = 0; i < CLIENTS; i++) {
      complete(&f, order[i]);
      sim_run_for(f.net, SIM_SECOND / 5);
      EXPECT_INT(connected(&f), i + 1);
    }
    EXPECT_UINT(f.job_count, CLIENTS);
    EXPECT_UINT(f.server.connected, CLIENTS);
    farm_close(&f);
  }
}

TEST("a job that is done within the same step costs no time") {
  farm f;

  farm_open(&f, SIM_MLDSA65);
  sim_run_for(f.net, SIM_DELAY_NS);
  EXPECT_UINT(f.job_count, CLIENTS);
  for (size_t i = 0; i < CLIENTS; i++) {
    complete(&f, i);
  }
  sim_run_for(f.net, 4 * SIM_DELAY_NS);
  EXPECT_INT(connected(&f), CLIENTS);
  farm_close(&f);
}

TEST("a job whose connection is gone is dropped") {
  farm f;

  farm_open(&f, SIM_MLDSA65);
  sim_run_for(f.net, SIM_SECOND);
  EXPECT_UINT(f.job_count, CLIENTS);
  /* Clients give up after ten seconds, and so does the server. */
  sim_run_for(f.net, 30 * SIM_SECOND);
  for (size_t i = 0; i < CLIENTS; i++) {
    EXPECT(f.clients[i].is_closed);
    complete(&f, i);
  }
  sim_run_for(f.net, SIM_SECOND);
  EXPECT_UINT(f.server.connected, 0);
  farm_close(&f);
}

TEST("jobs outlive their engine, and those not taken are freed with it") {
  farm f;

  farm_open(&f, SIM_MLDSA44);
  sim_run_for(f.net, SIM_SECOND);
  EXPECT_UINT(f.job_count, CLIENTS);
  farm_close(&f);
  for (size_t i = 0; i < CLIENTS; i++) {
    pqq_job_run(f.jobs[i]);
    pqq_job_free(f.jobs[i]);
  }
  pqq_job_free(NULL);

  farm_open(&f, SIM_MLDSA44);
  f.server.node.on_step = NULL;
  sim_run_for(f.net, SIM_SECOND);
  EXPECT_INT(connected(&f), 0);
  farm_close(&f);
}

TEST("a job that was not run fails its handshake alone") {
  farm f;

  farm_open(&f, SIM_P256);
  sim_run_for(f.net, SIM_SECOND);
  EXPECT_UINT(f.job_count, CLIENTS);
  EXPECT_INT(pqq_engine_complete(f.server.node.engine, f.jobs[0], sim_now(f.net)), PQQ_OK);
  for (size_t i = 1; i < CLIENTS; i++) {
    complete(&f, i);
  }
  sim_run_for(f.net, 2 * SIM_SECOND);
  EXPECT_INT(connected(&f), CLIENTS - 1);
  EXPECT_UINT(f.server.closed, 1);
  EXPECT_INT(f.server.close.status, PQQ_ERR_SIGN_FAILED);
  farm_close(&f);
}

TEST("without sign_as_jobs there are no jobs") {
  pqq_job *job = NULL;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  EXPECT_INT(pqq_engine_next_job(pair.server.node.engine, &job), PQQ_AGAIN);
  EXPECT_INT(pqq_engine_next_job(NULL, &job), PQQ_ERR_NULL_ARG);
  EXPECT(job == NULL);
  sim_pair_close(&pair);
}

/* --- ML-DSA alone ---------------------------------------------------------------------------- */

/* Opens a velocity/1 connection and settles it; with jobs the signature takes 1 ms. */
static void open_hybrid(sim_pair *pair, int32_t profile, int32_t sign_as_jobs) {
  pqq_engine_options options;
  sim_setup setup = {.hybrid = profile, .server_engine = &options};
  pqq_job *job = NULL;

  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  options.sign_as_jobs = sign_as_jobs;
  sim_pair_open(pair, harness_seed(), &setup);
  if (sign_as_jobs) {
    while (pqq_engine_next_job(pair->server.node.engine, &job) != PQQ_OK) {
      sim_run_for(pair->net, SIM_MS);
    }
    sim_run_for(pair->net, SIM_MS);
    pqq_job_run(job);
    EXPECT_INT(pqq_engine_complete(pair->server.node.engine, job, sim_now(pair->net)), PQQ_OK);
    pair->server.node.is_touched = 1;
  }
  EXPECT(sim_pair_settle(pair));
  EXPECT_STR(pair->client.close_reason, "");
}

TEST("a signature that comes later changes nothing of the flight, on velocity/1 too") {
  for (int32_t profile = PQQ_PROFILE_LIGHT; profile <= PQQ_PROFILE_SECURE; profile++) {
    sim_pair in_line, with_job;
    const pqq_connection_info *a = &in_line.client.info, *b = &with_job.client.info;

    NOTE("profile %d", (int)profile);
    open_hybrid(&in_line, profile, PQQ_SIGN_JOBS_NONE);
    open_hybrid(&with_job, profile, PQQ_SIGN_JOBS_MLDSA);
    EXPECT_INT(b->authentication, PQQ_AUTH_HYBRID);
    EXPECT_UINT(b->tls_round_trips, a->tls_round_trips);
    EXPECT_UINT(b->handshake_round_trips, a->handshake_round_trips);
    EXPECT_UINT(b->handshake_datagrams_received, a->handshake_datagrams_received);
    EXPECT_UINT(b->handshake_datagrams_sent, a->handshake_datagrams_sent);
    sim_pair_close(&in_line);
    sim_pair_close(&with_job);
  }
}

static uint64_t signatures_in_line(sim_identity identity, int32_t sign_as_jobs) {
  pqq_stats stats;
  pqq_engine_options options;
  sim_setup setup = {.identity = identity, .server_engine = &options};
  pqq_job *job = NULL;
  sim_pair pair;

  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  options.sign_as_jobs = sign_as_jobs;
  sim_pair_open(&pair, harness_seed(), &setup);
  sim_run_for(pair.net, SIM_SECOND);
  while (pqq_engine_next_job(pair.server.node.engine, &job) == PQQ_OK) {
    pqq_job_free(job);
  }
  EXPECT_INT(pair.client.is_connected, job == NULL);
  stats = sim_stats(pair.server.node.engine);
  sim_pair_close(&pair);
  return stats.signatures_in_line;
}

TEST("which signatures are jobs is a choice, and those that are none are counted") {
  EXPECT_UINT(signatures_in_line(SIM_P256, PQQ_SIGN_JOBS_NONE), 1);
  EXPECT_UINT(signatures_in_line(SIM_MLDSA65, PQQ_SIGN_JOBS_NONE), 1);
  EXPECT_UINT(signatures_in_line(SIM_P256, PQQ_SIGN_JOBS_ALL), 0);
  EXPECT_UINT(signatures_in_line(SIM_P256, PQQ_SIGN_JOBS_MLDSA), 1);
  EXPECT_UINT(signatures_in_line(SIM_MLDSA65, PQQ_SIGN_JOBS_MLDSA), 0);
}
