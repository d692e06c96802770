/* SPDX-License-Identifier: MIT */
/* External signers: handshakes and proofs of velocity/1 wait for a key that is somewhere else,
 * which answers late, wrongly, or not at all. Virtual time; the "HSM" is libpqq's own key behind
 * the public interface. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "hsm.h"
#include "http3/engine.h"
#include "http3/session.h"
#include "pair.h"

/* --- A server whose keys are in HSMs ----------------------------------------- */

typedef struct scene {
  sim_pair pair;
  hsm pq, classical, client_pq, client_classical;
  /* Jobs that came back from a signer and wait for the engine. */
  pqq_job *done[MAX_ASKED];
  size_t done_count;
  /* Of the server's last PQQ_EVENT_CLOSED. */
  char reason[256];
} scene;

static void on_done(void *user_data, pqq_job *job) {
  scene *s = user_data;

  EXPECT(s->done_count < MAX_ASKED);
  s->done[s->done_count++] = job;
}

static void start_jobs(sim_node *node, scene *s) {
  pqq_job *job;

  while (pqq_engine_next_job(node->engine, &job) == PQQ_OK) {
    EXPECT_INT(pqq_job_has_signer(job), 1);
    EXPECT_INT(pqq_job_start(job, on_done, s), PQQ_OK);
  }
}

/* Gives what is done to the engine, and starts what that leads to. */
static void flush(scene *s, sim_node *node) {
  start_jobs(node, s);
  while (s->done_count > 0) {
    pqq_job *job = s->done[--s->done_count];

    EXPECT_INT(pqq_engine_complete(node->engine, job, sim_now(s->pair.net)), PQQ_OK);
    node->is_touched = 1;
    start_jobs(node, s);
  }
}

static void on_server_event(sim_server *server, const pqq_event *event) {
  scene *s = server->user_data;

  if (event->type == PQQ_EVENT_CLOSED) {
    (void)snprintf(s->reason, sizeof s->reason, "%.*s", (int)event->close->reason.len,
                   (const char *)event->close->reason.data);
  }
}

static void on_server_step(sim_node *node) {
  flush(((sim_server *)(void *)node)->user_data, node);
}

static void on_client_step(sim_node *node) {
  flush(((sim_client *)(void *)node)->user_data, node);
}

/* One identity, or both of a profile. */
static void scene_open(scene *s, const sim_setup *setup, const pqq_config_options *client_options) {
  pqq_address address = sim_server_address(), from = sim_address4(10, 5000);
  pqq_config_options options = setup->server_options ? *setup->server_options : sim_options();
  pqq_identity_source sources[2];

  if (setup->hybrid) {
    sim_hybrid_sources(setup->hybrid, sources);
    hsm_take(&s->pq, &sources[0]);
    hsm_take(&s->classical, &sources[1]);
    options.profile = setup->hybrid;
    options.identity_count = 2;
  } else {
    sources[0] = sim_identity_source(setup->identity);
    hsm_take(&s->pq, &sources[0]);
    options.profile = setup->identity == SIM_MLDSA44 ? PQQ_PROFILE_LIGHT : PQQ_PROFILE_BALANCED;
    options.identity_count = 1;
  }
  options.identities = sources;
  s->pair.net = sim_new(harness_seed());
  s->pair.server_config = sim_config(&options, SIM_IDENTITIES);
  s->pair.client_config = setup->hybrid ? sim_client_config(client_options, setup->hybrid)
                                        : sim_config(client_options, SIM_IDENTITIES);
  s->pair.server.node.out.delay_ns = SIM_DELAY_NS;
  s->pair.server.node.on_step = on_server_step;
  s->pair.server.on_event = on_server_event;
  s->pair.server.user_data = s;
  sim_server_start(&s->pair.server, s->pair.net, s->pair.server_config, &address,
                   setup->server_engine);
  s->pair.client.node.out.delay_ns = SIM_DELAY_NS;
  s->pair.client.node.on_step = on_client_step;
  s->pair.client.user_data = s;
  sim_client_start(&s->pair.client, s->pair.net, s->pair.client_config, &from, &address);
}

