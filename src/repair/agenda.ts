/**
 * Agenda: which pairs of owners this host compares, and when. Each pair of owners of a partition
 * has one side that begins its exchanges, the one earlier in the order of owners; a vnode that
 * joins begins its own.
 *
 * Invariants:
 *   1. A pair has at most one exchange under way.
 *   2. What failed is tried again sooner than the usual time, and later each time it fails.
 */
export type Pair = {
  readonly partition: number;
  readonly peer: string;
  /** Numbers of copies whose buckets both owners keep. */
  readonly copies: readonly number[];
  /** This host begins its exchanges, unless the vnode there joins. */
  readonly isOurs: boolean;
};

export type Outcome =
  /** Both hold the same: they did, or now they do. */
  | {readonly kind: 'equal'}
  /** Much was mended, and more may be left. */
  | {readonly kind: 'partial'}
  /** The other owner joins, and compares by itself. */
  | {readonly kind: 'deferred'}
  | {readonly kind: 'failed'; readonly why: string};

/** What both held at `atMs` (monotonic) is held by both. */
export type Proof = {readonly atMs: number; readonly wallMs: number};

export class Entry {
  dueMs = Number.POSITIVE_INFINITY;
  isRunning = false;
  startedMs = 0;
  failures = 0;
  lastFailure = '';
  proof: Proof | null = null;
  /** Somebody waits for it: it need not wait for its hours. */
  isAsked = false;

  constructor(readonly pair: Pair) {}
}

const DEFERRED_MS = 5_000;
const RETRY_MS = 250;
const RETRY_MS_MAX = 5_000;

export class Agenda {
  readonly entries: readonly Entry[];
  readonly #byPlace = new Map<string, Entry>();

  constructor(
    pairs: readonly Pair[],
    private readonly everyMs: number,
    nowMs: number,
  ) {
    this.entries = pairs.map(pair => new Entry(pair));
    const ours = this.entries.filter(({pair}) => pair.isOurs);
    // Spread over one round, so that they never come in a burst.
    for (const [index, entry] of ours.entries()) {
      entry.dueMs = nowMs + (everyMs * (index + 1)) / ours.length;
    }

    for (const entry of this.entries) {
      this.#byPlace.set(placeOf(entry.pair.partition, entry.pair.peer), entry);
    }
  }

  entry(partition: number, peer: string): Entry | undefined {
    return this.#byPlace.get(placeOf(partition, peer));
  }

  ofPartition(partition: number): Entry[] {
    return this.entries.filter(({pair}) => pair.partition === partition);
  }

  /** Those that are due, the longest overdue first. */
  due(nowMs: number): Entry[] {
    return this.entries
      .filter(({isRunning, dueMs}) => !isRunning && dueMs <= nowMs)
      .toSorted((a, b) => a.dueMs - b.dueMs);
  }

  begin(entry: Entry, nowMs: number): void {
    entry.isRunning = true;
    entry.startedMs = nowMs;
  }

  end(entry: Entry, outcome: Outcome, nowMs: number, wallMs: number): void {
    entry.isRunning = false;
    entry.failures = outcome.kind === 'failed' ? entry.failures + 1 : 0;
    entry.lastFailure = outcome.kind === 'failed' ? outcome.why : '';
    switch (outcome.kind) {
      case 'equal':
        entry.proof = {atMs: entry.startedMs, wallMs: wallMs - (nowMs - entry.startedMs)};
        entry.isAsked = false;
        entry.dueMs = nowMs + this.everyMs;
        break;
      case 'partial':
        entry.dueMs = nowMs;
        break;
      case 'deferred':
        entry.dueMs = nowMs + Math.min(this.everyMs, DEFERRED_MS);
        break;
      default:
        entry.dueMs = nowMs + Math.min(RETRY_MS * 2 ** entry.failures, RETRY_MS_MAX, this.everyMs);
    }
  }

  /** Due no later than this. */
  hasten(entry: Entry, dueMs: number): void {
    entry.dueMs = Math.min(entry.dueMs, dueMs);
  }
}

function placeOf(partition: number, peer: string): string {
  return `${partition} ${peer}`;
}
