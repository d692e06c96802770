/* SPDX-License-Identifier: MIT */
/* io/address.c: every form of an address and back. */
#include <string.h>

#include "harness.h"
#include "io/address.h"

TEST("IP literals are parsed, everything else is refused") {
  static const struct {
    const char *text;
    uint16_t family;
    const char *shown;
  } rows[] = {
      {"127.0.0.1", 4, "127.0.0.1:443"},
      {"0.0.0.0", 4, "0.0.0.0:443"},
      {"::", 6, "[::]:443"},
      {"::1", 6, "[::1]:443"},
      {"2001:DB8::0:1", 6, "[2001:db8::1]:443"},
      {"::ffff:192.0.2.1", 6, "[::ffff:192.0.2.1]:443"},
      {"fe80::1%7", 6, "[fe80::1%7]:443"},
      {"", 0, NULL},
      {"localhost", 0, NULL},
      {"127.0.0.1.", 0, NULL},
      {"127.1", 0, NULL},
      {"127.0.0.1%1", 0, NULL},
      {"1.2.3.4:5", 0, NULL},
      {"[::1]", 0, NULL},
      {"fe80::1%", 0, NULL},
      {"fe80::1%0", 0, NULL},
      {"fe80::1%7x", 0, NULL},
      {"fe80::1%no-such-interface", 0, NULL},
      {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa", 0, NULL},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    pqq_address address = {0};
    char text[PQQ__ADDRESS_TEXT_BYTES];

    NOTE("%s", rows[i].text);
    EXPECT_INT(pqq__address_parse(&address, rows[i].text, 443), rows[i].family == 0 ? -1 : 0);
    EXPECT_UINT(address.family, rows[i].family);
    if (rows[i].family != 0) {
      EXPECT_STR(pqq__address_text(&address, text), rows[i].shown);
    }
  }
}

TEST("an interface name is a scope") {
  pqq_address address;

  EXPECT_INT(pqq__address_parse(&address, "fe80::1%lo", 1), 0);
  EXPECT(address.scope_id > 0);
}

static void expect_round_trip(const char *ip, int socket_family, socklen_t length) {
  pqq_address address, back;
  struct sockaddr_storage name;

  NOTE("%s in family %d", ip, socket_family);
  EXPECT_INT(pqq__address_parse(&address, ip, 4433), 0);
  EXPECT_UINT(pqq__address_to_sockaddr(&address, socket_family, &name), length);
  EXPECT_INT(name.ss_family, socket_family);
  pqq__address_from_sockaddr(&back, &name);
  EXPECT_MEM(&back, sizeof back, &address, sizeof address);
}

TEST("addresses survive the socket form, IPv4 also on IPv6 sockets") {
  expect_round_trip("192.0.2.7", AF_INET, sizeof(struct sockaddr_in));
  expect_round_trip("192.0.2.7", AF_INET6, sizeof(struct sockaddr_in6));
  expect_round_trip("2001:db8::7", AF_INET6, sizeof(struct sockaddr_in6));
  expect_round_trip("fe80::7%3", AF_INET6, sizeof(struct sockaddr_in6));
}

TEST("an IPv4 socket cannot reach IPv6, and no family reaches nothing") {
  pqq_address address;
  struct sockaddr_storage name;

  EXPECT_INT(pqq__address_parse(&address, "::1", 1), 0);
  EXPECT_UINT(pqq__address_to_sockaddr(&address, AF_INET, &name), 0);
  address.family = 0;
  EXPECT_UINT(pqq__address_to_sockaddr(&address, AF_INET6, &name), 0);
}

TEST("an unknown socket family gives no address") {
  struct sockaddr_storage name = {.ss_family = AF_UNIX};
  pqq_address address = {.family = 4, .port = 9};

  pqq__address_from_sockaddr(&address, &name);
  EXPECT_UINT(address.family, 0);
  EXPECT_UINT(address.port, 0);
}

TEST("wildcards and equality look at the IP only") {
  pqq_address any = pqq__address_any(6, 5), one, same;

  EXPECT(pqq__address_is_any(&any));
  EXPECT_INT(pqq__address_parse(&one, "10.0.0.1", 1), 0);
  EXPECT_INT(pqq__address_parse(&same, "10.0.0.1", 2), 0);
  EXPECT(!pqq__address_is_any(&one));
  EXPECT(pqq__address_has_same_ip(&one, &same));
  EXPECT(!pqq__address_has_same_ip(&one, &any));
}

static void expect_turns(const char *before, const char *after) {
  pqq_address addresses[8];
  size_t count = strlen(before) / 2;

  for (size_t i = 0; i < count; i++) {
    addresses[i] = pqq__address_any((uint16_t)(before[2 * i] - '0'), (uint16_t)before[2 * i + 1]);
  }
  pqq__address_take_turns(addresses, count);
  for (size_t i = 0; i < count; i++) {
    EXPECT_UINT(addresses[i].family, (unsigned)(after[2 * i] - '0'));
    EXPECT_UINT(addresses[i].port, (unsigned char)after[2 * i + 1]);
  }
}

TEST("families take turns, and each keeps its order") {
  expect_turns("", "");
  expect_turns("6a", "6a");
  expect_turns("6a6b6c", "6a6b6c");
  expect_turns("6a6b4c4d", "6a4c6b4d");
  expect_turns("6a6b6c6d4e", "6a4e6b6c6d");
  expect_turns("4a6b6c6d4e", "4a6b4e6c6d");
}
