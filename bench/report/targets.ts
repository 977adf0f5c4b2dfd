/**
 * The ratios that Quorate wants to reach within one run, and whether it did. Only ratios within a
 * run mean anything: absolute figures are the machine's.
 */
import {table} from '../../src/cli/show/table.js';
import type {SystemName} from '../systems/system.js';
import type {Row} from './rows.js';

type Figure = 'opsPerSecond' | 'p50Ms' | 'p99Ms';

export type Target = {
  readonly what: string;
  readonly workload: 'put' | 'get';
  readonly inFlight: number;
  readonly figure: Figure;
  readonly system: SystemName;
  readonly beside: SystemName;
  readonly ratio: {readonly least: number} | {readonly most: number} | 'reported';
};

export type Verdict = Target & {
  /** Null when one of the two was not measured. */
  readonly reached: number | null;
  readonly met: boolean | null;
};

const [library, plain] = ['Quorate library', 'Quorate plain'] as const;
const r3 = 'JetStream KV R3';
const rate = 'opsPerSecond';

export const TARGETS: readonly Target[] = [
  ...rates('put', 64, library, r3, 1.2, 1.5),
  ...rates('put', 256, library, r3, 1.5, 2),
  ...rates('get', 64, library, r3, 1.5),
  ...rates('get', 256, library, r3, 2),
  ...rates('put', 64, plain, r3, 1),
  ...rates('get', 64, plain, r3, 0.8),
  ...(['put', 'get'] as const).map(workload => ({
    ...{what: 'p50', workload, inFlight: 1, figure: 'p50Ms' as const},
    ...({system: plain, beside: r3, ratio: {most: 1.5}} as const),
  })),
  ...(['put', 'get'] as const).map(workload => ({
    ...{what: 'p99', workload, inFlight: 64, figure: 'p99Ms' as const},
    ...({system: library, beside: r3, ratio: {most: 1}} as const),
  })),
  ...(['put', 'get'] as const).flatMap(workload =>
    [64, 256].flatMap(inFlight => rates(workload, inFlight, library, 'etcd', 4)),
  ),
  {
    ...{what: 'share of the physical limit', workload: 'put', inFlight: 256, figure: rate},
    ...{system: library, beside: 'RocksDB limit', ratio: 'reported'},
  },
];

function rates(
  workload: 'put' | 'get',
  inFlight: number,
  system: SystemName,
  beside: SystemName,
  ...levels: readonly number[]
): Target[] {
  return levels.map((least, level) => ({
    ...{what: level === 0 ? 'throughput' : 'throughput, goal', workload, inFlight, figure: rate},
    ...{system, beside, ratio: {least}},
  }));
}

export function verdicts(rows: readonly Row[]): Verdict[] {
  return TARGETS.map(target => {
    const figureOf = (system: SystemName) =>
      rows.find(
        row =>
          row.system === system &&
          row.workload === target.workload &&
          row.inFlight === target.inFlight,
      )?.[target.figure];
    const [own, other] = [figureOf(target.system), figureOf(target.beside)];
    const reached = own === undefined || other === undefined ? null : own / other;
    return {...target, reached, met: isMet(target.ratio, reached)};
  });
}

export function targetTable(found: readonly Verdict[]): string {
  return table(
    ['target', 'system', 'beside', 'wanted', 'reached', ''],
    found.map(verdict => [
      `${verdict.workload}, ${verdict.inFlight} in flight, ${verdict.what}`,
      verdict.system,
      verdict.beside,
      wanted(verdict.ratio),
      verdict.reached === null ? '-' : `${verdict.reached.toFixed(2)}x`,
      verdict.met === null ? '' : verdict.met ? 'met' : 'NOT MET',
    ]),
  );
}

function isMet(ratio: Target['ratio'], reached: number | null): boolean | null {
  if (reached === null || ratio === 'reported') {
    return null;
  }

  return 'least' in ratio ? reached >= ratio.least : reached <= ratio.most;
}

function wanted(ratio: Target['ratio']): string {
  if (ratio === 'reported') {
    return ratio;
  }

  return 'least' in ratio ? `at least ${ratio.least}x` : `at most ${ratio.most}x`;
}
