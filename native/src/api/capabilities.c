/* SPDX-License-Identifier: MIT */
/* pqq_capabilities: what this build has, as JSON, made once. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include <netinet/udp.h>

#include <pqq/pqq.h>

#include "crypto/algorithms.h"
#include "crypto/mldsa_signer.h"
#include "http3/library.h"
#include "quic/library.h"
#include "tls/tls.h"

#ifdef UDP_SEGMENT
#define KNOWS_GSO "true"
#else
#define KNOWS_GSO "false"
#endif
#ifdef UDP_GRO
#define KNOWS_GRO "true"
#else
#define KNOWS_GRO "false"
#endif

/* The tables and version texts take about 1 KiB; the test parses it all. */
static char text[4096];
static size_t used;
static pthread_once_t once = PTHREAD_ONCE_INIT;

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...) {
  va_list args;
  int length;

  va_start(args, format);
  length = vsnprintf(text + used, sizeof text - used, format, args);
  va_end(args);
  if (length > 0 && (size_t)length < sizeof text - used) {
    used += (size_t)length;
  }
}

static void add_name(size_t index, const char *name) {
  add("%s\"%s\"", index == 0 ? "" : ",", name);
}

static void add_groups(void) {
  size_t count;
  const pqq__group *groups = pqq__groups(&count);

  add("\"groups\":[");
  for (size_t i = 0; i < count; i++) {
    add_name(i, groups[i].name);
  }
  add("],");
}

/* Those that a server identity can have; a client verifies others too. */
static void add_signature_schemes(void) {
  size_t count, shown = 0;
  const pqq__signature_scheme *schemes = pqq__signature_schemes(&count);

  add("\"signatureSchemes\":[");
  for (size_t i = 0; i < count; i++) {
    if (schemes[i].can_sign) {
      add_name(shown++, schemes[i].name);
    }
  }
  add("],");
}

static void add_profiles(void) {
  size_t count;
  const pqq__profile *profiles = pqq__profiles(&count);

  add("\"profiles\":[");
  for (size_t i = 0; i < count; i++) {
    add_name(i, profiles[i].name);
  }
  add("],");
}

static void write_text(void) {
  add("{\"version\":\"%s\",\"abi\":%d,", PQQ_VERSION_STRING, PQQ_ABI_VERSION);
  add("\"libraries\":{\"ngtcp2\":\"%s\",\"nghttp3\":\"%s\",\"awsLc\":\"%s\",\"liboqs\":\"%s\"},",
      pqq__quic_library_version(), pqq__http3_library_version(), pqq__tls_library_version(),
      pqq__mldsa_library_version());
  add_groups();
  add_signature_schemes();
  add_profiles();
  add("\"gso\":" KNOWS_GSO ",\"gro\":" KNOWS_GRO "}");
}

const char *pqq_capabilities(void) {
  (void)pthread_once(&once, write_text);
  return text;
}
