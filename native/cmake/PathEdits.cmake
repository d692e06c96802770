# SPDX-License-Identifier: MIT
#
# What is changed in the copy of ngtcp2 so that a connection goes on when its peer's address settles. A server
# that sends to an address not validated yet may send three times what came from there; then ngtcp2 cancels its
# loss detection timer. With a full congestion window nothing was left that could wake such a connection. Each
# edit has its test in test/sim/migration_test.c.

# pqq_edit_paths(<source of ngtcp2>)
function(pqq_edit_paths source)
  # RFC 9002 appendix A.6, OnDatagramReceived: a datagram that gives a server leave to send arms the timer again.
  # ngtcp2 does that during the handshake alone.
  pqq_edit_source("${source}/lib/ngtcp2_conn.c"
"  return conn_recv_cpkt(conn, path, pi, pkt, pktlen, ts);
}

int ngtcp2_conn_continue_handshake("
"  rv = conn_recv_cpkt(conn, path, pi, pkt, pktlen, ts);
  if (rv != 0) {
    return rv;
  }

  if (conn->server && conn->cstat.loss_detection_timer == UINT64_MAX) {
    ngtcp2_conn_set_loss_detection_timer(conn, ts);
    if (ngtcp2_conn_loss_detection_expiry(conn) <= ts) {
      return ngtcp2_conn_on_loss_detection_timer(conn, ts);
    }
  }

  return 0;
}

int ngtcp2_conn_continue_handshake(")

  # A validation fails when its time is over, and the address before is used again (RFC 9000 section 9.3.2), also
  # where nothing may be sent that would find that out.
  pqq_edit_source("${source}/lib/ngtcp2_conn.c"
"  if (conn->pv) {
    ngtcp2_pv_cancel_expired_timer(conn->pv, ts);
  }
"
"  if (conn->pv) {
    if (ngtcp2_pv_validation_timed_out(conn->pv, ts)) {
      rv = conn_on_path_validation_failed(conn, conn->pv, ts);
      if (rv != 0) {
        return rv;
      }

      ngtcp2_conn_set_loss_detection_timer(conn, ts);
    } else {
      ngtcp2_pv_cancel_expired_timer(conn->pv, ts);
    }
  }
")
  pqq_edit_source("${source}/lib/ngtcp2_pv.c"
"  if ((pv->flags & NGTCP2_PV_FLAG_CANCEL_TIMER) ||
      ngtcp2_ringbuf_len(&pv->ents.rb) == 0) {
    return UINT64_MAX;
  }

  ent = ngtcp2_ringbuf_get(&pv->ents.rb, ngtcp2_ringbuf_len(&pv->ents.rb) - 1);

  return ent->expiry;
"
"  if (ngtcp2_ringbuf_len(&pv->ents.rb) == 0) {
    return UINT64_MAX;
  }

  ent = ngtcp2_ringbuf_get(&pv->ents.rb, ngtcp2_ringbuf_len(&pv->ents.rb) - 1);

  if (pv->flags & NGTCP2_PV_FLAG_CANCEL_TIMER) {
    return ngtcp2_max(pv->started_ts + pv->timeout, ent->expiry);
  }

  return ent->expiry;
")

  # A PATH_RESPONSE elicits an acknowledgement and counts against the congestion window, so it has to arm the PTO
  # like all that does (RFC 9002 section 6.2): lost ones filled the window of a client for good.
  pqq_edit_source("${source}/lib/ngtcp2_conn.c"
"          rtb_entry_flags |= NGTCP2_RTB_ENTRY_FLAG_ACK_ELICITING;
          require_padding = require_padding || !conn->server ||
"
"          rtb_entry_flags |= NGTCP2_RTB_ENTRY_FLAG_ACK_ELICITING |
                             NGTCP2_RTB_ENTRY_FLAG_PTO_ELICITING;
          require_padding = require_padding || !conn->server ||
")
  pqq_edit_source("${source}/lib/ngtcp2_conn.c"
"    &dcid->cid, &lfr, NGTCP2_RTB_ENTRY_FLAG_ACK_ELICITING, &pcent->ps.path, ts);
"
"    &dcid->cid, &lfr,
    NGTCP2_RTB_ENTRY_FLAG_ACK_ELICITING | NGTCP2_RTB_ENTRY_FLAG_PTO_ELICITING,
    &pcent->ps.path, ts);
")
endfunction()
