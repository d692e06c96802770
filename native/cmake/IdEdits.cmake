# SPDX-License-Identifier: MIT
#
# What is changed in the copy of ngtcp2 so that the id of a peer's that a connection sends to can be renewed on the
# path in use (RFC 9000 section 5.1.2): ngtcp2 does that with a new path, or when the peer demands it. And so that a
# server's ids stay right when such a client also changes its address. The tests are in test/sim/id_renewal_test.c.

# pqq_edit_ids(<source of ngtcp2>)
function(pqq_edit_ids source)
  pqq_edit_source("${source}/lib/includes/ngtcp2/ngtcp2.h"
"NGTCP2_EXTERN int ngtcp2_conn_initiate_immediate_migration(
  ngtcp2_conn *conn, const ngtcp2_path *path, ngtcp2_tstamp ts);
"
"NGTCP2_EXTERN int ngtcp2_conn_initiate_immediate_migration(
  ngtcp2_conn *conn, const ngtcp2_path *path, ngtcp2_tstamp ts);

/**
 * @function
 *
 * `ngtcp2_conn_renew_dcid` takes an unused Destination Connection ID
 * into use on the current path, and retires the one before.  It must
 * not be called from a callback.
 *
 * This function returns 0 if it succeeds, or one of the following
 * negative error codes:
 *
 * :macro:`NGTCP2_ERR_INVALID_STATE`
 *     Handshake is not yet confirmed; a path is being validated; a
 *     packet is begun; the connection is ending; or a peer has chosen
 *     zero-length connection ID.
 * :macro:`NGTCP2_ERR_CONN_ID_BLOCKED`
 *     No unused connection ID is available; or a peer has not yet
 *     acknowledged that an earlier one was retired.
 * :macro:`NGTCP2_ERR_NOMEM`
 *     Out of memory.
 * :macro:`NGTCP2_ERR_CALLBACK_FAILURE`
 *     User-defined callback function failed.
 */
NGTCP2_EXTERN int ngtcp2_conn_renew_dcid(ngtcp2_conn *conn, ngtcp2_tstamp ts);
")

  # As conn_post_process_recv_new_connection_id does for a peer's retire_prior_to: what is known of the path stays.
  # One retirement at a time keeps the list of those without an acknowledgement short.
  pqq_edit_source("${source}/lib/ngtcp2_conn.c"
"uint64_t ngtcp2_conn_get_max_data_left(ngtcp2_conn *conn) {
"
"int ngtcp2_conn_renew_dcid(ngtcp2_conn *conn, ngtcp2_tstamp ts) {
  ngtcp2_dcid dcid;
  int rv;

  if (conn->state != NGTCP2_CS_POST_HANDSHAKE ||
      !(conn->flags & NGTCP2_CONN_FLAG_HANDSHAKE_CONFIRMED) ||
      (conn->flags & NGTCP2_CONN_FLAG_PPE_PENDING) || conn->pv ||
      conn->dcid.current.cid.datalen == 0) {
    return NGTCP2_ERR_INVALID_STATE;
  }

  if (ngtcp2_dcidtr_unused_empty(&conn->dcid.dtr) ||
      conn->dcid.dtr.retire_unacked.len) {
    return NGTCP2_ERR_CONN_ID_BLOCKED;
  }

  conn_update_timestamp(conn, ts);

  rv = conn_retire_active_dcid(conn, &conn->dcid.current, ts);
  if (rv != 0) {
    return rv;
  }

  ngtcp2_dcidtr_pop_unused_cid_token(&conn->dcid.dtr, &dcid);
  ngtcp2_dcid_copy_cid_token(&conn->dcid.current, &dcid);

  return conn_call_activate_dcid(conn, &conn->dcid.current);
}

uint64_t ngtcp2_conn_get_max_data_left(ngtcp2_conn *conn) {
")

  # A client whose address changes twice within one validation, the second time with another id: ngtcp2 retired the id
  # that the new validation falls back to, because the old one was for it. The client then issued one more, and lost
  # its connection with CONNECTION_ID_LIMIT_ERROR. A zero-length id is not retired.
  pqq_edit_source("${source}/lib/ngtcp2_conn.c"
"  if (conn->pv) {
    ngtcp2_log_info(
      &conn->log, NGTCP2_LOG_EVENT_PTV,
      \"path migration is aborted because new migration has started\");
"
"  if (conn->pv) {
    if (pv && (pv->flags & NGTCP2_PV_FLAG_FALLBACK_PRESENT) &&
        conn->pv->dcid.seq == pv->fallback_dcid.seq) {
      ngtcp2_cid_zero(&conn->pv->dcid.cid);
    }

    ngtcp2_log_info(
      &conn->log, NGTCP2_LOG_EVENT_PTV,
      \"path migration is aborted because new migration has started\");
")

  # A client that comes back to an address that was validated before: no validation, so that nothing would retire the
  # id that it was reached by, and the client never issue another one in its place.
  pqq_edit_source("${source}/lib/ngtcp2_conn.c"
"    }

    ngtcp2_dcid_copy(&conn->dcid.current, &dcid);

    if (!local_addr_eq ||"
"    }

    if (validated_path && conn->dcid.current.cid.datalen &&
        conn->dcid.current.seq != dcid.seq &&
        (!conn->pv || conn->pv->dcid.seq != conn->dcid.current.seq)) {
      rv = conn_retire_active_dcid(conn, &conn->dcid.current, ts);
      if (rv != 0) {
        return rv;
      }
    }

    ngtcp2_dcid_copy(&conn->dcid.current, &dcid);

    if (!local_addr_eq ||")
endfunction()
