/* SPDX-License-Identifier: MIT */
/* Stateless resets that peers may send (RFC 9000 section 10.3): their connection
 * id is random, so the connection is found by the token at the end. The table is
 * hashed under a random key, which keeps the time of a look-up from telling
 * anything about the tokens in it. */
#include <string.h>

#include "quic/conn.h"

static size_t find(const pqq__conn *conn, const uint8_t *token) {
  size_t i = 0;

  while (i < conn->reset_token_count &&
         memcmp(conn->reset_tokens[i], token, PQQ__RESET_TOKEN_BYTES) != 0) {
    i++;
  }
  return i;
}

void pqq__conn_add_reset_token(pqq__conn *conn, const uint8_t *token) {
  /* Without room or memory a reset with this token is not understood: the connection then ends
   * with its idle timeout. */
  if (conn->reset_token_count < PQQ__MAX_RESET_TOKENS &&
      find(conn, token) == conn->reset_token_count &&
      pqq__cidmap_put(&conn->endpoint->reset_tokens, token, PQQ__RESET_TOKEN_BYTES, conn) == 0) {
    memcpy(conn->reset_tokens[conn->reset_token_count++], token, PQQ__RESET_TOKEN_BYTES);
  }
}

void pqq__conn_remove_reset_token(pqq__conn *conn, const uint8_t *token) {
  pqq__cidmap *map = &conn->endpoint->reset_tokens;
  size_t i = find(conn, token);

  if (i == conn->reset_token_count) {
    return;
  }
  /* Two peers may have given the same one. */
  if (pqq__cidmap_find(map, token, PQQ__RESET_TOKEN_BYTES) == conn) {
    pqq__cidmap_remove(map, token, PQQ__RESET_TOKEN_BYTES);
  }
  memmove(conn->reset_tokens[i], conn->reset_tokens[--conn->reset_token_count],
          PQQ__RESET_TOKEN_BYTES);
}

void pqq__conn_forget_reset_tokens(pqq__conn *conn) {
  while (conn->reset_token_count) {
    uint8_t token[PQQ__RESET_TOKEN_BYTES];

    memcpy(token, conn->reset_tokens[0], sizeof token);
    pqq__conn_remove_reset_token(conn, token);
  }
}

pqq__conn *pqq__conn_find_by_reset_token(const pqq__endpoint *endpoint, const uint8_t *data,
                                         size_t len) {
  if (len < PQQ__RESET_TOKEN_BYTES + NGTCP2_MIN_STATELESS_RESET_RANDLEN) {
    return NULL;
  }
  return pqq__cidmap_find(&endpoint->reset_tokens, data + len - PQQ__RESET_TOKEN_BYTES,
                          PQQ__RESET_TOKEN_BYTES);
}
