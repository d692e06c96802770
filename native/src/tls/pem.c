/* SPDX-License-Identifier: MIT */
/* See pem.h. */
#include "tls/pem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bytestring.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/obj.h>
#include <openssl/pem.h>
#include <openssl/pkcs8.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/error.h"
#include "core/limits.h"

/* DER, which people hand over by mistake, begins with a SEQUENCE. */
#define DER_SEQUENCE 0x30

static pqq_status read_file(const char *path, pqq_status unreadable, pqq__pem *pem) {
  FILE *file = fopen(path, "rbe");
  size_t len;

  if (file == NULL) {
    return pqq__error_set(unreadable, "%s: %s", path, strerror(errno));
  }
  pem->file = malloc(PQQ__MAX_PEM_BYTES + 1);
  if (pem->file == NULL) {
    (void)fclose(file);
    return PQQ_ERR_NO_MEMORY;
  }
  /* No buffer of stdio's own: it would keep a copy of a private key. */
  (void)setvbuf(file, NULL, _IONBF, 0);
  errno = 0;
  len = fread(pem->file, 1, PQQ__MAX_PEM_BYTES + 1, file);
  if (ferror(file)) {
    unreadable = pqq__error_set(unreadable, "%s: %s", path, strerror(errno));
    (void)fclose(file);
    pqq__pem_close(pem);
    return unreadable;
  }
  (void)fclose(file);
  pem->len = len;
  if (len > PQQ__MAX_PEM_BYTES) {
    pqq__pem_close(pem);
    return pqq__error_set(unreadable, "%s: larger than %u bytes", path, PQQ__MAX_PEM_BYTES);
  }
  pem->data = pem->file;
  return PQQ_OK;
}

pqq_status pqq__pem_open(pqq_bytes text, const char *path, const char *option,
                         pqq_status unreadable, pqq__pem *pem) {
  memset(pem, 0, sizeof *pem);
  if ((text.len > 0) == (path != NULL)) {
    return pqq__error_set(unreadable, "%s: give either the PEM text or the file%s", option,
                          path != NULL ? ", not both" : "");
  }
  if (path != NULL) {
    pem->name = path;
    return read_file(path, unreadable, pem);
  }
  if (text.len > PQQ__MAX_PEM_BYTES) {
    return pqq__error_set(unreadable, "%s: larger than %u bytes", option, PQQ__MAX_PEM_BYTES);
  }
  pem->name = option;
  pem->data = (const char *)text.data;
  pem->len = text.len;
  return PQQ_OK;
}

void pqq__pem_close(pqq__pem *pem) {
  if (pem->file != NULL) {
    OPENSSL_cleanse(pem->file, pem->len);
    free(pem->file);
  }
  memset(pem, 0, sizeof *pem);
}

/* One block; free with free_block. */
struct block {
  char *name;
  char *header;
  uint8_t *data;
  long len;
};

static void free_block(struct block *block) {
  OPENSSL_free(block->name);
  OPENSSL_free(block->header);
  /* OPENSSL_free wipes. */
  OPENSSL_free(block->data);
  memset(block, 0, sizeof *block);
}

/* Reads the next block. 1, 0 at the end of the text, -1 on broken PEM. */
static int next_block(BIO *bio, struct block *block) {
  memset(block, 0, sizeof *block);
  ERR_clear_error();
  if (PEM_read_bio(bio, &block->name, &block->header, &block->data, &block->len) == 1) {
    return 1;
  }
  {
    uint32_t error = ERR_peek_last_error();
    int at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;

    ERR_clear_error();
    return at_end ? 0 : -1;
  }
}

/* What a text without the wanted block holds, for people. */
static const char *describe(const pqq__pem *pem, const char *other) {
  if (other[0] != '\0') {
    return other;
  }
  if (pem->len > 0 && (uint8_t)pem->data[0] == DER_SEQUENCE) {
    return "DER, not PEM";
  }
  return pem->len == 0 ? "nothing" : "no PEM block";
}

static pqq_status parse_certificate(const pqq__pem *pem, pqq_status unreadable, size_t index,
                                    const struct block *block, X509 **certificate) {
  const uint8_t *at = block->data;

  *certificate = d2i_X509(NULL, &at, block->len);
  if (*certificate != NULL && at == block->data + block->len) {
    return PQQ_OK;
  }
  X509_free(*certificate);
  *certificate = NULL;
  ERR_clear_error();
  return pqq__error_set(unreadable, "%s: certificate %zu is not valid X.509", pem->name, index + 1);
}

static int is_certificate(const char *name) {
  return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0;
}

