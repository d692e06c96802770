/* SPDX-License-Identifier: MIT */
/* External signers: private keys that libpqq never sees, because they are in an HSM, a PKCS#11
 * token, a KMS or another process. libpqq asks for each signature and goes on when it comes. */
#ifndef PQQ_SIGNER_H
#define PQQ_SIGNER_H

#include <pqq/error.h>
#include <pqq/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_sign_request is one signature that a signer has been asked for. Whoever got it completes it
 *  exactly once, with pqq_sign_complete or pqq_sign_fail, on any thread, and does not touch it
 *  afterwards. It outlives its connection, engine, driver and configuration. */
typedef struct pqq_sign_request pqq_sign_request;

/** pqq_sign_info says what is to be signed. The struct itself lives as long as the call of `sign`,
 *  what it points to as long as the request. */
typedef struct pqq_sign_info {
  uint32_t struct_size;
  /** SignatureScheme by IANA number: one that the certificate's key can sign with, and that the
   * peer takes. ECDSA signatures are DER (RFC 8446 section 4.2.3), RSA is PSS with a salt as long
   * as the hash, ML-DSA the pure version with an empty context (FIPS 204). */
  uint16_t scheme;
  uint16_t reserved;
  /** Of this request; no two requests of a process have the same. */
  uint64_t id;
  /** IANA name of the scheme, such as "ML-DSA-65". */
  const char *scheme_name;
  /** The message, whole and not hashed: the content that a CertificateVerify covers (RFC 8446
   * section 4.4.3) of a handshake or of an exported authenticator (RFC 9261 section 5.2.2). At most
   * 160 bytes. Signers that want a digest hash it with the scheme's hash. */
  pqq_bytes message;
  /** The identity's leaf certificate in DER, whose key is to sign. */
  pqq_bytes certificate;
} pqq_sign_info;

/** pqq_signer is a private key that is somewhere else: fill it after pqq_signer_init and name it in
 *  pqq_identity_source.signer. The struct is copied by pqq_config_new. */
typedef struct pqq_signer {
  uint32_t struct_size;
  /** How long a signature may take, milliseconds, 1-600,000; default 5,000. Then the handshake ends
   *  with PQQ_ERR_SIGNER_TIMEOUT, counted in signer_timeouts. handshake_timeout_ms goes on beside
   * it. */
  uint32_t timeout_ms;
  /** Signatures of this identity that may be under way at once, in all engines, 1-65,536; default
   *  1,024. A handshake beyond fails at once with PQQ_ERR_SIGNER_BUSY, counted in signer_refusals.
   * A request counts until it is completed, also if its connection is gone. */
  uint32_t max_pending;
  uint32_t reserved;
  /** Begins a signature. Must not block: it is called on the thread that called pqq_job_start,
   * which with the driver is a worker's. May complete the request before it returns. Required. */
  void (*sign)(void *user_data, const pqq_sign_info *info, pqq_sign_request *request);
  /** Nobody waits for that signature any more: its connection is gone, or the time is up. A hint,
   * and called once at most, on the thread of the engine; the request still has to be completed,
   * and may be in here, or may just have been by another thread. May be NULL. */
  void (*cancel)(void *user_data, uint64_t id);
  /** Nothing will call this signer again, and all its requests are completed: `user_data` may go.
   * Called once for each identity of a configuration that was made, on whichever thread drops its
   * last reference; never for one that pqq_config_new has refused. May be NULL. */
  void (*release)(void *user_data);
  void *user_data;
} pqq_signer;

/** pqq_signer_init writes defaults and struct_size.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_signer_init(pqq_signer *signer, size_t size);

/** pqq_sign_complete ends a request with its signature, which is copied after it was verified with
 * the certificate's public key: one that does not verify never leaves, fails its handshake with
 *  PQQ_ERR_SIGNATURE_INVALID and is counted in signer_invalid. The verification runs here, on the
 *  calling thread; it takes some ten microseconds. What nobody waits for any more is dropped.
 *  Any thread. Ends the request in every case but NULL.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_SIGNATURE_INVALID. */
PQQ_EXPORT pqq_status pqq_sign_complete(pqq_sign_request *request, const uint8_t *signature,
                                        size_t signature_bytes);

/** pqq_sign_fail ends a request without a signature. Its handshake fails with PQQ_ERR_SIGN_FAILED
 * and `reason` (cut to 95 bytes; may be NULL), which is for our side's logs and not sent to the
 * peer; counted in signer_failures. Any thread. Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_sign_fail(pqq_sign_request *request, const char *reason);

#ifdef __cplusplus
}
#endif

#endif