static void scene_close(scene *s) {
  int has_classical = s->classical.signer.sign != NULL;

  sim_pair_close(&s->pair);
  give_up(&s->pq);
  give_up(&s->classical);
  while (s->done_count > 0) {
    pqq_job_free(s->done[--s->done_count]);
  }
  hsm_close(&s->pq, 1);
  hsm_close(&s->classical, has_classical);
}

static pqq_stats stats_of(const scene *s) {
  return sim_stats(s->pair.server.node.engine);
}

TEST("a server signs with keys that are somewhere else, of every kind") {
  for (int identity = 0; identity < SIM_IDENTITIES; identity++) {
    scene s = {0};
    sim_setup setup = {.identity = (sim_identity)identity};

    NOTE("%s", sim_identity_name((sim_identity)identity));
    scene_open(&s, &setup, NULL);
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(s.pq.count, 1);
    EXPECT_INT(s.pair.client.is_connected, 0);
    EXPECT_UINT(stats_of(&s).handshakes_completed, 0);
    answer(&s.pq, 0);
    flush(&s, &s.pair.server.node);
    EXPECT(sim_pair_settle(&s.pair) && s.pair.client.is_connected);
    EXPECT_UINT(s.pair.client.info.signature, s.pq.asked[0].scheme);
    EXPECT_UINT(stats_of(&s).signatures_external, 1);
    EXPECT_UINT(stats_of(&s).signatures_in_line, 0);
    scene_close(&s);
  }
}

/* Both proofs, one after the other; requests are served only then. spec: HA-1, HA-2, HA-41 */
TEST("both halves of velocity/1 wait for their signers") {
  for (int32_t profile = PQQ_PROFILE_LIGHT; profile <= PQQ_PROFILE_SECURE; profile++) {
    sim_exchange exchange = {.method = "GET", .path = "/bytes/1000"};
    scene s = {0};
    sim_setup setup = {.hybrid = profile};

    NOTE("profile %d", (int)profile);
    scene_open(&s, &setup, NULL);
    s.pair.client.exchanges = &exchange;
    s.pair.client.exchange_count = 1;
    EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(s.pq.count, 1);
    EXPECT_UINT(s.classical.count, 0);
    answer(&s.pq, 0);
    flush(&s, &s.pair.server.node);
    /* TLS is done by now, and still half-open: the other half is not proven. */
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(s.classical.count, 1);
    EXPECT_UINT(s.pair.server.node.engine->endpoint.half_open, 1);
    EXPECT_INT(s.pair.client.is_connected, 0);
    EXPECT_UINT(s.pair.server.connected, 0);
    EXPECT_UINT(stats_of(&s).handshakes_completed, 0);
    answer(&s.classical, 0);
    flush(&s, &s.pair.server.node);
    EXPECT(sim_pair_settle(&s.pair) && s.pair.client.is_connected);
    EXPECT_INT(s.pair.client.info.authentication, PQQ_AUTH_HYBRID);
    EXPECT(sim_run(s.pair.net, SIM_LONG, sim_client_is_done, &s.pair.client));
    EXPECT_UINT(exchange.received_bytes, 1000);
    EXPECT_UINT(stats_of(&s).signatures_external, 2);
    EXPECT_UINT(stats_of(&s).handshakes_velocity, 1);
    scene_close(&s);
  }
}

TEST("a signer that answers at once costs no time, and its order is that of the calls") {
  scene s = {.pq = {.is_quick = 1}, .classical = {.is_quick = 1}};
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED};
  pqq_time_ns began;

  scene_open(&s, &setup, NULL);
  began = sim_now(s.pair.net);
  EXPECT(sim_pair_settle(&s.pair) && s.pair.client.is_connected);
  EXPECT_UINT(s.pair.client.info.handshake_round_trips, 1);
  EXPECT_UINT(sim_now(s.pair.net) - began, 2 * SIM_DELAY_NS);
  scene_close(&s);
}

/* --- What goes wrong ---------------------------------------------------------- */

