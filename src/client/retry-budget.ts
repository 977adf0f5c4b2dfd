/**
 * What a client may spend on asking overloaded hosts again soon. Retries are what keeps an
 * overloaded cluster overloaded, so they are paid for with successes: while hosts shed most of what
 * comes, nearly all calls wait long for their next try, and the hosts' time goes to the others.
 *
 * Invariant: over any time no more was spent than the budget held at first and half of the
 * successes since.
 */

/** Two successes buy one retry. */
const EARNED = 0.5;

export class RetryBudget {
  #left: number;

  /** Full at first, so that one burst of calls is tried again and again until it is through. */
  constructor(private readonly most: number) {
    this.#left = most;
  }

  earn(): void {
    this.#left = Math.min(this.most, this.#left + EARNED);
  }

  /** False when there is nothing left. */
  spend(): boolean {
    if (this.#left < 1) {
      return false;
    }

    this.#left -= 1;
    return true;
  }
}
