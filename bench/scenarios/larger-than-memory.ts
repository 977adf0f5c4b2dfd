/**
 * Data larger than memory: uniform gets while everything fits into the page cache, and again with
 * each host confined to a tenth of its data, page cache included. Between the two the hosts are
 * stopped and the page cache is dropped, or pages that were read before would be used for nothing.
 */
import {statfs} from 'node:fs/promises';
import {join} from 'node:path';
import {table} from '../../src/cli/show/table.js';
import type {Context, Report} from '../context.js';
import {Generator} from '../generator/generator.js';
import type {SliceResult} from '../generator/protocol.js';
import {quiet} from '../quiet.js';
import {medianOf, othersCpuPercent} from '../report/rows.js';
import {count, millis} from '../report/table.js';
import {dropPageCache, limitMemory, type MemoryLimit} from '../stage/memory-limit.js';
import {QuorateCluster} from '../systems/quorate-cluster.js';
import {keyOf} from '../workloads/records.js';
import {type Wish, wishTable} from './wish.js';

const RECORDS = 5_000_000;
const VALUE_BYTES = 1_024;
const LOAD_IN_FLIGHT = 512;
const SETTLE_MS = 120_000;
const CONFINED_PART = 0.1;
const RATE_PART_MIN = 0.25;
const HOSTS = ['h1', 'h2', 'h3'];
/** A store is larger than its data while it compacts. */
const COMPACTION_ROOM = 1.6;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

type LimitRow = {
  /** Of each host; null: none. */
  readonly limitBytes: number | null;
  readonly inFlight: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  /** Percent of one core that everything else on the machine took. */
  readonly othersCpuPercent: number;
};

export async function largerThanMemory(context: Context): Promise<Report> {
  const {stage, options, progress} = context;
  const records = options.records ?? RECORDS;
  const valueBytes = options.valueBytes ?? VALUE_BYTES;
  const dataBytes = records * (keyOf(0).length + valueBytes);
  const limitBytes = Math.round(dataBytes * CONFINED_PART);
  // Checked first: what cannot be done here should be said before minutes of loading.
  await checkRoom(stage.folder, dataBytes);
  const limits = new Map<string, MemoryLimit>();
  try {
    dropPageCache();
    for (const id of HOSTS) {
      limits.set(id, limitMemory(`quorate-bench-${process.pid}-${id}`, limitBytes));
    }

    const cluster = await QuorateCluster.start(stage, join(stage.folder, 'quorate'));
    const system = 'Quorate library';
    const generator = await Generator.open(stage, system, cluster.addressOf(), valueBytes);
    progress.start(records, 'loading');
    const range = {from: 0, to: records, inFlight: LOAD_IN_FLIGHT};
    await generator.load(range, loaded => progress.at(loaded));
    progress.stop();
    await quiet(cluster.processes, SETTLE_MS, stage.signal);
    const free = await measure(context, cluster, generator, null);

    await cluster.stopHosts();
    dropPageCache();
    progress.say(`each host gets ${(limitBytes / MIB).toFixed(0)} MiB from here on`);
    await cluster.startHosts(id => limits.get(id)?.wrap ?? []);
    const confined = await measure(context, cluster, generator, limitBytes);
    await cluster.stop();
    return report({records, valueBytes, dataBytes}, [...free, ...confined]);
  } finally {
    await Promise.all(stage.processes.map(child => child.kill()));
    for (const limit of limits.values()) {
      limit.remove();
    }
  }
}

/** Rejects when the disk would become full. */
async function checkRoom(folder: string, dataBytes: number): Promise<void> {
  const {bavail, bsize} = await statfs(folder);
  const neededBytes = dataBytes * HOSTS.length * COMPACTION_ROOM;
  if (bavail * bsize < neededBytes) {
    const room = `${(neededBytes / GIB).toFixed(0)} GiB of free disk in ${folder}`;
    throw new Error(`${room} are needed: use fewer --records, or another folder with --data`);
  }
}

async function measure(
  {stage, options, progress}: Context,
  cluster: QuorateCluster,
  generator: Generator,
  limitBytes: number | null,
): Promise<LimitRow[]> {
  const title = limitBytes === null ? 'without limit' : 'confined';
  progress.start(options.inFlight.length * options.rounds, title);
  const rows: LimitRow[] = [];
  for (const inFlight of options.inFlight) {
    const results: SliceResult[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const result = await generator.run({
        workload: 'get',
        keys: 'uniform',
        load: {kind: 'closed', inFlight},
        warmUpMs: options.warmUpMs,
        measureMs: options.measureMs,
        seed: round + 1,
        processes: cluster.processes,
      });
      results.push(result);
      progress.step(`${inFlight} in flight: ${count(result.opsPerSecond)} gets/s`);
      await quiet(cluster.processes, SETTLE_MS, stage.signal);
    }

    rows.push({
      limitBytes,
      inFlight,
      opsPerSecond: medianOf(results, ({opsPerSecond}) => opsPerSecond),
      p50Ms: medianOf(results, ({p50Ms}) => p50Ms),
      p99Ms: medianOf(results, ({p99Ms}) => p99Ms),
      othersCpuPercent: medianOf(results, othersCpuPercent),
      failed: results.reduce((total, {outcomes}) => total + outcomes.failed, 0),
    });
  }

  progress.stop();
  return rows;
}

function report(
  data: Readonly<Record<'records' | 'valueBytes' | 'dataBytes', number>>,
  rows: readonly LimitRow[],
): Report {
  const confined = rows.filter(({limitBytes}) => limitBytes !== null);
  const wishes: Wish[] = confined.map(row => {
    const free = rows.find(other => other.inFlight === row.inFlight && other.limitBytes === null);
    const part = row.opsPerSecond / (free?.opsPerSecond ?? Number.NaN);
    return {
      what: `gets at ${row.inFlight} in flight, confined to without limit`,
      wanted: `at least ${RATE_PART_MIN}`,
      reached: part.toFixed(2),
      met: part >= RATE_PART_MIN,
    };
  });
  const text = table(
    ['memory a host', 'in flight', 'gets/s', 'p50 ms', 'p99 ms', 'failed', 'others, % of a core'],
    rows.map(row => [
      row.limitBytes === null ? 'no limit' : `${(row.limitBytes / MIB).toFixed(0)} MiB`,
      `${row.inFlight}`,
      count(row.opsPerSecond),
      millis(row.p50Ms),
      millis(row.p99Ms),
      count(row.failed),
      row.othersCpuPercent.toFixed(0),
    ]),
  );
  const size = `${count(data.records)} records, ${(data.dataBytes / MIB).toFixed(0)} MiB a host`;
  return {
    text: `${size}\n\n${text}\n${wishTable(wishes)}`,
    fields: {...data, results: rows, targets: wishes},
  };
}
