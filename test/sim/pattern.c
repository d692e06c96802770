/* SPDX-License-Identifier: MIT */
#include "pattern.h"

#include <string.h>

#include "random.h"

static uint8_t stream[SIM_PATTERN_PERIOD + SIM_PATTERN_PIECE];
static int is_made;

static void make(void) {
  sim_random random = {UINT64_C(0x7665c0)};

  for (size_t i = 0; i < SIM_PATTERN_PERIOD; i++) {
    stream[i] = (uint8_t)sim_random_next(&random);
  }
  memcpy(stream + SIM_PATTERN_PERIOD, stream, SIM_PATTERN_PIECE);
  is_made = 1;
}

const uint8_t *sim_pattern(uint64_t offset) {
  if (!is_made) {
    make();
  }
  return stream + offset % SIM_PATTERN_PERIOD;
}

int sim_pattern_is(uint64_t offset, const uint8_t *data, size_t len) {
  while (len > 0) {
    size_t piece = len < SIM_PATTERN_PIECE ? len : SIM_PATTERN_PIECE;
    if (memcmp(sim_pattern(offset), data, piece) != 0) {
      return 0;
    }
    offset += piece;
    data += piece;
    len -= piece;
  }
  return 1;
}
