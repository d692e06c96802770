# SPDX-License-Identifier: MIT
#
# What is changed in the copies of ngtcp2 and nghttp3 so that an idle connection holds less memory. What is
# reached, test/sim/idle_memory_test.c holds.

# pqq_edit_connection_memory(<source of ngtcp2>)
function(pqq_edit_connection_memory source)
  # Room for eight ids of the peer's beside the one in use, with an address each. libpqq takes four in all
  # (PQQ__ACTIVE_CID_LIMIT): 800 bytes. As many retired ones as before may wait for an answer.
  pqq_edit_source("${source}/lib/ngtcp2_dcidtr.h"
"#define NGTCP2_DCIDTR_MAX_UNUSED_DCID_SIZE 8
"
"#define NGTCP2_DCIDTR_MAX_UNUSED_DCID_SIZE 4
")
  pqq_edit_source("${source}/lib/ngtcp2_dcidtr.h"
"uint64_t seqs[NGTCP2_DCIDTR_MAX_UNUSED_DCID_SIZE * 2];"
"uint64_t seqs[NGTCP2_DCIDTR_MAX_UNUSED_DCID_SIZE * 4];")

  # A connection keeps the buffers that it decrypts into, 2.3 KiB. Given back when the datagram is read, they
  # serve all connections of a worker in turn (native/src/core/pool.h).
  pqq_edit_source("${source}/lib/ngtcp2_conn.c"
"int ngtcp2_conn_read_pkt_versioned(ngtcp2_conn *conn, const ngtcp2_path *path,
                                   int pkt_info_version,
                                   const ngtcp2_pkt_info *pi,
                                   const uint8_t *pkt, size_t pktlen,
                                   ngtcp2_tstamp ts) {
"
"static int conn_read_pkt(ngtcp2_conn *conn, const ngtcp2_path *path,
                         int pkt_info_version, const ngtcp2_pkt_info *pi,
                         const uint8_t *pkt, size_t pktlen, ngtcp2_tstamp ts);

static void vec_free(ngtcp2_vec *vec, const ngtcp2_mem *mem) {
  ngtcp2_mem_free(mem, vec->base);
  *vec = (ngtcp2_vec){0};
}

int ngtcp2_conn_read_pkt_versioned(ngtcp2_conn *conn, const ngtcp2_path *path,
                                   int pkt_info_version,
                                   const ngtcp2_pkt_info *pi,
                                   const uint8_t *pkt, size_t pktlen,
                                   ngtcp2_tstamp ts) {
  int rv = conn_read_pkt(conn, path, pkt_info_version, pi, pkt, pktlen, ts);

  vec_free(&conn->crypto.decrypt_buf, conn->mem);
  vec_free(&conn->crypto.decrypt_hp_buf, conn->mem);

  return rv;
}

static int conn_read_pkt(ngtcp2_conn *conn, const ngtcp2_path *path,
                         int pkt_info_version, const ngtcp2_pkt_info *pi,
                         const uint8_t *pkt, size_t pktlen, ngtcp2_tstamp ts) {
")
endfunction()

# pqq_edit_session_memory(<source of nghttp3>)
function(pqq_edit_session_memory source)
  # Buckets for the fields of a QPACK encoder's dynamic table, which holds at most 128 (PQQ__QPACK_TABLE_BYTES)
  # and in practice a few: 384 bytes.
  pqq_edit_source("${source}/lib/nghttp3_qpack.h"
"#define NGHTTP3_QPACK_MAP_SIZE 64
"
"#define NGHTTP3_QPACK_MAP_SIZE 16
")
endfunction()
