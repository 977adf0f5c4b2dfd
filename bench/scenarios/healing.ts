/**
 * What healing costs those who put and get: two clusters with the same records, one as it ships,
 * and one without gossip, repair, purge, scrub and the leaves of Merkle trees on disk, measured in
 * turns. (The trees in memory stay: two XORs a write.)
 */
import {join} from 'node:path';
import {table} from '../../src/cli/show/table.js';
import type {Context, Report} from '../context.js';
import {Generator} from '../generator/generator.js';
import type {SliceResult} from '../generator/protocol.js';
import {sum} from '../measure/process-usage.js';
import {quiet} from '../quiet.js';
import {medianOf} from '../report/rows.js';
import {count} from '../report/table.js';
import {QuorateCluster} from '../systems/quorate-cluster.js';
import {type Wish, wishTable} from './wish.js';

const RECORDS = 20_000;
const VALUE_BYTES = 1_024;
const LOAD_IN_FLIGHT = 128;
const SETTLE_MS = 10_000;
const SHARE_MIN = 0.9;
const VARIANTS = {
  on: [],
  off: ['--dev', '--without-healing'],
} as const satisfies Record<string, readonly string[]>;
const WORKLOADS = ['put', 'get'] as const;
const IN_FLIGHT = [64, 256];

type Variant = keyof typeof VARIANTS;
type Subject = {
  readonly variant: Variant;
  readonly cluster: QuorateCluster;
  readonly generator: Generator;
};
type Point = {readonly workload: (typeof WORKLOADS)[number]; readonly inFlight: number};

export async function healing(context: Context): Promise<Report> {
  const {options, progress} = context;
  const subjects = [await prepare(context, 'on'), await prepare(context, 'off')];
  const points = WORKLOADS.flatMap(workload =>
    IN_FLIGHT.map(inFlight => ({workload, inFlight}) satisfies Point),
  );
  const measured = points.map(
    () =>
      new Map<Variant, SliceResult[]>([
        ['on', []],
        ['off', []],
      ]),
  );
  progress.start(options.rounds * points.length * subjects.length, 'healing on and off');
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, point] of points.entries()) {
      // The first of two neighbours is not always the same.
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const result = await measure(context, subject, point, round);
        measured[index]?.get(subject.variant)?.push(result);
        const {workload, inFlight} = point;
        const rate = count(result.opsPerSecond);
        progress.step(`${workload} ${inFlight} ${subject.variant}: ${rate}/s`);
      }
    }
  }

  progress.stop();
  for (const {generator, cluster} of subjects) {
    await generator.close();
    await cluster.stop();
  }

  const rows = points.map((point, index) => rowOf(point, measured[index]!));
  const wishes = rows.map(wishOf);
  return {
    text: `${tableOf(rows)}\n${wishTable(wishes)}`,
    fields: {valueBytes: VALUE_BYTES, results: rows, targets: wishes},
  };
}

async function prepare({stage, progress}: Context, variant: Variant): Promise<Subject> {
  progress.say(`starting three hosts, healing ${variant}`);
  const folder = join(stage.folder, `healing-${variant}`);
  const cluster = await QuorateCluster.start(stage, folder, {args: VARIANTS[variant]});
  const system = 'Quorate library';
  const generator = await Generator.open(stage, system, cluster.addressOf(), VALUE_BYTES);
  await generator.load({from: 0, to: RECORDS, inFlight: LOAD_IN_FLIGHT});
  await quiet(cluster.processes, SETTLE_MS, stage.signal);
  return {variant, cluster, generator};
}

function measure(
  {options}: Context,
  {generator, cluster}: Subject,
  {workload, inFlight}: Point,
  round: number,
): Promise<SliceResult> {
  return generator.run({
    workload,
    keys: options.keys,
    load: {kind: 'closed', inFlight},
    warmUpMs: options.warmUpMs,
    measureMs: options.measureMs,
    seed: round + 1,
    processes: cluster.processes,
  });
}

function rowOf(point: Point, results: ReadonlyMap<Variant, readonly SliceResult[]>) {
  const of = (variant: Variant, read: (result: SliceResult) => number) =>
    medianOf(results.get(variant) ?? [], read);
  const rate = ({opsPerSecond}: SliceResult) => opsPerSecond;
  const cost = ({cpuMicros, operations}: SliceResult) => sum(cpuMicros) / Math.max(1, operations);
  return {
    ...point,
    on: {opsPerSecond: of('on', rate), cpuMicros: of('on', cost)},
    off: {opsPerSecond: of('off', rate), cpuMicros: of('off', cost)},
  };
}

type Row = ReturnType<typeof rowOf>;

function wishOf({workload, inFlight, on, off}: Row): Wish {
  const share = on.opsPerSecond / off.opsPerSecond;
  return {
    what: `${workload}, ${inFlight} in flight: with healing, of what it is without`,
    wanted: `at least ${SHARE_MIN}x`,
    reached: `${share.toFixed(2)}x`,
    met: share >= SHARE_MIN,
  };
}

function tableOf(rows: readonly Row[]): string {
  return table(
    ['', 'in flight', 'on, ops/s', 'off, ops/s', 'on, CPU us/op', 'off, CPU us/op'],
    rows.map(({workload, inFlight, on, off}) => [
      workload,
      `${inFlight}`,
      count(on.opsPerSecond),
      count(off.opsPerSecond),
      on.cpuMicros.toFixed(1),
      off.cpuMicros.toFixed(1),
    ]),
  );
}
