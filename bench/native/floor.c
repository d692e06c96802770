/* SPDX-License-Identifier: MIT */
/* The floor: the fewest calls with which a QUIC handshake can be made of
 * ngtcp2, its crypto helper, AWS-LC, and liboqs for ML-DSA signatures. There
 * is no HTTP/3, no connection id table, no timer, no event, no limit and no
 * check beyond what the libraries do: what a server adds to this is its own
 * cost. Nothing here is shared with native/src but the one function that
 * ngtcp2's helper wants from its user (native/src/tls/quic_glue.c). */
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_boringssl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <oqs/oqs.h>

#include "handshake.h"

#define CID_BYTES 16
#define MAX_FLIGHT_DATAGRAMS 64
#define MAX_ROUNDS 16
#define MAX_PRIVATE_KEY_BYTES 4896 /* ML-DSA-87, FIPS 204 table 2 */

static const uint8_t protocol[] = {2, 'h', '3'};

typedef struct end {
  ngtcp2_conn *quic;
  SSL *ssl;
  ngtcp2_crypto_conn_ref ref;
  int is_done;
} end;

typedef struct flight {
  uint8_t bytes[MAX_FLIGHT_DATAGRAMS][HANDSHAKE_DATAGRAM_BYTES];
  size_t len[MAX_FLIGHT_DATAGRAMS];
  size_t count, total;
} flight;

struct floor_pair {
  SSL_CTX *server_context, *client_context;
  CRYPTO_BUFFER *certificate;
  EVP_PKEY *key;
  OQS_SIG *signer;
  uint8_t private_key[MAX_PRIVATE_KEY_BYTES];
  struct sockaddr_in server_address, client_address;
  ngtcp2_path server_path, client_path;
  ngtcp2_tstamp now;
  end server, client;
  flight out;
  handshake_facts facts;
};

static ngtcp2_conn *conn_of_ref(ngtcp2_crypto_conn_ref *ref) {
  return ((end *)ref->user_data)->quic;
}

static void on_rand(uint8_t *data, size_t len, const ngtcp2_rand_ctx *context) {
  (void)context;
  RAND_bytes(data, len);
}

static int on_new_cid(ngtcp2_conn *quic, ngtcp2_cid *cid, ngtcp2_stateless_reset_token *token,
                      size_t len, void *user_data) {
  (void)quic;
  (void)user_data;
  RAND_bytes(cid->data, len);
  cid->datalen = len;
  RAND_bytes(token->data, sizeof token->data);
  return 0;
}

static int on_path_challenge(ngtcp2_conn *quic, ngtcp2_path_challenge_data *data, void *user_data) {
  (void)quic;
  (void)user_data;
  RAND_bytes(data->data, sizeof data->data);
  return 0;
}

static int on_handshake_completed(ngtcp2_conn *quic, void *user_data) {
  (void)quic;
  ((end *)user_data)->is_done = 1;
  return 0;
}

#define COMMON_CALLBACKS                                                                     \
  .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,                                     \
  .handshake_completed = on_handshake_completed, .encrypt = ngtcp2_crypto_encrypt_cb,        \
  .decrypt = ngtcp2_crypto_decrypt_cb, .hp_mask = ngtcp2_crypto_hp_mask_cb, .rand = on_rand, \
  .get_new_connection_id2 = on_new_cid, .update_key = ngtcp2_crypto_update_key_cb,           \
  .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,                         \
  .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,                     \
  .get_path_challenge_data2 = on_path_challenge,                                             \
  .version_negotiation = ngtcp2_crypto_version_negotiation_cb

static const ngtcp2_callbacks server_callbacks = {
    COMMON_CALLBACKS,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
};

static const ngtcp2_callbacks client_callbacks = {
    COMMON_CALLBACKS,
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
};

static enum ssl_private_key_result_t on_sign(SSL *ssl, uint8_t *out, size_t *out_len,
                                             size_t max_out, uint16_t scheme, const uint8_t *in,
                                             size_t in_len) {
  const floor_pair *pair = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

  (void)scheme;
  if (max_out < pair->signer->length_signature ||
      OQS_SIG_sign(pair->signer, out, out_len, in, in_len, pair->private_key) != OQS_SUCCESS) {
    return ssl_private_key_failure;
  }
  return ssl_private_key_success;
}

static enum ssl_private_key_result_t on_decrypt(SSL *ssl, uint8_t *out, size_t *out_len,
                                                size_t max_out, const uint8_t *in, size_t in_len) {
  (void)ssl;
  (void)out;
  (void)out_len;
  (void)max_out;
  (void)in;
  (void)in_len;
  return ssl_private_key_failure;
}

