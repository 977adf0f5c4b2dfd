/**
 * Timers in the order in which they run: by deadline, and by creation among equals. Insertion and
 * removal take logarithmic time: a simulation sets and clears a timer for nearly every request.
 *
 * Invariant: `timers[i]` runs no later than its children `2i + 1` and `2i + 2`, and knows its own
 * index.
 */

export type Timer = {
  readonly deadlineMs: number;
  readonly order: number;
  readonly run: () => void;
  /** Place in the heap; -1 outside. Kept by the heap. */
  index: number;
};

export class TimerHeap {
  readonly #timers: Timer[] = [];

  get size(): number {
    return this.#timers.length;
  }

  first(): Timer | undefined {
    return this.#timers[0];
  }

  add(timer: Timer): void {
    timer.index = this.#timers.length;
    this.#timers.push(timer);
    this.#rise(timer);
  }

  /** Does nothing for a timer that is not in the heap. */
  remove(timer: Timer): void {
    if (timer.index === -1) {
      return;
    }

    const last = this.#timers.pop();
    if (last !== undefined && last !== timer) {
      this.#place(last, timer.index);
      this.#rise(last);
      this.#sink(last);
    }
    timer.index = -1;
  }

  #rise(timer: Timer): void {
    while (timer.index > 0) {
      const parent = this.#timers[(timer.index - 1) >> 1];
      if (parent === undefined || !runsBefore(timer, parent)) {
        return;
      }
      this.#swap(parent, timer);
    }
  }

  #sink(timer: Timer): void {
    for (;;) {
      const left = this.#timers[2 * timer.index + 1];
      const right = this.#timers[2 * timer.index + 2];
      const child = left && right && runsBefore(right, left) ? right : left;
      if (child === undefined || !runsBefore(child, timer)) {
        return;
      }
      this.#swap(timer, child);
    }
  }

  #swap(upper: Timer, lower: Timer): void {
    const index = upper.index;
    this.#place(upper, lower.index);
    this.#place(lower, index);
  }

  #place(timer: Timer, index: number): void {
    this.#timers[index] = timer;
    timer.index = index;
  }
}

function runsBefore(a: Timer, b: Timer): boolean {
  return a.deadlineMs === b.deadlineMs ? a.order < b.order : a.deadlineMs < b.deadlineMs;
}
