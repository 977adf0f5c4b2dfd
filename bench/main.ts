/**
 * `npm run bench`: measures Quorate beside its peers on this machine. Tables go to stdout, what it
 * is doing to stderr. `docs/performance.md` says what is measured and what is not.
 */
import {writeFileSync} from 'node:fs';
import {data, guardOutput, say} from '../src/cli/output.js';
import {ProvisionProblem} from '../src/provision/problem.js';
import {runMatrix} from './matrix.js';
import {type BenchOptions, readOptions} from './options.js';
import {machineOf} from './report/machine.js';
import {Progress} from './report/progress.js';
import {durabilityTable, processTable, resultTable} from './report/table.js';
import {targetTable, verdicts} from './report/targets.js';
import {Stage} from './stage/stage.js';
import {missing} from './systems/catalog.js';

const RECORDS = 100_000;
const VALUE_BYTES = 1_024;
const INTERRUPTED = 130;

const options = readOptions(process.argv);
const interrupted = new AbortController();
guardOutput();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
}

process.exitCode = await run(options);

async function run(chosen: BenchOptions): Promise<number> {
  const {signal} = interrupted;
  let stage: Stage | null = null;
  try {
    stage = await Stage.open({data: chosen.data, talk: say, signal});
    await Promise.race([bench(stage, chosen), whenAborted(signal)]);
    return 0;
  } catch (error) {
    if (signal.aborted) {
      say('bench: interrupted');
      return INTERRUPTED;
    }

    say(`bench: ${error instanceof ProvisionProblem ? error.message : describe(error)}`);
    return 1;
  } finally {
    await stage?.clear();
  }
}

async function bench(stage: Stage, chosen: BenchOptions): Promise<void> {
  const progress = new Progress();
  const machine = machineOf(stage.folder);
  const skipped = chosen.systems
    .map(system => ({system, why: missing(system)}))
    .filter(({why}) => why !== '');
  for (const {system, why} of skipped) {
    say(`${system} is left out: ${why}`);
  }

  const systems = chosen.systems.filter(name => skipped.every(({system}) => system !== name));
  const records = chosen.records ?? RECORDS;
  const valueBytes = chosen.valueBytes ?? VALUE_BYTES;
  const date = new Date().toISOString();
  const {rows, versions} = await runMatrix(
    stage,
    {...chosen, systems, records, valueBytes},
    progress,
  );
  const found = verdicts(rows);
  const tables = [durabilityTable(rows), resultTable(rows), processTable(rows), targetTable(found)];
  data(`${tables.join('\n')}\n`);
  if (chosen.json !== undefined) {
    const {rounds, measureMs, warmUpMs} = chosen;
    const setting = {records, valueBytes, rounds, measureMs, warmUpMs};
    const all = {date, machine, versions, setting, skipped, results: rows, targets: found};
    writeFileSync(chosen.json, `${JSON.stringify(all, null, 2)}\n`);
  }

  if (chosen.chart !== undefined) {
    const {chartOf} = await import('./report/chart.js');
    const {cpu, cores} = machine;
    writeFileSync(chosen.chart, chartOf(rows, `${cores} x ${cpu}, ${date.slice(0, 10)}`));
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
