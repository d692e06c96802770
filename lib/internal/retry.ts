// SPDX-License-Identifier: MIT
// Which requests may be sent again without asking anybody (RFC 9110 section 9.2.2, RFC 9114 sections 4.1.1 and 5.2).
import { isPqqError, type PqqErrorCode } from "../errors/index.js";
import { UnsentError, type WireRequest } from "./client_stream.js";

/** Why a request was not sent on a connection that was fine a moment ago. */
const STALE: ReadonlySet<PqqErrorCode> = new Set([
  "PQQ_ERR_NOT_FOUND",
  "PQQ_ERR_GOING_AWAY",
  "PQQ_ERR_CONNECTION_CLOSED",
  "PQQ_ERR_IDLE_TIMEOUT",
  "PQQ_ERR_STATELESS_RESET",
]);

/** The server says that it has not processed the request. */
const UNPROCESSED: ReadonlySet<PqqErrorCode> = new Set([
  "PQQ_ERR_STREAM_REFUSED",
  "PQQ_ERR_GOING_AWAY",
]);

/** The connection was lost, and nobody knows how far the request got. */
const LOST: ReadonlySet<PqqErrorCode> = new Set([
  "PQQ_ERR_CONNECTION_CLOSED",
  "PQQ_ERR_IDLE_TIMEOUT",
  "PQQ_ERR_STATELESS_RESET",
  "PQQ_ERR_UNREACHABLE",
]);

/** Methods whose second request has the effect of one (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PUT",
  "DELETE",
]);

/** The longest time that a server may make us wait by Retry-After; longer ones are an answer. */
const MAX_RETRY_AFTER_MS = 60_000;

/** 429 Too Many Requests, 503 Service Unavailable. */
const BUSY: ReadonlySet<number> = new Set([429, 503]);

/** Whether a failed request may be sent again. No response to it has begun. */
export function mayRetry(error: unknown, request: WireRequest): boolean {
  if (error instanceof UnsentError) return isPqqError(error.cause) && STALE.has(error.cause.code);
  // Content that came from a stream is gone.
  if (!request.isReplayable || !isPqqError(error)) return false;
  if (UNPROCESSED.has(error.code)) return true;
  return LOST.has(error.code) && IDEMPOTENT.has(request.method);
}

/**
 * How long to wait before a request that was answered with 429 or 503 is sent again, in milliseconds; undefined if it is
 * not to be.
 *
 * @param retryAfter - The field's value: seconds or a date (RFC 9110 section 10.2.3).
 */
export function retryDelayMs(
  status: number,
  retryAfter: string | undefined,
  request: Pick<WireRequest, "method" | "isReplayable">,
  nowMs: number,
): number | undefined {
  if (!BUSY.has(status) || retryAfter === undefined) return undefined;
  if (!request.isReplayable || !IDEMPOTENT.has(request.method)) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMs;
  if (!(ms <= MAX_RETRY_AFTER_MS)) return undefined;
  return Math.max(ms, 0);
}