/* The server knows why and tells its owner; the client learns that it is the server's fault. */
static void expect_failed(scene *s, pqq_status status, const char *reason) {
  EXPECT(sim_pair_wait_closed(&s->pair));
  EXPECT_INT(s->pair.client.is_connected, 0);
  EXPECT_UINT(s->pair.server.closed, 1);
  EXPECT_INT(s->pair.server.close.status, status);
  EXPECT_UINT(s->pair.server.connected, 0);
  NOTE("%s", s->reason);
  EXPECT(strstr(s->reason, reason) != NULL);
  EXPECT(strstr(s->pair.client.close_reason, reason) == NULL);
  EXPECT_UINT(stats_of(s).handshakes_failed, 1);
}

/* Runs until the signer of the wanted half is asked: of a profile the classical one if `of_proof`.
 */
static hsm *ask(scene *s, const sim_setup *setup, int of_proof) {
  s->pq.is_quick = of_proof;
  scene_open(s, setup, NULL);
  sim_run_for(s->pair.net, SIM_SECOND);
  EXPECT_UINT(of_proof ? s->classical.count : s->pq.count, 1);
  return of_proof ? &s->classical : &s->pq;
}

static const sim_setup hybrid = {.hybrid = PQQ_PROFILE_BALANCED};

TEST("a signature that does not verify never leaves") {
  for (int of_proof = 0; of_proof < 2; of_proof++) {
    uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
    size_t len = 0;
    scene s = {0};
    hsm *h = ask(&s, &hybrid, of_proof);
    asked *a = &h->asked[0];

    /* Of another message. */
    EXPECT_INT(pqq__signing_key_sign(h->identity.key, a->scheme, (const uint8_t *)"other", 5,
                                     signature, &len),
               PQQ_OK);
    EXPECT_INT(pqq_sign_complete(take_request(a), signature, len), PQQ_ERR_SIGNATURE_INVALID);
    flush(&s, &s.pair.server.node);
    expect_failed(&s, PQQ_ERR_SIGNATURE_INVALID, "does not verify");
    EXPECT_UINT(stats_of(&s).signer_invalid, 1);
    EXPECT_UINT(stats_of(&s).signatures_external, (uint64_t)of_proof);
    scene_close(&s);
  }
}

TEST("signatures of a wrong form are as wrong") {
  static const struct {
    const uint8_t *data;
    size_t len;
  } wrong[] = {{NULL, 0}, {NULL, 100}, {(const uint8_t *)"x", 1}, {(const uint8_t *)"", 0}};
  static uint8_t large[100000];

  for (size_t i = 0; i <= sizeof wrong / sizeof wrong[0]; i++) {
    int is_large = i == sizeof wrong / sizeof wrong[0];
    scene s = {0};
    hsm *h = ask(&s, &hybrid, 0);

    EXPECT_INT(pqq_sign_complete(take_request(&h->asked[0]), is_large ? large : wrong[i].data,
                                 is_large ? sizeof large : wrong[i].len),
               PQQ_ERR_SIGNATURE_INVALID);
    flush(&s, &s.pair.server.node);
    expect_failed(&s, PQQ_ERR_SIGNATURE_INVALID, "does not verify");
    scene_close(&s);
  }
}

TEST("a signer that refuses says why, to its own side alone") {
  for (int of_proof = 0; of_proof < 2; of_proof++) {
    scene s = {0};
    hsm *h = ask(&s, &hybrid, of_proof);

    EXPECT_INT(pqq_sign_fail(take_request(&h->asked[0]), "token removed"), PQQ_OK);
    flush(&s, &s.pair.server.node);
    expect_failed(&s, PQQ_ERR_SIGN_FAILED, "token removed");
    EXPECT_UINT(stats_of(&s).signer_failures, 1);
    scene_close(&s);
  }
}

TEST("a signer has its own time, and what comes later is dropped") {
  for (int of_proof = 0; of_proof < 2; of_proof++) {
    scene s = {0};
    hsm *h = ask(&s, &hybrid, of_proof);

    pqq_time_ns asked_at = sim_now(s.pair.net);

    sim_run_for(s.pair.net, 3 * SIM_SECOND);
    EXPECT_INT(s.pair.client.is_closed, 0);
    expect_failed(&s, PQQ_ERR_SIGNER_TIMEOUT, "took too long");
    EXPECT(sim_now(s.pair.net) - asked_at < 5 * SIM_SECOND);
    EXPECT_INT(h->asked[0].is_cancelled, 1);
    EXPECT_UINT(stats_of(&s).signer_timeouts, 1);
    answer(h, 0);
    flush(&s, &s.pair.server.node);
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(stats_of(&s).signatures_external, (uint64_t)of_proof);
    EXPECT_UINT(s.pair.server.closed, 1);
    scene_close(&s);
  }
}

