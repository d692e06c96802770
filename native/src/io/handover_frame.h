/* SPDX-License-Identifier: MIT */
/* A datagram on its way between two processes of one server: all that is known of it, before its
 * bytes.
 *
 *   magic 4 | ecn 1 | zero 3 | segment_bytes 4 | local 24 | remote 24 | data
 *   address: family 1 | zero 1 | port 2 | scope_id 4 | ip 16
 *
 * Numbers are little-endian. Another layout gets another magic: old and new versions meet here. */
#ifndef PQQ__IO_HANDOVER_FRAME_H
#define PQQ__IO_HANDOVER_FRAME_H

#include <pqq/engine.h>

#define PQQ__HANDOVER_HEADER_BYTES 60

/* Writes what stands before the data. */
void pqq__handover_frame_write(uint8_t header[PQQ__HANDOVER_HEADER_BYTES],
                               const pqq_datagram *datagram);

/* Reads a frame; `datagram->data` points into it. 0, or -1 if it is none. */
int pqq__handover_frame_read(const uint8_t *frame, size_t len, pqq_datagram *datagram);

#endif
