// SPDX-License-Identifier: MIT
// The bar of a download or an upload, on stderr and only on a terminal.
import type { SingleBar } from "cli-progress";
import { size } from "./output.js";

/** Shows how far a download is. */
export interface Progress {
  add(bytes: number): void;
  stop(): void;
}

const SILENT: Progress = { add: () => undefined, stop: () => undefined };

/** @param totalBytes - What is expected, or null if the server did not say. */
export async function startProgress(totalBytes: number | null): Promise<Progress> {
  if (!process.stderr.isTTY) return SILENT;
  const { default: cliProgress } = await import("cli-progress");
  const format =
    totalBytes === null
      ? "{received}  {rate}/s"
      : "{bar} {percentage}%  {received} of {wanted}  {rate}/s  {eta_formatted} left";
  const bar = new cliProgress.SingleBar(
    { format, stream: process.stderr, hideCursor: true, clearOnComplete: true, etaBuffer: 100 },
    cliProgress.Presets.shades_classic,
  );
  return new BarProgress(bar, totalBytes);
}

class BarProgress implements Progress {
  readonly #bar: SingleBar;
  readonly #totalBytes: number | null;
  readonly #startMs = performance.now();
  #bytes = 0;

  constructor(bar: SingleBar, totalBytes: number | null) {
    this.#bar = bar;
    this.#totalBytes = totalBytes;
    bar.start(totalBytes ?? 1, 0, this.#payload());
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    // Without a total the bar is not shown; it must only never be complete.
    if (this.#totalBytes === null) this.#bar.setTotal(this.#bytes + 1);
    this.#bar.update(this.#bytes, this.#payload());
  }

  stop(): void {
    this.#bar.stop();
  }

  #payload(): object {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const rate = size(Math.round(seconds > 0 ? this.#bytes / seconds : 0));
    return { received: size(this.#bytes), wanted: size(this.#totalBytes ?? 0), rate };
  }
}
