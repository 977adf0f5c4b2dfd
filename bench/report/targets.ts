/**
 * The ratios that Quorate wants to reach within one run, and whether it did. Only ratios within a
 * run mean anything: absolute figures are the machine's.
 */
import {table} from '../../src/cli/show/table.js';
import type {SystemName} from '../systems/system.js';
import type {Row} from './rows.js';

type Figure = 'opsPerSecond' | 'p50Ms' | 'p99Ms';

export type Target = {
  readonly workload: 'put' | 'get';
  readonly inFlight: number;
  readonly figure: Figure;
  readonly system: SystemName;
  readonly beside: SystemName;
  /** Of throughput at least, of latency at most; null: reported only. */
  readonly wanted: number | null;
};

export type Verdict = Target & {
  /** Null when one of the two was not measured. */
  readonly reached: number | null;
  readonly met: boolean | null;
};

const FIGURES: Readonly<Record<Figure, string>> = {
  opsPerSecond: 'operations a second',
  p50Ms: 'p50',
  p99Ms: 'p99',
};

const library = 'Quorate library';
const plain = 'Quorate plain';
const r3 = 'JetStream KV R3';

export const TARGETS: readonly Target[] = [
  target('put', 64, 'opsPerSecond', library, r3, 1.2),
  target('put', 64, 'opsPerSecond', library, r3, 1.5),
  target('put', 256, 'opsPerSecond', library, r3, 1.5),
  target('put', 256, 'opsPerSecond', library, r3, 2),
  target('get', 64, 'opsPerSecond', library, r3, 1.5),
  target('get', 256, 'opsPerSecond', library, r3, 2),
  target('put', 64, 'opsPerSecond', plain, r3, 1),
  target('get', 64, 'opsPerSecond', plain, r3, 0.8),
  target('put', 1, 'p50Ms', plain, r3, 1.5),
  target('get', 1, 'p50Ms', plain, r3, 1.5),
  target('put', 64, 'p99Ms', library, r3, 1),
  target('get', 64, 'p99Ms', library, r3, 1),
  target('put', 64, 'opsPerSecond', library, 'etcd', 4),
  target('put', 256, 'opsPerSecond', library, 'etcd', 4),
  target('get', 64, 'opsPerSecond', library, 'etcd', 4),
  target('get', 256, 'opsPerSecond', library, 'etcd', 4),
  target('put', 256, 'opsPerSecond', library, 'RocksDB limit', null),
];

function target(
  workload: 'put' | 'get',
  inFlight: number,
  figure: Figure,
  system: SystemName,
  beside: SystemName,
  wanted: number | null,
): Target {
  return {workload, inFlight, figure, system, beside, wanted};
}

export function verdicts(rows: readonly Row[]): Verdict[] {
  return TARGETS.map(wish => {
    const figureOf = (system: SystemName) =>
      rows.find(
        row =>
          row.system === system && row.workload === wish.workload && row.inFlight === wish.inFlight,
      )?.[wish.figure];
    const [own, other] = [figureOf(wish.system), figureOf(wish.beside)];
    const reached = own === undefined || other === undefined ? null : own / other;
    return {...wish, reached, met: isMet(wish, reached)};
  });
}

/** Of those whose two sides were measured; '' when there are none. */
export function targetTable(found: readonly Verdict[]): string {
  const told = found.filter(({reached}) => reached !== null);
  if (told.length === 0) {
    return '';
  }

  return table(
    ['target', 'system', 'beside', 'wanted', 'reached', ''],
    told.map(verdict => [
      `${verdict.workload}, ${verdict.inFlight} in flight, ${FIGURES[verdict.figure]}`,
      verdict.system,
      verdict.beside,
      wantedOf(verdict),
      `${(verdict.reached ?? 0).toFixed(2)}x`,
      wordOf(verdict.met),
    ]),
  );
}

function isMet({figure, wanted}: Target, reached: number | null): boolean | null {
  if (reached === null || wanted === null) {
    return null;
  }

  return figure === 'opsPerSecond' ? reached >= wanted : reached <= wanted;
}

function wantedOf({figure, wanted}: Target): string {
  if (wanted === null) {
    return 'reported';
  }

  return figure === 'opsPerSecond' ? `at least ${wanted}x` : `at most ${wanted}x`;
}

function wordOf(met: boolean | null): string {
  if (met === null) {
    return '';
  }

  return met ? 'met' : 'NOT MET';
}