static pqq_status read_certificates(const pqq__pem *pem, BIO *bio, pqq_status unreadable,
                                    size_t max, X509 **certificates, size_t *count) {
  char other[64] = "";

  for (;;) {
    struct block block;
    pqq_status status = PQQ_OK;
    int more = next_block(bio, &block);

    if (more < 0) {
      return pqq__error_set(unreadable, "%s: broken PEM after certificate %zu", pem->name, *count);
    }
    if (more == 0) {
      break;
    }
    if (!is_certificate(block.name)) {
      (void)snprintf(other, sizeof other, "%s", block.name);
    } else if (*count == max) {
      status = pqq__error_set(unreadable, "%s: more than %zu certificates", pem->name, max);
    } else {
      status = parse_certificate(pem, unreadable, *count, &block, &certificates[*count]);
      *count += status == PQQ_OK;
    }
    free_block(&block);
    if (status != PQQ_OK) {
      return status;
    }
  }
  if (*count == 0) {
    return pqq__error_set(unreadable, "%s: expected a CERTIFICATE, found %s", pem->name,
                          describe(pem, other));
  }
  return PQQ_OK;
}

pqq_status pqq__pem_certificates(const pqq__pem *pem, pqq_status unreadable, size_t max,
                                 X509 **certificates, size_t *count) {
  BIO *bio = BIO_new_mem_buf(pem->data, (ossl_ssize_t)pem->len);
  pqq_status status;

  *count = 0;
  if (bio == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  status = read_certificates(pem, bio, unreadable, max, certificates, count);
  BIO_free(bio);
  if (status != PQQ_OK) {
    while (*count > 0) {
      X509_free(certificates[--*count]);
    }
  }
  return status;
}

/* The algorithm of a PKCS#8 key that AWS-LC does not know or could not parse. */
static pqq_status explain_pkcs8(const pqq__pem *pem, const struct block *block) {
  CBS der, key_info, algorithm, oid;
  char text[80];
  const char *name = NULL;
  int nid;

  CBS_init(&der, block->data, (size_t)block->len);
  if (!CBS_get_asn1(&der, &key_info, CBS_ASN1_SEQUENCE) ||
      !CBS_get_asn1(&key_info, NULL, CBS_ASN1_INTEGER) ||
      !CBS_get_asn1(&key_info, &algorithm, CBS_ASN1_SEQUENCE) ||
      !CBS_get_asn1(&algorithm, &oid, CBS_ASN1_OBJECT)) {
    return pqq__error_set(PQQ_ERR_KEY_UNREADABLE, "%s: the PRIVATE KEY is not valid PKCS#8",
                          pem->name);
  }
  nid = OBJ_cbs2nid(&oid);
  if (nid == NID_MLDSA44 || nid == NID_MLDSA65 || nid == NID_MLDSA87 ||
      nid == NID_X9_62_id_ecPublicKey || nid == NID_rsaEncryption || nid == NID_ED25519) {
    return pqq__error_set(PQQ_ERR_KEY_UNREADABLE,
                          "%s: the %s key does not parse or contradicts itself", pem->name,
                          OBJ_nid2sn(nid));
  }
  if (nid != NID_undef) {
    name = OBJ_nid2sn(nid);
  } else {
    char *dotted = CBS_asn1_oid_to_text(&oid);

    (void)snprintf(text, sizeof text, "OID %s", dotted != NULL ? dotted : "?");
    OPENSSL_free(dotted);
    name = text;
  }
  return pqq__error_set(PQQ_ERR_KEY_TYPE_UNSUPPORTED, "%s: %s; supported are " PQQ__KEY_TYPES,
                        pem->name, name);
}

static pqq_status parse_pkcs8(const pqq__pem *pem, const struct block *block, EVP_PKEY **pkey) {
  CBS der;

  CBS_init(&der, block->data, (size_t)block->len);
  *pkey = EVP_parse_private_key(&der);
  if (*pkey != NULL && CBS_len(&der) == 0) {
    return PQQ_OK;
  }
  EVP_PKEY_free(*pkey);
  *pkey = NULL;
  ERR_clear_error();
  return explain_pkcs8(pem, block);
}

static pqq_status parse_sec1(const pqq__pem *pem, const struct block *block, EVP_PKEY **pkey) {
  CBS der;
  EC_KEY *ec;

  CBS_init(&der, block->data, (size_t)block->len);
  ec = EC_KEY_parse_private_key(&der, NULL);
  *pkey = ec != NULL && CBS_len(&der) == 0 ? EVP_PKEY_new() : NULL;
  if (*pkey != NULL && EVP_PKEY_set1_EC_KEY(*pkey, ec) == 1) {
    EC_KEY_free(ec);
    return PQQ_OK;
  }
  EVP_PKEY_free(*pkey);
  *pkey = NULL;
  EC_KEY_free(ec);
  ERR_clear_error();
  return pqq__error_set(PQQ_ERR_KEY_UNREADABLE, "%s: the EC PRIVATE KEY is not valid (RFC 5915)",
                        pem->name);
}

/* PKCS #1 (RFC 8017 appendix A.1.2). */
static pqq_status parse_pkcs1(const pqq__pem *pem, const struct block *block, EVP_PKEY **pkey) {
  CBS der;
  RSA *rsa;

  CBS_init(&der, block->data, (size_t)block->len);
  rsa = RSA_parse_private_key(&der);
  *pkey = rsa != NULL && CBS_len(&der) == 0 ? EVP_PKEY_new() : NULL;
  if (*pkey != NULL && EVP_PKEY_set1_RSA(*pkey, rsa) == 1) {
    RSA_free(rsa);
    return PQQ_OK;
  }
  EVP_PKEY_free(*pkey);
  *pkey = NULL;
  RSA_free(rsa);
  ERR_clear_error();
  return pqq__error_set(PQQ_ERR_KEY_UNREADABLE, "%s: the RSA PRIVATE KEY is not valid (RFC 8017)",
                        pem->name);
}

/* EncryptedPrivateKeyInfo (RFC 5958 section 3). */
static pqq_status parse_encrypted(const pqq__pem *pem, const struct block *block,
                                  pqq_bytes passphrase, EVP_PKEY **pkey) {
  CBS der;

  if (passphrase.len == 0) {
    return pqq__error_set(PQQ_ERR_KEY_UNREADABLE,
                          "%s: the key is encrypted: give the passphrase, or take it off with: "
                          "openssl pkey -in KEY -out NEWKEY",
                          pem->name);
  }
  CBS_init(&der, block->data, (size_t)block->len);
  *pkey = PKCS8_parse_encrypted_private_key(&der, (const char *)passphrase.data, passphrase.len);
  if (*pkey != NULL && CBS_len(&der) == 0) {
    return PQQ_OK;
  }
  EVP_PKEY_free(*pkey);
  *pkey = NULL;
  ERR_clear_error();
  return pqq__error_set(PQQ_ERR_KEY_UNREADABLE,
                        "%s: the key cannot be decrypted: the passphrase is wrong, the key is of a "
                        "kind that is not supported, or it is not encrypted with PBES2",
                        pem->name);
}

/* 1 if the block was a key of any kind, with the result in `status`. */
static int parse_key(const pqq__pem *pem, const struct block *block, pqq_bytes passphrase,
                     EVP_PKEY **pkey, pqq_status *status) {
  if (strcmp(block->name, PEM_STRING_PKCS8) == 0) {
    *status = parse_encrypted(pem, block, passphrase, pkey);
  } else if (strstr(block->header, "ENCRYPTED") != NULL) {
    *status =
        pqq__error_set(PQQ_ERR_KEY_UNREADABLE,
                       "%s: the key is encrypted in an old form: make it PKCS #8 with: openssl "
                       "pkey -in KEY -aes256 -out NEWKEY",
                       pem->name);
  } else if (strcmp(block->name, PEM_STRING_PKCS8INF) == 0) {
    *status = parse_pkcs8(pem, block, pkey);
  } else if (strcmp(block->name, PEM_STRING_EC) == 0) {
    *status = parse_sec1(pem, block, pkey);
  } else if (strcmp(block->name, PEM_STRING_RSA) == 0) {
    *status = parse_pkcs1(pem, block, pkey);
  } else if (strstr(block->name, "PRIVATE KEY") != NULL) {
    *status = pqq__error_set(PQQ_ERR_KEY_TYPE_UNSUPPORTED, "%s: %s; supported are " PQQ__KEY_TYPES,
                             pem->name, block->name);
  } else {
    return 0;
  }
  return 1;
}

static pqq_status read_key(const pqq__pem *pem, BIO *bio, pqq_bytes passphrase, EVP_PKEY **pkey) {
  char other[64] = "";

  for (;;) {
    struct block block;
    pqq_status status = PQQ_OK;
    int more = next_block(bio, &block);
    int found;

    if (more < 0) {
      return pqq__error_set(PQQ_ERR_KEY_UNREADABLE, "%s: broken PEM", pem->name);
    }
    if (more == 0) {
      break;
    }
    found = parse_key(pem, &block, passphrase, pkey, &status);
    if (!found) {
      (void)snprintf(other, sizeof other, "%s", block.name);
    }
    free_block(&block);
    if (found) {
      return status;
    }
  }
  return pqq__error_set(PQQ_ERR_KEY_UNREADABLE, "%s: expected a PRIVATE KEY, found %s", pem->name,
                        describe(pem, other));
}

pqq_status pqq__pem_private_key(const pqq__pem *pem, pqq_bytes passphrase, EVP_PKEY **pkey) {
  BIO *bio = BIO_new_mem_buf(pem->data, (ossl_ssize_t)pem->len);
  pqq_status status;

  *pkey = NULL;
  if (bio == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  status = read_key(pem, bio, passphrase, pkey);
  BIO_free(bio);
  return status;
}
