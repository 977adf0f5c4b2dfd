/** What people are told of repair: how far it is, and since when what is known to be equal. */
import type {Agenda, Entry} from '../../src/repair/agenda.js';

export type RepairScope = {
  /** null for all. */
  readonly partitions: readonly number[] | null;
  /** Only pairs that keep a bucket of so many copies; null for all. */
  readonly copies: number | null;
  /** What an earlier report said, to hear how far it is since; null begins. */
  readonly sinceMs: number | null;
};

export type RepairReport = {
  /** By this host's own clock: to be given back. */
  readonly sinceMs: number;
  /** Pairs of owners whose exchanges this host begins. */
  readonly pairs: number;
  /** Of those, compared since, and equal. */
  readonly proven: number;
  readonly underWay: number;
  /** Why some could not be compared, lately. */
  readonly problems: readonly string[];
};

const PROBLEMS_MAX = 5;

export function reportOf(agenda: Agenda, scope: RepairScope, nowMs: number): RepairReport {
  const {partitions, copies, sinceMs} = scope;
  const entries = agenda.entries.filter(
    ({pair}) =>
      pair.isOurs &&
      (partitions === null || partitions.includes(pair.partition)) &&
      (copies === null || pair.copies.includes(copies)),
  );
  // A time to come is that of another process of this host: what was asked of it went with it.
  const isNew = sinceMs === null || sinceMs > nowMs;
  if (isNew) {
    for (const entry of entries) {
      entry.isAsked = true;
      agenda.hasten(entry, nowMs);
    }
  }

  const since = isNew ? nowMs : sinceMs;
  return {
    sinceMs: since,
    pairs: entries.length,
    proven: entries.filter(({proof}) => proof !== null && proof.atMs >= since).length,
    underWay: entries.filter(({isRunning}) => isRunning).length,
    problems: problemsOf(entries),
  };
}

/** How long ago the pair that was proven longest ago was; null while one never was. */
export function oldestProofMs(agenda: Agenda, nowMs: number): number | null {
  const ages = agenda.entries.map(({proof}) => (proof === null ? null : nowMs - proof.atMs));
  return ages.every(age => age !== null) ? Math.max(0, ...ages) : null;
}

function problemsOf(entries: readonly Entry[]): string[] {
  const failed = entries.filter(({lastFailure}) => lastFailure !== '');
  return failed
    .slice(0, PROBLEMS_MAX)
    .map(({pair, lastFailure}) => `partition ${pair.partition}: ${lastFailure}`);
}
