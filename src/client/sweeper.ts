/**
 * One timer for everything that waits: runs again and again while there is work, and not at all
 * without.
 */
import type {Clock} from '../ports/clock.js';

/** Deadlines and pauses are kept to within this. */
export const SWEEP_MS = 20;

export class Sweeper {
  #isRunning = false;

  /** `sweep` answers whether there is work left. */
  constructor(
    private readonly clock: Clock,
    private readonly sweep: (nowMs: number) => boolean,
  ) {}

  start(): void {
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#schedule();
    }
  }

  #schedule(): void {
    this.clock.setTimeout(() => {
      this.#isRunning = this.sweep(this.clock.nowMs());
      if (this.#isRunning) {
        this.#schedule();
      }
    }, SWEEP_MS);
  }
}
