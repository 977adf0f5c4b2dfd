/**
 * Measures every point (workload and load) on every system, in rounds.
 *
 * Invariants:
 *   1. Within a round the systems follow one another at each point, in an order that rotates: what
 *      drifts on the machine hits all of them alike.
 *   2. One system is under load at a time, and what the one before left to do in the background has
 *      ended, or has had three seconds.
 */
import {join} from 'node:path';
import {Generator} from './generator/generator.js';
import type {Load, SliceResult} from './generator/protocol.js';
import type {Distribution} from './keys/choosers.js';
import {quiet} from './quiet.js';
import type {Progress} from './report/progress.js';
import {type Row, rowOf} from './report/rows.js';
import type {Stage} from './stage/stage.js';
import {copiesOf, STARTERS, SYSTEMS} from './systems/catalog.js';
import type {Cluster, SystemName} from './systems/system.js';
import type {WorkloadName} from './workloads/workloads.js';

export type MatrixOptions = {
  readonly systems: readonly SystemName[];
  readonly workloads: readonly WorkloadName[];
  readonly inFlight: readonly number[];
  readonly rates: readonly number[];
  readonly rounds: number;
  readonly measureMs: number;
  readonly warmUpMs: number;
  readonly records: number;
  readonly valueBytes: number;
  readonly keys: Distribution | undefined;
};

export type Point = {readonly workload: WorkloadName; readonly load: Load};

type Bench = {
  readonly name: SystemName;
  readonly generator: Generator;
  readonly cluster: Cluster;
};

type Measured = {
  readonly system: SystemName;
  readonly point: Point;
  readonly results: SliceResult[];
};

const LOAD_IN_FLIGHT = 256;
const OUTSTANDING_MAX = 4_096;
/** Open loops are about latency: single operations show it best. */
const OPEN_WORKLOADS: readonly WorkloadName[] = ['put', 'get'];
const FIRST_WARM_UP_MS = 1_000;
const QUIET_WAIT_MS = 3_000;

export async function runMatrix(
  stage: Stage,
  options: MatrixOptions,
  progress: Progress,
): Promise<{rows: Row[]; versions: Record<string, string>}> {
  const benches = await startAll(stage, options, progress);
  const processes = benches.flatMap(({cluster}) => cluster.processes);
  const everybody = [...new Map(processes.map(process => [process.pid, process])).values()];
  const measured = planned(options);
  progress.start(options.rounds * measured.length, 'measuring');
  for (let round = 0; round < options.rounds; round++) {
    for (const {point, system, results} of rotated(measured, options, round)) {
      const bench = benches.find(({name}) => name === system);
      if (bench !== undefined) {
        await quiet(everybody, QUIET_WAIT_MS, stage.signal);
        const result = await bench.generator.run({
          ...point,
          keys: options.keys,
          warmUpMs: options.warmUpMs,
          measureMs: options.measureMs,
          seed: round + 1,
          processes: bench.cluster.processes,
        });
        results.push(result);
        progress.step(`${system}, ${describe(point)}: ${Math.round(result.opsPerSecond)}/s`);
      }
    }
  }

  progress.stop();
  await Promise.all(benches.map(({generator}) => generator.close()));
  const rows = measured.flatMap(({system, point, results}) => {
    const {durability} = SYSTEMS[system];
    return rowOf({system, point, results, durability});
  });
  const versions = Object.assign({}, ...benches.map(({cluster}) => cluster.versions));
  return {rows, versions};
}

export function describe({workload, load}: Point): string {
  const how = load.kind === 'closed' ? `${load.inFlight} in flight` : `${load.ratePerSecond}/s due`;
  return `${workload}, ${how}`;
}

/** Clusters one after the other, each loaded and warmed up before the next one starts. */
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
    const from = isLoaded ? options.records : 0;
    progress.start(options.records - from, `loading ${name}`);
    const range = {from, to: options.records, inFlight: LOAD_IN_FLIGHT};
    await generator.load(range, loaded => progress.at(loaded));
    progress.stop();
    for (const workload of OPEN_WORKLOADS) {
      const load = {kind: 'closed', inFlight: 64} as const;
      const slice = {workload, load, keys: options.keys, processes: [], seed: 0};
      await generator.run({...slice, warmUpMs: options.warmUpMs, measureMs: FIRST_WARM_UP_MS});
    }

    benches.push({name, generator, cluster});
  }

  return benches;
}

function planned({systems, workloads, inFlight, rates}: MatrixOptions): Measured[] {
  const points = workloads.flatMap(workload => [
    ...inFlight.map(count => ({workload, load: {kind: 'closed', inFlight: count} as const})),
    ...rates
      .filter(() => OPEN_WORKLOADS.includes(workload))
      .map(ratePerSecond => {
        const outstandingMax = OUTSTANDING_MAX;
        return {workload, load: {kind: 'open', ratePerSecond, outstandingMax} as const};
      }),
  ]);
  return points.flatMap(point =>
    systems
      .filter(system => copiesOf(system, point.workload) !== null)
      .map(system => ({system, point, results: []})),
  );
}

/** Point by point, and at each one the systems in an order that is another one each round. */
function rotated(measured: readonly Measured[], {systems}: MatrixOptions, round: number) {
  const points = [...new Set(measured.map(({point}) => point))];
  return points.flatMap((point, index) => {
    const shift = (round + index) % systems.length;
    const order = [...systems.slice(shift), ...systems.slice(0, shift)];
    return order.flatMap(system =>
      measured.filter(known => known.point === point && known.system === system),
    );
  });
}
