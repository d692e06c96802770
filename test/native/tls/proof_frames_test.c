/* SPDX-License-Identifier: MIT */
/* Frames and requests of the proof streams (spec/hybrid-authentication.md). */
#include <string.h>

#include <openssl/bytestring.h>

#include "harness.h"
#include "tls/proof.h"
#include "tls/varint.h"
#include "tls/velocity.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a stream consists of, a letter for each frame: Authenticator, Request, eXtra type. */
static size_t make_stream(const char *frames, uint8_t *out, size_t size) {
  CBB cbb;
  size_t len;

  EXPECT(CBB_init_fixed(&cbb, out, size));
  EXPECT(pqq__proof_stream_begin(&cbb));
  for (const char *at = frames; *at != '\0'; at++) {
    uint8_t type = *at == 'A'   ? PQQ__FRAME_AUTHENTICATOR
                   : *at == 'R' ? PQQ__FRAME_AUTHENTICATOR_REQUEST
                                : 0x21;

    EXPECT(pqq__proof_frame_write(&cbb, type, (pqq_bytes){(const uint8_t *)at, 1}));
  }
  EXPECT(CBB_finish(&cbb, NULL, &len));
  return len;
}

static pqq_status read_stream(const char *text, size_t wanted, size_t max_requests,
                              pqq__proof_frames *frames) {
  uint8_t data[256];
  size_t len = make_stream(text, data, sizeof data);
  const char *reason = "";

  return pqq__proof_frames_read(data, len, wanted, max_requests, frames, &reason);
}

/* spec: HA-3, CP-3, CP-4, CP-5 */
TEST("a proof stream has its type, then frames with their type and length") {
  uint8_t data[64];
  size_t len = make_stream("AR", data, sizeof data);

  EXPECT_MEM(data, len, "\xc0\0\0\0\x56\x45\x4c\x50\x01\x01\x41\x02\x01\x52", 14);
}

struct row {
  const char *frames;
  size_t wanted, max_requests;
  pqq_status status;
};

/* spec: HA-3, HA-8, HA-10, HA-11, HA-57, HA-58 */
TEST("frames are accepted in their order and number only") {
  static const struct row rows[] = {
      {"A", 1, 2, PQQ_OK},
      {"AR", 1, 2, PQQ_OK},
      {"ARR", 1, 2, PQQ_OK},
      {"AA", 2, 0, PQQ_OK},
      {"", 1, 2, PQQ_ERR_AUTHENTICATOR_MISSING},
      {"A", 2, 0, PQQ_ERR_AUTHENTICATOR_MISSING},
      {"AA", 1, 2, PQQ_ERR_AUTHENTICATOR_DUPLICATE},
      {"ARA", 1, 2, PQQ_ERR_AUTHENTICATOR_DUPLICATE},
      {"AAA", 2, 0, PQQ_ERR_AUTHENTICATOR_DUPLICATE},
      {"RA", 1, 2, PQQ_ERR_AUTHENTICATOR_MALFORMED},
      {"ARRR", 1, 2, PQQ_ERR_AUTHENTICATOR_MALFORMED},
      {"AR", 1, 0, PQQ_ERR_AUTHENTICATOR_MALFORMED},
      {"X", 1, 2, PQQ_ERR_AUTHENTICATOR_MALFORMED},
      {"AX", 1, 2, PQQ_ERR_AUTHENTICATOR_MALFORMED},
  };
  pqq__proof_frames frames;

  for (size_t i = 0; i < COUNT(rows); i++) {
    NOTE("\"%s\", %zu wanted", rows[i].frames, rows[i].wanted);
    EXPECT_INT(read_stream(rows[i].frames, rows[i].wanted, rows[i].max_requests, &frames),
               rows[i].status);
  }
}

