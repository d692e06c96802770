/* SPDX-License-Identifier: MIT */
/* External signers under the driver: they answer from a thread of their own, in any order, and also
 * when the driver that asked is gone. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "api/api_fixture.h"
#include "harness.h"
#include "io/driver.h"
#include "io/event_log.h"
#include "tls/identity.h"

enum { CLIENTS = 24, MAX_ASKED = 2 * CLIENTS };

/* Two keys in one HSM with a thread of its own, that answers the newest request first. */
typedef struct hsm {
  pqq__identity identities[2];
  pqq_signer signers[2];
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t has_changed;
  struct {
    const pqq__identity *identity;
    pqq_sign_request *request;
    pqq_bytes message;
    uint16_t scheme;
  } asked[MAX_ASKED];
  size_t count;
  int is_held, is_stopping, releases, cancels;
} hsm;

/* user_data of a signer: one of the two keys. */
typedef struct slot {
  hsm *owner;
  int index;
} slot;

static slot slots[2];

static void on_sign(void *user_data, const pqq_sign_info *info, pqq_sign_request *request) {
  const slot *s = user_data;
  hsm *h = s->owner;

  (void)pthread_mutex_lock(&h->lock);
  EXPECT(h->count < MAX_ASKED);
  h->asked[h->count].identity = &h->identities[s->index];
  h->asked[h->count].request = request;
  h->asked[h->count].message = info->message;
  h->asked[h->count++].scheme = info->scheme;
  (void)pthread_cond_broadcast(&h->has_changed);
  (void)pthread_mutex_unlock(&h->lock);
}

static void on_cancel(void *user_data, uint64_t id) {
  hsm *h = ((slot *)user_data)->owner;

  EXPECT(id != 0);
  (void)pthread_mutex_lock(&h->lock);
  h->cancels++;
  (void)pthread_mutex_unlock(&h->lock);
}

static void on_release(void *user_data) {
  hsm *h = ((slot *)user_data)->owner;

  (void)pthread_mutex_lock(&h->lock);
  h->releases++;
  (void)pthread_cond_broadcast(&h->has_changed);
  (void)pthread_mutex_unlock(&h->lock);
}

static void *run(void *argument) {
  hsm *h = argument;

  (void)pthread_mutex_lock(&h->lock);
  for (;;) {
    uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
    size_t len = 0, last;

    while ((h->count == 0 || h->is_held) && !h->is_stopping) {
      (void)pthread_cond_wait(&h->has_changed, &h->lock);
    }
    if (h->count == 0) {
      break;
    }
    last = --h->count;
    EXPECT_INT(pqq__signing_key_sign(h->asked[last].identity->key, h->asked[last].scheme,
                                     h->asked[last].message.data, h->asked[last].message.len,
                                     signature, &len),
               PQQ_OK);
    {
      pqq_sign_request *request = h->asked[last].request;

      (void)pthread_mutex_unlock(&h->lock);
      EXPECT_INT(pqq_sign_complete(request, signature, len), PQQ_OK);
      (void)pthread_mutex_lock(&h->lock);
    }
  }
  (void)pthread_mutex_unlock(&h->lock);
  return NULL;
}

/* Takes the keys out of the fixture's identities; the configuration has the certificates. */
static pqq_config *hsm_open(hsm *h) {
  pqq_config_options options = fixture_options();
  pqq_identity_source sources[2];
  pqq_config *config = NULL;

  memset(h, 0, sizeof *h);
  (void)pthread_mutex_init(&h->lock, NULL);
  (void)pthread_cond_init(&h->has_changed, NULL);
  for (int i = 0; i < 2; i++) {
    slots[i] = (slot){h, i};
    sources[i] = options.identities[i];
    EXPECT_INT(pqq__identity_load(&sources[i], "hsm", &h->identities[i]), PQQ_OK);
    EXPECT_INT(pqq_signer_init(&h->signers[i], sizeof h->signers[i]), PQQ_OK);
    h->signers[i].sign = on_sign;
    h->signers[i].cancel = on_cancel;
    h->signers[i].release = on_release;
    h->signers[i].user_data = &slots[i];
    sources[i] = (pqq_identity_source){.cert_pem = sources[i].cert_pem,
                                       .cert_file = sources[i].cert_file,
                                       .signer = &h->signers[i]};
  }
  options.identities = sources;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  EXPECT_INT(pthread_create(&h->thread, NULL, run, h), 0);
  return config;
}

static void hold(hsm *h, int is_held) {
  (void)pthread_mutex_lock(&h->lock);
  h->is_held = is_held;
  (void)pthread_cond_broadcast(&h->has_changed);
  (void)pthread_mutex_unlock(&h->lock);
}

static void wait_asked(hsm *h, size_t count) {
  (void)pthread_mutex_lock(&h->lock);
  while (h->count < count) {
    (void)pthread_cond_wait(&h->has_changed, &h->lock);
  }
  (void)pthread_mutex_unlock(&h->lock);
}