TEST("the handshake timeout goes on while a signer has the signature") {
  for (int of_proof = 0; of_proof < 2; of_proof++) {
    pqq_config_options options = sim_options();
    sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED, .server_options = &options};
    scene s = {0};
    hsm *h;

    options.handshake_timeout_ms = 2000;
    h = ask(&s, &setup, of_proof);
    sim_run_for(s.pair.net, 2 * SIM_SECOND);
    EXPECT_UINT(s.pair.server.closed, 1);
    EXPECT_INT(s.pair.server.close.status, PQQ_ERR_SIGNER_TIMEOUT);
    EXPECT_INT(h->asked[0].is_cancelled, 1);
    answer(h, 0);
    flush(&s, &s.pair.server.node);
    EXPECT(sim_pair_wait_closed(&s.pair));
    scene_close(&s);
  }
}

TEST("a signer is told when the connection is gone, and may end its request right there") {
  for (int ends_on_cancel = 0; ends_on_cancel < 2; ends_on_cancel++) {
    scene s = {0};
    hsm *h = ask(&s, &hybrid, 0);

    h->ends_on_cancel = ends_on_cancel;
    EXPECT_INT(pqq_engine_close_all(s.pair.server.node.engine), PQQ_OK);
    EXPECT_INT(h->asked[0].is_cancelled, 1);
    EXPECT_UINT(stats_of(&s).signer_cancelled, 1);
    EXPECT_UINT(stats_of(&s).signer_timeouts, 0);
    if (!ends_on_cancel) {
      answer(h, 0);
    }
    flush(&s, &s.pair.server.node);
    EXPECT_UINT(stats_of(&s).signer_failures, 0);
    scene_close(&s);
  }
}

TEST("a request outlives engine and configuration, and keeps its signer until it is completed") {
  scene s = {0};
  hsm *h = ask(&s, &hybrid, 0);

  sim_pair_close(&s.pair);
  EXPECT_INT(h->asked[0].is_cancelled, 1);
  EXPECT_INT(h->releases, 0);
  EXPECT_INT(s.classical.releases, 1);
  answer(h, 0);
  EXPECT_UINT(s.done_count, 1);
  pqq_job_free(s.done[0]);
  hsm_close(&s.pq, 1);
  hsm_close(&s.classical, 1);
}

TEST("max_pending counts requests until they are completed, also without their connections") {
  scene s = {.pq.max_pending = 1};
  pqq_address address = sim_server_address(), from = sim_address4(11, 5000);
  sim_client second = {.node.out.delay_ns = SIM_DELAY_NS};
  sim_setup setup = {.identity = SIM_P256};

  scene_open(&s, &setup, NULL);
  sim_run_for(s.pair.net, SIM_SECOND);
  sim_client_start(&second, s.pair.net, s.pair.client_config, &from, &address);
  EXPECT(sim_run(s.pair.net, SIM_LONG, sim_client_is_closed, &second));
  EXPECT_UINT(s.pq.count, 1);
  EXPECT_INT(s.pair.server.close.status, PQQ_ERR_SIGNER_BUSY);
  EXPECT_UINT(stats_of(&s).signer_refusals, 1);
  answer(&s.pq, 0);
  flush(&s, &s.pair.server.node);
  EXPECT(sim_pair_settle(&s.pair) && s.pair.client.is_connected);
  sim_client_stop(&second);
  scene_close(&s);
}

/* --- Around it ------------------------------------------------------------------ */