static enum ssl_private_key_result_t on_complete(SSL *ssl, uint8_t *out, size_t *out_len,
                                                 size_t max_out) {
  (void)ssl;
  (void)out;
  (void)out_len;
  (void)max_out;
  return ssl_private_key_failure;
}

static const SSL_PRIVATE_KEY_METHOD private_key_method = {on_sign, on_decrypt, on_complete};

static int on_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len, const uint8_t *in,
                   unsigned in_len, void *arg) {
  (void)ssl;
  (void)in;
  (void)in_len;
  (void)arg;
  *out = protocol + 1;
  *out_len = protocol[0];
  return SSL_TLSEXT_ERR_OK;
}

static const char *signer_name(size_t certificate_key_bytes) {
  switch (certificate_key_bytes) { /* public keys, FIPS 204 table 2 */
  case 1312:
    return OQS_SIG_alg_ml_dsa_44;
  case 1952:
    return OQS_SIG_alg_ml_dsa_65;
  default:
    return OQS_SIG_alg_ml_dsa_87;
  }
}

/* ML-DSA keys go to liboqs, as in the engine; ECDSA ones stay in AWS-LC. */
static void load_key(floor_pair *pair, pqq_bytes pem) {
  BIO *bio = BIO_new_mem_buf(pem.data, (ossl_ssize_t)pem.len);
  size_t len = sizeof pair->private_key, public_len = 0;

  pair->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
  BIO_free(bio);
  if (!pair->key) {
    bench_fail("floor: the key cannot be read");
  }
  if (EVP_PKEY_id(pair->key) == EVP_PKEY_EC) {
    return;
  }
  if (!EVP_PKEY_get_raw_public_key(pair->key, NULL, &public_len) ||
      !EVP_PKEY_get_raw_private_key(pair->key, pair->private_key, &len)) {
    bench_fail("floor: the key has no expanded form");
  }
  pair->signer = OQS_SIG_new(signer_name(public_len));
  if (!pair->signer || pair->signer->length_secret_key != len) {
    bench_fail("floor: liboqs does not know the key");
  }
}

static X509 *read_certificate(BIO *bio) {
  return PEM_read_bio_X509(bio, NULL, NULL, NULL);
}

static void load_certificate(floor_pair *pair, pqq_bytes pem) {
  BIO *bio = BIO_new_mem_buf(pem.data, (ossl_ssize_t)pem.len);
  X509 *leaf = read_certificate(bio);
  uint8_t *der = NULL;
  int len = leaf ? i2d_X509(leaf, &der) : -1;

  if (len < 0) {
    bench_fail("floor: the certificate cannot be read");
  }
  pair->certificate = CRYPTO_BUFFER_new(der, (size_t)len, NULL);
  pair->facts.certificate_bytes = (size_t)len;
  OPENSSL_free(der);
  X509_free(leaf);
  BIO_free(bio);
}

/* Key exchange and cipher, the same on both ends. AES-128-GCM-SHA256 alone is
 * what the engine's balanced profile selects. */
static SSL_CTX *context_new(const SSL_METHOD *method) {
  SSL_CTX *context = SSL_CTX_new(method);

  if (!context || SSL_CTX_set1_groups_list(context, "X25519MLKEM768") != 1 ||
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1) {
    bench_fail("floor: TLS context");
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  return context;
}

static void make_server_context(floor_pair *pair) {
  SSL_CTX *context = context_new(TLS_with_buffers_method());

  if (ngtcp2_crypto_boringssl_configure_server_context(context) != 0 ||
      SSL_CTX_set_app_data(context, pair) != 1 ||
      SSL_CTX_set_chain_and_key(context, &pair->certificate, 1, pair->signer ? NULL : pair->key,
                                pair->signer ? &private_key_method : NULL) != 1 ||
      (pair->signer && SSL_CTX_set1_sigalgs_list(context, "mldsa44:mldsa65:mldsa87") != 1)) {
    bench_fail("floor: server context");
  }
  SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
  pair->server_context = context;
}

static void make_client_context(floor_pair *pair, pqq_bytes ca_pem) {
  SSL_CTX *context = context_new(TLS_method());
  BIO *bio = BIO_new_mem_buf(ca_pem.data, (ossl_ssize_t)ca_pem.len);
  X509 *root;

  while ((root = read_certificate(bio)) != NULL) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root);
    X509_free(root);
  }
  BIO_free(bio);
  if (ngtcp2_crypto_boringssl_configure_client_context(context) != 0 ||
      (pair->signer && SSL_CTX_set1_sigalgs_list(context, "mldsa44:mldsa65:mldsa87") != 1)) {
    bench_fail("floor: client context");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  pair->client_context = context;
}

