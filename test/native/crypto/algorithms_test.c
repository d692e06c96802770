/* SPDX-License-Identifier: MIT */
/* The tables against each other and against what the standards say. */
#include "crypto/algorithms.h"

#include <string.h>

#include <pqq/types.h>

#include "harness.h"

TEST("every group has its own number and name and is found by both") {
  size_t count;
  const pqq__group *groups = pqq__groups(&count);

  EXPECT_UINT(count, 9);
  for (size_t i = 0; i < count; i++) {
    NOTE("%s", groups[i].name);
    EXPECT(pqq__group_find(groups[i].id) == &groups[i]);
    EXPECT(pqq__group_find_name(groups[i].name) == &groups[i]);
    EXPECT(groups[i].has_mlkem || groups[i].has_ecdh);
  }
  EXPECT(pqq__group_find(0) == NULL);
  EXPECT(pqq__group_find(0x6399) == NULL);
  EXPECT(pqq__group_find_name("x25519") == NULL);
}

TEST("a hybrid group's shares are the sum of its parts") {
  static const uint16_t sums[][3] = {
      {PQQ_GROUP_X25519MLKEM768, PQQ_GROUP_X25519, PQQ_GROUP_MLKEM768},
      {PQQ_GROUP_SECP256R1MLKEM768, PQQ_GROUP_SECP256R1, PQQ_GROUP_MLKEM768},
      {PQQ_GROUP_SECP384R1MLKEM1024, PQQ_GROUP_SECP384R1, PQQ_GROUP_MLKEM1024},
  };

  for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
    const pqq__group *hybrid = pqq__group_find(sums[i][0]);
    const pqq__group *ecdh = pqq__group_find(sums[i][1]);
    const pqq__group *mlkem = pqq__group_find(sums[i][2]);

    NOTE("%s", hybrid->name);
    EXPECT(hybrid->has_mlkem && hybrid->has_ecdh);
    EXPECT(!ecdh->has_mlkem && !mlkem->has_ecdh);
    EXPECT_UINT(hybrid->client_share_bytes, ecdh->client_share_bytes + mlkem->client_share_bytes);
    EXPECT_UINT(hybrid->server_share_bytes, ecdh->server_share_bytes + mlkem->server_share_bytes);
  }
}

TEST("schemes have FIPS 204's sizes and fit the signature buffer") {
  static const struct {
    uint16_t id;
    uint16_t public_key, private_key, signature;
  } rows[] = {{0x0904, 1312, 2560, 2420}, {0x0905, 1952, 4032, 3309}, {0x0906, 2592, 4896, 4627}};
  size_t count;
  const pqq__signature_scheme *schemes = pqq__signature_schemes(&count);

  for (size_t i = 0; i < count; i++) {
    EXPECT(pqq__signature_scheme_find(schemes[i].id) == &schemes[i]);
    EXPECT(schemes[i].signature_bytes <= PQQ__MAX_SIGNATURE_BYTES);
    EXPECT(!schemes[i].can_sign == !schemes[i].signature_bytes);
    EXPECT(!schemes[i].is_pq || schemes[i].can_sign);
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const pqq__signature_scheme *scheme = pqq__signature_scheme_find(rows[i].id);

    EXPECT_INT(scheme->is_pq, 1);
    EXPECT_UINT(scheme->public_key_bytes, rows[i].public_key);
    EXPECT_UINT(scheme->private_key_bytes, rows[i].private_key);
    EXPECT_UINT(scheme->signature_bytes, rows[i].signature);
  }
  EXPECT_STR(pqq__signature_scheme_find(0x0905)->name, "ML-DSA-65");
  EXPECT_STR(pqq__signature_scheme_find(0x0403)->name, "ecdsa_secp256r1_sha256");
  EXPECT(pqq__signature_scheme_find(0x0201) == NULL);
}

TEST("profiles name rows that exist, of the right kind") {
  size_t count;
  const pqq__profile *profiles = pqq__profiles(&count);

  EXPECT_UINT(count, 3);
  for (size_t i = 0; i < count; i++) {
    NOTE("%s", profiles[i].name);
    EXPECT(pqq__profile_find(profiles[i].id) == &profiles[i]);
    EXPECT(pqq__profile_find_name(profiles[i].name) == &profiles[i]);
    EXPECT(profiles[i].groups[0] != 0);
    for (size_t j = 0; j < pqq__list_length(profiles[i].groups, PQQ__PROFILE_MAX_GROUPS); j++) {
      EXPECT(pqq__profile_has_group(&profiles[i], profiles[i].groups[j]));
    }
    for (size_t j = 0; j < pqq__list_length(profiles[i].h3_groups, PQQ__PROFILE_MAX_GROUPS); j++) {
      EXPECT(pqq__group_find(profiles[i].h3_groups[j]) != NULL);
      EXPECT(!pqq__profile_has_group(&profiles[i], profiles[i].h3_groups[j]));
    }
    EXPECT(profiles[i].ciphers[0] != 0);
    for (size_t j = 0; j < pqq__list_length(profiles[i].ciphers, PQQ__PROFILE_MAX_CIPHERS); j++) {
      EXPECT(pqq__cipher_find(profiles[i].ciphers[j]) != NULL);
      EXPECT(pqq__profile_has_cipher(&profiles[i], profiles[i].ciphers[j]));
    }
    EXPECT(profiles[i].first_flight_datagrams >= 2 && profiles[i].first_flight_datagrams <= 6);
    EXPECT(pqq__signature_scheme_find(profiles[i].pq_scheme)->is_pq);
    EXPECT(!pqq__signature_scheme_find(profiles[i].classical_scheme)->is_pq);
  }
  EXPECT(pqq__profile_find(0) == NULL);
  EXPECT(pqq__profile_find_name("Balanced") == NULL);
}
