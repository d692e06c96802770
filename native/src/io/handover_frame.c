/* SPDX-License-Identifier: MIT */
#include "io/handover_frame.h"

#include <string.h>

#include "io/limits.h"

static const uint8_t magic[4] = {'P', 'Q', 'H', 1};

enum { ECN = 4, SEGMENT = 8, LOCAL = 12, REMOTE = 36 };

static void put(uint8_t *out, size_t bytes, uint32_t value) {
  for (size_t i = 0; i < bytes; i++) {
    out[i] = (uint8_t)(value >> 8 * i);
  }
}

static uint32_t get(const uint8_t *in, size_t bytes) {
  uint32_t value = 0;

  for (size_t i = 0; i < bytes; i++) {
    value |= (uint32_t)in[i] << 8 * i;
  }
  return value;
}

static void put_address(uint8_t *out, const pqq_address *address) {
  out[0] = address->family;
  put(out + 2, 2, address->port);
  put(out + 4, 4, address->scope_id);
  memcpy(out + 8, address->ip, sizeof address->ip);
}

static int get_address(const uint8_t *in, pqq_address *address) {
  *address =
      (pqq_address){.family = in[0], .port = (uint16_t)get(in + 2, 2), .scope_id = get(in + 4, 4)};
  memcpy(address->ip, in + 8, sizeof address->ip);
  return in[1] == 0 && address->port != 0 && (in[0] == 4 || in[0] == 6) ? 0 : -1;
}

void pqq__handover_frame_write(uint8_t header[PQQ__HANDOVER_HEADER_BYTES],
                               const pqq_datagram *datagram) {
  memset(header, 0, PQQ__HANDOVER_HEADER_BYTES);
  memcpy(header, magic, sizeof magic);
  header[ECN] = (uint8_t)datagram->ecn;
  put(header + SEGMENT, 4, datagram->segment_bytes);
  put_address(header + LOCAL, &datagram->local);
  put_address(header + REMOTE, &datagram->remote);
}

int pqq__handover_frame_read(const uint8_t *frame, size_t len, pqq_datagram *datagram) {
  if (len <= PQQ__HANDOVER_HEADER_BYTES ||
      len > PQQ__HANDOVER_HEADER_BYTES + PQQ__RECV_MESSAGE_BYTES ||
      memcmp(frame, magic, sizeof magic) != 0 || frame[ECN] > 3 || get(frame + ECN + 1, 3) != 0 ||
      get_address(frame + LOCAL, &datagram->local) != 0 ||
      get_address(frame + REMOTE, &datagram->remote) != 0) {
    return -1;
  }
  datagram->ecn = frame[ECN];
  datagram->segment_bytes = get(frame + SEGMENT, 4);
  datagram->data =
      (pqq_bytes){frame + PQQ__HANDOVER_HEADER_BYTES, len - PQQ__HANDOVER_HEADER_BYTES};
  return datagram->segment_bytes <= datagram->data.len ? 0 : -1;
}
