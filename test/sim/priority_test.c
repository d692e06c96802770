/* SPDX-License-Identifier: MIT */
/* Extensible priorities (RFC 9218): what is urgent completes first, and incremental responses share
 * the link. */
#include "fields.h"
#include "harness.h"
#include "pair.h"

#define BODY "/bytes/400000"
#define BODY_BYTES 400000u

/* What the other exchange had when the first one ended. */
typedef struct outcome {
  int first;
  uint64_t other_bytes;
} outcome;

static void note_first(sim_client *client, const pqq_event *event) {
  outcome *seen = client->user_data;

  if (event->is_end && event->token && seen->first < 0) {
    seen->first = (int)event->token - 1;
    seen->other_bytes = client->exchanges[2 - event->token].received_bytes;
  }
}

/* Two responses at once over a link that is slower than their server. */
static outcome race(const char *first, const char *second,
                    int (*on_request)(sim_server *, sim_reply *, const pqq_event *),
                    void (*on_event)(sim_client *, const pqq_event *)) {
  pqq_header fields[2] = {sim_field("priority", first ? first : ""),
                          sim_field("priority", second ? second : "")};
  sim_exchange exchanges[2] = {{.path = BODY, .extra = &fields[0], .extra_count = first != NULL},
                               {.path = BODY, .extra = &fields[1], .extra_count = second != NULL}};
  sim_setup setup = {.exchanges = exchanges, .exchange_count = 2};
  outcome seen = {.first = -1};
  sim_pair pair;

  setup.from_server.rate_bytes_per_s = 1000000;
  setup.from_server.queue_bytes = 100000;
  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.on_request = on_request;
  pair.client.on_event = on_event ? on_event : note_first;
  pair.client.user_data = &seen;
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_UINT(exchanges[0].received_bytes, BODY_BYTES);
  EXPECT_UINT(exchanges[1].received_bytes, BODY_BYTES);
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  sim_pair_close(&pair);
  return seen;
}

TEST("of two responses the more urgent one is complete before the other has much") {
  outcome seen = race("u=7", "u=0", NULL, NULL);

  EXPECT_INT(seen.first, 1);
  EXPECT(seen.other_bytes < BODY_BYTES / 10);
  seen = race("u=0", "u=7", NULL, NULL);
  EXPECT_INT(seen.first, 0);
  EXPECT(seen.other_bytes < BODY_BYTES / 10);
}

TEST("equally urgent responses go one after the other, incremental ones in turns") {
  outcome seen = race(NULL, NULL, NULL, NULL);

  EXPECT_INT(seen.first, 0);
  EXPECT(seen.other_bytes < BODY_BYTES / 10);
  seen = race("u=3, i", "i", NULL, NULL);
  EXPECT(seen.other_bytes > BODY_BYTES * 9 / 10);
}

TEST("a priority field that cannot be read counts as none") {
  outcome seen = race("u=0, i", "u=eleven", NULL, NULL);

  EXPECT_INT(seen.first, 0);
  EXPECT(seen.other_bytes < BODY_BYTES / 10);
}

/* The first response says that it can wait, the second says nothing. */
static int answer_late(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_header priority = sim_field("priority", "u=6");

  (void)event;
  reply->total_bytes = BODY_BYTES;
  EXPECT_INT(pqq_engine_respond(server->node.engine, reply->stream, 200, &priority,
                                server->requests == 1, NULL, 0),
             PQQ_OK);
  sim_server_write(server, reply);
  return 1;
}

TEST("the priority field of a response goes before that of its request") {
  outcome seen = race("u=0", "u=1", answer_late, NULL);

  EXPECT_INT(seen.first, 1);
  EXPECT(seen.other_bytes < BODY_BYTES / 10);
}

static int answer_by_call(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_priority priority = {.urgency = server->requests == 1 ? 7 : 2};

  (void)event;
  reply->total_bytes = BODY_BYTES;
  EXPECT_INT(pqq_engine_respond(server->node.engine, reply->stream, 200, NULL, 0, NULL, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_set_priority(server->node.engine, reply->stream, &priority), PQQ_OK);
  priority.urgency = 8;
  EXPECT_INT(pqq_engine_set_priority(server->node.engine, reply->stream, &priority),
             PQQ_ERR_INVALID_ARG);
  sim_server_write(server, reply);
  return 1;
}

TEST("a server may change the priority of a response that is on its way") {
  outcome seen = race("u=0", "u=1", answer_by_call, NULL);

  EXPECT_INT(seen.first, 1);
}

/* When the first bytes of the first response are here, it becomes less urgent. */
static void demote(sim_client *client, const pqq_event *event) {
  pqq_priority low = {.urgency = 7, .is_incremental = 1};

  if (event->type == PQQ_EVENT_DATA && event->token == 1 &&
      client->exchanges[0].received_bytes == 0) {
    EXPECT_INT(pqq_engine_set_priority(client->node.engine, event->stream, &low), PQQ_OK);
    client->node.is_touched = 1;
  }
  note_first(client, event);
}

TEST("a client's PRIORITY_UPDATE changes the order of what is being sent") {
  outcome seen = race(NULL, NULL, NULL, demote);

  EXPECT_INT(seen.first, 1);
  EXPECT(seen.other_bytes < BODY_BYTES / 2);
}
