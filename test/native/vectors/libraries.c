/* SPDX-License-Identifier: MIT */
#include "vectors/libraries.h"

#include <string.h>

#include <openssl/nid.h>

#include "harness.h"

const struct parameter_set kem_sets[3] = {
    {"ML-KEM-512", 0, NID_MLKEM512, 800, 1632, 768},
    {"ML-KEM-768", 1, NID_MLKEM768, 1184, 2400, 1088},
    {"ML-KEM-1024", 2, NID_MLKEM1024, 1568, 3168, 1568},
};

const struct parameter_set dsa_sets[3] = {
    {"ML-DSA-44", 0, NID_MLDSA44, 1312, 2560, 2420},
    {"ML-DSA-65", 1, NID_MLDSA65, 1952, 4032, 3309},
    {"ML-DSA-87", 2, NID_MLDSA87, 2592, 4896, 4627},
};

const struct library *const libraries[2] = {&liboqs_library, &awslc_library};
const char *not_applicable;

const struct parameter_set *parameter_set_find(const char *name) {
  for (size_t i = 0; i < 3; i++) {
    if (strcmp(kem_sets[i].name, name) == 0) {
      return &kem_sets[i];
    }
    if (strcmp(dsa_sets[i].name, name) == 0) {
      return &dsa_sets[i];
    }
  }
  FAIL("no parameter set is called %s", name);
}

size_t dsa_prefix(const struct dsa_input *input, uint8_t *prefix) {
  if (input->interface != DSA_EXTERNAL) {
    return 0;
  }
  EXPECT(input->context.len <= 255);
  prefix[0] = 0; /* not pre-hashed */
  prefix[1] = (uint8_t)input->context.len;
  if (input->context.len > 0) {
    memcpy(prefix + 2, input->context.data, input->context.len);
  }
  return 2 + input->context.len;
}