/* spec: HA-8, HA-9 */
TEST("a stream that is cut inside a frame, or announces more than it has, is malformed") {
  uint8_t data[64];
  size_t len = make_stream("AR", data, sizeof data);
  pqq__proof_frames frames;
  const char *reason;

  for (size_t cut = 0; cut < len; cut++) {
    pqq_status status = pqq__proof_frames_read(data, cut, 1, 2, &frames, &reason);

    NOTE("%zu bytes of %zu", cut, len);
    /* The ends of the stream's type and of the first frame are ends of frames. */
    EXPECT_INT(status, cut == 8    ? PQQ_ERR_AUTHENTICATOR_MISSING
                       : cut == 11 ? PQQ_OK
                                   : PQQ_ERR_AUTHENTICATOR_MALFORMED);
  }
  NOTE("2^62 - 1 bytes");
  EXPECT_INT(pqq__proof_frames_read(
                 (const uint8_t *)"\xc0\0\0\0\x56\x45\x4c\x50\x01\xff\xff\xff\xff\xff\xff\xff\xff",
                 17, 1, 2, &frames, &reason),
             PQQ_ERR_AUTHENTICATOR_MALFORMED);
}

/* spec: HA-8 */
TEST("types and lengths of frames are accepted in every form of a varint") {
  static const uint8_t data[] = {0xc0, 0,    0,    0,    0x56, 0x45, 0x4c, 0x50,
                                 0x40, 0x01, 0x80, 0x00, 0x00, 0x02, 'o',  'k'};
  pqq__proof_frames frames;
  const char *reason;

  EXPECT_INT(pqq__proof_frames_read(data, sizeof data, 1, 2, &frames, &reason), PQQ_OK);
  EXPECT_MEM(frames.authenticators[0].data, frames.authenticators[0].len, "ok", 2);
}

static void expect_schemes(CBS schemes, pqq__proof_kind kind, const pqq__profile *profile) {
  uint16_t id;

  EXPECT(CBS_len(&schemes) > 0);
  while (CBS_get_u16(&schemes, &id)) {
    const pqq__signature_scheme *scheme = pqq__signature_scheme_find(id);

    EXPECT(scheme != NULL);
    EXPECT(kind & (scheme->is_pq ? PQQ__PROOF_PQ : PQQ__PROOF_CLASSICAL));
    EXPECT(pqq__profile_accepts(profile, scheme));
  }
}

/* spec: HA-46, HA-47 */
TEST("a request has a fresh context and the schemes of its half that the profile takes") {
  static const pqq__proof_kind kinds[] = {PQQ__PROOF_PQ, PQQ__PROOF_CLASSICAL, PQQ__PROOF_EITHER};
  size_t count;
  const pqq__profile *profiles = pqq__profiles(&count);
  pqq__proof_request request, other;
  pqq_bytes context;
  CBS schemes;

  for (size_t i = 0; i < count * COUNT(kinds); i++) {
    const pqq__profile *profile = &profiles[i / COUNT(kinds)];
    pqq__proof_kind kind = kinds[i % COUNT(kinds)];

    NOTE("%s, kind %d", profile->name, (int)kind);
    EXPECT(pqq__proof_request_make(profile, kind, &request));
    EXPECT(pqq__proof_request_make(profile, kind, &other));
    EXPECT(memcmp(request.context, other.context, sizeof request.context) != 0);
    EXPECT(pqq__proof_request_read((pqq_bytes){request.message, request.len}, &context, &schemes));
    EXPECT_MEM(context.data, context.len, request.context, 32);
    expect_schemes(schemes, kind, profile);
  }
}

static int reads(const char *data, size_t len) {
  pqq_bytes context;
  CBS schemes;

  return pqq__proof_request_read((pqq_bytes){(const uint8_t *)data, len}, &context, &schemes);
}

