/* SPDX-License-Identifier: MIT */
/* NULL where it is not allowed gives PQQ_ERR_NULL_ARG (or the documented empty
 * answer) from every exported function, never a crash. */
#include <stdio.h>

#include "api/api_fixture.h"
#include "harness.h"

static int32_t take_nothing(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                            void *user_data) {
  (void)engine;
  (void)worker;
  (void)event;
  (void)user_data;
  return PQQ_OK;
}

static void no_call(pqq_engine *engine, void *user_data) {
  (void)engine;
  (void)user_data;
}

#define REFUSED(call)                   \
  do {                                  \
    NOTE("%s", #call);                  \
    EXPECT_INT(call, PQQ_ERR_NULL_ARG); \
  } while (0)

TEST("names and errors of nothing") {
  EXPECT(pqq_group_from_name(NULL) == 0);
  EXPECT(pqq_profile_from_name(NULL) == 0);
  EXPECT(pqq_strerror(12345) != NULL);
  EXPECT(pqq_err_name(-12345) != NULL);
  EXPECT_INT(pqq_err_is_retryable(12345), 0);
  EXPECT_INT(pqq_err_is_fatal(12345), 0);
  EXPECT(pqq_error_detail() != NULL);
}

TEST("configurations and identities") {
  const char *names[] = {"localhost"}, *no_name[] = {NULL};
  pqq_config_options options = fixture_options();
  pqq_dev_identity *identity;
  pqq_config *config;

  REFUSED(pqq_config_options_init(NULL, sizeof options));
  REFUSED(pqq_config_new(NULL, &config));
  REFUSED(pqq_config_new(&options, NULL));
  EXPECT(pqq_config_ref(NULL) == NULL);
  pqq_config_unref(NULL);
  {
    pqq_flight_report report = {.struct_size = sizeof report};
    pqq_config *empty = fixture_config();

    REFUSED(pqq_config_predict_flight(NULL, NULL, &report));
    REFUSED(pqq_config_predict_flight(empty, NULL, NULL));
    pqq_config_unref(empty);
  }
  REFUSED(pqq_dev_identity_new(PQQ_PROFILE_LIGHT, NULL, 1, 1, &identity));
  REFUSED(pqq_dev_identity_new(PQQ_PROFILE_LIGHT, no_name, 1, 1, &identity));
  REFUSED(pqq_dev_identity_new(PQQ_PROFILE_LIGHT, names, 1, 1, NULL));
  pqq_dev_identity_free(NULL);
}

TEST("engines") {
  static uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  pqq_config *config = fixture_config();
  pqq_engine_options options;
  pqq_connect_options connect = {.struct_size = sizeof connect};
  pqq_connection_info info = {.struct_size = sizeof info};
  pqq_stats stats = {.struct_size = sizeof stats};
  pqq_datagram datagram = {.data.len = 0}, no_data = {.data.len = 1};
  pqq_header header = {.name.len = 0};
  pqq_body no_bytes = {.data.len = 1};
  pqq_transmit out;
  pqq_event event;
  pqq_engine *engine;
  pqq_job *job;
  pqq_id id;
  uint32_t route;

  REFUSED(pqq_engine_options_init(NULL, sizeof options));
  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  REFUSED(pqq_engine_new(NULL, &options, &engine));
  REFUSED(pqq_engine_new(config, NULL, &engine));
  REFUSED(pqq_engine_new(config, &options, NULL));
  EXPECT_INT(pqq_engine_new(config, &options, &engine), PQQ_OK);
  pqq_engine_free(NULL);

  REFUSED(pqq_engine_recv(NULL, &datagram, 0, 1, &route));
  REFUSED(pqq_engine_recv(engine, NULL, 0, 1, &route));
  REFUSED(pqq_engine_recv(engine, &no_data, 0, 1, &route));
  REFUSED(pqq_engine_recv(engine, &datagram, 0, 1, NULL));
  REFUSED(pqq_engine_send(NULL, buffer, sizeof buffer, 1, 1, &out));
  REFUSED(pqq_engine_send(engine, NULL, sizeof buffer, 1, 1, &out));
  REFUSED(pqq_engine_send(engine, buffer, sizeof buffer, 1, 1, NULL));
  EXPECT(pqq_engine_deadline(NULL) == PQQ_TIME_NEVER);
  REFUSED(pqq_engine_expire(NULL, 1));
  REFUSED(pqq_engine_unreachable(NULL, &connect.remote, 1));
  REFUSED(pqq_engine_unreachable(engine, NULL, 1));
  REFUSED(pqq_engine_peek_event(NULL, &event));
  REFUSED(pqq_engine_peek_event(engine, NULL));
  pqq_engine_pop_event(NULL);
  REFUSED(pqq_engine_next_event(NULL, &event));
  REFUSED(pqq_engine_next_event(engine, NULL));
  REFUSED(pqq_engine_next_job(NULL, &job));
  REFUSED(pqq_engine_next_job(engine, NULL));
  pqq_job_run(NULL);
  pqq_job_free(NULL);
  REFUSED(pqq_engine_complete(NULL, NULL, 1));
  REFUSED(pqq_engine_complete(engine, NULL, 1));
  pqq_engine_wake(NULL);

  REFUSED(pqq_engine_connect(NULL, &connect, 1, &id));
  REFUSED(pqq_engine_connect(engine, NULL, 1, &id));
  REFUSED(pqq_engine_connect(engine, &connect, 1, &id)); /* server_name */
  REFUSED(pqq_engine_connect(engine, &connect, 1, NULL));
  REFUSED(pqq_engine_request(NULL, 1, 0, &header, 1, NULL, 0));
  REFUSED(pqq_engine_request(engine, 1, 0, NULL, 1, NULL, 0));
  REFUSED(pqq_engine_request(engine, 1, 0, &header, 1, &no_bytes, 0));
  REFUSED(pqq_engine_respond(NULL, 1, 200, NULL, 0, NULL, 0));
  REFUSED(pqq_engine_respond(engine, 1, 200, NULL, 1, NULL, 0));
  REFUSED(pqq_engine_respond(engine, 1, 200, NULL, 0, &no_bytes, 0));
  REFUSED(pqq_engine_write(NULL, 1, &no_bytes, 0));
  REFUSED(pqq_engine_write(engine, 1, NULL, 0));
  REFUSED(pqq_engine_write(engine, 1, &no_bytes, 0));
  REFUSED(pqq_engine_trailers(NULL, 1, NULL, 0));
  REFUSED(pqq_engine_trailers(engine, 1, NULL, 1));
  REFUSED(pqq_engine_consume(NULL, 1, 1));
  REFUSED(pqq_engine_reset(NULL, 1, 1));
  REFUSED(pqq_engine_stop_reading(NULL, 1, 1));
  REFUSED(pqq_engine_close(NULL, 1, 1));
  REFUSED(pqq_engine_shutdown(NULL));
  REFUSED(pqq_engine_close_all(NULL));
  EXPECT_INT(pqq_engine_is_idle(NULL), 1);
  REFUSED(pqq_engine_update_keys(NULL, 1, 1));
  REFUSED(pqq_engine_connection_info(NULL, 1, &info));
  REFUSED(pqq_engine_connection_info(engine, 1, NULL));
  REFUSED(pqq_engine_set_user_data(NULL, 1, NULL));
  EXPECT(pqq_engine_user_data(NULL, 1) == NULL);
  REFUSED(pqq_engine_stats(NULL, &stats));
  REFUSED(pqq_engine_stats(engine, NULL));
  pqq_engine_free(engine);
  pqq_config_unref(config);
}

TEST("drivers") {
  static const char *const no_host[] = {NULL};
  pqq_config *config = fixture_config();
  pqq_driver_options options;
  pqq_driver_events events;
  pqq_driver *driver;
  pqq_address address;
  pqq_stats stats = {.struct_size = sizeof stats};
  pqq_header header = {.name.len = 1};
  pqq_body no_bytes = {.data.len = 1};
  size_t count;

  REFUSED(pqq_driver_options_init(NULL, sizeof options));
  REFUSED(pqq_driver_events_init(NULL, sizeof events));
  EXPECT_INT(pqq_driver_options_init(&options, sizeof options), PQQ_OK);
  EXPECT_INT(pqq_driver_events_init(&events, sizeof events), PQQ_OK);
  REFUSED(pqq_driver_start(config, &options, &events, NULL, &driver)); /* on_event */
  events.on_event = take_nothing;
  REFUSED(pqq_driver_start(NULL, &options, &events, NULL, &driver));
  REFUSED(pqq_driver_start(config, NULL, &events, NULL, &driver));
  REFUSED(pqq_driver_start(config, &options, NULL, NULL, &driver));
  REFUSED(pqq_driver_start(config, &options, &events, NULL, NULL));
  options.hosts = no_host;
  options.host_count = 1;
  REFUSED(pqq_driver_start(config, &options, &events, NULL, &driver));
  options.hosts = NULL;
  options.host_count = 0;
  EXPECT_INT(pqq_driver_start(config, &options, &events, NULL, &driver), PQQ_OK);

  REFUSED(pqq_driver_addresses(NULL, &address, 1, &count));
  REFUSED(pqq_driver_addresses(driver, NULL, 1, &count));
  REFUSED(pqq_driver_addresses(driver, &address, 1, NULL));
  EXPECT_INT(pqq_driver_addresses(driver, NULL, 0, &count), PQQ_OK);
  EXPECT_UINT(count, 1);
  REFUSED(pqq_driver_wake(NULL, 0));
  REFUSED(pqq_driver_call(NULL, 0, no_call, NULL));
  REFUSED(pqq_driver_call(driver, 0, NULL, NULL));
  REFUSED(pqq_driver_update_config(NULL, config));
  REFUSED(pqq_driver_update_config(driver, NULL));
  REFUSED(pqq_driver_stats(NULL, &stats));
  REFUSED(pqq_driver_stats(driver, NULL));
  REFUSED(pqq_driver_stop(NULL, 0));

  const pqq_command commands[] = {
      {.type = PQQ_COMMAND_CONNECT},
      {.type = PQQ_COMMAND_CONNECT,
       .connect = &(pqq_connect_options){.struct_size = sizeof(pqq_connect_options)}},
      {.type = PQQ_COMMAND_WRITE},
      {.type = PQQ_COMMAND_WRITE, .body = &no_bytes},
      {.type = PQQ_COMMAND_RESPOND, .header_count = 1},
      {.type = PQQ_COMMAND_RESPOND, .headers = &header, .header_count = 1},
  };
  REFUSED(pqq_driver_submit(NULL, commands, 1));
  REFUSED(pqq_driver_submit(driver, NULL, 1));
  EXPECT_INT(pqq_driver_submit(driver, NULL, 0), PQQ_OK);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    NOTE("command %zu", i);
    EXPECT_INT(pqq_driver_submit(driver, &commands[i], 1), PQQ_ERR_NULL_ARG);
  }
  pqq_driver_free(driver);
  pqq_driver_free(NULL);
  pqq_config_unref(config);
}

