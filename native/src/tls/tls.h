/* SPDX-License-Identifier: MIT */
/* What the layers above see of TLS: a configuration made once, and a session
 * per connection. No OpenSSL type leaves this folder. */
#ifndef PQQ__TLS_TLS_H
#define PQQ__TLS_TLS_H

#include <pqq/config.h>
#include <pqq/engine.h>
#include <pqq/events.h>

/* Identities, trust anchors, groups and the two SSL_CTX. Immutable after
 * pqq__tls_config_new; shared by threads under pqq_config's reference. */
typedef struct pqq__tls_config pqq__tls_config;

/* Loads everything `options` names. Errors as pqq_config_new, detail in
 * pqq__error_set. */
pqq_status pqq__tls_config_new(const pqq_config_options *options, pqq__tls_config **config);
void pqq__tls_config_free(pqq__tls_config *config);
int pqq__tls_config_has_identity(const pqq__tls_config *config);
int pqq__tls_config_has_roots(const pqq__tls_config *config);
/* Whether an identity that a client would show has an external signer. */
int pqq__tls_config_has_signer(const pqq__tls_config *config);
/* Whether a server can keep the policy of the configuration. Errors:
 * PQQ_ERR_NO_IDENTITY; PQQ_ERR_POLICY_CONFIG with a detail. */
pqq_status pqq__tls_config_check_server(const pqq__tls_config *config);

/* 1 if it is a PQQ_REQUIRE_* value. */
int pqq__require_is_valid(int32_t require);

/* PQQ_REQUIRE_* of one connection. */
typedef struct pqq__policy {
  int32_t key_exchange;
  int32_t authentication;
} pqq__policy;

/* pqq_config_predict_flight for `options` that were read. `has_velocity`: velocity/1 is not
 * switched off. `datagram_bytes`: default of the option. */
pqq_status pqq__tls_config_predict_flight(const pqq__tls_config *config, int has_velocity,
                                          uint32_t datagram_bytes,
                                          const pqq_flight_options *options,
                                          pqq_flight_report *report);

/* The TLS side of one connection. Owner thread only. */
typedef struct pqq__tls_session pqq__tls_session;

/* `conn_ref` is the ngtcp2_crypto_conn_ref of the connection (kept as the
 * SSL's app data; must outlive the session). `sign_as_jobs`: see engine.h.
 * NULL on lack of memory. */
pqq__tls_session *pqq__tls_session_new_server(const pqq__tls_config *config, void *conn_ref,
                                              int sign_as_jobs);

/* An IP literal is verified against iPAddress names and not sent as SNI (RFC
 * 6066 section 3). `policy`: DEFAULT stands for the configuration's. Errors, with
 * a detail: PQQ_ERR_NO_ROOTS, PQQ_ERR_INVALID_ARG (server_name is neither a DNS
 * name nor an IP literal), PQQ_ERR_POLICY_CONFIG, PQQ_ERR_NO_MEMORY. */
pqq_status pqq__tls_session_new_client(const pqq__tls_config *config, void *conn_ref,
                                       const char *server_name, pqq__policy policy,
                                       pqq__tls_session **session);
/* The same as sign_as_jobs above, of a client. */
void pqq__tls_session_sign_as_jobs(pqq__tls_session *session, int sign_as_jobs);
/* A client's session as it was made, for another attempt; errors as above. */
pqq_status pqq__tls_session_again(const pqq__tls_session *session, void *conn_ref,
                                  pqq__tls_session **again);
void pqq__tls_session_free(pqq__tls_session *session);

/* Frees what a server needs for the handshake alone, about 5 KiB, once that is done and every proof
 * is judged; the facts stay. 1 if something was freed. Never inside a callback of TLS or of ngtcp2.
 */
int pqq__tls_session_release(pqq__tls_session *session);

/* For ngtcp2_conn_set_tls_native_handle. NULL once it is released. */
void *pqq__tls_session_handle(pqq__tls_session *session);

/* Why the handshake failed on our side, as a typed status with a sentence
 * naming the values (static or owned by the session). PQQ_OK if TLS has not
 * failed here. `tls_alert` is the alert received or sent, from ngtcp2, used
 * when TLS itself left no better cause: PQQ_ERR_TLS_ALERT and the like. */
