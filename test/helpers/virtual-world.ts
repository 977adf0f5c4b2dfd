/** Time and chance for tests of the simulated network alone. */
import type {Clock, TimerId} from '../../src/ports/clock.js';
import type {Random} from '../../src/ports/random.js';

type Timer = {readonly id: number; readonly dueMs: number; readonly run: () => void};

export class VirtualClock implements Clock {
  #nowMs = 0;
  #ids = 0;
  #timers: Timer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  setTimeout(run: () => void, delayMs: number): TimerId {
    const timer = {id: this.#ids++, dueMs: this.#nowMs + delayMs, run};
    this.#timers.push(timer);
    return timer.id;
  }

  clearTimeout(id: TimerId): void {
    this.#timers = this.#timers.filter(timer => timer.id !== id);
  }

  endOfTurn(run: () => void): void {
    this.setTimeout(run, 0);
  }

  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      this.#timers.sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
      const [next] = this.#timers;
      if (next === undefined || next.dueMs > endMs) {
        break;
      }
      this.#timers.shift();
      this.#nowMs = next.dueMs;
      next.run();
    }
    this.#nowMs = endMs;
  }
}

export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({length: count}, () => this.below(256));
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }
}
