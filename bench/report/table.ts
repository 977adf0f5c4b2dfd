/** The results as tables for people. */
import {table} from '../../src/cli/show/table.js';
import {sum} from '../measure/process-usage.js';
import type {Row} from './rows.js';

const MIB = 1024 * 1024;
/** More than this of one core, and a note says so. */
const OTHERS_PERCENT_MAX = 15;

export function resultTable(rows: readonly Row[]): string {
  const head = ['workload', 'load', 'system', 'ops/s', 'min..max', 'p50 ms', 'p99 ms', 'p99.9 ms'];
  return table(
    [...head, 'CPU us/op', 'notes'],
    rows.map(row => [
      row.workload,
      loadOf(row),
      row.system,
      count(row.opsPerSecond),
      row.spread.opsPerSecond.map(count).join('..'),
      millis(row.p50Ms),
      millis(row.p99Ms),
      millis(row.p999Ms),
      sum(row.cpuMicros).toFixed(0),
      notesOf(row),
    ]),
  );
}

/** What each process costs: CPU an operation, and memory. */
export function processTable(rows: readonly Row[]): string {
  return table(
    ['workload', 'load', 'system', 'CPU us/op (resident MiB) by process'],
    rows.map(row => [
      row.workload,
      loadOf(row),
      row.system,
      Object.entries(row.cpuMicros)
        .map(([name, micros]) => {
          const mib = ((row.residentBytes[name] ?? 0) / MIB).toFixed(0);
          return `${name} ${micros.toFixed(1)} (${mib})`;
        })
        .join(', '),
    ]),
  );
}

export function durabilityTable(rows: readonly Row[]): string {
  const known = new Map(rows.map(({system, durability}) => [system, durability]));
  return table(['system', 'what an acknowledged write is worth'], [...known]);
}

export const count = (value: number): string => Math.round(value).toLocaleString('en');

export const millis = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

const loadOf = ({inFlight, ratePerSecond}: Row): string =>
  inFlight === null ? `${ratePerSecond}/s due` : `${inFlight}`;

function notesOf({outcomes, failure, othersCpuPercent}: Row): string {
  const notes: string[] = [];
  for (const kind of ['missing', 'conflict', 'late'] as const) {
    if (outcomes[kind] > 0) {
      notes.push(`${outcomes[kind]} ${kind}`);
    }
  }

  if (outcomes.failed > 0) {
    notes.push(`${outcomes.failed} FAILED: ${failure ?? ''}`);
  }

  if (othersCpuPercent > OTHERS_PERCENT_MAX) {
    notes.push(`others on the machine took ${othersCpuPercent.toFixed(0)} % of a core`);
  }

  return notes.join('; ');
}
