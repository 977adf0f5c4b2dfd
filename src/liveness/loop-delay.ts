/**
 * How late this process's own timers come: what stands between a host that is silent and one that
 * was not listened to (T51). A collection of garbage, a long turn or a stopped process delay
 * everything that was to be read meanwhile.
 *
 * Invariants:
 *   1. A tick that comes when it is due is no delay, and none is negative.
 *   2. `worstMs` forgets a delay after `TICKS_KEPT` ticks.
 */
const TICKS_KEPT = 20;

export class LoopDelay {
  #dueMs: number | null = null;
  readonly #lateMs: number[] = [];

  constructor(private readonly tickMs: number) {}

  /** Every `tickMs`, as exactly as it can be had. Answers how late this one is. */
  tick(nowMs: number): number {
    const lateMs = this.#dueMs === null ? 0 : Math.max(0, nowMs - this.#dueMs);
    this.#dueMs = nowMs + this.tickMs;
    this.#lateMs.push(lateMs);
    if (this.#lateMs.length > TICKS_KEPT) {
      this.#lateMs.shift();
    }

    return lateMs;
  }

  get worstMs(): number {
    return Math.max(0, ...this.#lateMs);
  }
}
