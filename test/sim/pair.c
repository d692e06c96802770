/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include "fatal.h"

pqq_address sim_server_address(void) {
  return sim_address4(1, 443);
}

static void use_pipe(sim_node *node, const sim_pipe *pipe) {
  node->out = *pipe;
  if (node->out.delay_ns == 0) {
    node->out.delay_ns = SIM_DELAY_NS;
  }
}

void sim_pair_open(sim_pair *pair, uint64_t seed, const sim_setup *setup) {
  static const sim_setup nothing;
  pqq_address server = sim_server_address(), client = sim_address4(2, 5000);

  if (!setup) {
    setup = &nothing;
  }
  if (setup->is_ipv6) {
    server = sim_address6(1, 443);
    client = sim_address6(2, 5000);
  }
  *pair = (sim_pair){.net = sim_new(seed)};
  if (setup->hybrid) {
    pair->server_config = sim_hybrid_config(setup->server_options, setup->hybrid);
    pair->client_config = sim_client_config(setup->client_options, setup->hybrid);
  } else {
    pair->server_config = sim_config(setup->server_options, setup->identity);
    pair->client_config = sim_config(setup->client_options, SIM_IDENTITIES);
  }
  use_pipe(&pair->server.node, &setup->from_server);
  use_pipe(&pair->client.node, &setup->from_client);
  pair->client.exchanges = setup->exchanges;
  pair->client.exchange_count = setup->exchange_count;
  pair->client.expected_flight_bytes = setup->expected_flight_bytes;
  sim_server_start(&pair->server, pair->net, pair->server_config, &server, setup->server_engine);
  sim_client_start(&pair->client, pair->net, pair->client_config, &client, &server);
}

void sim_pair_close(sim_pair *pair) {
  sim_client_stop(&pair->client);
  sim_server_stop(&pair->server);
  sim_free(pair->net);
  pqq_config_unref(pair->server_config);
  pqq_config_unref(pair->client_config);
}

int sim_pair_settle(sim_pair *pair) {
  return sim_run(pair->net, sim_now(pair->net) + SIM_LONG, sim_client_is_settled, &pair->client);
}

int sim_pair_exchange(sim_pair *pair) {
  for (size_t i = 0; i < pair->client.exchange_count; i++) {
    if (sim_client_request(&pair->client, i) != PQQ_OK) {
      sim_fatal("request %zu: %s", i, pqq_error_detail());
    }
  }
  return sim_run(pair->net, sim_now(pair->net) + SIM_LONG, sim_client_is_done, &pair->client);
}

int sim_pair_wait_closed(sim_pair *pair) {
  return sim_run(pair->net, sim_now(pair->net) + SIM_LONG, sim_client_is_closed, &pair->client);
}