TEST("a client proves who it is with keys that are somewhere else") {
  pqq_config_options options = sim_options(), client_options = sim_options();
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED, .server_options = &options};
  sim_exchange exchange = {.method = "GET", .path = "/bytes/1000"};
  pqq_identity_source sources[2];
  scene s = {.pq.is_quick = 1, .classical.is_quick = 1};

  sim_hybrid_sources(PQQ_PROFILE_BALANCED, sources);
  hsm_take(&s.client_pq, &sources[0]);
  hsm_take(&s.client_classical, &sources[1]);
  options.ca_pem = sim_anchors();
  options.require_client_authentication = PQQ_REQUIRE_HYBRID;
  client_options.identities = sources;
  client_options.identity_count = 2;
  scene_open(&s, &setup, &client_options);
  s.pair.client.exchanges = &exchange;
  s.pair.client.exchange_count = 1;
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  for (int i = 0; i < 2; i++) {
    hsm *h = i == 0 ? &s.client_pq : &s.client_classical;

    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(h->count, 1);
    EXPECT_UINT(s.pair.server.requests, 0);
    EXPECT_INT(s.pair.client.is_connected, 0);
    answer(h, 0);
    flush(&s, &s.pair.client.node);
  }
  EXPECT(sim_run(s.pair.net, SIM_LONG, sim_client_is_done, &s.pair.client));
  EXPECT_UINT(exchange.received_bytes, 1000);
  EXPECT_INT(s.pair.server.info.authentication, PQQ_AUTH_HYBRID);
  EXPECT_UINT(sim_stats(s.pair.client.node.engine).signatures_external, 2);
  scene_close(&s);
  hsm_close(&s.client_pq, 1);
  hsm_close(&s.client_classical, 1);
}

TEST("a client whose signer does not answer fails in its handshake's time") {
  pqq_config_options options = sim_options(), client_options = sim_options();
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED, .server_options = &options};
  pqq_identity_source sources[2];
  scene s = {.pq.is_quick = 1, .classical.is_quick = 1};

  sim_hybrid_sources(PQQ_PROFILE_BALANCED, sources);
  hsm_take(&s.client_pq, &sources[0]);
  options.ca_pem = sim_anchors();
  options.require_client_authentication = PQQ_REQUIRE_PQ;
  client_options.identities = sources;
  client_options.identity_count = 1;
  scene_open(&s, &setup, &client_options);
  EXPECT(sim_pair_wait_closed(&s.pair));
  EXPECT_INT(s.pair.client.close.status, PQQ_ERR_SIGNER_TIMEOUT);
  EXPECT_UINT(sim_stats(s.pair.client.node.engine).signer_timeouts, 1);
  EXPECT_INT(s.client_pq.asked[0].is_cancelled, 1);
  answer(&s.client_pq, 0);
  flush(&s, &s.pair.client.node);
  scene_close(&s);
  hsm_close(&s.client_pq, 1);
}

TEST("a handshake goes on with the signer that it began with when the configuration is swapped") {
  scene s = {0};
  hsm *h = ask(&s, &hybrid, 0);
  pqq_config *next = sim_hybrid_config(NULL, PQQ_PROFILE_BALANCED);

  EXPECT_INT(pqq_engine_set_config(s.pair.server.node.engine, next), PQQ_OK);
  answer(h, 0);
  flush(&s, &s.pair.server.node);
  sim_run_for(s.pair.net, SIM_SECOND);
  answer(&s.classical, 0);
  flush(&s, &s.pair.server.node);
  EXPECT(sim_pair_settle(&s.pair) && s.pair.client.is_connected);
  pqq_config_unref(next);
  scene_close(&s);
}

/* A client that takes itself for done as soon as TLS is. spec: HA-41, HA-56 */
TEST("requests of a client that has not waited for our proof are held until it is signed") {
  sim_exchange exchange = {.method = "GET", .path = "/bytes/10"};
  scene s = {0};
  pqq__session *session;
  pqq__conn *conn;

  (void)ask(&s, &hybrid, 1);
  s.pair.client.exchanges = &exchange;
  s.pair.client.exchange_count = 1;
  conn = pqq__slots_find(&s.pair.client.node.engine->endpoint.conns, s.pair.client.conn);
  session = conn->app;
  session->proof->is_waiting = 0;
  EXPECT_INT(pqq__session_established(session), 0);
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  s.pair.client.node.is_touched = 1;
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_INT(exchange.is_opened, 1);
  EXPECT_UINT(s.pair.server.connected, 0);
  EXPECT_UINT(s.pair.server.requests, 0);
  answer(&s.classical, 0);
  flush(&s, &s.pair.server.node);
  sim_run_for(s.pair.net, SIM_DELAY_NS / 2);
  EXPECT_UINT(s.pair.server.connected, 1);
  EXPECT_UINT(s.pair.server.requests, 1);
  scene_close(&s);
}

