/**
 * Counts what ended within a window of time, and keeps its latencies in an HDR histogram of
 * microseconds with three significant digits.
 *
 * Invariants:
 *   1. Throughput counts what ended successfully within the window, and nothing else.
 *   2. Latencies are those of what began before the window's end and ended after its beginning: an
 *      operation that is under way at the end is waited for and recorded, so that a stall there is
 *      not hidden.
 */
import {build} from 'hdr-histogram-js';

/**
 * missing: a read found nothing. conflict: a write was refused because someone else wrote since.
 * failed: neither, and not counted as done. late: was due and could not even be begun.
 */
export type Outcome = 'done' | 'missing' | 'conflict' | 'failed' | 'late';

export type Summary = {
  readonly operations: number;
  readonly seconds: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
};

const HIGHEST_US = 600_000_000;

export class Recorder {
  readonly #histogram = build({
    useWebAssembly: false,
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
  });
  readonly #outcomes: Record<Outcome, number> = {
    done: 0,
    missing: 0,
    conflict: 0,
    failed: 0,
    late: 0,
  };
  #operations = 0;
  #beginMs = Number.POSITIVE_INFINITY;
  #endMs = Number.POSITIVE_INFINITY;

  begin(nowMs: number): void {
    this.#beginMs = nowMs;
  }

  end(nowMs: number): void {
    this.#endMs = nowMs;
  }

  ended(startedMs: number, nowMs: number, outcome: Outcome): void {
    if (nowMs < this.#beginMs || startedMs > this.#endMs) {
      return;
    }

    this.#outcomes[outcome] += 1;
    this.#histogram.recordValue(Math.min(HIGHEST_US, Math.round((nowMs - startedMs) * 1_000)));
    if (nowMs <= this.#endMs && outcome !== 'failed' && outcome !== 'late') {
      this.#operations += 1;
    }
  }

  get summary(): Summary {
    const seconds = (this.#endMs - this.#beginMs) / 1_000;
    const percentileMs = (part: number) => this.#histogram.getValueAtPercentile(part) / 1_000;
    return {
      operations: this.#operations,
      seconds,
      opsPerSecond: this.#operations / seconds,
      p50Ms: percentileMs(50),
      p99Ms: percentileMs(99),
      p999Ms: percentileMs(99.9),
      maxMs: this.#histogram.maxValue / 1_000,
      outcomes: this.#outcomes,
    };
  }
}
