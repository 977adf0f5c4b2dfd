/**
 * One direction of one connection: what is sent comes out later, in order, unless a fault says
 * otherwise.
 *
 * Invariants:
 *   1. Whatever is not lost or reordered by a fault comes out in the order it was sent.
 *   2. A cut line holds back what is due, as TCP does, and lets it out once mended; `reset` drops
 *      it all.
 *   3. Commands (which stand for the connection's own protocol) are never lost, repeated or
 *      reordered by a fault.
 */
import type {Clock} from '../ports/clock.js';
import type {NetworkFaults} from './network-faults.js';
import type {SimRandom} from './random.js';

type Arrival = () => void;

export class Line {
  readonly #clock: Clock;
  readonly #random: SimRandom;
  readonly #faults: () => NetworkFaults;
  // Timers only say how many are due, and the queue says which: equal due times cannot change the
  // order.
  #queue: Arrival[] = [];
  #due = 0;
  #clearAtMs = 0;
  #cut = false;
  #resets = 0;

  constructor(clock: Clock, random: SimRandom, faults: () => NetworkFaults) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
  }

  cut(): void {
    this.#cut = true;
  }

  mend(): void {
    this.#cut = false;
    this.#letOut();
  }

  reset(): void {
    this.#queue = [];
    this.#due = 0;
    this.#resets++;
  }

  sendCommand(arrive: Arrival): void {
    this.#sendInOrder(arrive);
  }

  /**
   * `lose` is called in place of `arrive` when a fault takes the message. It is repeated only if it
   * may be.
   */
  sendMessage(arrive: Arrival, lose: Arrival, mayRepeat = true): void {
    const {loss, repeat} = this.#faults();
    if (this.#random.chance(loss)) {
      lose();
      return;
    }
    this.#sendOnce(arrive);
    if (this.#random.chance(repeat) && mayRepeat) {
      this.#sendOnce(arrive);
    }
  }

  #sendOnce(arrive: Arrival): void {
    const {reorder, delayMs} = this.#faults();
    if (!this.#random.chance(reorder)) {
      this.#sendInOrder(arrive);
      return;
    }
    const longerMs = this.#random.between(...delayMs) + this.#random.between(...delayMs);
    this.#after(longerMs, () => {
      this.#queue.splice(this.#due, 0, arrive);
      this.#due++;
      this.#letOut();
    });
  }

  #sendInOrder(arrive: Arrival): void {
    const nowMs = this.#clock.nowMs();
    const delayMs = this.#random.between(...this.#faults().delayMs);
    this.#clearAtMs = Math.max(this.#clearAtMs, nowMs + delayMs);
    this.#queue.push(arrive);
    this.#after(this.#clearAtMs - nowMs, () => {
      this.#due++;
      this.#letOut();
    });
  }

  #after(delayMs: number, run: () => void): void {
    const resets = this.#resets;
    this.#clock.setTimeout(() => {
      if (resets === this.#resets) {
        run();
      }
    }, delayMs);
  }

  #letOut(): void {
    while (this.#due > 0 && !this.#cut) {
      this.#due--;
      this.#queue.shift()?.();
    }
  }
}
