// SPDX-License-Identifier: MIT
import { ID_SLOT_MASK, ID_WORKER_SHIFT } from "./rows.js";

/** What a {@link SlotTable} holds: something that knows its 64-bit id as two halves. */
export interface Identified {
  readonly idLow: number;
  readonly idHigh: number;
}

/**
 * Objects by the id that libpqq gave them. Slots are small numbers that are used again, so an array is the index; the
 * upper half (the generation) tells an old id from a new one.
 */
export class SlotTable<T extends Identified> {
  readonly #workers: (T | undefined)[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(low: number, high: number): T | undefined {
    const found = this.#workers[low >>> ID_WORKER_SHIFT]?.[low & ID_SLOT_MASK];
    return found?.idHigh === high ? found : undefined;
  }

  add(entry: T): void {
    const slots = (this.#workers[entry.idLow >>> ID_WORKER_SHIFT] ??= []);
    slots[entry.idLow & ID_SLOT_MASK] = entry;
    this.#size += 1;
  }

  remove(entry: T): void {
    if (this.get(entry.idLow, entry.idHigh) !== entry) return;
    const slots = this.#workers[entry.idLow >>> ID_WORKER_SHIFT];
    if (slots !== undefined) slots[entry.idLow & ID_SLOT_MASK] = undefined;
    this.#size -= 1;
  }

  *values(): Generator<T> {
    for (const slots of this.#workers) {
      for (const entry of slots) if (entry !== undefined) yield entry;
    }
  }
}
