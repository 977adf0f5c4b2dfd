/**
 * Results: one row a system and point, medians over the rounds with the spread between them.
 *
 * Invariant: RocksDB's row is what is left when each operation is carried out as often as a cluster
 * of three carries it out: throughput divided, cost multiplied.
 */
import type {SliceResult} from '../generator/protocol.js';
import type {Outcome} from '../measure/recorder.js';
import type {Measured} from '../plan.js';
import {sum, type Usage} from '../measure/process-usage.js';
import {copiesOf, SYSTEMS} from '../systems/catalog.js';
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

/** One for each system and point that was measured at least once. */
export function rowsOf(measured: readonly Measured[]): Row[] {
  return measured.filter(({results}) => results.length > 0).map(rowOf);
}

function rowOf({system, point, results}: Measured): Row {
  const {load, workload} = point;
  const copies = copiesOf(system, workload) ?? 1;
  const names = Object.keys(results[0]?.cpuMicros ?? {});
  const rates = results.map(({opsPerSecond}) => opsPerSecond / copies);
  const middle = (read: (result: SliceResult) => number) => medianOf(results, read);
  const byName = (read: (result: SliceResult, name: string) => number): Usage =>
    Object.fromEntries(names.map(name => [name, middle(result => read(result, name))]));
  return {
    system,
    workload,
    inFlight: load.kind === 'closed' ? load.inFlight : null,
    ratePerSecond: load.kind === 'open' ? load.ratePerSecond : null,
    opsPerSecond: median(rates),
    p50Ms: middle(({p50Ms}) => p50Ms),
    p99Ms: middle(({p99Ms}) => p99Ms),
    p999Ms: middle(({p999Ms}) => p999Ms),
    spread: {
      opsPerSecond: range(rates),
      p50Ms: range(results.map(({p50Ms}) => p50Ms)),
      p99Ms: range(results.map(({p99Ms}) => p99Ms)),
    },
    rounds: results.length,
    cpuMicros: byName(
      ({cpuMicros, operations}, name) =>
        (copies * (cpuMicros[name] ?? 0)) / Math.max(1, operations),
    ),
    residentBytes: byName((result, name) => result.residentBytes[name] ?? 0),
    othersCpuPercent: middle(othersCpuPercent),
    outcomes: totals(results),
    failure: results.map(result => result.failure).find(why => why !== null) ?? null,
    durability: SYSTEMS[system].durability,
  };
}

/** What was not spent by what was measured, in percent of one core. */
export function othersCpuPercent({machineMicros, cpuMicros, seconds}: SliceResult): number {
  return Math.max(0, (machineMicros - sum(cpuMicros)) / (seconds * PERCENT_US));
}

/** Of what is read from each of some measurements. */
export function medianOf<Value>(values: readonly Value[], read: (value: Value) => number): number {
  return median(values.map(read));
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
