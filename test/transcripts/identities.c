/* SPDX-License-Identifier: MIT */
/* See identities.h. */
#include "identities.h"

#include "harness.h"
#include "seeded.h"
#include "tls/fixtures.h"
#include "world.h"

/* No other seed than the transcripts', so that neither follows from the other. */
#define IDENTITY_SEED UINT64_C(0x56454c4f2d494431)

/* Earlier than any clock, and what RFC 5280 section 4.1.2.5 gives a certificate that does not
 * expire: transcripts must not, and the wall clock must not come into them. */
#define VALID_FROM "20000101000000Z"
#define VALID_UNTIL "99991231235959Z"

#define FOLDER "spec/transcripts/identities/"

static const char *const paths[IDENTITY_FILES] = {
    [PQ_ROOT_CERT] = FOLDER "ml-dsa-65-root.pem",
    [PQ_SERVER_CERT] = FOLDER "ml-dsa-65-server.pem",
    [PQ_SERVER_KEY] = FOLDER "ml-dsa-65-server.key.pem",
    [PQ_CLIENT_CERT] = FOLDER "ml-dsa-65-client.pem",
    [PQ_CLIENT_KEY] = FOLDER "ml-dsa-65-client.key.pem",
    [CLASSICAL_ROOT_CERT] = FOLDER "p-256-root.pem",
    [CLASSICAL_SERVER_CERT] = FOLDER "p-256-server.pem",
    [CLASSICAL_SERVER_KEY] = FOLDER "p-256-server.key.pem",
    [CLASSICAL_CLIENT_CERT] = FOLDER "p-256-client.pem",
    [CLASSICAL_CLIENT_KEY] = FOLDER "p-256-client.key.pem",
};

const char *identity_path(identity_file file) {
  return paths[file];
}

static void make_leaf(const char *algorithm, const fixture_spec *spec, X509 *root,
                      EVP_PKEY *root_key, char **texts) {
  EVP_PKEY *key = fixture_key(algorithm);
  X509 *certificate = fixture_certificate(spec, key, root, root_key);

  texts[0] = fixture_certificates_pem(&certificate, 1);
  texts[1] = fixture_key_pem(key);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

/* A root, then its server and its client: five files from `texts` on. */
static void make_family(const char *algorithm, const char *root_name, char **texts) {
  const fixture_spec root_spec = {.common_name = root_name,
                                  .is_ca = 1,
                                  .serial = 1,
                                  .valid_from = VALID_FROM,
                                  .valid_until = VALID_UNTIL};
  const fixture_spec server = {.common_name = SIM_SERVER_NAME,
                               .dns = SIM_SERVER_NAME,
                               .serial = 2,
                               .valid_from = VALID_FROM,
                               .valid_until = VALID_UNTIL};
  const fixture_spec client = {.common_name = "client.test",
                               .dns = "client.test",
                               .is_client_only = 1,
                               .serial = 3,
                               .valid_from = VALID_FROM,
                               .valid_until = VALID_UNTIL};
  EVP_PKEY *root_key = fixture_key(algorithm);
  X509 *root = fixture_certificate(&root_spec, root_key, NULL, NULL);

  texts[0] = fixture_certificates_pem(&root, 1);
  make_leaf(algorithm, &server, root, root_key, texts + 1);
  make_leaf(algorithm, &client, root, root_key, texts + 3);
  X509_free(root);
  EVP_PKEY_free(root_key);
}

static void make_all(void *arg) {
  char **texts = arg;

  make_family("ML-DSA-65", "Transcript Root ML-DSA-65", texts + PQ_ROOT_CERT);
  make_family("P-256", "Transcript Root P-256", texts + CLASSICAL_ROOT_CERT);
}

void identities_make(char *texts[IDENTITY_FILES]) {
  seeded_run(IDENTITY_SEED, make_all, texts);
}
