/* SPDX-License-Identifier: MIT */
/* Writes a development identity as PEM files, for servers and clients of every
 * kind: the same certificates for all that are compared.
 *
 *   identity PROFILE FOLDER */
#include <stdio.h>
#include <string.h>

#include "bench.h"

static void write_file(const char *folder, const char *name, pqq_bytes text) {
  char path[4096];
  FILE *file;

  if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path) {
    bench_fail("%s: too long", folder);
  }
  file = fopen(path, "wb");
  if (!file || fwrite(text.data, 1, text.len, file) != text.len || fclose(file) != 0) {
    bench_fail("%s cannot be written", path);
  }
}

int main(int argc, char **argv) {
  static const char *const names[] = {"localhost", "127.0.0.1"};
  pqq_dev_identity *made;
  int32_t profile;

  if (argc != 3 || (profile = pqq_profile_from_name(argv[1])) == 0) {
    bench_fail("usage: identity light|balanced|secure FOLDER");
  }
  bench_check(pqq_init(), "pqq_init");
  bench_check(pqq_dev_identity_new(profile, names, 2, 30, &made), "identity");
  write_file(argv[2], "ca.pem", made->ca_pem);
  write_file(argv[2], "pq.cert.pem", made->pq_cert_pem);
  write_file(argv[2], "pq.key.pem", made->pq_key_pem);
  write_file(argv[2], "classical.cert.pem", made->classical_cert_pem);
  write_file(argv[2], "classical.key.pem", made->classical_key_pem);
  pqq_dev_identity_free(made);
  return 0;
}
