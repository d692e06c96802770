/* SPDX-License-Identifier: MIT */
/* Parsing of ClientHello extensions: what is read, and that every cut or
 * inconsistent length is refused. */
#include "tls/client_hello.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "harness.h"

/* One extension with its type and length in front. */
struct extension {
  uint16_t type;
  const char *body;
  size_t len;
};

#define BODY(text) text, sizeof(text) - 1
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Builds a message of the given extensions in exactly allocated memory, so that
 * a sanitizer sees every byte read too far. */
static const char *parse(const struct extension *extensions, size_t count, pqq__client_hello *hello,
                         uint8_t **memory) {
  SSL_CLIENT_HELLO message;
  size_t len = 0, at = 0;

  for (size_t i = 0; i < count; i++) {
    len += 4 + extensions[i].len;
  }
  *memory = malloc(len);
  for (size_t i = 0; i < count; i++) {
    uint8_t *out = *memory + at;

    out[0] = (uint8_t)(extensions[i].type >> 8);
    out[1] = (uint8_t)extensions[i].type;
    out[2] = (uint8_t)(extensions[i].len >> 8);
    out[3] = (uint8_t)extensions[i].len;
    memcpy(out + 4, extensions[i].body, extensions[i].len);
    at += 4 + extensions[i].len;
  }
  memset(&message, 0, sizeof message);
  message.extensions = *memory;
  message.extensions_len = len;
  message.cipher_suites = (const uint8_t *)"\x13\x01\x13\x02";
  message.cipher_suites_len = 4;
  return pqq__client_hello_parse(&message, hello);
}

static const struct extension good[] = {
    {0, BODY("\x00\x0c\x00\x00\x09localhost")},
    {10, BODY("\x00\x04\x11\xec\x00\x1d")},
    {13, BODY("\x00\x04\x09\x05\x04\x03")},
    {16, BODY("\x00\x0c\x08http/1.1\x02h3")},
    {51, BODY("\x00\x0d\x11\xec\x00\x03"
              "abc\x00\x1d\x00\x02yz")},
    {57, BODY("\x01\x02")},
};

TEST("the extensions of a good ClientHello are read") {
  pqq__client_hello hello;
  uint8_t *memory;

  EXPECT(parse(good, COUNT(good), &hello, &memory) == NULL);
  EXPECT_MEM(hello.server_name.data, hello.server_name.len, "localhost", 9);
  EXPECT_UINT(hello.groups.count, 2);
  EXPECT_UINT(pqq__u16_list_at(&hello.groups, 0), 0x11ec);
  EXPECT(pqq__u16_list_has(&hello.groups, 0x001d));
  EXPECT(!pqq__u16_list_has(&hello.groups, 0xec00));
  EXPECT(pqq__u16_list_has(&hello.schemes, 0x0905));
  EXPECT(pqq__u16_list_has(&hello.ciphers, 0x1302));
  EXPECT(pqq__client_hello_has_alpn(&hello, (pqq_bytes){(const uint8_t *)"h3", 2}));
  EXPECT(!pqq__client_hello_has_alpn(&hello, (pqq_bytes){(const uint8_t *)"h", 1}));
  EXPECT(!pqq__client_hello_has_alpn(&hello, (pqq_bytes){(const uint8_t *)"http/1.1\x02h3", 11}));
  EXPECT(pqq__client_hello_has_share(&hello, 0x11ec));
  EXPECT(pqq__client_hello_has_share(&hello, 0x001d));
  EXPECT(!pqq__client_hello_has_share(&hello, 0x0017));
  EXPECT(hello.has_transport_parameters);
  free(memory);
}

TEST("a ClientHello without extensions is empty, not malformed") {
  pqq__client_hello hello;
  uint8_t *memory;

  EXPECT(parse(NULL, 0, &hello, &memory) == NULL);
  EXPECT_UINT(hello.server_name.len + hello.groups.count + hello.schemes.count + hello.alpn.len, 0);
  EXPECT(!hello.has_transport_parameters);
  EXPECT(!pqq__client_hello_has_share(&hello, 0x001d));
  free(memory);
}

static const struct {
  struct extension extension;
  const char *name;
} malformed[] = {
    {{0, BODY("")}, "server_name"},
    {{0, BODY("\x00\x0c\x01\x00\x09localhost")}, "server_name"},
    {{0, BODY("\x00\x03\x00\x00\x00")}, "server_name"},
    {{0, BODY("\x00\x08\x00\x00\x01x\x00\x00\x01y")}, "server_name"},
    {{10, BODY("\x00\x00")}, "supported_groups"},
    {{10, BODY("\x00\x03\x11\xec\x00")}, "supported_groups"},
    {{10, BODY("\x00\x02\x11\xec\x00\x1d")}, "supported_groups"},
    {{13, BODY("\x00\x04\x09\x05")}, "signature_algorithms"},
    {{13, BODY("\x04")}, "signature_algorithms"},
    {{16, BODY("\x00\x00")}, "application_layer_protocol_negotiation"},
    {{16, BODY("\x00\x04\x02h3\x00")}, "application_layer_protocol_negotiation"},
    {{16, BODY("\x00\x03\x03h3")}, "application_layer_protocol_negotiation"},
    {{51, BODY("\x00\x04\x00\x1d\x00\x00")}, "key_share"},
    {{51, BODY("\x00\x05\x00\x1d\x00\x02x")}, "key_share"},
    {{51, BODY("\x00\x03\x00\x1d\x00")}, "key_share"},
};

TEST("a malformed extension is named") {
  for (size_t i = 0; i < COUNT(malformed); i++) {
    pqq__client_hello hello;
    uint8_t *memory;
    const char *name = parse(&malformed[i].extension, 1, &hello, &memory);

    NOTE("row %zu", i);
    EXPECT(name != NULL);
    EXPECT_STR(name, malformed[i].name);
    free(memory);
  }
}

TEST("every cut of every extension is refused or harmless") {
  for (size_t i = 0; i < COUNT(good); i++) {
    for (size_t len = 0; len < good[i].len; len++) {
      struct extension cut = good[i];
      pqq__client_hello hello;
      uint8_t *memory;
      const char *name;

      cut.len = len;
      NOTE("extension %u cut to %zu", cut.type, len);
      name = parse(&cut, 1, &hello, &memory);
      EXPECT(name != NULL || cut.type == 57);
      free(memory);
    }
  }
}