/* spec: HA-48 */
TEST("a request without context or schemes is malformed, an unknown extension is ignored") {
  EXPECT(reads("\x0d\0\0\x0d\x02xy\0\x08\0\x0d\0\x04\0\x02\x09\x04", 17) == 1);
  NOTE("an extension before it");
  EXPECT(reads("\x0d\0\0\x12\x02xy\0\x0d\x12\x34\0\x01!\0\x0d\0\x04\0\x02\x09\x04", 22) == 1);
  NOTE("no context");
  EXPECT(reads("\x0d\0\0\x0b\0\0\x08\0\x0d\0\x04\0\x02\x09\x04", 15) == 0);
  NOTE("no extension");
  EXPECT(reads("\x0d\0\0\x05\x02xy\0\0", 9) == 0);
  NOTE("an empty list");
  EXPECT(reads("\x0d\0\0\x0b\x02xy\0\x06\0\x0d\0\x02\0\0", 15) == 0);
  NOTE("an odd list");
  EXPECT(reads("\x0d\0\0\x0c\x02xy\0\x07\0\x0d\0\x03\0\x01\x09", 16) == 0);
  NOTE("the list twice");
  EXPECT(reads("\x0d\0\0\x15\x02xy\0\x10\0\x0d\0\x04\0\x02\x09\x04\0\x0d\0\x04\0\x02\x09\x04",
               25) == 0);
  NOTE("another message");
  EXPECT(reads("\x11\0\0\x0d\x02xy\0\x08\0\x0d\0\x04\0\x02\x09\x04", 17) == 0);
  NOTE("a byte too many");
  EXPECT(reads("\x0d\0\0\x0d\x02xy\0\x08\0\x0d\0\x04\0\x02\x09\x04!", 18) == 0);
}

/* spec: HA-60, HA-61, HA-62, HA-63, HA-64, HA-65, HA-66, HA-67, HA-68 */
TEST("every failure of a proof has its code, and a peer's code is read as the same failure") {
  static const struct {
    pqq_status status;
    uint32_t wire_code;
    pqq_status theirs;
  } rows[] = {
      {PQQ_ERR_AUTHENTICATOR_MISSING, 0x56454c00, PQQ_ERR_AUTHENTICATOR_MISSING},
      {PQQ_ERR_AUTHENTICATOR_LATE, 0x56454c01, PQQ_ERR_AUTHENTICATOR_LATE},
      {PQQ_ERR_AUTHENTICATOR_MALFORMED, 0x56454c02, PQQ_ERR_AUTHENTICATOR_MALFORMED},
      {PQQ_ERR_AUTHENTICATOR_DUPLICATE, 0x56454c03, PQQ_ERR_AUTHENTICATOR_DUPLICATE},
      {PQQ_ERR_AUTHENTICATOR_SCHEME, 0x56454c04, PQQ_ERR_AUTHENTICATOR_SCHEME},
      {PQQ_ERR_AUTHENTICATOR_INVALID, 0x56454c05, PQQ_ERR_AUTHENTICATOR_INVALID},
      {PQQ_ERR_CERT_INVALID, 0x56454c06, PQQ_ERR_CERT_INVALID},
      {PQQ_ERR_CERT_UNTRUSTED, 0x56454c06, PQQ_ERR_CERT_INVALID},
      {PQQ_ERR_CERT_EXPIRED, 0x56454c06, PQQ_ERR_CERT_INVALID},
      {PQQ_ERR_CERT_NAME_MISMATCH, 0x56454c06, PQQ_ERR_CERT_INVALID},
      {PQQ_ERR_CHAIN_CROSSED, 0x56454c06, PQQ_ERR_CERT_INVALID},
      {PQQ_ERR_SHARED_ROOT, 0x56454c06, PQQ_ERR_CERT_INVALID},
      {PQQ_ERR_RELATED_CERTIFICATE, 0x56454c06, PQQ_ERR_CERT_INVALID},
      {PQQ_ERR_CLIENT_IDENTITY, 0x56454c07, PQQ_ERR_POLICY_REFUSED},
  };

  for (size_t i = 0; i < COUNT(rows); i++) {
    NOTE("%s", pqq_err_name(rows[i].status));
    EXPECT_UINT(pqq__velocity_wire_code(rows[i].status), rows[i].wire_code);
    EXPECT_INT(pqq__velocity_status(rows[i].wire_code), rows[i].theirs);
  }
  EXPECT_INT(pqq__velocity_status(0x100), PQQ_OK);
}