static void set_path(ngtcp2_path *path, struct sockaddr_in *local, struct sockaddr_in *remote) {
  path->local.addr = (ngtcp2_sockaddr *)(void *)local;
  path->local.addrlen = sizeof *local;
  path->remote.addr = (ngtcp2_sockaddr *)(void *)remote;
  path->remote.addrlen = sizeof *remote;
}

floor_pair *floor_new(const handshake_identity *identity) {
  floor_pair *pair = calloc(1, sizeof *pair);

  if (!pair) {
    bench_fail("out of memory");
  }
  load_key(pair, identity->key_pem);
  load_certificate(pair, identity->cert_pem);
  make_server_context(pair);
  make_client_context(pair, identity->ca_pem);
  pair->server_address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(443)};
  pair->client_address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(40000)};
  set_path(&pair->server_path, &pair->server_address, &pair->client_address);
  set_path(&pair->client_path, &pair->client_address, &pair->server_address);
  pair->now = HANDSHAKE_ONE_WAY_NS;
  return pair;
}

void floor_free(floor_pair *pair) {
  SSL_CTX_free(pair->server_context);
  SSL_CTX_free(pair->client_context);
  CRYPTO_BUFFER_free(pair->certificate);
  EVP_PKEY_free(pair->key);
  OQS_SIG_free(pair->signer);
  free(pair);
}

static void fill_settings(const floor_pair *pair, ngtcp2_settings *settings) {
  ngtcp2_settings_default(settings);
  settings->initial_ts = pair->now;
  settings->max_tx_udp_payload_size = HANDSHAKE_DATAGRAM_BYTES;
  settings->no_pmtud = 1;
}

static void fill_params(ngtcp2_transport_params *params) {
  ngtcp2_transport_params_default(params);
  params->initial_max_streams_bidi = 100;
  params->initial_max_streams_uni = 3;
  params->initial_max_data = 1024 * 1024;
  params->initial_max_stream_data_bidi_local = 256 * 1024;
  params->initial_max_stream_data_bidi_remote = 256 * 1024;
  params->initial_max_stream_data_uni = 256 * 1024;
}

static void random_cid(ngtcp2_cid *cid) {
  cid->datalen = CID_BYTES;
  RAND_bytes(cid->data, cid->datalen);
}

/* TLS of one end, tied to its ngtcp2 connection. */
static void begin_tls(end *self, SSL_CTX *context) {
  self->ssl = SSL_new(context);
  self->ref = (ngtcp2_crypto_conn_ref){.get_conn = conn_of_ref, .user_data = self};
  SSL_set_app_data(self->ssl, &self->ref);
  ngtcp2_conn_set_tls_native_handle(self->quic, self->ssl);
}

static void begin_client(floor_pair *pair) {
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_cid dcid, scid;

  fill_settings(pair, &settings);
  fill_params(&params);
  random_cid(&dcid);
  random_cid(&scid);
  pair->client = (end){0};
  pair->server = (end){0};
  if (ngtcp2_conn_client_new(&pair->client.quic, &dcid, &scid, &pair->client_path,
                             NGTCP2_PROTO_VER_V1, &client_callbacks, &settings, &params, NULL,
                             &pair->client) != 0) {
    bench_fail("floor: client connection");
  }
  begin_tls(&pair->client, pair->client_context);
  SSL_set_connect_state(pair->client.ssl);
  SSL_set_alpn_protos(pair->client.ssl, protocol, sizeof protocol);
  SSL_set_tlsext_host_name(pair->client.ssl, "localhost");
}

static void begin_server(floor_pair *pair, const uint8_t *data, size_t len) {
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_pkt_hd header;
  ngtcp2_cid scid;

  if (ngtcp2_accept(&header, data, len) != 0) {
    bench_fail("floor: the first datagram is no Initial");
  }
  fill_settings(pair, &settings);
  fill_params(&params);
  random_cid(&scid);
  params.original_dcid = header.dcid;
  params.original_dcid_present = 1;
  if (ngtcp2_conn_server_new(&pair->server.quic, &header.scid, &scid, &pair->server_path,
                             header.version, &server_callbacks, &settings, &params, NULL,
                             &pair->server) != 0) {
    bench_fail("floor: server connection");
  }
  begin_tls(&pair->server, pair->server_context);
  SSL_set_accept_state(pair->server.ssl);
}