/* Answers what is left, and waits until both keys have been released. */
static void hsm_close(hsm *h) {
  (void)pthread_mutex_lock(&h->lock);
  h->is_held = 0;
  h->is_stopping = 1;
  (void)pthread_cond_broadcast(&h->has_changed);
  while (h->releases < 2) {
    (void)pthread_cond_wait(&h->has_changed, &h->lock);
  }
  (void)pthread_mutex_unlock(&h->lock);
  EXPECT_INT(pthread_join(h->thread, NULL), 0);
  for (int i = 0; i < 2; i++) {
    pqq__identity_clear(&h->identities[i]);
  }
}

static pqq_driver *start(pqq_config *config, int is_server, event_log *log) {
  static const char *const loopback[] = {"127.0.0.1"};
  pqq_driver_events events = event_log_events();
  pqq_driver_options options;
  pqq_driver *driver = NULL;

  EXPECT_INT(pqq_driver_options_init(&options, sizeof options), PQQ_OK);
  options.is_server = is_server;
  options.hosts = loopback;
  options.host_count = 1;
  EXPECT_INT(pqq_driver_start(config, &options, &events, log, &driver), PQQ_OK);
  return driver;
}

static void connect_many(pqq_driver *client, pqq_driver *server, size_t count) {
  pqq_connect_options options = {.struct_size = sizeof options, .server_name = "127.0.0.1"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .connect = &options};
  size_t addresses;

  EXPECT_INT(pqq_driver_addresses(server, &options.remote, 1, &addresses), PQQ_OK);
  for (size_t i = 0; i < count; i++) {
    EXPECT_INT(pqq_driver_submit(client, &command, 1), PQQ_OK);
  }
}

TEST("a signer answers many handshakes from its own thread, the newest first") {
  event_log at_server, at_client;
  pqq_driver *server, *client;
  hsm h;
  pqq_config *config = hsm_open(&h);

  event_log_init(&at_server);
  event_log_init(&at_client);
  server = start(config, 1, &at_server);
  client = start(config, 0, &at_client);
  connect_many(client, server, CLIENTS);
  for (size_t i = 0; i < CLIENTS; i++) {
    (void)event_log_wait(&at_client, PQQ_EVENT_CONNECTED);
    (void)event_log_wait(&at_server, PQQ_EVENT_CONNECTED);
  }
  pqq_driver_free(client);
  pqq_driver_free(server);
  pqq_config_unref(config);
  hsm_close(&h);
  event_log_deinit(&at_client);
  event_log_deinit(&at_server);
}

static void greet(pqq_exchange *exchange, void *user_data) {
  (void)user_data;
  (void)pqq_respond(exchange, 200, NULL, 0, "hello", 5, 0);
}

TEST("the simple door takes a configuration with signers, and a request that cannot wait refuses "
     "it") {
  static const char *const loopback[] = {"127.0.0.1"};
  pqq_config_options plain = fixture_options();
  pqq_server_options options;
  pqq_request_options request;
  pqq_server *server = NULL;
  pqq_response *response = NULL;
  pqq_config *client = NULL;
  char url[64];
  hsm h;
  pqq_config *config = hsm_open(&h);

  EXPECT_INT(pqq_config_new(&plain, &client), PQQ_OK);
  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = config;
  options.hosts = loopback;
  options.host_count = 1;
  options.handler = greet;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_OK);
  (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/", pqq_server_port(server));
  EXPECT_INT(pqq_request_options_init(&request, sizeof request), PQQ_OK);
  request.url = url;
  request.config = client;
  request.require_authentication = PQQ_REQUIRE_HYBRID;
  EXPECT_INT(pqq_request(&request, &response), PQQ_OK);
  EXPECT_INT(pqq_response_status(response), 200);
  pqq_response_free(response);
  request.config = config;
  EXPECT_INT(pqq_request(&request, &response), PQQ_ERR_UNSUPPORTED);
  EXPECT(strstr(pqq_error_detail(), "use the driver") != NULL);
  pqq_stop_server(server, 0);
  pqq_config_unref(client);
  pqq_config_unref(config);
  hsm_close(&h);
}

TEST("a driver ends while its signers have signatures, which come after it") {
  event_log at_server, at_client;
  pqq_driver *server, *client;
  hsm h;
  pqq_config *config = hsm_open(&h);

  event_log_init(&at_server);
  event_log_init(&at_client);
  server = start(config, 1, &at_server);
  client = start(config, 0, &at_client);
  hold(&h, 1);
  connect_many(client, server, CLIENTS);
  wait_asked(&h, CLIENTS);
  pqq_driver_free(server);
  EXPECT_INT(h.cancels, CLIENTS);
  pqq_driver_free(client);
  pqq_config_unref(config);
  EXPECT_INT(h.releases, 1); /* Nobody has been asked for the classical half. */
  hsm_close(&h);
  event_log_deinit(&at_client);
  event_log_deinit(&at_server);
}
