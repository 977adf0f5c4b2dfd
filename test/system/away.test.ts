/**
 * Owners that were away while keys were deleted, with their disk and without: nobody lifts a
 * finger, and afterwards each of them holds by itself what it should.
 */
import {rm} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import type {NatsConnection} from '@nats-io/transport-node';
import test, {type ExecutionContext} from 'ava';
import {ask, delOp, getOp, operate, putOp} from '../helpers/ask-host.js';
import {startProcesses} from '../helpers/host-processes.js';
import {settled} from '../helpers/settled.js';

const PATIENCE_MS = 120_000;
const AWAY = 'h2';
/** No hints are kept for the strict one: what was missed comes by comparing alone. */
const BUCKETS = ['sloppy', 'strict'];
const KEYS = Array.from({length: 300}, (_, index) => `key${index}`);
const isDeleted = (no: number) => no % 3 === 0;
const isRewritten = (no: number) => no % 3 === 1;

/** What every owner has to show by itself in the end. */
const EXPECTED = KEYS.map((_, no) => (isDeleted(no) ? [] : [isRewritten(no) ? 'new' : 'old']));

test.serial(
  'wiped: a replica whose disk is lost is proven equal by itself, and no deleted key returns',
  async t => {
    const {cluster, connection, change} = await start(t);
    const host = cluster.host(AWAY);
    await host.kill();
    await rm(host.spec.data, {recursive: true});
    await change();
    await host.start();
    const told = await proven(connection);
    t.log(`served ${told.servedMs} ms after its start, proven equal after ${told.provenMs} ms`);
    await shows(t, connection, cluster.ids);
  },
);

test.serial(
  'away: a replica that comes back with what was deleted meanwhile gives none of it back',
  async t => {
    const {cluster, connection, change} = await start(t);
    await cluster.host(AWAY).kill();
    await change();
    await cluster.host(AWAY).start();
    await proven(connection);
    await shows(t, connection, cluster.ids);
  },
);

async function start(t: ExecutionContext) {
  t.timeout(300_000);
  const cluster = await startProcesses(t, {
    buckets: [{bucket: 'strict', policy: {quorum: 'strict'}}],
  });
  const connection = await cluster.connect();
  await settled(connection, cluster.ids);
  for (const bucket of BUCKETS) {
    await carryOut(
      connection,
      KEYS.map((key, no) => putOp(no, bucket, key, 'old', {w: 'all'})),
    );
  }

  return {
    cluster,
    connection,
    /** While a host is away. */
    change: async () => {
      for (const bucket of BUCKETS) {
        const ops = KEYS.flatMap((key, no) => {
          if (isDeleted(no)) {
            return [delOp(no, bucket, key)];
          }

          return isRewritten(no) ? [putOp(no, bucket, key, 'new')] : [];
        });
        await carryOut(connection, ops);
      }
    },
  };
}

/** Through the first host, again and again until each is done. */
async function carryOut(
  connection: NatsConnection,
  ops: Parameters<typeof operate>[2],
): Promise<void> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  let left = ops;
  while (left.length > 0) {
    const results = await operate(connection, 'h1', left);
    left = left.filter((_, place) => ![200, 404].includes(results[place]?.[1] ?? 0));
    if (giveUp.aborted) {
      throw new Error(
        `${left.length} are not done: ${results.find(([, code]) => code !== 200)?.[2]}`,
      );
    }
  }
}

type Status = {
  readonly partitionsOwned: number;
  readonly partitionsServing: number;
  readonly oldestProofMs: number | null;
};

/** Resolves once the host that was away serves all it owns and was found equal with all others. */
async function proven(connection: NatsConnection) {
  const startMs = performance.now();
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  let servedMs: number | null = null;
  for (;;) {
    const status = (await ask(connection, AWAY, 'status').catch(() => null)) as Status | null;
    const passedMs = Math.round(performance.now() - startMs);
    if (status !== null && status.partitionsServing === status.partitionsOwned) {
      servedMs ??= passedMs;
      if (status.oldestProofMs !== null) {
        return {servedMs, provenMs: passedMs};
      }
    }

    if (giveUp.aborted) {
      throw new Error(`it is not proven equal: ${JSON.stringify(status)}`);
    }

    await sleep(50);
  }
}

/** Each owner is asked for its own copy, so that none answers in another's place. */
async function shows(
  t: ExecutionContext,
  connection: NatsConnection,
  hosts: readonly string[],
): Promise<void> {
  for (const bucket of BUCKETS) {
    for (const host of hosts) {
      const ops = KEYS.map((key, no) => getOp(no, bucket, key, {r: 'one'}));
      const results = await operate(connection, host, ops);
      const failed = results.filter(([, code]) => code !== 200 && code !== 404);
      t.deepEqual(failed, [], `${bucket} at ${host}`);
      const held = results.map(([, , , values]) => values.map(one => Buffer.from(one).toString()));
      t.deepEqual(held, EXPECTED, `${bucket} at ${host}`);
    }
  }
}