pqq_status pqq__tls_session_failure(const pqq__tls_session *session, const char **reason);

/* Fills group, signature, authentication and offer of `info`, as far as the
 * handshake came; `offer` lives as long as the session. */
void pqq__tls_session_close_facts(const pqq__tls_session *session, pqq_close_info *info);

/* Maps an alert received from the peer to a status and its IANA name. */
pqq_status pqq__tls_alert_status(uint8_t alert, const char **name);

/* Whether velocity/1 was negotiated (once the ClientHello or EncryptedExtensions are there). */
int pqq__tls_session_is_velocity(const pqq__tls_session *session);
/* Whether there was a HelloRetryRequest; when the handshake is done, before the release. */
int pqq__tls_session_has_retry(const pqq__tls_session *session);

/* pqq_predict_flight for facts and options that were read. */
pqq_status pqq__tls_predict_flight(const pqq_flight_facts *facts, uint32_t datagram_bytes,
                                   const pqq_flight_options *options, pqq_flight_report *report);

/* Bytes that a server which takes the client's first profile on velocity/1 is expected to send in
 * one round trip, in datagrams of that size; 0 if velocity/1 is not offered. */
uint32_t pqq__tls_session_expected_flight(const pqq__tls_session *session, uint32_t datagram_bytes);

/* Judges a finished TLS handshake: key exchange against the policy, and the
 * profile commitment against what was negotiated. PQQ_OK, or the cause as
 * pqq__tls_session_failure then gives it. */
pqq_status pqq__tls_session_check(pqq__tls_session *session);

/* Proofs of velocity/1: what goes on the proof streams (spec/hybrid-
 * authentication.md). The bytes of one whole stream, from its type to its end. */
/* A server's: its classical authenticator, and requests if clients have to prove
 * who they are. `*data` is freed by the caller. Callable as soon as the exporter
 * secret is there (0.5-RTT). PQQ_AGAIN: a job has the signature. Errors:
 * PQQ_ERR_SIGN_FAILED, PQQ_ERR_NO_MEMORY. */
pqq_status pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len);
/* Goes on with a proof or an answer whose job is done; as above. */
pqq_status pqq__tls_prove_on(pqq__tls_session *session, uint8_t **data, size_t *len);
/* Judges the peer's stream. On a client that is asked for proofs of its own, `*answer`
 * is their stream (freed by the caller), else NULL. PQQ_AGAIN: the peer's is good, and
 * a job has a signature of the answer. Errors: those of the
 * authenticator and of certificates; the reason as pqq__tls_session_failure. */
pqq_status pqq__tls_take_proof(pqq__tls_session *session, const uint8_t *data, size_t len,
                               uint8_t **answer, size_t *answer_len);
/* Records that the peer's proof did not come, came twice or is too long. */
void pqq__tls_fail_proof(pqq__tls_session *session, pqq_status status, const char *reason);
/* A server whose clients have to prove who they are. */
int pqq__tls_session_awaits_client(const pqq__tls_session *session);
/* Longest proof stream: two authenticators with chains of PQQ_MAX_CHAIN are
 * shorter, and a peer cannot make us keep more. */
#define PQQ__MAX_PROOF_BYTES 65536

/* Whether a server answers requests for `authority` (RFC 9110 section 7.4): the configuration
 * takes all, or the certificate of the connection covers its host. */
int pqq__tls_session_answers_for(const pqq__tls_session *session, pqq_bytes authority);

/* Fills the TLS part of `info`: group, signature, cipher, names, alpn,
 * server_name, is_*_key_exchange, authentication and what it rests on, profile,
 * selection_reason, downgrade, pin. Only after the handshake is done. */
void pqq__tls_session_info(const pqq__tls_session *session, pqq_connection_info *info);

/* How many signatures were made in line since the last call. */
uint32_t pqq__tls_session_take_signatures(pqq__tls_session *session);
/* The job that the handshake waits for, once; NULL if none. */
pqq_job *pqq__tls_session_take_job(pqq__tls_session *session);
/* 1 while the TLS handshake waits for its signature, taken or not. */
int pqq__tls_session_is_signing(const pqq__tls_session *session);
/* 1 if the last job was for a proof and not for the TLS handshake. */
int pqq__tls_session_was_proving(const pqq__tls_session *session);
/* Hands a job's result to the session: 1, and the caller continues the handshake
 * or the proof; 0 if the session waits for it no more. */
