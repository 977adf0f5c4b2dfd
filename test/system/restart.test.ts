/** Stops and starts that nobody should notice. */
import test from 'ava';
import {getOp, operate, putOp} from '../helpers/ask-host.js';
import {type ProcessCluster, startProcesses} from '../helpers/host-processes.js';
import {Recorder} from '../helpers/recorder.js';
import {plainRoute} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';
import type {NatsConnection} from '@nats-io/transport-node';

/** A vector's entry takes more than this: an incarnation alone has 128 bits. */
const ENTRY_BYTES = 16;
const KEYS = Array.from({length: 100}, (_, index) => `key${index}`);

test.serial(
  'restart: stopped in order, hosts keep their data and go on as who they were',
  async t => {
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const before = await rewrite(connection, 'first');

    const ends = await Promise.all(cluster.hosts.map(host => host.stop()));
    t.deepEqual(
      ends,
      cluster.ids.map(() => ({code: 0, signal: null})),
    );
    await restarted(cluster, connection);
    t.deepEqual(
      await read(connection),
      KEYS.map(() => ['first']),
    );

    const after = await rewrite(connection, 'second');
    t.true(after - before < ENTRY_BYTES, `a context grew by ${after - before} bytes`);
    t.deepEqual(
      await read(connection),
      KEYS.map(() => ['second']),
    );
  },
);

test.serial('restart: a host that was killed comes back under new incarnations', async t => {
  const cluster = await startProcesses(t, {hosts: 1});
  const connection = await cluster.connect();
  await settled(connection, cluster.ids);
  const before = await rewrite(connection, 'first');
  await cluster.killAll();
  await restarted(cluster, connection);
  const after = await rewrite(connection, 'second');
  t.true(after - before >= ENTRY_BYTES, `a context grew by ${after - before} bytes`);
  t.deepEqual(
    await read(connection),
    KEYS.map(() => ['second']),
  );
});

test.serial('restart: hosts stopped one after the other under load lose no request', async t => {
  const cluster = await startProcesses(t);
  const connection = await cluster.connect();
  await settled(connection, cluster.ids);
  const load = new Recorder(t, plainRoute(connection));
  load.start();
  await load.progress(500);
  for (const host of cluster.hosts) {
    t.deepEqual(await host.stop(), {code: 0, signal: null});
    await load.progress(500);
    await host.start();
    await settled(connection, cluster.ids);
  }

  await load.stop();
  t.deepEqual(load.failures, []);
  t.deepEqual(load.contradictions, []);
  t.deepEqual(await load.verify(connection, cluster.ids), []);
});

async function restarted(cluster: ProcessCluster, connection: NatsConnection): Promise<void> {
  await cluster.startAll();
  await settled(connection, cluster.ids);
}

/**
 * Puts every key through one host, all copies confirmed. Returns the bytes of the longest context.
 */
async function rewrite(connection: NatsConnection, value: string): Promise<number> {
  const ops = KEYS.map((key, no) =>
    putOp(no, 'orderly', key, value, {w: 'all', timeoutMs: 10_000}),
  );
  const results = await operate(connection, 'h1', ops);
  const failed = results.filter(([, code]) => code !== 200);
  if (failed.length > 0) {
    throw new Error(`${failed.length} puts failed, one with ${failed[0]?.[2]}`);
  }

  return Math.max(...results.map(([, , , , context]) => Buffer.from(context, 'base64url').length));
}

async function read(connection: NatsConnection): Promise<string[][]> {
  const ops = KEYS.map((key, no) => getOp(no, 'orderly', key, {r: 'all', timeoutMs: 10_000}));
  const results = await operate(connection, 'h1', ops);
  return results.map(([, , , values]) => values.map(value => Buffer.from(value).toString()));
}
