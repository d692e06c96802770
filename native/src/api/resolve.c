/* SPDX-License-Identifier: MIT */
/* See resolve.h. */
#include "api/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "core/error.h"
#include "io/address.h"

/* localhost and the names below it (RFC 6761 section 6.3). */
static int is_localhost(const char *host) {
  static const char name[] = "localhost";
  size_t len = strlen(host), own = sizeof name - 1;

  len -= len > 0 && host[len - 1] == '.';
  return len >= own && strncmp(host + len - own, name, own) == 0 &&
         (len == own || host[len - own - 1] == '.');
}

/* Nobody is asked: who passes the name on lets somebody else answer for it. */
static void use_loopback(const pqq__url *url, pqq_address *addresses, size_t *count) {
  static const uint8_t v4[] = {127, 0, 0, 1};

  addresses[0] = (pqq_address){.family = 6, .port = url->port};
  addresses[0].ip[15] = 1;
  addresses[1] = (pqq_address){.family = 4, .port = url->port};
  memcpy(addresses[1].ip, v4, sizeof v4);
  *count = 2;
}

/* The system's resolver, with its own timeouts. */
static pqq_status ask_resolver(const pqq__url *url, pqq_address *addresses, size_t *count) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  int code = getaddrinfo(url->host, NULL, &hints, &found);

  if (code != 0) {
    return pqq__error_set(PQQ_ERR_RESOLVE, "%s: %s", url->host,
                          code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
  }
  *count = 0;
  for (struct addrinfo *info = found; info != NULL && *count < PQQ__MAX_RESOLVED;
       info = info->ai_next) {
    struct sockaddr_storage name = {0};

    memcpy(&name, info->ai_addr, info->ai_addrlen);
    pqq__address_from_sockaddr(&addresses[*count], &name);
    addresses[*count].port = url->port;
    *count += addresses[*count].family != 0;
  }
  freeaddrinfo(found);
  pqq__address_take_turns(addresses, *count);
  return *count > 0 ? PQQ_OK : pqq__error_set(PQQ_ERR_RESOLVE, "%s: no address", url->host);
}

pqq_status pqq__resolve(const pqq__url *url, pqq_address *addresses, size_t *count) {
  if (is_localhost(url->host)) {
    use_loopback(url, addresses, count);
    return PQQ_OK;
  }
  return ask_resolver(url, addresses, count);
}
