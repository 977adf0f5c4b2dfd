/**
 * The arithmetic of one quorum: three-valued, so that "not yet" is never mistaken for "no".
 *
 * Invariants:
 *   1. A slot counts once, whatever it says later.
 *   2. `met` and `impossible` are final, and never both.
 *   3. A slot whose answer is lost counts as `lost`: it may or may not have done the work.
 */
export type Verdict = 'pending' | 'met' | 'impossible';

export class Tally {
  acks = 0;
  refusals = 0;
  lost = 0;
  readonly #heard = new Set<string>();

  constructor(
    readonly needed: number,
    readonly slots: number,
  ) {}

  /** False when this slot was counted before. */
  ack(slot: string): boolean {
    return this.#count(slot) && ++this.acks > 0;
  }

  refuse(slot: string): boolean {
    return this.#count(slot) && ++this.refusals > 0;
  }

  lose(slot: string): boolean {
    return this.#count(slot) && ++this.lost > 0;
  }

  heard(slot: string): boolean {
    return this.#heard.has(slot);
  }

  get verdict(): Verdict {
    if (this.acks >= this.needed) {
      return 'met';
    }

    return this.slots - this.refusals - this.lost < this.needed ? 'impossible' : 'pending';
  }

  #count(slot: string): boolean {
    if (this.#heard.has(slot)) {
      return false;
    }

    this.#heard.add(slot);
    return true;
  }
}
