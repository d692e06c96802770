/* SPDX-License-Identifier: MIT */
/* A post-quantum HTTP/3 server and a request to it, in one program.
 *
 *   cmake -S . -B build -G Ninja -DPQQ_BUILD_EXAMPLES=ON && cmake --build build
 *   build/examples/hello
 */
#include <stdio.h>
#include <string.h>

#include <pqq/pqq.h>

/* Runs on a worker's thread for each request whose body has arrived. */
static void greet(pqq_exchange *exchange, void *user_data) {
  const char *greeting = user_data;
  static const pqq_header plain_text = {.name = {(const uint8_t *)"content-type", 12},
                                        .value = {(const uint8_t *)"text/plain", 10}};

  (void)pqq_respond(exchange, 200, &plain_text, 1, greeting, strlen(greeting), 0);
}

static int failed(const char *what, pqq_status status) {
  fprintf(stderr, "%s: %s (%s) %s\n", what, pqq_strerror(status), pqq_err_name(status),
          pqq_error_detail());
  return 1;
}

/* One configuration for both ends: the server's identities, the client's roots. */
static pqq_status make_config(pqq_config **config) {
  const char *names[] = {"localhost", "127.0.0.1", "::1"};
  pqq_dev_identity *identity;
  pqq_status status = pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 3, 1, &identity);

  if (status != PQQ_OK) {
    return status;
  }
  pqq_identity_source sources[] = {
      {.cert_pem = identity->pq_cert_pem, .key_pem = identity->pq_key_pem},
      {.cert_pem = identity->classical_cert_pem, .key_pem = identity->classical_key_pem}};
  pqq_config_options options;

  (void)pqq_config_options_init(&options, sizeof options);
  options.identities = sources;
  options.identity_count = 2;
  options.ca_pem = identity->ca_pem;
  status = pqq_config_new(&options, config);
  pqq_dev_identity_free(identity); /* pqq_config_new has copied what it needs */
  return status;
}

static int ask(pqq_config *config, uint16_t port) {
  char url[64];
  pqq_request_options options;
  pqq_response *response;
  pqq_status status;

  snprintf(url, sizeof url, "https://localhost:%u/", port);
  (void)pqq_request_options_init(&options, sizeof options);
  options.url = url;
  options.config = config;
  status = pqq_request(&options, &response);
  if (status != PQQ_OK) {
    return failed(url, status);
  }
  const pqq_connection_info *info = pqq_response_connection_info(response);
  pqq_bytes body = pqq_response_body(response);

  printf("%s\nstatus     %d\ngroup      %s\nsignature  %s\ncipher     %s\nbody       %.*s", url,
         pqq_response_status(response), info->group_name, info->signature_name, info->cipher_name,
         (int)body.len, (const char *)body.data);
  pqq_response_free(response);
  return 0;
}

int main(void) {
  char greeting[] = "hello over post-quantum HTTP/3\n";
  pqq_server_options options;
  pqq_config *config;
  pqq_server *server;
  pqq_status status = pqq_init();

  if (status != PQQ_OK) {
    return failed("pqq_init", status);
  }
  status = make_config(&config);
  if (status != PQQ_OK) {
    return failed("configuration", status);
  }
  (void)pqq_server_options_init(&options, sizeof options);
  options.config = config;
  options.handler = greet;
  options.user_data = greeting;
  status = pqq_start_server(&options, &server); /* port 0: any free one */
  if (status != PQQ_OK) {
    pqq_config_unref(config);
    return failed("pqq_start_server", status);
  }
  int result = ask(config, pqq_server_port(server));

  pqq_stop_server(server, 1000);
  pqq_config_unref(config);
  return result;
}
