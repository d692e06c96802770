/* SPDX-License-Identifier: MIT */
/* See client_hello.h. AWS-LC has split the message and checked the outer
 * lengths; the inside of each extension is checked here before use. */
#include "tls/client_hello.h"

#include <string.h>

#include <openssl/bytestring.h>
#include <openssl/ssl.h>

/* NameType host_name (RFC 6066 section 3). */
#define HOST_NAME 0

static int find(const SSL_CLIENT_HELLO *message, uint16_t type, CBS *body) {
  const uint8_t *data;
  size_t len;

  if (SSL_early_callback_ctx_extension_get(message, type, &data, &len) != 1) {
    return 0;
  }
  CBS_init(body, data, len);
  return 1;
}

static pqq_bytes view(const CBS *cbs) {
  return (pqq_bytes){CBS_data(cbs), CBS_len(cbs)};
}

static int parse_u16_list(CBS *body, pqq__u16_list *list) {
  CBS values;

  if (!CBS_get_u16_length_prefixed(body, &values) || CBS_len(body) != 0 || CBS_len(&values) == 0 ||
      CBS_len(&values) % 2 != 0) {
    return 0;
  }
  list->data = CBS_data(&values);
  list->count = CBS_len(&values) / 2;
  return 1;
}

static int parse_server_name(CBS *body, pqq__client_hello *hello) {
  CBS names, host;
  uint8_t type;

  if (!CBS_get_u16_length_prefixed(body, &names) || CBS_len(body) != 0 ||
      !CBS_get_u8(&names, &type) || type != HOST_NAME ||
      !CBS_get_u16_length_prefixed(&names, &host) || CBS_len(&host) == 0 || CBS_len(&names) != 0) {
    return 0;
  }
  hello->server_name = view(&host);
  return 1;
}

static int parse_alpn(CBS *body, pqq__client_hello *hello) {
  CBS names, rest, name;

  if (!CBS_get_u16_length_prefixed(body, &names) || CBS_len(body) != 0 || CBS_len(&names) == 0) {
    return 0;
  }
  for (rest = names; CBS_len(&rest) > 0;) {
    if (!CBS_get_u8_length_prefixed(&rest, &name) || CBS_len(&name) == 0) {
      return 0;
    }
  }
  hello->alpn = view(&names);
  return 1;
}

static int parse_key_shares(CBS *body, pqq__client_hello *hello) {
  CBS entries, rest, share;
  uint16_t group;

  if (!CBS_get_u16_length_prefixed(body, &entries) || CBS_len(body) != 0) {
    return 0;
  }
  for (rest = entries; CBS_len(&rest) > 0;) {
    if (!CBS_get_u16(&rest, &group) || !CBS_get_u16_length_prefixed(&rest, &share) ||
        CBS_len(&share) == 0) {
      return 0;
    }
  }
  hello->key_shares = view(&entries);
  return 1;
}

const char *pqq__client_hello_parse(const SSL_CLIENT_HELLO *message, pqq__client_hello *hello) {
  CBS body;

  memset(hello, 0, sizeof *hello);
  if (message->cipher_suites_len % 2 != 0) {
    return "cipher_suites";
  }
  hello->ciphers.data = message->cipher_suites;
  hello->ciphers.count = message->cipher_suites_len / 2;
  if (find(message, TLSEXT_TYPE_server_name, &body) && !parse_server_name(&body, hello)) {
    return "server_name";
  }
  if (find(message, TLSEXT_TYPE_application_layer_protocol_negotiation, &body) &&
      !parse_alpn(&body, hello)) {
    return "application_layer_protocol_negotiation";
  }
  if (find(message, TLSEXT_TYPE_supported_groups, &body) &&
      !parse_u16_list(&body, &hello->groups)) {
    return "supported_groups";
  }
  if (find(message, TLSEXT_TYPE_signature_algorithms, &body) &&
      !parse_u16_list(&body, &hello->schemes)) {
    return "signature_algorithms";
  }
  if (find(message, TLSEXT_TYPE_key_share, &body) && !parse_key_shares(&body, hello)) {
    return "key_share";
  }
  hello->has_transport_parameters = find(message, TLSEXT_TYPE_quic_transport_parameters, &body);
  if (hello->has_transport_parameters) {
    hello->transport_parameters = view(&body);
  }
  return NULL;
}

uint16_t pqq__u16_list_at(const pqq__u16_list *list, size_t index) {
  return (uint16_t)(list->data[2 * index] << 8 | list->data[2 * index + 1]);
}

int pqq__u16_list_has(const pqq__u16_list *list, uint16_t value) {
  for (size_t i = 0; i < list->count; i++) {
    if (pqq__u16_list_at(list, i) == value) {
      return 1;
    }
  }
  return 0;
}

int pqq__client_hello_has_alpn(const pqq__client_hello *hello, pqq_bytes name) {
  CBS rest, one;

  CBS_init(&rest, hello->alpn.data, hello->alpn.len);
  while (CBS_get_u8_length_prefixed(&rest, &one)) {
    if (CBS_mem_equal(&one, name.data, name.len)) {
      return 1;
    }
  }
  return 0;
}

int pqq__client_hello_has_share(const pqq__client_hello *hello, uint16_t group) {
  CBS rest, share;
  uint16_t id;

  CBS_init(&rest, hello->key_shares.data, hello->key_shares.len);
  while (CBS_get_u16(&rest, &id) && CBS_get_u16_length_prefixed(&rest, &share)) {
    if (id == group) {
      return 1;
    }
  }
  return 0;
}

int pqq__is_grease(uint16_t value) {
  return (value & 0x0f0f) == 0x0a0a && (value >> 8) == (value & 0xff);
}

static uint32_t copy_values(const pqq__u16_list *list, uint16_t values[PQQ_MAX_OFFERED]) {
  uint32_t count = 0;

  for (size_t i = 0; i < list->count && count < PQQ_MAX_OFFERED; i++) {
    uint16_t value = pqq__u16_list_at(list, i);

    if (!pqq__is_grease(value)) {
      values[count++] = value;
    }
  }
  return count;
}

/* The list has been checked by parse_alpn. */
static void copy_protocols(pqq_bytes alpn, char *text, size_t size) {
  size_t left = 0, len = 0;

  for (size_t i = 0; i < alpn.len && len + 1 < size; i++) {
    uint8_t byte = alpn.data[i];

    if (left == 0) {
      left = byte;
      if (len > 0) {
        text[len++] = ',';
      }
    } else {
      text[len++] = byte > 0x20 && byte < 0x7f ? (char)byte : '?';
      left--;
    }
  }
  text[len] = '\0';
}

void pqq__client_hello_offer(const pqq__client_hello *hello, pqq_peer_offer *offer) {
  memset(offer, 0, sizeof *offer);
  offer->group_count = copy_values(&hello->groups, offer->groups);
  offer->signature_scheme_count = copy_values(&hello->schemes, offer->signature_schemes);
  copy_protocols(hello->alpn, offer->protocols, sizeof offer->protocols);
}
