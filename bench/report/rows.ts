/**
 * Results: one row a system and point, medians over the rounds with the spread between them.
 *
 * Invariant: RocksDB's row is what is left when each operation is carried out as often as a cluster
 * of three carries it out: throughput divided, cost multiplied.
 */
import type {SliceResult} from '../generator/protocol.js';
import type {Point} from '../matrix.js';
import type {Outcome} from '../measure/recorder.js';
import {sum, type Usage} from '../measure/process-usage.js';
import {copiesOf} from '../systems/catalog.js';
import type {SystemName} from '../systems/system.js';

/** One percent of a second. */
const PERCENT_US = 10_000;

export type Range = readonly [min: number, max: number];

export type Row = {
  readonly system: SystemName;
  readonly workload: string;
  /** Null for an open loop. */
  readonly inFlight: number | null;
  /** Operations due a second; null for a closed loop. */
  readonly ratePerSecond: number | null;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Lowest and highest of the rounds. */
  readonly spread: {readonly opsPerSecond: Range; readonly p50Ms: Range; readonly p99Ms: Range};
  readonly rounds: number;
  /** Of one operation, by process. */
  readonly cpuMicros: Usage;
  readonly residentBytes: Usage;
  /** Percent of one core that everything else on the machine took meanwhile. */
  readonly othersCpuPercent: number;
  /** Over all rounds. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly failure: string | null;
  readonly durability: string;
};

export type Measurement = {
  readonly system: SystemName;
  readonly point: Point;
  readonly results: readonly SliceResult[];
  readonly durability: string;
};

export function rowOf({system, point, results, durability}: Measurement): Row[] {
  const copies = copiesOf(system, point.workload) ?? 1;
  const {load, workload} = point;
  if (results.length === 0) {
    return [];
  }

  const rates = results.map(({opsPerSecond}) => opsPerSecond / copies);
  const names = Object.keys(results[0]?.cpuMicros ?? {});
  const perOperation = (name: string) =>
    results.map(
      ({cpuMicros, operations}) => (copies * (cpuMicros[name] ?? 0)) / Math.max(1, operations),
    );
  const others = results.map(({machineMicros, cpuMicros, seconds}) =>
    Math.max(0, (machineMicros - sum(cpuMicros)) / (seconds * PERCENT_US)),
  );
  return [
    {
      system,
      workload,
      inFlight: load.kind === 'closed' ? load.inFlight : null,
      ratePerSecond: load.kind === 'open' ? load.ratePerSecond : null,
      opsPerSecond: median(rates),
      p50Ms: median(results.map(({p50Ms}) => p50Ms)),
      p99Ms: median(results.map(({p99Ms}) => p99Ms)),
      p999Ms: median(results.map(({p999Ms}) => p999Ms)),
      spread: {
        opsPerSecond: range(rates),
        p50Ms: range(results.map(({p50Ms}) => p50Ms)),
        p99Ms: range(results.map(({p99Ms}) => p99Ms)),
      },
      rounds: results.length,
      cpuMicros: Object.fromEntries(names.map(name => [name, median(perOperation(name))])),
      residentBytes: Object.fromEntries(
        names.map(name => [name, median(results.map(result => result.residentBytes[name] ?? 0))]),
      ),
      othersCpuPercent: median(others),
      outcomes: totals(results),
      failure: results.map(result => result.failure).find(why => why !== null) ?? null,
      durability,
    },
  ];
}

/** NaN of nothing. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

const range = (numbers: readonly number[]): Range => [Math.min(...numbers), Math.max(...numbers)];

function totals(results: readonly SliceResult[]): Record<Outcome, number> {
  const total = {done: 0, missing: 0, conflict: 0, failed: 0, late: 0};
  for (const {outcomes} of results) {
    total.done += outcomes.done;
    total.missing += outcomes.missing;
    total.conflict += outcomes.conflict;
    total.failed += outcomes.failed;
    total.late += outcomes.late;
  }

  return total;
}
