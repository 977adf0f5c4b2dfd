/**
 * What it costs to find two differing keys: two hosts share one partition full of small records,
 * one of them misses two writes while it is stopped, and then both are compared. Counted are the
 * bytes of all that repair asked, was told and sent.
 */
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Client} from '../../src/client/client.js';
import {connect} from '../../src/client/connect.js';
import type {Context, Report} from '../context.js';
import {Generator} from '../generator/generator.js';
import {quiet} from '../quiet.js';
import {count} from '../report/table.js';
import {QuorateCluster} from '../systems/quorate-cluster.js';
import {keyOf} from '../workloads/records.js';
import {type Wish, wishTable} from './wish.js';

const RECORDS = 1_000_000;
const VALUE_BYTES = 100;
const LOAD_IN_FLIGHT = 1_024;
const SETTLE_MS = 60_000;
const BYTES_MAX = 64 * 1024;
const POLL_MS = 200;
const HOSTS = ['h1', 'h2'];

type Told = {readonly sinceMs: number; readonly pairs: number; readonly proven: number};

export async function repair(context: Context): Promise<Report> {
  const {stage, options, progress} = context;
  const records = options.records ?? RECORDS;
  const folder = join(stage.folder, 'repair');
  progress.say('starting two hosts with one partition');
  const topology = {partitions: 1, n: 2};
  const cluster = await QuorateCluster.start(stage, folder, {hosts: 2, topology});
  const address = cluster.addressOf();
  const generator = await Generator.open(stage, 'Quorate library', address, VALUE_BYTES);
  progress.start(records, 'loading');
  const range = {from: 0, to: records, inFlight: LOAD_IN_FLIGHT};
  await generator.load(range, loaded => progress.at(loaded));
  progress.stop();
  await quiet(cluster.processes, SETTLE_MS, stage.signal);
  await generator.close();

  const client = await connect({servers: address.servers.join(','), timeoutMs: 5_000});
  progress.say('comparing once, so that only what is missed from here on differs');
  await compared(client);
  await cluster.stopHost('h2');
  for (const key of [keyOf(7), `${keyOf(8)}x`]) {
    await client.put('bench', key, 'missed by h2', {w: 1});
  }

  await cluster.startHost('h2');
  const before = await bytesOf(client);
  const startMs = performance.now();
  await compared(client);
  const tookMs = performance.now() - startMs;
  const bytes = (await bytesOf(client)) - before;
  await client.close();
  await cluster.stop();
  const wish: Wish = {
    what: `bytes moved for 2 differing keys among ${count(records)}`,
    wanted: `under ${count(BYTES_MAX)}`,
    reached: count(bytes),
    met: bytes < BYTES_MAX,
  };
  return {
    text: `found and mended in ${(tookMs / 1_000).toFixed(1)} s\n\n${wishTable([wish])}`,
    fields: {records, valueBytes: VALUE_BYTES, bytes, tookMs, targets: [wish]},
  };
}

/** Resolves once both hosts are proven equal, by a comparison that begins now. */
async function compared(client: Client): Promise<void> {
  const since = new Map<string, number | null>(HOSTS.map(host => [host, null]));
  for (;;) {
    const reports = await Promise.all(
      HOSTS.map(async host => {
        const parameter = [null, null, since.get(host) ?? null];
        const told = (await client.ask(host, 'repair', parameter)) as Told;
        since.set(host, told.sinceMs);
        return told;
      }),
    );
    if (reports.every(({pairs, proven}) => proven === pairs)) {
      return;
    }

    await sleep(POLL_MS);
  }
}

async function bytesOf(client: Client): Promise<number> {
  const counters = await Promise.all(HOSTS.map(host => client.ask(host, 'counters')));
  return counters
    .map(all => (all as Record<string, number>)['repair_bytes'] ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0);
}
