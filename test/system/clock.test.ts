/** Wall clocks that are wrong, where the newest write wins. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {NatsConnection} from '@nats-io/transport-node';
import test from 'ava';
import {partitionOf} from '../../src/ring/partition.js';
import {ask, getOp, operate, putOp} from '../helpers/ask-host.js';
import {type Bed, noneReason, startBed} from '../helpers/bed.js';

const HOUR_SECONDS = 3_600;
const PATIENCE_MS = 20_000;
const BUCKET = 'newest';
const KEY = 'k';

const reason = noneReason('clock');
const clockTest = reason === null ? test.serial : test.skip;
const title =
  'clock: where the newest write wins, one of a host whose clock is wrong is no exception';

clockTest(reason === null ? title : `${title} (skipped: ${reason})`, async t => {
  t.timeout(120_000);
  const bed = await startBed(t, {buckets: [{bucket: BUCKET, policy: {conflicts: 'lww'}}]});
  const {connection, equipment, cluster} = bed;
  let no = 0;
  // Every write has seen the one before, so it is the newer one, whatever the clocks say.
  const eachWins = async () => {
    for (const host of ['h2', 'h1', 'h3', 'h2', 'h2']) {
      no += 1;
      await write(connection, host, `write ${no}`);
      t.deepEqual(await read(connection), [`write ${no}`], `through ${host}`);
    }
  };

  for (const ahead of [-HOUR_SECONDS, 30 * 24 * HOUR_SECONDS, -3 * HOUR_SECONDS]) {
    equipment.clocks.get('h2')?.jumpTo(ahead);
    await livesIn(bed, ahead);
    await eachWins();
  }

  await cluster.host('h2').kill();
  await cluster.host('h2').start();
  await bed.whole();
  await eachWins();
});

/** Resolves once the host has written a line into its log at that time. */
async function livesIn({connection, cluster}: Bed, ahead: number): Promise<void> {
  const {partitions} = cluster.topology;
  const elsewhere = (partitionOf(`${BUCKET}.${KEY}`, partitions) + 1) % partitions;
  const {log} = cluster.host('h2');
  await ask(connection, 'h2', 'failpoint', ['vnode.work', 'crash', 1, elsewhere]);
  const name = Array.from({length: 1_000}, (_, at) => `other${at}`).find(
    other => partitionOf(`${BUCKET}.${other}`, partitions) === elsewhere,
  );
  const isSeen = () =>
    cluster
      .host('h2')
      .log.slice(log.length)
      .some(({time}) => Math.abs(Number(time) - Date.now() - ahead * 1_000) < 60_000);
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  // The vnode may still be restarting after the crash before.
  while (!isSeen()) {
    await operate(connection, 'h2', [getOp(0, BUCKET, name ?? '', {r: 'one'})]);
    await sleep(20);
    if (giveUp.aborted) {
      throw new Error(`the clock of h2 is not ${ahead} s ahead`);
    }
  }
}

async function write(connection: NatsConnection, host: string, value: string): Promise<void> {
  const put = putOp(0, BUCKET, KEY, value, {w: 'all', timeoutMs: 10_000});
  const [result] = await operate(connection, host, [put]);
  if (result?.[1] !== 200) {
    throw new Error(`the put through ${host} failed with ${result?.[2]}`);
  }
}

async function read(connection: NatsConnection): Promise<string[]> {
  const [result] = await operate(connection, 'h1', [
    getOp(0, BUCKET, KEY, {r: 'all', timeoutMs: 10_000}),
  ]);
  return (result?.[3] ?? []).map(value => Buffer.from(value).toString());
}