TEST("with all signatures as jobs those of proofs are jobs, too") {
  pqq_engine_options options;
  sim_pair pair;
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED, .server_engine = &options};
  pqq_job *job = NULL;

  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  options.sign_as_jobs = PQQ_SIGN_JOBS_ALL;
  sim_pair_open(&pair, harness_seed(), &setup);
  for (int i = 0; i < 2; i++) {
    sim_run_for(pair.net, SIM_SECOND);
    EXPECT_INT(pqq_engine_next_job(pair.server.node.engine, &job), PQQ_OK);
    EXPECT_INT(pqq_job_has_signer(job), 0);
    EXPECT_INT(pair.client.is_connected, 0);
    pqq_job_run(job);
    EXPECT_INT(pqq_engine_complete(pair.server.node.engine, job, sim_now(pair.net)), PQQ_OK);
    pair.server.node.is_touched = 1;
  }
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  EXPECT_UINT(sim_stats(pair.server.node.engine).signatures_in_line, 0);
  sim_pair_close(&pair);
}

TEST("a job with a signer that is run instead of started fails, and says so") {
  scene s = {0};
  pqq_job *job = NULL;
  sim_setup setup = {.identity = SIM_MLDSA65};

  scene_open(&s, &setup, NULL);
  s.pair.server.node.on_step = NULL;
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_INT(pqq_engine_next_job(s.pair.server.node.engine, &job), PQQ_OK);
  pqq_job_run(job);
  EXPECT_INT(pqq_engine_complete(s.pair.server.node.engine, job, sim_now(s.pair.net)), PQQ_OK);
  s.pair.server.node.is_touched = 1;
  expect_failed(&s, PQQ_ERR_SIGN_FAILED, "run, not started");
  scene_close(&s);
}

/* --- Configuration -------------------------------------------------------------- */

static pqq_status configure(pqq_identity_source *source, pqq_config **config) {
  pqq_config_options options = sim_options();

  options.identities = source;
  options.identity_count = 1;
  return pqq_config_new(&options, config);
}

static void expect_refused(pqq_identity_source *source, const hsm *h, const char *detail) {
  pqq_config *config = NULL;

  EXPECT_INT(configure(source, &config), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), detail) != NULL);
  NOTE("%s", pqq_error_detail());
  EXPECT_INT(h->releases, 0);
}

TEST("what is wrong with a signer is said when the configuration is made") {
  pqq_identity_source source = sim_identity_source(SIM_P256), both;
  void (*sign)(void *user_data, const pqq_sign_info *info, pqq_sign_request *request);
  pqq_config *config = NULL;
  hsm h = {0};

  both = source;
  hsm_take(&h, &source);
  both.signer = &h.signer;
  expect_refused(&both, &h, "a key and a signer");
  h.signer.timeout_ms = 600001;
  expect_refused(&source, &h, "signer.timeout_ms: 600001, allowed 1 to 600000");
  h.signer.timeout_ms = 0;
  h.signer.max_pending = 65537;
  expect_refused(&source, &h, "signer.max_pending: 65537");
  h.signer.max_pending = 0;
  sign = h.signer.sign;
  h.signer.sign = NULL;
  expect_refused(&source, &h, "signer.sign is NULL");
  h.signer.sign = sign;
  h.signer.struct_size = 3;
  EXPECT_INT(configure(&source, &config), PQQ_ERR_STRUCT_SIZE);
  h.signer.struct_size = sizeof h.signer;
  EXPECT_INT(configure(&source, &config), PQQ_OK);
  pqq_config_unref(config);
  hsm_close(&h, 1);
}

TEST("calls with NULL are errors") {
  pqq_job *none = NULL;

  EXPECT_INT(pqq_signer_init(NULL, sizeof(pqq_signer)), PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_sign_complete(NULL, NULL, 0), PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_sign_fail(NULL, NULL), PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_job_start(none, on_done, NULL), PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_job_has_signer(none), 0);
}