int pqq__tls_session_put_result(pqq__tls_session *session, const pqq_job *job);
/* The time of the signer that has the taken job is up: to be continued likewise. */
void pqq__tls_session_sign_late(pqq__tls_session *session);
/* Nobody waits for a taken job any more. 1 if a signer has it, which is told. */
int pqq__tls_session_cancel(pqq__tls_session *session);
/* Which connection a job belongs to; set by the caller after taking it. */
void pqq__tls_job_set_conn(pqq_job *job, pqq_id conn);
pqq_id pqq__tls_job_conn(const pqq_job *job);
/* As pqq_job_run, _start, _has_signer, _free, pqq_sign_complete, pqq_sign_fail; nothing is NULL. */
void pqq__tls_job_run(pqq_job *job);
void pqq__tls_job_start(pqq_job *job, pqq_job_done_fn on_done, void *user_data);
int pqq__tls_job_has_signer(const pqq_job *job);
void pqq__tls_job_free(pqq_job *job);
pqq_status pqq__tls_request_complete(pqq_sign_request *request, pqq_bytes signature);
void pqq__tls_request_fail(pqq_sign_request *request, const char *reason);
/* timeout_ms of its signer; 0 without. */
uint32_t pqq__tls_job_timeout_ms(const pqq_job *job);
/* PQQ_OK, or why there is no signature. */
pqq_status pqq__tls_job_status(const pqq_job *job);

/* Cryptographic randomness; aborts only if the operating system has none. */
void pqq__tls_random(void *data, size_t len);

/* Random bytes made ahead, for what is drawn often and is short, such as connection ids and packet
 * number gaps: a draw from the generator takes as long for one byte as for all of these. Not for
 * keys. Starts as all zero; one thread at a time; after fork() of one process at most. */
#define PQQ__RANDOM_AHEAD_BYTES 512
typedef struct pqq__random_pool {
  size_t left;
  uint8_t bytes[PQQ__RANDOM_AHEAD_BYTES];
} pqq__random_pool;
/* `len` is at most PQQ__RANDOM_AHEAD_BYTES; no byte is given twice. */
void pqq__random_take(pqq__random_pool *pool, void *data, size_t len);

/* One 16-byte block under AES-128, for connection ids. */
#define PQQ__BLOCK_BYTES 16
typedef struct pqq__block_cipher pqq__block_cipher;
pqq__block_cipher *pqq__block_cipher_new(const uint8_t key[16]);
void pqq__block_cipher_free(pqq__block_cipher *cipher);
void pqq__block_encrypt(const pqq__block_cipher *cipher, const uint8_t in[16], uint8_t out[16]);
void pqq__block_decrypt(const pqq__block_cipher *cipher, const uint8_t in[16], uint8_t out[16]);

/* HKDF-Expand with SHA-256 of `secret` (32 bytes), for keys from one server key. */
void pqq__tls_derive(const uint8_t secret[32], const char *label, uint8_t *out, size_t len);

/* Overwrites secrets with zeros in a way that the compiler does not leave out. */
void pqq__tls_wipe(void *data, size_t len);

/* Checks the crypto libraries once per process; pqq_init calls it. Every later
 * call returns the first one's answer. Thread-safe.
 * Errors: PQQ_ERR_UNSUPPORTED with a detail that names what failed. */
pqq_status pqq__tls_self_check(void);

/* Version text of AWS-LC. */
const char *pqq__tls_library_version(void);

/* pqq_dev_identity_new and pqq_dev_identity_free without the check for
 * pqq_init: tls/dev_cert.c. Arguments must not be NULL. */
pqq_status pqq__tls_dev_identity_new(int32_t profile, const char *const *names, size_t name_count,
                                     uint32_t days, pqq_dev_identity **identity);
void pqq__tls_dev_identity_free(pqq_dev_identity *identity);

#endif
