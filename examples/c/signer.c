/* SPDX-License-Identifier: MIT */
/* A server whose classical key is in another process: `openssl` signs with it, as an HSM or a KMS
 * would. libpqq asks on a network thread, a thread of ours waits for the answer.
 *
 *   cmake -S . -B build -G Ninja -DPQQ_BUILD_EXAMPLES=ON && cmake --build build
 *   build/examples/signer
 */
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pqq/pqq.h>

/* A signature that was asked for. The message lives as long as the request. */
typedef struct order {
  struct order *next;
  pqq_sign_request *request;
  pqq_bytes message;
} order;

typedef struct token {
  char folder[64];
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t has_order;
  order *first;
  int is_stopping;
} token;

/* On a network thread: nothing may take long here. */
static void on_sign(void *user_data, const pqq_sign_info *info, pqq_sign_request *request) {
  token *t = user_data;
  order *one = calloc(1, sizeof *one);

  printf("%s is asked for\n", info->scheme_name);
  if (one == NULL) {
    (void)pqq_sign_fail(request, "out of memory");
    return;
  }
  one->request = request;
  one->message = info->message;
  (void)pthread_mutex_lock(&t->lock);
  one->next = t->first;
  t->first = one;
  (void)pthread_cond_signal(&t->has_order);
  (void)pthread_mutex_unlock(&t->lock);
}

static int write_file(const token *t, const char *name, pqq_bytes data) {
  char path[128];
  FILE *file;
  size_t written;

  (void)snprintf(path, sizeof path, "%s/%s", t->folder, name);
  file = fopen(path, "wb");
  if (file == NULL) {
    return 0;
  }
  written = fwrite(data.data, 1, data.len, file);
  return fclose(file) == 0 && written == data.len;
}

