/**
 * Starts the systems, loads them, and measures every point on every one of them, in rounds.
 *
 * Invariant: one system is under load at a time, and what the one before left to do in the
 * background has ended, or has had three seconds.
 */
import {join} from 'node:path';
import {Generator} from './generator/generator.js';
import type {Distribution} from './keys/choosers.js';
import {describePoint, type Plan, planned, roundOf} from './plan.js';
import {quiet} from './quiet.js';
import type {Progress} from './report/progress.js';
import {type Row, rowsOf} from './report/rows.js';
import type {Stage} from './stage/stage.js';
import {STARTERS, SYSTEMS} from './systems/catalog.js';
import type {Cluster, SystemName} from './systems/system.js';

export type MatrixOptions = Plan & {
  readonly rounds: number;
  readonly measureMs: number;
  readonly warmUpMs: number;
  /** Of each operation on each system, before the first round. */
  readonly burnInMs: number;
  readonly records: number;
  readonly valueBytes: number;
  /** In the place of the workloads' own. */
  readonly keys: Distribution | undefined;
};

type Bench = {
  readonly name: SystemName;
  readonly generator: Generator;
  readonly cluster: Cluster;
};

const LOAD_IN_FLIGHT = 256;
const QUIET_WAIT_MS = 3_000;

export async function runMatrix(
  stage: Stage,
  options: MatrixOptions,
  progress: Progress,
): Promise<{rows: Row[]; versions: Record<string, string>}> {
  const benches = await startAll(stage, options, progress);
  const processes = benches.flatMap(({cluster}) => cluster.processes);
  const everybody = [...new Map(processes.map(process => [process.pid, process])).values()];
  const points = planned(options);
  progress.start(options.rounds * points.flat().length, 'measuring');
  for (let round = 0; round < options.rounds; round++) {
    for (const {point, system, results} of roundOf(points, round)) {
      const {generator, cluster} = find(benches, system);
      await quiet(everybody, QUIET_WAIT_MS, stage.signal);
      const result = await generator.run({
        ...point,
        keys: options.keys,
        warmUpMs: options.warmUpMs,
        measureMs: options.measureMs,
        seed: round + 1,
        processes: cluster.processes,
      });
      results.push(result);
      progress.step(`${system}, ${describePoint(point)}: ${Math.round(result.opsPerSecond)}/s`);
    }
  }

  progress.stop();
  await Promise.all(benches.map(({generator}) => generator.close()));
  const versions = Object.assign({}, ...benches.map(({cluster}) => cluster.versions));
  return {rows: rowsOf(points.flat()), versions};
}

function find(benches: readonly Bench[], system: SystemName): Bench {
  const found = benches.find(({name}) => name === system);
  if (found === undefined) {
    throw new TypeError(`${system} was not started`);
  }

  return found;
}

/** One after the other, each loaded and warmed up before the next one starts. */
async function startAll(
  stage: Stage,
  options: MatrixOptions,
  progress: Progress,
): Promise<Bench[]> {
  const clusters = new Map<string, Cluster>();
  const benches: Bench[] = [];
  for (const name of options.systems) {
    const {kind} = SYSTEMS[name];
    progress.say(`starting ${name}`);
    const running = clusters.get(kind);
    const cluster = running ?? (await STARTERS[kind](stage, join(stage.folder, kind)));
    clusters.set(kind, cluster);
    const address = cluster.addressOf(name);
    const generator = await Generator.open(stage, name, address, options.valueBytes);
    // Both ways into Quorate see the same records.
    const isLoaded = running !== undefined && kind === 'quorate';
    await load(generator, name, isLoaded ? options.records : 0, options, progress);
    benches.push({name, generator, cluster});
  }

  return benches;
}

async function load(
  generator: Generator,
  name: SystemName,
  from: number,
  {records, keys, burnInMs}: MatrixOptions,
  progress: Progress,
): Promise<void> {
  progress.start(records - from, `loading ${name}`);
  const range = {from, to: records, inFlight: LOAD_IN_FLIGHT};
  await generator.load(range, loaded => progress.at(loaded - from));
  progress.stop();
  // What is measured are servers that have run for a while: just-in-time compilers need seconds of
  // load before their code is what it will be.
  progress.say(`warming up ${name}`);
  for (const workload of ['put', 'get'] as const) {
    const slice = {workload, keys, warmUpMs: 0, measureMs: burnInMs, seed: 0, processes: []};
    await generator.run({...slice, load: {kind: 'closed', inFlight: 64}});
  }
}
