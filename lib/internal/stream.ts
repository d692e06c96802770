// SPDX-License-Identifier: MIT
// What request streams of servers and clients have in common: an id, content in, content out.
import { ReadableStream, TransformStream } from "node:stream/web";
import { Datagrams, type DatagramOwner } from "../datagrams.js";
import { errorFromStatus } from "../errors/index.js";
import { Tunnel, type TunnelParts } from "../tunnel.js";
import type { CommandQueue } from "./commands.js";
import type { Endpoint } from "./endpoint.js";
import type { IncomingBody } from "./incoming.js";
import { type IncomingOwner } from "./incoming.js";
import { BodyPump, type ChunkedBody, type OutgoingOwner } from "./outgoing.js";
import type { HeaderPair } from "../headers.js";
import {
  H3_REQUEST_CANCELLED,
  H3_REQUEST_REJECTED,
  STATUS_CANCELLED,
  STATUS_OK,
  STATUS_STREAM_REFUSED,
  STATUS_STREAM_RESET,
} from "./rows.js";
import type { Identified } from "./slots.js";

/** One request with its response. Its events come from its endpoint. */
export abstract class Stream implements Identified, IncomingOwner, OutgoingOwner, DatagramOwner {
  idLow = 0;
  idHigh = 0;
  /** The largest HTTP datagram that can be sent. */
  datagramBytes = 0;
  abstract readonly keepsAlive: boolean;
  protected readonly endpoint: Endpoint;
  protected incoming: IncomingBody | null = null;
  protected pump: BodyPump | undefined;
  /** The stream is gone, or was given up: commands for it have no effect. */
  protected isClosed = false;

  #datagrams: Datagrams | undefined;
  #tunnelEnd: { resolve: () => void; reject: (reason: unknown) => void } | undefined;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  get commands(): CommandQueue {
    return this.endpoint.commands;
  }

  /** The code of STOP_SENDING when the reader of our content does not want the rest. */
  protected abstract readonly stopReadingCode: number;

  /** A response's header section; only clients get it. */
  abstract onResponse(status: number, text: string, isEnd: boolean, datagramBytes: number): void;
  /** A command for this stream has failed. */
  abstract onCommandFailed(type: number, status: number): void;
  abstract onSourceFailed(error: unknown): void;
  /** The request has gone over a limit of the server. */
  protected abstract onOverLimit(error: Error, status: number): void;
  abstract onSent(): void;
  /** The stream has ended other than by the ends of both messages. */
  protected abstract onFailed(error: Error): void;

  onData(ring: Uint8Array, offset: number, bytes: number, isEnd: boolean): void {
    if (this.incoming !== null) this.incoming.push(ring, offset, bytes, isEnd);
    else if (bytes > 0) this.consume(bytes);
  }

  onTrailers(text: string): void {
    this.incoming?.pushTrailers(text);
  }

  /** Datagrams may come before somebody has accepted. */
  onDatagram(bytes: Uint8Array): void {
    this.datagrams.push(bytes);
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  sendDatagram(bytes: Uint8Array): void {
    this.commands.sendDatagram(this.idLow, this.idHigh, bytes);
  }

  protected get datagrams(): Datagrams {
    this.#datagrams ??= new Datagrams(this, this.datagramBytes);
    return this.#datagrams;
  }

  protected get isTunnel(): boolean {
    return this.#tunnelEnd !== undefined;
  }

  /** Our half and the peer's become streams of bytes. */
  protected openTunnel(facts: Pick<TunnelParts, "protocol" | "headers" | "connection">): Tunnel {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const closed = new Promise<void>((resolve, reject) => {
      this.#tunnelEnd = { resolve, reject };
    });
    // Who is not interested need not know.
    closed.catch(() => undefined);
    const incoming = this.incoming?.stream();
    this.sendPieces(readable, null);
    return new Tunnel({
      ...facts,
      readable: incoming ?? emptyStream(),
      writable,
      datagrams: this.datagrams,
      closed,
      abort: (wireCode) => {
        this.abandon(wireCode, errorFromStatus(STATUS_CANCELLED, "the tunnel was aborted"));
      },
    });
  }

  #endTunnel(error: unknown): void {
    this.#datagrams?.end();
    if (error === undefined) this.#tunnelEnd?.resolve();
    else this.#tunnelEnd?.reject(error);
  }

  /** The peer gave up its half; or, with a status, its request has gone over a limit of the server. */
  onReset(wireCode: number, status: number): void {
    if (status !== STATUS_OK) {
      this.onOverLimit(errorFromStatus(status), status);
      return;
    }
    // The answer to our own STOP_SENDING is no failure.
    if (this.incoming?.isDone === true) return;
    const error = resetError(wireCode);
    if (this.isTunnel) {
      // The other half may go on.
      this.incoming?.fail(error);
      return;
    }
    this.fail(error);
    this.abandon(H3_REQUEST_CANCELLED, error);
  }

  /** The peer does not want our half. */
  onStopped(wireCode: number): void {
    this.pump?.stop(resetError(wireCode));
  }

  onWritable(): void {
    this.pump?.onWritable();
  }

  onClosed(status: number, wireCode: number): void {
    this.isClosed = true;
    if (status === STATUS_OK) {
      this.pump?.stop(undefined);
      this.#endTunnel(undefined);
      return;
    }
    this.fail(status === STATUS_STREAM_RESET ? resetError(wireCode) : errorFromStatus(status));
  }

  /** Gives up both halves; nothing is heard of the stream any more. */
  abandon(wireCode: number, reason: unknown): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.endpoint.streams.remove(this);
    this.commands.reset(this.idLow, this.idHigh, wireCode);
    this.incoming?.fail(reason);
    this.pump?.stop(reason);
    this.#endTunnel(reason);
  }

  consume(bytes: number): void {
    if (!this.isClosed) this.commands.consume(this.idLow, this.idHigh, bytes);
  }

  onTaken(): void {
    // A server may have to ask for it.
  }

  stopReading(): void {
    if (!this.isClosed) this.commands.stopReading(this.idLow, this.idHigh, this.stopReadingCode);
  }

  /** Sends content that comes in pieces, and then trailers. */
  protected sendPieces(
    body: ChunkedBody,
    trailers: (() => Promise<readonly HeaderPair[]>) | null,
  ): void {
    this.pump = new BodyPump(this, body);
    void this.pump.run(trailers);
  }

  protected fail(error: Error): void {
    this.incoming?.fail(error);
    this.pump?.stop(error);
    this.#endTunnel(error);
    this.onFailed(error);
  }
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.close();
    },
  });
}

/** What RESET_STREAM or STOP_SENDING with `wireCode` means for the request. */
function resetError(wireCode: number): Error {
  const status = wireCode === H3_REQUEST_REJECTED ? STATUS_STREAM_REFUSED : STATUS_STREAM_RESET;
  return errorFromStatus(status, undefined, { wireCode: BigInt(wireCode), remote: true });
}
