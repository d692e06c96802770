// SPDX-License-Identifier: MIT
// A request on its way through a client, from its command to the end of the response.
import type { PeerConnection } from "../connection.js";
import { errorFromStatus, timeoutError, type TimeoutPhase } from "../errors/index.js";
import { WireHeaders, type HeaderPair } from "../headers.js";
import type { Requirements } from "../config/index.js";
import type { WholeBody } from "./commands.js";
import type { Clock, Timer } from "./clock.js";
import type { Endpoint } from "./endpoint.js";
import { IncomingBody } from "./incoming.js";
import { holdLoop, releaseLoop } from "./keep_alive.js";
import type { Tunnel } from "../tunnel.js";
import { cancelContent, type ChunkedBody } from "./outgoing.js";
import {
  COMMAND_REQUEST,
  COMMAND_SEND_DATAGRAM,
  COMMAND_SET_PRIORITY,
  H3_REQUEST_CANCELLED,
  STATUS_CONNECTION_CLOSED,
  WRITE_END,
} from "./rows.js";
import { Stream } from "./stream.js";

/** Takes an interim (1xx) response. */
export type InterimListener = (status: number, headers: Headers) => void;

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** For people: scheme, host and port. */
  readonly origin: string;
  /** Pseudo-header fields first, in the form of text.ts. */
  readonly headers: string;
  readonly headerCount: number;
  readonly whole: WholeBody;
  /** Content that comes in pieces; `whole` is null then. Called once for each time that the request is sent. */
  readonly pieces: (() => ChunkedBody) | null;
  /** Whether the content is still there when the request has to be sent again. */
  readonly isReplayable: boolean;
  readonly trailers: (() => Promise<readonly HeaderPair[]>) | null;
  /** CONNECT: the two halves become a tunnel when the server accepts. Undefined: another method. */
  readonly connect: { readonly protocol: string | null } | undefined;
  /** The content is held back until the server asks for it, answers, or is silent for a while. */
  readonly isContinueAwaited: boolean;
  readonly onInterim: InterimListener | undefined;
  readonly signal: AbortSignal | undefined;
  /** Of the connection; what is left out is the client's to say. */
  readonly require: Requirements;
  /** 0: no limit. */
  readonly queueTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

/** A response as it came. */
export interface ResponseHead {
  readonly status: number;
  /** In the form of text.ts. */
  readonly headers: string;
  /** Null: the response has no content. */
  readonly body: IncomingBody | null;
  readonly connection: PeerConnection;
  /** Of a CONNECT request that was accepted. */
  readonly tunnel: Tunnel | undefined;
  readonly setPriority: (urgency: number, isIncremental: boolean) => void;
  /** How often the request was sent. */
  readonly attempts: number;
  /** Calls `listener` when nothing more of the response can come. */
  onceDone(listener: () => void): void;
}

/** What a stream is told by the pool. */
export interface StreamContext {
  readonly attempts: number;
  readonly clock: Clock;
  /** Once: the request does not need its connection any more. @param hasResponse - A response had begun. */
  readonly onDone: (hasResponse: boolean) => void;
}

/** Status numbers about TLS and policies (include/pqq/error_codes.def). */
const TLS_BAND = -3;

const CONTINUE = 100;
/** How long content waits for 100 (Continue): as long as curl does. A server need not send it. */
const CONTINUE_MS = 1_000;

/** Responses that end with their headers, even if the end comes later (RFC 9110 section 6.4.1). */
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

/** A failure before anything of the request was sent: it can be made again as it is. */
export class UnsentError extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/** See the file's head. */
export class ClientStream extends Stream {
  readonly keepsAlive = true;
  readonly connection: PeerConnection;
  readonly response: Promise<ResponseHead>;
  readonly #request: WireRequest;
  #resolve: ((head: ResponseHead) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  readonly #context: StreamContext;
  #isOpen = false;
  #hasResponse = false;
  #isDone = false;
  #doneListener: (() => void) | undefined;
  #headersTimer: Timer | undefined;
  /** Begins anew with each wait, and may run out while nobody waits: a stop and a start for each chunk cost more. */
  #bodyTimer: Timer | undefined;
  #isAwaited = false;
  /** Set while content is held back. */
  #continueTimer: Timer | undefined;