/* What `openssl` with these arguments prints; 0 if it fails, or is not there. */
static size_t run_openssl(const char *const arguments[], uint8_t *output, size_t room) {
  char *const environment[] = {NULL};
  posix_spawn_file_actions_t actions;
  size_t len = 0;
  ssize_t got;
  int ends[2], status = -1;
  pid_t child;

  if (pipe(ends) != 0) {
    return 0;
  }
  (void)posix_spawn_file_actions_init(&actions);
  (void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  (void)posix_spawn_file_actions_addclose(&actions, ends[0]);
  if (posix_spawnp(&child, "openssl", &actions, NULL, (char *const *)arguments, environment) != 0) {
    child = -1;
  }
  (void)posix_spawn_file_actions_destroy(&actions);
  (void)close(ends[1]);
  while (len < room && (got = read(ends[0], output + len, room - len)) > 0) {
    len += (size_t)got;
  }
  (void)close(ends[0]);
  return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? len : 0;
}

/* An ECDSA signature in DER, which is what TLS wants; 0 if there is none. */
static size_t ask_openssl(const token *t, pqq_bytes message, uint8_t *signature, size_t room) {
  char key[128], file[128];
  const char *const arguments[] = {"openssl", "dgst", "-sha256", "-sign", key, file, NULL};

  (void)snprintf(key, sizeof key, "%s/key", t->folder);
  (void)snprintf(file, sizeof file, "%s/message", t->folder);
  return write_file(t, "message", message) ? run_openssl(arguments, signature, room) : 0;
}

static void answer(const token *t, const order *one) {
  uint8_t signature[256];
  size_t len = ask_openssl(t, one->message, signature, sizeof signature);

  if (len == 0) {
    (void)pqq_sign_fail(one->request, "openssl dgst failed");
  } else if (pqq_sign_complete(one->request, signature, len) != PQQ_OK) {
    /* It was verified, so it never left. */
    fprintf(stderr, "that is no signature of the certificate's key\n");
  }
}

static void *run(void *argument) {
  token *t = argument;

  (void)pthread_mutex_lock(&t->lock);
  while (t->first != NULL || !t->is_stopping) {
    order *one = t->first;

    if (one == NULL) {
      (void)pthread_cond_wait(&t->has_order, &t->lock);
      continue;
    }
    t->first = one->next;
    (void)pthread_mutex_unlock(&t->lock);
    answer(t, one);
    free(one);
    (void)pthread_mutex_lock(&t->lock);
  }
  (void)pthread_mutex_unlock(&t->lock);
  return NULL;
}

static int token_open(token *t, pqq_bytes key_pem) {
  (void)snprintf(t->folder, sizeof t->folder, "/tmp/pqq-signer-XXXXXX");
  return mkdtemp(t->folder) != NULL && write_file(t, "key", key_pem) &&
         pthread_mutex_init(&t->lock, NULL) == 0 && pthread_cond_init(&t->has_order, NULL) == 0 &&
         pthread_create(&t->thread, NULL, run, t) == 0;
}

/* After the server and its configuration: whatever was asked for is answered first. */
static void token_close(token *t) {
  char path[128];

  (void)pthread_mutex_lock(&t->lock);
  t->is_stopping = 1;
  (void)pthread_cond_signal(&t->has_order);
  (void)pthread_mutex_unlock(&t->lock);
  (void)pthread_join(t->thread, NULL);
  (void)snprintf(path, sizeof path, "%s/key", t->folder);
  (void)unlink(path);
  (void)snprintf(path, sizeof path, "%s/message", t->folder);
  (void)unlink(path);
  (void)rmdir(t->folder);
}

static void greet(pqq_exchange *exchange, void *user_data) {
  (void)user_data;
  (void)pqq_respond(exchange, 200, NULL, 0, "signed for\n", 11, 0);
}

static int failed(const char *what, pqq_status status) {
  fprintf(stderr, "%s: %s %s\n", what, pqq_strerror(status), pqq_error_detail());
  return 1;
}

static pqq_status start(const pqq_dev_identity *identity, token *t, pqq_server **server) {
  pqq_signer signer;
  pqq_identity_source sources[] = {
      {.cert_pem = identity->pq_cert_pem, .key_pem = identity->pq_key_pem},
      {.cert_pem = identity->classical_cert_pem, .signer = &signer}};
  pqq_config_options options;
  pqq_server_options server_options;
  pqq_config *config;
  pqq_status status;

  (void)pqq_signer_init(&signer, sizeof signer);
  signer.sign = on_sign;
  signer.user_data = t;
  signer.timeout_ms = 2000;
  (void)pqq_config_options_init(&options, sizeof options);
  options.identities = sources;
  options.identity_count = 2;
  status = pqq_config_new(&options, &config);
  if (status != PQQ_OK) {
    return status;
  }
  (void)pqq_server_options_init(&server_options, sizeof server_options);
  server_options.config = config;
  server_options.handler = greet;
  status = pqq_start_server(&server_options, server);
  pqq_config_unref(config);
  return status;
}

static int ask(const pqq_dev_identity *identity, uint16_t port) {
  char url[64];
  pqq_config_options options;
  pqq_request_options request;
  pqq_config *config;
  pqq_response *response;
  pqq_status status;

  (void)pqq_config_options_init(&options, sizeof options);
  options.ca_pem = identity->ca_pem;
  status = pqq_config_new(&options, &config);
  if (status != PQQ_OK) {
    return failed("configuration", status);
  }
  (void)snprintf(url, sizeof url, "https://localhost:%u/", port);
  (void)pqq_request_options_init(&request, sizeof request);
  request.url = url;
  request.config = config;
  request.require_authentication = PQQ_REQUIRE_HYBRID;
  status = pqq_request(&request, &response);
  pqq_config_unref(config);
  if (status != PQQ_OK) {
    return failed(url, status);
  }
  printf("%.*s", (int)pqq_response_body(response).len,
         (const char *)pqq_response_body(response).data);
  pqq_response_free(response);
  return 0;
}

int main(void) {
  const char *names[] = {"localhost"};
  const char *const version[] = {"openssl", "version", NULL};
  uint8_t printed[256];
  token t = {.first = NULL};
  pqq_dev_identity *identity;
  pqq_server *server = NULL;
  pqq_status status = pqq_init();
  int result = 1;

  if (run_openssl(version, printed, sizeof printed) == 0) {
    printf("there is no openssl program to sign\n");
    return 0;
  }
  if (status == PQQ_OK) {
    status = pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 1, 1, &identity);
  }
  if (status != PQQ_OK) {
    return failed("identity", status);
  }
  if (token_open(&t, identity->classical_key_pem)) {
    status = start(identity, &t, &server);
    result = status == PQQ_OK ? ask(identity, pqq_server_port(server)) : failed("server", status);
    pqq_stop_server(server, 1000);
    token_close(&t);
  }
  pqq_dev_identity_free(identity);
  return result;
}
