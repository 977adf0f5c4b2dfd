/**
 * Which lines are done, when they end in any order: the point up to which all are.
 *
 * Invariant: `progress` never passes a line that has not ended.
 */
import type {LoadProgress} from './journal.js';

type Slot = {readonly endOffset: number; kind: 'open' | 'loaded' | 'bad' | 'empty'};

export class Acknowledged {
  #slots: Slot[] = [];
  #first = 0;
  #progress: LoadProgress;

  constructor(start: LoadProgress) {
    this.#progress = start;
  }

  get progress(): LoadProgress {
    return this.#progress;
  }

  /** Lines are opened in the file's order. */
  open(endOffset: number): Slot {
    const slot: Slot = {endOffset, kind: 'open'};
    this.#slots.push(slot);
    return slot;
  }

  end(slot: Slot, kind: 'loaded' | 'bad' | 'empty'): void {
    slot.kind = kind;
    let {offset, lines, loaded, bad} = this.#progress;
    let next = this.#slots[this.#first];
    while (next !== undefined && next.kind !== 'open') {
      offset = next.endOffset;
      lines += 1;
      loaded += next.kind === 'loaded' ? 1 : 0;
      bad += next.kind === 'bad' ? 1 : 0;
      this.#first += 1;
      next = this.#slots[this.#first];
    }

    this.#progress = {offset, lines, loaded, bad};
    if (this.#first > 1_024) {
      this.#slots = this.#slots.slice(this.#first);
      this.#first = 0;
    }
  }
}