  constructor(
    endpoint: Endpoint,
    connection: PeerConnection,
    request: WireRequest,
    context: StreamContext,
  ) {
    super(endpoint);
    this.connection = connection;
    this.#request = request;
    this.#context = context;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    holdLoop();
  }

  /**
   * Sends the request.
   *
   * @param token - By which its stream will be told.
   * @throws PqqError `PQQ_ERR_HEADERS_TOO_LARGE`
   */
  send(token: number): void {
    const { headers, headerCount, whole, pieces, signal } = this.#request;
    const { idLow, idHigh } = this.connection;
    const flags = pieces === null && this.#request.connect === undefined ? WRITE_END : 0;
    this.commands.request(idLow, idHigh, token, headers, headerCount, whole, flags);
    signal?.addEventListener("abort", this.#onAbort);
    if (pieces === null) this.#awaitHeaders();
  }

  onOpened(low: number, high: number): void {
    this.idLow = low;
    this.idHigh = high;
    this.#isOpen = true;
    if (this.isClosed) {
      this.commands.reset(low, high, H3_REQUEST_CANCELLED);
      return;
    }
    this.endpoint.streams.add(this);
    if (this.#request.isContinueAwaited) {
      this.#continueTimer = this.#context.clock.start(CONTINUE_MS, this.#onContinue);
    } else {
      this.#sendContent();
    }
  }

  onOpenFailed(status: number): void {
    this.onUnsent(errorFromStatus(status));
  }

  /** Nothing of the request has been sent, because of `error`. */
  onUnsent(error: Error): void {
    this.isClosed = true;
    this.#end(new UnsentError(error));
  }

  onCommandFailed(type: number, status: number): void {
    if (type === COMMAND_SEND_DATAGRAM) {
      this.datagrams.noteDropped();
      return;
    }
    if (type === COMMAND_SET_PRIORITY) return;
    if (type === COMMAND_REQUEST) this.onOpenFailed(status);
    else this.cancel(errorFromStatus(status));
  }

  onResponse(status: number, text: string, isEnd: boolean, datagramBytes: number): void {
    if (this.#resolve === undefined) return;
    if (status < 200) {
      this.#tellInterim(status, text);
      if (status === CONTINUE) this.#onContinue();
      return;
    }
    this.#onFinal(status);
    const hasContent = !isEnd && this.#request.method !== "HEAD" && !NULL_BODY_STATUSES.has(status);
    if (hasContent) this.incoming = new IncomingBody(this);
    const resolve = this.#resolve;
    this.#hasResponse = true;
    this.#settle();
    const tunnel = this.#tunnel(status, text, datagramBytes);
    resolve({
      status,
      headers: text,
      body: tunnel === undefined ? this.incoming : null,
      connection: this.connection,
      tunnel,
      setPriority: this.#setPriority,
      attempts: this.#context.attempts,
      onceDone: (listener) => {
        if (this.#isDone) listener();
        else this.#doneListener = listener;
      },
    });
  }

  override onClosed(status: number, wireCode: number): void {
    if (Math.ceil(status / 100) === TLS_BAND) {
      // A proof or a policy has failed. The connection's last event says which, and why.
      this.isClosed = true;
      this.connection.onceClosed((error) => {
        this.fail(error);
      });
      return;
    }
    super.onClosed(status, wireCode);
    // An error is only made for somebody who waits: it costs more than the rest of the request.
    this.#end(this.#reject && errorFromStatus(STATUS_CONNECTION_CLOSED));
  }

  /** RFC 9110 section 9.3.6: any 2xx opens the tunnel. */
  #tunnel(status: number, text: string, datagramBytes: number): Tunnel | undefined {
    const { connect } = this.#request;
    if (connect === undefined) return undefined;
    if (status >= 300) {
      this.commands.finish(this.idLow, this.idHigh, WRITE_END);
      return undefined;
    }
    this.datagramBytes = datagramBytes;
    return this.openTunnel({
      protocol: connect.protocol,
      headers: new WireHeaders(text).toHeaders(),
      connection: this.connection,
    });
  }

  readonly #setPriority = (urgency: number, isIncremental: boolean): void => {
    if (!this.isClosed) {
      this.commands.setPriority(this.idLow, this.idHigh, urgency, isIncremental);
    }
  };

  protected onOverLimit(error: Error): void {
    // Only servers have such limits.
    this.fail(error);
  }

  onSourceFailed(error: unknown): void {
    if (this.isTunnel) this.commands.stopWriting(this.idLow, this.idHigh, H3_REQUEST_CANCELLED);
    else this.cancel(error);
  }

  onSent(): void {
    // The response decides when the request is done.
    if (!this.#hasResponse && !this.isClosed) this.#awaitHeaders();
  }

  /** Gives the request up; what waits for it fails with `reason`. */
  cancel(reason: unknown): void {
    if (this.isClosed) return;
    if (this.#isOpen) this.abandon(H3_REQUEST_CANCELLED, reason);
    this.isClosed = true;
    this.#end(reason);
  }

  protected readonly stopReadingCode = H3_REQUEST_CANCELLED;

  protected onFailed(error: Error): void {
    this.#end(error);
  }

  /** A listener that throws gives the request up. */
  #tellInterim(status: number, text: string): void {
    const { onInterim } = this.#request;
    if (onInterim === undefined) return;
    try {
      onInterim(status, new WireHeaders(text).toHeaders());
    } catch (error) {
      this.cancel(error);
    }
  }

  readonly #onContinue = (): void => {
    if (this.#continueTimer === undefined) return;
    this.#context.clock.stop(this.#continueTimer);
    this.#continueTimer = undefined;
    if (!this.isClosed) this.#sendContent();
  };

  /** Content that is still held back: a server that refuses has answered instead of asking for it. */
  #onFinal(status: number): void {
    if (this.#continueTimer === undefined) return;
    if (status < 400) {
      this.#onContinue();
      return;
    }
    this.#dropHeldContent();
    this.commands.stopWriting(this.idLow, this.idHigh, H3_REQUEST_CANCELLED);
  }

  #dropHeldContent(): void {
    if (this.#continueTimer === undefined) return;
    this.#context.clock.stop(this.#continueTimer);
    this.#continueTimer = undefined;
    cancelContent(this.#request.pieces?.() ?? null);
  }

  #sendContent(): void {
    const { pieces, trailers } = this.#request;
    if (pieces !== null) this.sendPieces(pieces(), trailers);
  }

  readonly #onAbort = (): void => {
    this.cancel(this.#request.signal?.reason);
  };

  /** Bytes are waited for, in either direction. */
  onAwaited(isAwaited: boolean): void {
    const { bodyTimeoutMs } = this.#request;
    // A tunnel may be silent.
    if (bodyTimeoutMs === 0 || this.isTunnel) return;
    this.#isAwaited = isAwaited;
    if (!isAwaited) return;
    if (this.#bodyTimer !== undefined) {
      this.#bodyTimer.refresh();
    } else if (!this.isClosed) {
      this.#bodyTimer = this.#context.clock.start(bodyTimeoutMs, () => {
        if (this.#isAwaited) this.#timeOut("body", bodyTimeoutMs);
      });
    }
  }

  /** The request has been sent: what comes next is the response's header section. */
  #awaitHeaders(): void {
    const { headersTimeoutMs } = this.#request;
    if (headersTimeoutMs === 0) return;
    this.#headersTimer = this.#context.clock.start(headersTimeoutMs, () => {
      this.#timeOut("headers", headersTimeoutMs);
    });
  }

  #timeOut(phase: TimeoutPhase, limitMs: number): void {
    this.cancel(timeoutError(phase, limitMs, this.#request.origin));
  }

  /** Nothing more can come: lets go of everything, and of who still waits for a response. */
  #end(error: unknown): void {
    this.#context.clock.stop(this.#bodyTimer);
    this.#bodyTimer = undefined;
    this.#dropHeldContent();
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    const reject = this.#reject;
    if (reject !== undefined) this.#settle();
    if (!this.#isDone) {
      this.#isDone = true;
      this.#context.onDone(this.#hasResponse);
      this.#doneListener?.();
    }
    reject?.(error);
  }

  #settle(): void {
    this.#context.clock.stop(this.#headersTimer);
    this.#resolve = undefined;
    this.#reject = undefined;
    releaseLoop();
  }
}