static void send_flight(floor_pair *pair, end *self) {
  flight *out = &pair->out;
  ngtcp2_pkt_info info;

  out->count = 0;
  out->total = 0;
  for (;;) {
    ngtcp2_ssize written;

    if (out->count == MAX_FLIGHT_DATAGRAMS) {
      bench_fail("floor: a flight of the handshake is too large");
    }
    written = ngtcp2_conn_write_pkt(self->quic, NULL, &info, out->bytes[out->count],
                                    sizeof out->bytes[0], pair->now);
    if (written < 0) {
      bench_fail("floor: write: %s", ngtcp2_strerror((int)written));
    }
    if (written == 0) {
      return;
    }
    out->total += (size_t)written;
    out->len[out->count++] = (size_t)written;
  }
}

static void recv_flight(floor_pair *pair, end *self, const ngtcp2_path *path) {
  ngtcp2_pkt_info info = {0};

  for (size_t i = 0; i < pair->out.count; i++) {
    int error;

    if (!self->quic) {
      begin_server(pair, pair->out.bytes[i], pair->out.len[i]);
    }
    error = ngtcp2_conn_read_pkt(self->quic, path, &info, pair->out.bytes[i], pair->out.len[i],
                                 pair->now);
    if (error != 0 && error != NGTCP2_ERR_DRAINING) {
      bench_fail("floor: read: %s, alert %d", ngtcp2_strerror(error),
                 ngtcp2_conn_get_tls_alert2(self->quic));
    }
  }
}

static void server_turn(floor_pair *pair, handshake_cost *cost, uint64_t *spent_ns) {
  uint64_t began = bench_thread_cpu_ns();

  cost->bytes_received += pair->out.total;
  cost->datagrams_received += pair->out.count;
  recv_flight(pair, &pair->server, &pair->server_path);
  send_flight(pair, &pair->server);
  *spent_ns += bench_thread_cpu_ns() - began;
  cost->bytes_sent += pair->out.total;
  cost->datagrams_sent += pair->out.count;
}

static void close_client(floor_pair *pair) {
  ngtcp2_ccerr error;
  ngtcp2_pkt_info info;
  ngtcp2_ssize written;

  ngtcp2_ccerr_default(&error);
  written = ngtcp2_conn_write_connection_close(pair->client.quic, NULL, &info, pair->out.bytes[0],
                                               sizeof pair->out.bytes[0], &error, pair->now);
  if (written <= 0) {
    bench_fail("floor: close");
  }
  pair->out.count = 1;
  pair->out.len[0] = (size_t)written;
  pair->out.total = (size_t)written;
}

static void end_server(floor_pair *pair, handshake_cost *cost, uint64_t *spent_ns) {
  uint64_t began = bench_thread_cpu_ns();

  cost->bytes_received += pair->out.total;
  cost->datagrams_received += pair->out.count;
  recv_flight(pair, &pair->server, &pair->server_path);
  if (!ngtcp2_conn_in_draining_period2(pair->server.quic)) {
    bench_fail("floor: the server did not see the close");
  }
  ngtcp2_conn_del(pair->server.quic);
  SSL_free(pair->server.ssl);
  *spent_ns += bench_thread_cpu_ns() - began;
}

static void note_facts(floor_pair *pair) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(pair->server.ssl);

  pair->facts.group = SSL_get_group_id(pair->server.ssl);
  pair->facts.signature = SSL_get_peer_signature_algorithm(pair->client.ssl);
  pair->facts.cipher = (uint16_t)SSL_CIPHER_get_id(cipher);
}

void floor_handshake(floor_pair *pair, handshake_cost *cost) {
  uint64_t spent_ns = 0;
  int round = 0;

  begin_client(pair);
  while (!pair->server.is_done) {
    if (round++ == MAX_ROUNDS) {
      bench_fail("floor: the handshake does not end");
    }
    send_flight(pair, &pair->client);
    pair->now += HANDSHAKE_ONE_WAY_NS;
    server_turn(pair, cost, &spent_ns);
    pair->now += HANDSHAKE_ONE_WAY_NS;
    recv_flight(pair, &pair->client, &pair->client_path);
  }
  if (!pair->client.is_done) {
    bench_fail("floor: the client has not finished");
  }
  pair->facts.round_trips = (uint32_t)round - 1;
  cost->finished_ns += spent_ns;
  note_facts(pair);
  close_client(pair);
  end_server(pair, cost, &spent_ns);
  cost->whole_ns += spent_ns;
  ngtcp2_conn_del(pair->client.quic);
  SSL_free(pair->client.ssl);
}

handshake_facts floor_facts(const floor_pair *pair) {
  return pair->facts;
}
