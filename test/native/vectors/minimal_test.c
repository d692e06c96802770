/* SPDX-License-Identifier: MIT */
/* The liboqs that libpqq is built with (native/cmake/Dependencies.cmake) holds what is tested here
 * and nothing else. */
#include <string.h>

#include <oqs/oqs.h>

#include "harness.h"
#include "vectors/libraries.h"

/* Whether one of the three sets is called so. */
static int is_tested(const struct parameter_set sets[3], const char *name) {
  return strcmp(sets[0].name, name) == 0 || strcmp(sets[1].name, name) == 0 ||
         strcmp(sets[2].name, name) == 0;
}

TEST("liboqs is built with ML-KEM and ML-DSA only") {
#ifdef PQQ_TEST_SYSTEM_LIBOQS
  SKIP("a system liboqs holds what its packager chose");
#endif
  for (int i = 0; i < OQS_KEM_alg_count(); i++) {
    const char *name = OQS_KEM_alg_identifier((size_t)i);
    NOTE("%s", name);
    EXPECT_INT(OQS_KEM_alg_is_enabled(name), is_tested(kem_sets, name));
  }
  for (int i = 0; i < OQS_SIG_alg_count(); i++) {
    const char *name = OQS_SIG_alg_identifier((size_t)i);
    NOTE("%s", name);
    EXPECT_INT(OQS_SIG_alg_is_enabled(name), is_tested(dsa_sets, name));
  }
}
