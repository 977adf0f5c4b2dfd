/**
 * What a key costs in memory: small records (16-byte keys, 100-byte values) are loaded up to one
 * number and then up to a larger one; between the two lies the growth a key. JetStream KV R3 is
 * measured beside it, at numbers that fit.
 */
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {table} from '../../src/cli/show/table.js';
import type {Context, Report} from '../context.js';
import {Generator} from '../generator/generator.js';
import {residentBytes, type Usage} from '../measure/process-usage.js';
import {quiet} from '../quiet.js';
import {median} from '../report/rows.js';
import {count} from '../report/table.js';
import {STARTERS, SYSTEMS} from '../systems/catalog.js';
import type {Cluster, SystemName} from '../systems/system.js';
import {type Wish, wishTable} from './wish.js';

const VALUE_BYTES = 100;
const LOAD_IN_FLIGHT = 1_024;
const SETTLE_MS = 60_000;
const SAMPLES = 20;
const SAMPLE_EVERY_MS = 500;
const MIB = 1024 * 1024;
const RESIDENT_MAX = 400e6;
const GROWTH_MAX = 40;

/** One server of one system, at one number of keys. */
type MemoryRow = {
  readonly system: SystemName;
  readonly process: string;
  readonly keys: number;
  readonly residentBytes: number;
  /** Against the smaller number; null there. */
  readonly growthBytesPerKey: number | null;
};

export async function memory(context: Context): Promise<Report> {
  const {sizes, peerSizes} = context.options;
  const rows = [
    ...(await fill(context, 'Quorate library', sizes)),
    ...(await fill(context, 'JetStream KV R3', peerSizes)),
  ];
  const wishes = wishesOf(rows.filter(({system}) => system === 'Quorate library'));
  const text = table(
    ['system', 'process', 'keys', 'resident MiB', 'growth, bytes a key'],
    rows.map(row => [
      row.system,
      row.process,
      count(row.keys),
      (row.residentBytes / MIB).toFixed(0),
      row.growthBytesPerKey?.toFixed(1) ?? '',
    ]),
  );
  return {
    text: `${text}\n${wishTable(wishes)}`,
    fields: {valueBytes: VALUE_BYTES, results: rows, targets: wishes},
  };
}

async function fill(
  context: Context,
  system: SystemName,
  sizes: readonly number[],
): Promise<MemoryRow[]> {
  const {stage, progress} = context;
  const {kind} = SYSTEMS[system];
  progress.say(`starting ${system}`);
  const cluster = await STARTERS[kind](stage, join(stage.folder, kind));
  const generator = await Generator.open(stage, system, cluster.addressOf(system), VALUE_BYTES);
  const rows: MemoryRow[] = [];
  let from = 0;
  let before: Usage = {};
  for (const keys of sizes) {
    progress.start(keys - from, `${system}, up to ${count(keys)} keys`);
    const start = from;
    const range = {from, to: keys, inFlight: LOAD_IN_FLIGHT};
    await generator.load(range, loaded => progress.at(loaded - start));
    progress.stop();
    const now = await settled(cluster, stage.signal);
    for (const [process, bytes] of Object.entries(now)) {
      const grown = bytes - (before[process] ?? 0);
      const growthBytesPerKey = from === 0 ? null : grown / (keys - from);
      rows.push({system, process, keys, residentBytes: bytes, growthBytesPerKey});
      progress.say(`${process}, ${count(keys)} keys: ${(bytes / MIB).toFixed(0)} MiB`);
    }

    before = now;
    from = keys;
  }

  await generator.close();
  await cluster.stop();
  return rows;
}

/** Memory goes up and down with garbage collection: the middle of some seconds. */
async function settled(cluster: Cluster, signal: AbortSignal): Promise<Usage> {
  const servers = cluster.processes.filter(({name}) => name !== 'broker');
  await quiet(servers, SETTLE_MS, signal);
  const samples: Usage[] = [];
  for (let no = 0; no < SAMPLES; no++) {
    samples.push(residentBytes(servers));
    await sleep(SAMPLE_EVERY_MS, undefined, {signal});
  }

  return Object.fromEntries(
    servers.map(({name}) => [name, median(samples.map(sample => sample[name] ?? 0))]),
  );
}

/** Of the host that takes most. */
function wishesOf(rows: readonly MemoryRow[]): Wish[] {
  const keys = Math.max(...rows.map(row => row.keys));
  const largest = Math.max(...rows.map(row => row.residentBytes));
  const growth = Math.max(...rows.map(row => row.growthBytesPerKey ?? Number.NEGATIVE_INFINITY));
  return [
    {
      what: `resident memory a host at ${count(keys)} keys`,
      wanted: `under ${RESIDENT_MAX / 1e6} MB`,
      reached: `${(largest / 1e6).toFixed(0)} MB`,
      met: largest < RESIDENT_MAX,
    },
    {
      what: 'growth a key',
      wanted: `under ${GROWTH_MAX} bytes`,
      reached: `${growth.toFixed(1)} bytes`,
      met: growth < GROWTH_MAX,
    },
  ];
}
