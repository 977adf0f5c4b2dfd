/**
 * Simulated time: it moves only when it is told to.
 *
 * Invariants:
 *   1. Timers run one by one, in the order of their deadlines and then of their creation.
 *   2. While a timer runs, `nowMs` is its own deadline, so that timers started by timers keep exact
 *      time.
 *   3. After each timer, what asked for the end of the turn runs, before the next timer does.
 *   4. Nothing of a host runs once its clock was stopped, and nothing while it stands still.
 */
import type {Clock} from '../ports/clock.js';
import {TimerHeap} from './timer-heap.js';
import type {Timer} from './timer-heap.js';

/** 2026-01-01T00:00:00Z: the wall time at which each simulation starts. */
export const SIM_EPOCH_MS = 1_767_225_600_000;

export class SimClock implements Clock {
  readonly #timers = new TimerHeap();
  #nowMs = 0;
  #created = 0;
  #turnEnds: Array<() => void> = [];

  /** Timers that have yet to run. */
  get pending(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return SIM_EPOCH_MS + Math.floor(this.#nowMs);
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    if (Number.isNaN(delayMs)) {
      throw new TypeError('a delay must be a number');
    }
    const deadlineMs = this.#nowMs + Math.max(0, delayMs);
    const timer = {deadlineMs, order: this.#created++, run, index: -1};
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#timers.remove(timer);
  }

  endOfTurn(run: () => void): void {
    this.#turnEnds.push(run);
  }

  /** The clock of one host. Its wall time starts off by `wallOffsetMs`. */
  hostView(wallOffsetMs = 0): SimHostClock {
    return new SimHostClock(this, wallOffsetMs);
  }

  /** Runs the next timer, wherever in time it is. False when there is none. */
  step(): boolean {
    this.#endTurn();
    const timer = this.#timers.first();
    if (timer === undefined) {
      return false;
    }

    this.#timers.remove(timer);
    this.#nowMs = timer.deadlineMs;
    timer.run();
    this.#endTurn();
    return true;
  }

  /** Runs all timers up to and including `untilMs`, and leaves the time there. */
  run(untilMs: number): void {
    this.#endTurn();
    let next = this.#timers.first();
    while (next !== undefined && next.deadlineMs <= untilMs) {
      this.step();
      next = this.#timers.first();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** What is asked for meanwhile runs too: the turn ends when nothing more wants its end. */
  #endTurn(): void {
    while (this.#turnEnds.length > 0) {
      const runs = this.#turnEnds;
      this.#turnEnds = [];
      for (const run of runs) {
        run();
      }
    }
  }
}

/** One host's view of the simulated time. It ends with the host. */
export class SimHostClock implements Clock {
  /** How far this host's wall clock is off. May be changed at any time: the clock jumps. */
  wallOffsetMs: number;
  readonly #clock: SimClock;
  readonly #timers = new Set<Timer>();
  #stopped = false;
  /** While the host stands still: what was due meanwhile, in order. */
  #overdue: Array<() => void> | null = null;

  constructor(clock: SimClock, wallOffsetMs: number) {
    this.#clock = clock;
    this.wallOffsetMs = wallOffsetMs;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallMs(): number {
    return this.#clock.wallMs() + this.wallOffsetMs;
  }

  /** On a stopped clock the timer is never run. */
  setTimeout(run: () => void, delayMs: number): Timer {
    const timer = this.#clock.setTimeout(() => {
      if (this.#overdue === null) {
        this.#timers.delete(timer);
        run();
      } else {
        this.#overdue.push(() => {
          if (this.#timers.delete(timer)) {
            run();
          }
        });
      }
    }, delayMs);
    if (this.#stopped) {
      this.#clock.clearTimeout(timer);
    } else {
      this.#timers.add(timer);
    }
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer);
    this.#clock.clearTimeout(timer);
  }

  endOfTurn(run: () => void): void {
    this.#clock.endOfTurn(() => {
      if (!this.#stopped) {
        run();
      }
    });
  }

  /** The host's process gets no time: what comes due waits. */
  freeze(): void {
    this.#overdue ??= [];
  }

  /** All that came due meanwhile runs, each in a turn of its own. */
  thaw(): void {
    const overdue = this.#overdue ?? [];
    this.#overdue = null;
    for (const run of overdue) {
      this.#clock.setTimeout(() => this.#runOverdue(run), 0);
    }
  }

  #runOverdue(run: () => void): void {
    if (this.#overdue === null) {
      run();
    } else {
      this.#overdue.push(run);
    }
  }

  /** The host is gone: no timer and no end of turn of it ever runs again. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) {
      this.#clock.clearTimeout(timer);
    }
    this.#timers.clear();
  }
}
