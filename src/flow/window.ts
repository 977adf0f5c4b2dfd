/**
 * How many items may be under way to one peer without an answer: credit that grows while they are
 * taken and shrinks when they are not. (Chiu and Jain, "Analysis of the increase and decrease
 * algorithms for congestion avoidance", 1989; the quick start is Jacobson's, 1988.)
 *
 * Invariants:
 *   1. Never less than one item, never more than `itemsMax`, nor more than `bytesMax` bytes unless
 *      one item alone is larger.
 *   2. It doubles each round until the first refusal, then grows by one a round; a refusal halves
 *      it.
 */
export type WindowBounds = {
  readonly itemsFirst: number;
  readonly itemsMax: number;
  readonly bytesMax: number;
};

export class Window {
  #items: number;
  #isStarting = true;
  #underWay = 0;
  #bytes = 0;

  constructor(private readonly bounds: WindowBounds) {
    this.#items = bounds.itemsFirst;
  }

  /** Items that may be under way. */
  get size(): number {
    return Math.floor(this.#items);
  }

  get underWay(): number {
    return this.#underWay;
  }

  get hasRoom(): boolean {
    return this.#underWay < this.size && this.#bytes < this.bounds.bytesMax;
  }

  sent(bytes: number): void {
    this.#underWay += 1;
    this.#bytes += bytes;
  }

  /** The item is under way no more, whatever became of it. */
  ended(bytes: number): void {
    this.#underWay -= 1;
    this.#bytes -= bytes;
  }

  grow(): void {
    const step = this.#isStarting ? 1 : 1 / this.#items;
    this.#items = Math.min(this.bounds.itemsMax, this.#items + step);
  }

  shrink(): void {
    this.#isStarting = false;
    this.#items = Math.max(1, this.#items / 2);
  }
}
