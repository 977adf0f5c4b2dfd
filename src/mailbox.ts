/**
 * A bounded queue in front of an actor. Many operations become one event: whoever posts first in a
 * turn has the owner woken at the turn's end, and the owner takes everything at once.
 *
 * Invariants:
 *   1. Never more than `bound` items wait; past it `post` answers false and keeps nothing (T48).
 *   2. Items are taken in the order they were posted.
 *   3. Items outlive the owner: who replaces a crashed owner finds them.
 */
import type {Clock} from './ports/clock.js';

export class Mailbox<Item> {
  #items: Item[] = [];
  #waking = false;
  #wake: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    readonly bound: number,
  ) {}

  get depth(): number {
    return this.#items.length;
  }

  post(item: Item): boolean {
    if (this.#items.length >= this.bound) {
      return false;
    }

    this.#items.push(item);
    this.#schedule();
    return true;
  }

  /** Everything that waits; the mailbox is empty afterwards. */
  take(): Item[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** From now on `wake` is called at the end of each turn in which something was posted. */
  attach(wake: () => void): void {
    this.#wake = wake;
    if (this.#items.length > 0) {
      this.#schedule();
    }
  }

  detach(): void {
    this.#wake = null;
  }

  #schedule(): void {
    if (this.#waking || this.#wake === null) {
      return;
    }

    this.#waking = true;
    this.clock.endOfTurn(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#waking = false;
    if (this.#items.length > 0) {
      this.#wake?.();
    }
  };
}
