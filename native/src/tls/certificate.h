/* SPDX-License-Identifier: MIT */
/* Facts about one X.509 certificate: algorithm names, who it is for, whether
 * its algorithms are acceptable (RFC 5280, RFC 9881). */
#ifndef PQQ__TLS_CERTIFICATE_H
#define PQQ__TLS_CERTIFICATE_H

#include <stddef.h>

#include <openssl/base.h>

#include "tls/names.h"

/* The public key's algorithm, as pqq_certificate_info.algorithm: "ML-DSA-65",
 * "ECDSA P-256", "RSA", ... Static; "unknown" if libpqq has no name for it. */
const char *pqq__certificate_key_name(const X509 *certificate);

/* The algorithm that signed it: "ML-DSA-65", "ECDSA SHA-256", "RSA SHA-256",
 * "RSA-PSS", "Ed25519". Static; NULL if it is not one that libpqq accepts (such
 * as SHA-1). */
const char *pqq__certificate_signed_with(const X509 *certificate);

/* 1 if it was signed with ML-DSA. */
int pqq__certificate_is_signed_pq(const X509 *certificate);

/* 1 if its RSA key is shorter than 2,048 bits (CA/Browser Forum Baseline
 * Requirements section 6.1.5). */
int pqq__certificate_has_weak_key(const X509 *certificate);

/* Adds the DNS names and IP addresses of subjectAltName to `list`; what no client could ask for is
 * left out. 0 on lack of memory. */
int pqq__certificate_read_names(const X509 *certificate, pqq__name_list *list);

/* 1 if `pqq cert dev` made it: organizationName of the issuer. */
#define PQQ__DEVELOPMENT_ORGANIZATION "VELO development"
int pqq__certificate_is_development(const X509 *certificate);

/* Texts for people, cut to `size` with their NUL; characters outside printable
 * ASCII are escaped (RFC 4514). */
void pqq__certificate_subject(const X509 *certificate, char *text, size_t size);
void pqq__certificate_issuer(const X509 *certificate, char *text, size_t size);
/* subjectAltName: "localhost, 127.0.0.1", or "no name". */
void pqq__certificate_names(const X509 *certificate, char *text, size_t size);

#endif
