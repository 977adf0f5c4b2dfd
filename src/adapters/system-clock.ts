/**
 * The machine's own time.
 *
 * Invariants, besides those of the port:
 *   1. What is registered while a turn's callbacks run belongs to the next turn, which follows at
 *      once: work that goes from mailbox to mailbox within a host does not wait for the sockets in
 *      between. After `turnsMax` such turns the sockets are polled all the same.
 *   2. A callback of `endOfTurn` that throws does not keep the others of its turn from running; its
 *      error ends up as an uncaught one.
 */
import type {Clock, TimerId} from '../ports/clock.js';

/** Node fires at once for more than this, so that it is refused here. About 25 days. */
const delayMsMax = 2 ** 31 - 1;

const turnsMax = 32;

export class SystemClock implements Clock {
  #turn: Array<() => void> = [];
  #ending = false;

  nowMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  /** A delay below zero is none. Throws `RangeError` for one that is no number or over 25 days. */
  setTimeout(run: (...args: unknown[]) => void, delayMs: number): TimerId {
    if (!(delayMs <= delayMsMax)) {
      throw new RangeError(`a delay of ${delayMs} ms cannot be kept`);
    }
    return setTimeout(run, delayMs);
  }

  clearTimeout(id: TimerId): void {
    clearTimeout(id);
  }

  endOfTurn(run: () => void): void {
    this.#turn.push(run);
    if (this.#turn.length === 1 && !this.#ending) {
      this.#schedule();
    }
  }

  /**
   * Node calls these after it has polled all sockets and ended disk work: one for the whole turn.
   */
  #schedule(): void {
    setImmediate(() => this.#endTurns());
  }

  #endTurns(): void {
    this.#ending = true;
    for (let turn = 0; turn < turnsMax && this.#turn.length > 0; turn++) {
      this.#endTurn();
    }

    this.#ending = false;
    if (this.#turn.length > 0) {
      this.#schedule();
    }
  }

  #endTurn(): void {
    const runs = this.#turn;
    this.#turn = [];
    for (const run of runs) {
      try {
        run();
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
