/* SPDX-License-Identifier: MIT */
/* A program of somebody who has libpqq installed: C11, <pqq/pqq.h>, and the library, nothing else
 * of this repository. It starts a server, makes a request to it and prints what was negotiated. */
#include <stdio.h>
#include <string.h>

#include <pqq/pqq.h>

#ifdef WITH_OPENSSL
const char *own_openssl(void); /* own_openssl.c */
#endif

static void answer(pqq_exchange *exchange, void *user_data) {
  pqq_bytes path = pqq_exchange_path(exchange);

  (void)user_data;
  (void)pqq_respond(exchange, 200, NULL, 0, path.data, path.len, 0);
}

static int failed(const char *what, pqq_status status) {
  fprintf(stderr, "%s: %s: %s\n", what, pqq_err_name(status), pqq_error_detail());
  return 1;
}

static pqq_status make_config(pqq_config **config) {
  const char *names[] = {"127.0.0.1"};
  pqq_dev_identity *made;
  pqq_status status = pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 1, 1, &made);

  if (status != PQQ_OK) {
    return status;
  }
  pqq_identity_source sources[] = {
      {.cert_pem = made->pq_cert_pem, .key_pem = made->pq_key_pem},
      {.cert_pem = made->classical_cert_pem, .key_pem = made->classical_key_pem}};
  pqq_config_options options;

  (void)pqq_config_options_init(&options, sizeof options);
  options.identities = sources;
  options.identity_count = 2;
  options.ca_pem = made->ca_pem;
  status = pqq_config_new(&options, config);
  pqq_dev_identity_free(made);
  return status;
}

static int ask(pqq_config *config, uint16_t port) {
  char url[64];
  pqq_request_options options;
  pqq_response *response;

  snprintf(url, sizeof url, "https://127.0.0.1:%u/hello", port);
  (void)pqq_request_options_init(&options, sizeof options);
  options.url = url;
  options.config = config;
  pqq_status status = pqq_request(&options, &response);

  if (status != PQQ_OK) {
    return failed("pqq_request", status);
  }
  const pqq_connection_info *info = pqq_response_connection_info(response);
  pqq_bytes body = pqq_response_body(response);

  printf("C%ld libpqq %s: %d %.*s %s %s\n", __STDC_VERSION__, pqq_version(),
         pqq_response_status(response), (int)body.len, (const char *)body.data, info->group_name,
         info->signature_name);
  pqq_response_free(response);
  return 0;
}

int main(void) {
  static const char *const hosts[] = {"127.0.0.1"};
  pqq_server_options options;
  pqq_config *config;
  pqq_server *server;
  pqq_status status = pqq_init();

#ifdef WITH_OPENSSL
  printf("%s\n", own_openssl());
#endif
  if (status != PQQ_OK || (status = make_config(&config)) != PQQ_OK) {
    return failed("configuration", status);
  }
  (void)pqq_server_options_init(&options, sizeof options);
  options.config = config;
  options.hosts = hosts;
  options.host_count = 1;
  options.handler = answer;
  status = pqq_start_server(&options, &server);
  int result =
      status == PQQ_OK ? ask(config, pqq_server_port(server)) : failed("pqq_start_server", status);

  if (status == PQQ_OK) {
    pqq_stop_server(server, 1000);
  }
  pqq_config_unref(config);
  return result;
}
