/* SPDX-License-Identifier: MIT */
#include "quic/token.h"

#include <string.h>

#include "core/units.h"
#include "tls/tls.h"

#define LABEL "pqq token"
#define EPOCH_NS (PQQ__TOKEN_EPOCH_S * PQQ__NS_PER_S)

_Static_assert(PQQ__TOKEN_LIFETIME_S <= PQQ__TOKEN_EPOCH_S,
               "a token outlives the epoch after its own, which is forgotten");

void pqq__token_keys_init(pqq__token_keys *keys, const uint8_t key[PQQ_ENGINE_KEY_BYTES],
                          pqq_time_ns clock_offset_ns) {
  *keys = (pqq__token_keys){.clock_offset_ns = clock_offset_ns};
  memcpy(keys->key, key, sizeof keys->key);
}

void pqq__token_keys_deinit(pqq__token_keys *keys) {
  pqq__tls_wipe(keys, sizeof *keys);
}

/* The label ends with the epoch in hexadecimal digits: it is a string. */
static void derive(const pqq__token_keys *keys, uint64_t epoch,
                   uint8_t secret[PQQ__TOKEN_SECRET_BYTES]) {
  static const char digits[] = "0123456789abcdef";
  char label[] = LABEL " 0000000000000000";

  for (size_t i = 0; i < 16; i++) {
    label[sizeof label - 2 - i] = digits[epoch >> (4 * i) & 0xf];
  }
  pqq__tls_derive(keys->key, label, secret, PQQ__TOKEN_SECRET_BYTES);
}

/* The time by which tokens are dated, with the secrets that belong to it. */
static pqq_time_ns turn_to(pqq__token_keys *keys, pqq_time_ns now) {
  pqq_time_ns wall = now + keys->clock_offset_ns;
  uint64_t epoch = wall / EPOCH_NS;

  if (!keys->has_secrets || epoch != keys->epoch) {
    derive(keys, epoch, keys->secrets[0]);
    derive(keys, epoch - 1, keys->secrets[1]);
    keys->epoch = epoch;
    keys->has_secrets = 1;
  }
  return wall;
}

size_t pqq__token_make_retry(pqq__token_keys *keys, const ngtcp2_addr *remote,
                             const ngtcp2_pkt_hd *header, const ngtcp2_cid *retry_scid,
                             pqq_time_ns now, uint8_t token[PQQ__OWN_TOKEN_BYTES]) {
  pqq_time_ns wall = turn_to(keys, now);
  ngtcp2_ssize len = ngtcp2_crypto_generate_retry_token2(
      token, keys->secrets[0], sizeof keys->secrets[0], header->version, remote->addr,
      remote->addrlen, retry_scid, &header->dcid, wall);

  return len > 0 ? (size_t)len : 0;
}

size_t pqq__token_make_regular(pqq__token_keys *keys, const ngtcp2_addr *remote, uint32_t version,
                               pqq_time_ns now, uint8_t token[PQQ__OWN_TOKEN_BYTES]) {
  pqq_time_ns wall = turn_to(keys, now);
  ngtcp2_ssize len = ngtcp2_crypto_generate_regular_token2(
      token, keys->secrets[0], sizeof keys->secrets[0], remote->addr, remote->addrlen, &version,
      sizeof version, wall);

  return len > 0 ? (size_t)len : 0;
}

static pqq__token_verdict judge_retry(const pqq__token_keys *keys, const ngtcp2_addr *remote,
                                      const ngtcp2_pkt_hd *header, pqq_time_ns wall,
                                      ngtcp2_cid *original_dcid) {
  for (size_t i = 0; i < 2; i++) {
    if (ngtcp2_crypto_verify_retry_token2(
            original_dcid, header->token, header->tokenlen, keys->secrets[i],
            sizeof keys->secrets[i], header->version, remote->addr, remote->addrlen, &header->dcid,
            PQQ__RETRY_TOKEN_LIFETIME_MS * PQQ__NS_PER_MS, wall) == 0) {
      return PQQ__TOKEN_RETRY;
    }
  }
  return PQQ__TOKEN_BAD_RETRY;
}

/* A token of one version must not open another (RFC 9369 section 5). */
static pqq__token_verdict judge_regular(const pqq__token_keys *keys, const ngtcp2_addr *remote,
                                        const ngtcp2_pkt_hd *header, pqq_time_ns wall) {
  uint32_t version = 0;

  for (size_t i = 0; i < 2; i++) {
    ngtcp2_ssize result = ngtcp2_crypto_verify_regular_token2(
        &version, sizeof version, header->token, header->tokenlen, keys->secrets[i],
        sizeof keys->secrets[i], remote->addr, remote->addrlen,
        PQQ__TOKEN_LIFETIME_S * PQQ__NS_PER_S, wall);

    if (result >= 0) {
      return version == header->version ? PQQ__TOKEN_REGULAR : PQQ__TOKEN_UNREADABLE;
    }
    if (result == NGTCP2_CRYPTO_ERR_VERIFY_TOKEN) {
      return PQQ__TOKEN_EXPIRED;
    }
  }
  return PQQ__TOKEN_UNREADABLE;
}

pqq__token_verdict pqq__token_judge(pqq__token_keys *keys, const ngtcp2_addr *remote,
                                    const ngtcp2_pkt_hd *header, pqq_time_ns now,
                                    ngtcp2_cid *original_dcid) {
  pqq_time_ns wall = turn_to(keys, now);

  if (header->tokenlen == 0) {
    return PQQ__TOKEN_NONE;
  }
  if (header->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
    return judge_retry(keys, remote, header, wall, original_dcid);
  }
  if (header->tokenlen != NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN + sizeof header->version) {
    return PQQ__TOKEN_UNREADABLE;
  }
  return judge_regular(keys, remote, header, wall);
}
