/* SPDX-License-Identifier: MIT */
/* The arithmetic of the flight budget, and what pqq_config_predict_flight makes
 * of configurations. What goes over a link is compared in test/sim. */
#include <stdio.h>
#include <string.h>

#include <pqq/pqq.h>

#include "core/limits.h"
#include "fixtures.h"
#include "harness.h"
#include "tls/flight_budget.h"

/* spec: FB-2, FB-3 */
TEST(
    "every profile's expected flight fits three times as many datagrams as its row says, or copies "
    "cannot help") {
  static const struct {
    int32_t profile;
    uint32_t datagrams[2];
  } rows[] = {
      {PQQ_PROFILE_LIGHT, {3, 3}}, {PQQ_PROFILE_BALANCED, {4, 3}}, {PQQ_PROFILE_SECURE, {2, 2}}};
  static const uint32_t sizes[] = {1200, 1452};
  const pqq__profile custom = {.id = PQQ_PROFILE_CUSTOM, .pq_scheme = PQQ_SCHEME_MLDSA65};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    for (size_t j = 0; j < 2; j++) {
      uint32_t expected = pqq__flight_expected(pqq__profile_find(rows[i].profile), sizes[j]);

      NOTE("profile %d at %u", (int)rows[i].profile, sizes[j]);
      printf("# profile %d, datagrams of %u: %u bytes expected, %u datagrams\n",
             (int)rows[i].profile, sizes[j], expected,
             pqq__flight_datagrams_for(expected, 2, sizes[j]));
      EXPECT_UINT(pqq__flight_datagrams_for(expected, 2, sizes[j]), rows[i].datagrams[j]);
      EXPECT(expected <= pqq__flight_window(sizes[j]));
    }
    EXPECT_UINT(pqq__profile_find(rows[i].profile)->first_flight_datagrams, rows[i].datagrams[0]);
  }
  EXPECT_UINT(pqq__flight_expected(&custom, 1200), 0);
}

/* spec: FB-1, FB-5 */
TEST("the number of datagrams is just enough, never below what was sent, never above six") {
  EXPECT_UINT(pqq__flight_datagrams_for(0, 2, 1200), 2);
  EXPECT_UINT(pqq__flight_datagrams_for(7200, 2, 1200), 2);
  EXPECT_UINT(pqq__flight_datagrams_for(7201, 2, 1200), 3);
  EXPECT_UINT(pqq__flight_datagrams_for(10800, 2, 1200), 3);
  EXPECT_UINT(pqq__flight_datagrams_for(1000000, 2, 1200), PQQ__MAX_FIRST_FLIGHT_DATAGRAMS);
  EXPECT_UINT(pqq__flight_datagrams_for(1000000, 7, 1200), 7);
}

TEST("the window is that of RFC 9002 section 7.2") {
  EXPECT_UINT(pqq__flight_window(1200), 12000);
  EXPECT_UINT(pqq__flight_window(1452), 14520);
  EXPECT_UINT(pqq__flight_window(1500), 14720);
  EXPECT_UINT(pqq__flight_window(9000), 18000);
}

TEST("the first round is bound by both limits, later ones by a window that grows") {
  const pqq__flight_limits limits = {.amplification = 7200, .window = 12000};
  const pqq__flight_limits known = {.amplification = UINT32_MAX, .window = 12000};
  const pqq__flight_limits nothing = {.amplification = 0, .window = 12000};

  EXPECT_UINT(pqq__flight_rounds(7200, &limits), 1);
  EXPECT_UINT(pqq__flight_rounds(7201, &limits), 2);
  EXPECT_UINT(pqq__flight_rounds(7200 + 19200, &limits), 2);
  EXPECT_UINT(pqq__flight_rounds(7200 + 19201, &limits), 3);
  EXPECT_UINT(pqq__flight_rounds(12000, &known), 1);
  EXPECT_UINT(pqq__flight_rounds(12001, &known), 2);
  EXPECT_UINT(pqq__flight_rounds(12000, &nothing), 1);
}

/* spec: FB-1 */
TEST("packing loses no byte, and no datagram is too large or an Initial too small") {
  for (uint32_t i = 0; i < 3000; i += 7) {
    const pqq__flight_parts parts = {.server_hello = 1178,
                                     .certificate = 10 + 5 * i,
                                     .settings = 132,
                                     .authenticator = i % 3 ? i : 0};
    pqq__flight_size size = pqq__flight_pack(&parts, 1200);
    uint32_t content =
        parts.server_hello + parts.certificate + parts.settings + parts.authenticator;

    NOTE("%u", i);
    EXPECT(size.total_bytes > content);
    EXPECT(size.total_bytes <= size.total_datagrams * 1200);
    EXPECT(size.total_bytes > (size.total_datagrams - 1) * 1200);
    EXPECT(size.tls_bytes <= size.total_bytes && size.tls_bytes >= 2 * 1200);
    EXPECT(size.total_bytes - content < size.total_datagrams * 80 + 1200);
  }
}

static pqq_config *make_config(const fixture_server *servers, size_t count) {
  pqq_identity_source sources[2];
  pqq_config_options options;
  pqq_config *config = NULL;

  EXPECT_INT(pqq_init(), PQQ_OK);
  EXPECT_INT(pqq_config_options_init(&options, sizeof options), PQQ_OK);
  memset(sources, 0, sizeof sources);
  for (size_t i = 0; i < count; i++) {
    sources[i].cert_pem = fixture_bytes(servers[i].chain);
    sources[i].key_pem = fixture_bytes(servers[i].key);
  }
  options.identities = sources;
  options.identity_count = count;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  return config;
}