static pqq_status handler_status[2];

static void refuse_nulls(pqq_exchange *exchange, void *user_data) {
  (void)user_data;
  handler_status[0] = pqq_respond(exchange, 200, NULL, 1, NULL, 0, 0);
  handler_status[1] = pqq_respond(exchange, 200, NULL, 0, NULL, 1, 0);
}

TEST("servers and requests") {
  pqq_config *config = fixture_config();
  pqq_server_options options;
  pqq_request_options request;
  pqq_server *server = NULL;
  pqq_response *response = NULL;
  pqq_connection_info info = {.struct_size = sizeof info};
  size_t count = 7;
  char url[64];

  REFUSED(pqq_server_options_init(NULL, sizeof options));
  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = config;
  REFUSED(pqq_start_server(&options, &server)); /* handler */
  options.handler = refuse_nulls;
  REFUSED(pqq_start_server(NULL, &server));
  REFUSED(pqq_start_server(&options, NULL));
  EXPECT_UINT(pqq_server_port(NULL), 0);
  EXPECT(pqq_server_driver(NULL) == NULL);
  pqq_stop_server(NULL, 0);

  EXPECT(pqq_exchange_method(NULL).data == NULL);
  EXPECT(pqq_exchange_path(NULL).data == NULL);
  EXPECT(pqq_exchange_authority(NULL).data == NULL);
  EXPECT(pqq_exchange_header(NULL, "a").data == NULL);
  EXPECT(pqq_exchange_body(NULL).data == NULL);
  REFUSED(pqq_exchange_connection_info(NULL, &info));
  REFUSED(pqq_respond(NULL, 200, NULL, 0, NULL, 0, 0));

  REFUSED(pqq_request_options_init(NULL, sizeof request));
  EXPECT_INT(pqq_request_options_init(&request, sizeof request), PQQ_OK);
  request.config = config;
  REFUSED(pqq_request(&request, &response)); /* url */
  request.url = "https://localhost/";
  REFUSED(pqq_request(NULL, &response));
  REFUSED(pqq_request(&request, NULL));
  request.header_count = 1;
  REFUSED(pqq_request(&request, &response));
  request.header_count = 0;
  request.body.len = 1;
  REFUSED(pqq_request(&request, &response));
  request.body.len = 0;
  request.config = NULL;
  EXPECT_INT(pqq_request(&request, &response), PQQ_ERR_NO_ROOTS);
  request.config = config;

  EXPECT_INT(pqq_response_status(NULL), 0);
  EXPECT(pqq_response_body(NULL).data == NULL);
  EXPECT(pqq_response_header(NULL, "a").data == NULL);
  EXPECT(pqq_response_headers(NULL, &count) == NULL);
  EXPECT(pqq_response_connection_info(NULL) == NULL);
  pqq_response_free(NULL);

  EXPECT_INT(pqq_start_server(&options, &server), PQQ_OK);
  snprintf(url, sizeof url, "https://localhost:%u/", pqq_server_port(server));
  request.url = url;
  EXPECT_INT(pqq_request(&request, &response), PQQ_OK);
  EXPECT_INT(handler_status[0], PQQ_ERR_NULL_ARG);
  EXPECT_INT(handler_status[1], PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_response_status(response), 500);
  EXPECT(pqq_response_header(response, NULL).data == NULL);
  EXPECT(pqq_response_headers(response, NULL) != NULL);
  pqq_response_free(response);
  pqq_stop_server(server, 0);
  pqq_config_unref(config);
}
