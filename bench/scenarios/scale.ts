/**
 * What a put costs as the cluster grows: clusters of more and more hosts (n 3 throughout), with the
 * same number of puts in flight for each host. On one machine more hosts are not faster; what is
 * looked at is the CPU of one put over all processes, which should stay the same.
 */
import {join} from 'node:path';
import {table} from '../../src/cli/show/table.js';
import type {Context, Report} from '../context.js';
import {Generator} from '../generator/generator.js';
import type {SliceResult} from '../generator/protocol.js';
import {sum} from '../measure/process-usage.js';
import {quiet} from '../quiet.js';
import {medianOf, othersCpuPercent} from '../report/rows.js';
import {count, millis} from '../report/table.js';
import {QuorateCluster} from '../systems/quorate-cluster.js';
import {type Wish, wishTable} from './wish.js';

const IN_FLIGHT_PER_HOST = 32;
const RECORDS = 10_000;
const VALUE_BYTES = 1_024;
const LOAD_IN_FLIGHT = 128;
const SETTLE_MS = 5_000;
const APART_MAX = 1.25;

type ScaleRow = {
  readonly hosts: number;
  readonly inFlight: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Percent of one core that everything else on the machine took. */
  readonly othersCpuPercent: number;
  /** Of one put: all hosts together, the broker, the load generator, and their sum. */
  readonly cpuMicros: Readonly<Record<'hosts' | 'broker' | 'client' | 'all', number>>;
};

export async function scale(context: Context): Promise<Report> {
  const {options, progress} = context;
  const measured = new Map<number, SliceResult[]>(options.hosts.map(hosts => [hosts, []]));
  progress.start(options.rounds * options.hosts.length, 'scale');
  for (let round = 0; round < options.rounds; round++) {
    // Every other round from the largest to the smallest, so that drift does not look like scale.
    const order = round % 2 === 0 ? options.hosts : options.hosts.toReversed();
    for (const hosts of order) {
      const result = await measure(context, hosts, round);
      measured.get(hosts)?.push(result);
      progress.step(`${hosts} hosts: ${count(result.opsPerSecond)} puts/s`);
    }
  }

  progress.stop();
  const rows = [...measured].map(([hosts, results]) => rowOf(hosts, results));
  const costs = rows.map(row => row.cpuMicros.all);
  const apart = Math.max(...costs) / Math.min(...costs);
  const wish: Wish = {
    what: `CPU a put at ${options.hosts.join(', ')} hosts, most to least`,
    wanted: `at most ${APART_MAX}x`,
    reached: `${apart.toFixed(2)}x`,
    met: apart <= APART_MAX,
  };
  return {
    text: `${tableOf(rows)}\n${wishTable([wish])}`,
    fields: {
      valueBytes: VALUE_BYTES,
      inFlightPerHost: IN_FLIGHT_PER_HOST,
      results: rows,
      targets: [wish],
    },
  };
}

/** A cluster of its own for each slice, so that none of them runs beside another. */
async function measure(
  {stage, options}: Context,
  hosts: number,
  round: number,
): Promise<SliceResult> {
  const folder = join(stage.folder, `scale-${hosts}-${round}`);
  const cluster = await QuorateCluster.start(stage, folder, {hosts});
  const system = 'Quorate library';
  const generator = await Generator.open(stage, system, cluster.addressOf(), VALUE_BYTES);
  await generator.load({from: 0, to: RECORDS, inFlight: LOAD_IN_FLIGHT});
  await quiet(cluster.processes, SETTLE_MS, stage.signal);
  const result = await generator.run({
    workload: 'put',
    keys: options.keys,
    load: {kind: 'closed', inFlight: hosts * IN_FLIGHT_PER_HOST},
    warmUpMs: options.warmUpMs,
    measureMs: options.measureMs,
    seed: round + 1,
    processes: cluster.processes,
  });
  await generator.close();
  await cluster.stop();
  return result;
}

function rowOf(hosts: number, results: readonly SliceResult[]): ScaleRow {
  const middle = (read: (result: SliceResult) => number) => medianOf(results, read);
  const cost = (isCounted: (name: string) => boolean) =>
    middle(({cpuMicros, operations}) => {
      const counted = Object.entries(cpuMicros).filter(([name]) => isCounted(name));
      return sum(Object.fromEntries(counted)) / Math.max(1, operations);
    });
  return {
    hosts,
    inFlight: hosts * IN_FLIGHT_PER_HOST,
    opsPerSecond: middle(({opsPerSecond}) => opsPerSecond),
    p50Ms: middle(({p50Ms}) => p50Ms),
    p99Ms: middle(({p99Ms}) => p99Ms),
    othersCpuPercent: middle(othersCpuPercent),
    cpuMicros: {
      hosts: cost(name => name.startsWith('host ')),
      broker: cost(name => name === 'broker'),
      client: cost(name => name === 'client'),
      all: cost(() => true),
    },
  };
}

function tableOf(rows: readonly ScaleRow[]): string {
  const head = ['hosts', 'in flight', 'puts/s', 'p50 ms', 'p99 ms'];
  return table(
    [...head, 'CPU us/put', 'hosts', 'broker', 'client', 'others, % of a core'],
    rows.map(({hosts, inFlight, opsPerSecond, p50Ms, p99Ms, cpuMicros, ...row}) => [
      `${hosts}`,
      `${inFlight}`,
      count(opsPerSecond),
      millis(p50Ms),
      millis(p99Ms),
      cpuMicros.all.toFixed(1),
      cpuMicros.hosts.toFixed(1),
      cpuMicros.broker.toFixed(1),
      cpuMicros.client.toFixed(1),
      row.othersCpuPercent.toFixed(0),
    ]),
  );
}