static pqq_flight_report predict(const pqq_config *config, int32_t kind, uint32_t flags) {
  pqq_flight_options options = {.struct_size = sizeof options, .kind = kind, .flags = flags};
  pqq_flight_report report = {.struct_size = sizeof report};

  EXPECT_INT(pqq_config_predict_flight(config, &options, &report), PQQ_OK);
  return report;
}

static const fixture_spec leaf = {.common_name = "localhost", .dns = "localhost"};

TEST("two identities are a flight of velocity/1; one round trip with repeats under their roots") {
  fixture_server servers[2];
  pqq_config *config;
  pqq_flight_report report, h3;

  fixture_server_make(&servers[0], "ML-DSA-65", NULL, "ML-DSA-65", &leaf);
  fixture_server_make(&servers[1], "P-256", NULL, "P-256", &leaf);
  config = make_config(servers, 2);
  report = predict(config, PQQ_FLIGHT_AUTO, 0);
  printf("# balanced: %u bytes in %u datagrams, limit %u, with %u repeats %u, window %u\n",
         report.total_bytes, report.total_datagrams, report.limit_bytes, report.repeats,
         report.repeat_limit_bytes, report.window_bytes);
  EXPECT_INT(report.kind, PQQ_FLIGHT_VELOCITY);
  EXPECT(report.authenticator_bytes > report.authenticator_certificate_bytes);
  EXPECT_UINT(report.round_trips, 2);
  EXPECT_UINT(report.repeat_round_trips, 1);
  EXPECT_INT(report.advice, PQQ_FLIGHT_ADVICE_NONE);
  EXPECT_UINT(report.server_hello_bytes + report.encrypted_extensions_bytes +
                  report.certificate_bytes + report.certificate_verify_bytes +
                  report.finished_bytes + report.authenticator_bytes + report.settings_bytes +
                  report.overhead_bytes,
              report.total_bytes);
  h3 = predict(config, PQQ_FLIGHT_H3_CLASSICAL, 0);
  EXPECT_UINT(h3.authenticator_bytes, 0);
  EXPECT_UINT(h3.round_trips, 1);
  pqq_config_unref(config);
  fixture_server_free(&servers[0]);
  fixture_server_free(&servers[1]);
}

TEST("an ML-DSA intermediate costs a round trip, and the advice says what a root-direct leaf "
     "saves") {
  fixture_server server;
  pqq_config *config;
  pqq_flight_report report, leaf_only;

  fixture_server_make(&server, "ML-DSA-65", "ML-DSA-65", "ML-DSA-65", &leaf);
  config = make_config(&server, 1);
  report = predict(config, PQQ_FLIGHT_AUTO, 0);
  leaf_only = predict(config, PQQ_FLIGHT_AUTO, PQQ_FLIGHT_LEAF_ONLY);
  EXPECT_INT(report.kind, PQQ_FLIGHT_H3_PQ);
  EXPECT_UINT(report.certificate_count, 2);
  EXPECT_UINT(report.repeat_round_trips, 2);
  EXPECT_INT(report.advice, PQQ_FLIGHT_ADVICE_ROOT_DIRECT);
  EXPECT_UINT(report.total_bytes - leaf_only.total_bytes, report.advice_saves_bytes);
  EXPECT_UINT(leaf_only.repeat_round_trips, 1);
  EXPECT_UINT(leaf_only.certificate_count, 1);
  EXPECT_INT(leaf_only.advice, PQQ_FLIGHT_ADVICE_NONE);
  EXPECT_INT(predict(config, 0, PQQ_FLIGHT_UNCOMPRESSED).certificate_compression, 0);
  EXPECT(report.certificate_bytes < report.certificate_plain_bytes);
  pqq_config_unref(config);
  fixture_server_free(&server);
}

TEST("mistakes in the options are errors that name them") {
  fixture_server server;
  pqq_config *config;
  pqq_flight_report report = {.struct_size = sizeof report};
  pqq_flight_options options = {.struct_size = sizeof options, .datagram_bytes = 1199};

  fixture_server_make(&server, "P-256", NULL, "P-256", &leaf);
  config = make_config(&server, 1);
  EXPECT_INT(pqq_config_predict_flight(config, &options, &report), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "datagram_bytes") != NULL);
  options.datagram_bytes = 0;
  options.client_datagrams = 65;
  EXPECT_INT(pqq_config_predict_flight(config, &options, &report), PQQ_ERR_INVALID_ARG);
  options.client_datagrams = 0;
  options.kind = PQQ_FLIGHT_VELOCITY;
  EXPECT_INT(pqq_config_predict_flight(config, &options, &report), PQQ_ERR_INVALID_ARG);
  options.kind = 4;
  EXPECT_INT(pqq_config_predict_flight(config, &options, &report), PQQ_ERR_INVALID_ARG);
  options.kind = 0;
  options.group = 1;
  EXPECT_INT(pqq_config_predict_flight(config, &options, &report), PQQ_ERR_GROUP_UNKNOWN);
  options.struct_size = 3;
  EXPECT_INT(pqq_config_predict_flight(config, &options, &report), PQQ_ERR_STRUCT_SIZE);
  pqq_config_unref(config);
  fixture_server_free(&server);
}
