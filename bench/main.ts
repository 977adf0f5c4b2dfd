/**
 * `npm run bench`: measures Quorate beside its peers on this machine. Tables go to stdout, what it
 * is doing to stderr. `docs/performance.md` says what is measured and what is not.
 *
 * Invariant: however it ends, every process that it started is gone, and so is its folder.
 */
import {writeFileSync} from 'node:fs';
import {data, guardOutput, say} from '../src/cli/output.js';
import {ProvisionProblem} from '../src/provision/problem.js';
import {compare} from './comparison.js';
import type {Context, Report} from './context.js';
import {type BenchOptions, readOptions, type ScenarioName} from './options.js';
import {machineOf} from './report/machine.js';
import {Progress} from './report/progress.js';
import {healing} from './scenarios/healing.js';
import {largerThanMemory} from './scenarios/larger-than-memory.js';
import {memory} from './scenarios/memory.js';
import {repair} from './scenarios/repair.js';
import {scale} from './scenarios/scale.js';
import {Stage} from './stage/stage.js';

const INTERRUPTED = 130;
const SCENARIOS: Readonly<Record<ScenarioName, (context: Context) => Promise<Report>>> = {
  memory,
  repair,
  healing,
  scale,
  'larger-than-memory': largerThanMemory,
};

class Interruption extends Error {}

const interrupted = new AbortController();
guardOutput();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort(new Interruption(`stopped by ${signal}`)));
}

// What nobody caught must not leave processes behind either.
process.on('uncaughtException', error => interrupted.abort(error));

process.exitCode = await run(readOptions(process.argv));

async function run(options: BenchOptions): Promise<number> {
  const {signal} = interrupted;
  const progress = new Progress();
  let stage: Stage | null = null;
  try {
    stage = await Stage.open({data: options.data, talk: say, signal});
    const machine = machineOf(stage.folder);
    const {cpu, cores, memoryGib, system, node, data: place} = machine;
    say(`${cores} x ${cpu}, ${memoryGib} GiB, ${system}, Node ${node}`);
    say(`data in ${place.folder} (${place.fileSystem})`);
    if (place.fileSystem === 'tmpfs') {
      say('that is memory: syncing costs nothing there. Name a folder on a disk with --data');
    }

    const work = bench({stage, options, progress, machine});
    await Promise.race([work, stage.lost, whenAborted(signal)]);
    return 0;
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    say(`bench: ${describe(reason)}`);
    return reason instanceof Interruption ? INTERRUPTED : 1;
  } finally {
    progress.stop();
    await stage?.clear();
  }
}

async function bench(context: Context): Promise<void> {
  const {options, machine} = context;
  const date = new Date().toISOString();
  const {scenario} = options;
  const report = await (scenario === undefined ? compare : SCENARIOS[scenario])(context);
  data(report.text);
  if (options.json !== undefined) {
    const all = {scenario: scenario ?? 'comparison', date, machine, ...report.fields};
    writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
  }

  if (options.chart !== undefined && report.rows !== undefined) {
    const {chartOf} = await import('./report/chart.js');
    const caption = `${machine.cores} x ${machine.cpu}, ${date.slice(0, 10)}`;
    writeFileSync(options.chart, chartOf(report.rows, caption));
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
}

function describe(error: unknown): string {
  if (error instanceof ProvisionProblem || error instanceof Interruption) {
    return error.message;
  }

  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
