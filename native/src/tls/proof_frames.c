/* SPDX-License-Identifier: MIT */
/* Framing of the proof streams: type and length as variable-length integers (RFC
 * 9000 section 16), as HTTP/3 has it. */
#include <string.h>

#include "tls/proof.h"
#include "tls/varint.h"
#include "tls/velocity.h"

int pqq__proof_stream_begin(CBB *out) {
  return pqq__varint_put(out, PQQ__PROOF_STREAM);
}

int pqq__proof_frame_write(CBB *out, uint8_t type, pqq_bytes payload) {
  return CBB_add_u8(out, type) && pqq__varint_put(out, payload.len) &&
         CBB_add_bytes(out, payload.data, payload.len);
}

static pqq_status fail(const char **reason, pqq_status status, const char *text) {
  *reason = text;
  return status;
}

static pqq_status take_frame(uint64_t type, pqq_bytes payload, size_t wanted, size_t max_requests,
                             pqq__proof_frames *frames, const char **reason) {
  if (type == PQQ__FRAME_AUTHENTICATOR) {
    if (frames->authenticator_count == wanted) {
      return fail(reason, PQQ_ERR_AUTHENTICATOR_DUPLICATE, "one authenticator too many");
    }
    if (frames->request_count > 0) {
      return fail(reason, PQQ_ERR_AUTHENTICATOR_MALFORMED, "an authenticator behind a request");
    }
    frames->authenticators[frames->authenticator_count++] = payload;
    return PQQ_OK;
  }
  if (type != PQQ__FRAME_AUTHENTICATOR_REQUEST || frames->request_count == max_requests) {
    return fail(reason, PQQ_ERR_AUTHENTICATOR_MALFORMED, "a frame that must not be on this stream");
  }
  frames->requests[frames->request_count++] = payload;
  return PQQ_OK;
}

pqq_status pqq__proof_frames_read(const uint8_t *data, size_t len, size_t wanted,
                                  size_t max_requests, pqq__proof_frames *frames,
                                  const char **reason) {
  CBS in, payload;
  uint64_t type, size;

  memset(frames, 0, sizeof *frames);
  CBS_init(&in, data, len);
  if (!pqq__varint_get(&in, &type) || type != PQQ__PROOF_STREAM) {
    return fail(reason, PQQ_ERR_AUTHENTICATOR_MALFORMED, "not a proof stream");
  }
  while (CBS_len(&in) > 0) {
    pqq_status status;

    if (!pqq__varint_get(&in, &type) || !pqq__varint_get(&in, &size) || size > CBS_len(&in) ||
        !CBS_get_bytes(&in, &payload, (size_t)size)) {
      return fail(reason, PQQ_ERR_AUTHENTICATOR_MALFORMED, "a frame is cut off");
    }
    status = take_frame(type, (pqq_bytes){CBS_data(&payload), CBS_len(&payload)}, wanted,
                        max_requests, frames, reason);
    if (status != PQQ_OK) {
      return status;
    }
  }
  if (frames->authenticator_count < wanted) {
    return fail(reason, PQQ_ERR_AUTHENTICATOR_MISSING, "the stream ended without an authenticator");
  }
  return PQQ_OK;
}
