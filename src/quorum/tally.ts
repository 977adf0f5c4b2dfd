/**
 * The arithmetic of one quorum: three-valued, so that "not yet" is never mistaken for "no".
 *
 * Invariants:
 *   1. A slot counts once, whatever it says later; whoever has no slot here never counts.
 *   2. `met` and `impossible` are final, and never both.
 *   3. A slot whose answer is lost counts as `lost`: it may or may not have done the work.
 */
export type Verdict = 'pending' | 'met' | 'impossible';

export class Tally {
  acks = 0;
  refusals = 0;
  lost = 0;
  readonly #unheard: Set<string>;

  constructor(
    readonly needed: number,
    slots: readonly string[],
  ) {
    this.#unheard = new Set(slots);
  }

  /** False when this slot does not count, or was counted before. */
  ack(slot: string): boolean {
    return this.#count(slot) && ++this.acks > 0;
  }

  refuse(slot: string): boolean {
    return this.#count(slot) && ++this.refusals > 0;
  }

  lose(slot: string): boolean {
    return this.#count(slot) && ++this.lost > 0;
  }

  get verdict(): Verdict {
    if (this.acks >= this.needed) {
      return 'met';
    }

    return this.acks + this.#unheard.size < this.needed ? 'impossible' : 'pending';
  }

  /**
   * Whether the work may in truth be done often enough, now or soon: of some slots nothing is
   * known.
   */
  get mayBeDone(): boolean {
    return this.acks + this.lost + this.#unheard.size >= this.needed;
  }

  #count(slot: string): boolean {
    return this.#unheard.delete(slot);
  }
}
