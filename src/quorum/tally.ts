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
  /** One bit a slot: a set of its own for each request showed in the profile. */
  #heard = 0;

  /** At most 31 slots. */
  constructor(
    readonly needed: number,
    private readonly slots: readonly string[],
  ) {}

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

  /** Whether this slot has been counted, one way or another. False for whoever has none. */
  hasHeard(slot: string): boolean {
    const index = this.slots.indexOf(slot);
    return index !== -1 && (this.#heard & (1 << index)) !== 0;
  }

  get verdict(): Verdict {
    if (this.acks >= this.needed) {
      return 'met';
    }

    return this.acks + this.#unheard < this.needed ? 'impossible' : 'pending';
  }

  /**
   * Whether the work may in truth be done often enough, now or soon: of some slots nothing is
   * known.
   */
  get mayBeDone(): boolean {
    return this.acks + this.lost + this.#unheard >= this.needed;
  }

  get isComplete(): boolean {
    return this.#unheard === 0;
  }

  get #unheard(): number {
    return this.slots.length - this.acks - this.refusals - this.lost;
  }

  #count(slot: string): boolean {
    const index = this.slots.indexOf(slot);
    const bit = 1 << index;
    const counts = index !== -1 && (this.#heard & bit) === 0;
    this.#heard |= counts ? bit : 0;
    return counts;
  }
}
