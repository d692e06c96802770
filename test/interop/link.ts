// SPDX-License-Identifier: MIT
// A way to a server that takes time. Over loopback alone nobody can tell one round trip from two.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** Forwards datagrams of one client at a time to a port of this machine and back, each way with a delay. */
export class DelayedLink implements AsyncDisposable {
  readonly #front: Socket;
  readonly #back: Socket;
  readonly #delayMs: number;
  readonly #underWay = new Set<NodeJS.Timeout>();
  #client: { readonly port: number; readonly address: string } | undefined;

  private constructor(front: Socket, back: Socket, target: number, delayMs: number) {
    this.#front = front;
    this.#back = back;
    this.#delayMs = delayMs;
    front.on("message", (data, from) => {
      this.#client = from;
      this.#later(() => {
        back.send(data, target, "127.0.0.1");
      });
    });
    back.on("message", (data) => {
      this.#later(() => {
        if (this.#client !== undefined) front.send(data, this.#client.port, this.#client.address);
      });
    });
  }

  static async open(target: number, delayMs: number): Promise<DelayedLink> {
    const sockets = [createSocket("udp4"), createSocket("udp4")] as const;
    await Promise.all(
      sockets.map((socket) => {
        socket.bind(0, "127.0.0.1");
        return once(socket, "listening");
      }),
    );
    return new DelayedLink(sockets[0], sockets[1], target, delayMs);
  }

  get port(): number {
    return this.#front.address().port;
  }

  #later(send: () => void): void {
    const timer = setTimeout(() => {
      this.#underWay.delete(timer);
      send();
    }, this.#delayMs);
    this.#underWay.add(timer);
  }

  /** What is under way is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#underWay) clearTimeout(timer);
    for (const socket of [this.#front, this.#back]) {
      socket.close();
      await once(socket, "close");
    }
  }
}
