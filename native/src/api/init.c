/* SPDX-License-Identifier: MIT */
/* pqq_init, versions, and the names of groups and profiles. */
#include "api/init.h"

#include <stdatomic.h>

#include <pqq/pqq.h>

#include "core/error.h"
#include "crypto/algorithms.h"
#include "tls/tls.h"

static atomic_int is_initialized;

pqq_status pqq_init(void) {
  pqq_status status;

  pqq__error_clear();
  status = pqq__tls_self_check();
  if (status == PQQ_OK) {
    atomic_store(&is_initialized, 1);
  }
  return status;
}

pqq_status pqq__check_initialized(void) {
  return atomic_load(&is_initialized)
             ? PQQ_OK
             : pqq__error_set(PQQ_ERR_NOT_INITIALIZED, "call pqq_init first");
}

const char *pqq_version(void) {
  return PQQ_VERSION_STRING;
}

uint32_t pqq_abi_version(void) {
  return PQQ_ABI_VERSION;
}

const char *pqq_group_name(uint16_t group) {
  const pqq__group *found = pqq__group_find(group);

  return found == NULL ? NULL : found->name;
}

uint16_t pqq_group_from_name(const char *name) {
  const pqq__group *found = name == NULL ? NULL : pqq__group_find_name(name);

  return found == NULL ? 0 : found->id;
}

const char *pqq_profile_name(int32_t profile) {
  const pqq__profile *found = pqq__profile_find(profile);

  return found == NULL ? NULL : found->name;
}

int32_t pqq_profile_from_name(const char *name) {
  const pqq__profile *found = name == NULL ? NULL : pqq__profile_find_name(name);

  return found == NULL ? 0 : found->id;
}
