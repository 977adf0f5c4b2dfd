/** Hosts that are away: what is promised meanwhile, and what is there when they are back. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {NatsConnection} from '@nats-io/transport-node';
import test, {type ExecutionContext} from 'ava';
import {getOp, isHeard, operate} from '../helpers/ask-host.js';
import {type ProcessCluster, startProcesses} from '../helpers/host-processes.js';
import {ownersOfKey} from '../helpers/replicas.js';
import {plainRoute, type RouteAnswer, type Verb} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

const STRICT = 'strict';
const SLOPPY = 'sloppy';
const PATIENCE_MS = 60_000;

test.serial('outage: one of three hosts down, W=2 succeeds and says 2/3', async t => {
  const {connection, down} = await startCluster(t, 3);
  await down('h2');
  for (const bucket of [STRICT, SLOPPY]) {
    const answer = await soon(() => put(connection, bucket, 'k', '2'), isOk);
    t.like(answer, {acks: 2, slots: 3, outcome: 'strict'}, bucket);
  }
});

test.serial(
  'outage: two of three hosts down, strict and sloppy refuse W=2 and accept W=1',
  async t => {
    const {connection, down} = await startCluster(t, 3);
    await down('h2', 'h3');
    for (const bucket of [STRICT, SLOPPY]) {
      const refused = await soon(() => put(connection, bucket, 'k', '2'), isUnavailable);
      t.regex(refused.kind === 'ok' ? '' : refused.text, /nothing was applied/);
      t.like(await soon(() => put(connection, bucket, 'k', '1'), isOk), {acks: 1}, bucket);
    }
  },
);

test.serial(
  'outage: two of four hosts down, sloppy takes W=2 and says so, strict is 503',
  async t => {
    const {connection, down, up, ownedBy, read} = await startCluster(t, 4);
    const owners = ['h1', 'h2', 'h3'];
    const [sloppy, strict] = [ownedBy(SLOPPY, owners), ownedBy(STRICT, owners)];
    await down('h2', 'h3');
    const answer = await soon(() => put(connection, SLOPPY, sloppy, '2'), isOk);
    t.like(answer, {acks: 2, outcome: 'sloppy'});
    t.true(isUnavailable(await soon(() => put(connection, STRICT, strict, '2'), isUnavailable)));
    t.like(await soon(() => put(connection, STRICT, strict, '1'), isOk), {acks: 1});

    await up('h2', 'h3');
    // By themselves, without a read that would bring it there: the hint is for one of the two.
    for (const owner of ['h2', 'h3']) {
      await soon(
        () => read(owner, SLOPPY, sloppy),
        values => values[0] === 'v',
      );
    }
  },
);

test.serial(
  'outage: all owners of a key down, a plain put is taken and is there when they return',
  async t => {
    const {connection, down, up, ownedBy, read} = await startCluster(t, 4);
    const owners = ['h1', 'h2', 'h3'];
    const key = ownedBy(SLOPPY, owners);
    await down(...owners);
    const answer = await soon(() => put(connection, SLOPPY, key, '1'), isOk);
    t.like(answer, {acks: 1, outcome: 'sloppy'});
    await up(...owners);
    for (const owner of owners) {
      await soon(
        () => read(owner, SLOPPY, key),
        values => values[0] === 'v',
      );
    }

    t.like(await get(connection, SLOPPY, key), {kind: 'ok', values: ['v']});
  },
);

async function startCluster(t: ExecutionContext, hosts: number) {
  t.timeout(180_000);
  const cluster = await startProcesses(t, {
    hosts,
    buckets: [{bucket: STRICT, policy: {quorum: 'strict'}}],
  });
  const connection = await cluster.connect();
  await settled(connection, cluster.ids);
  return {
    cluster,
    connection,
    /** A key of these owners, in any order. */
    ownedBy: (bucket: string, owners: readonly string[]) => keyOf(cluster, bucket, owners),
    /** Resolves once the broker knows, too. */
    down: async (...ids: readonly string[]) => {
      await Promise.all(ids.map(id => cluster.host(id).kill()));
      for (const id of ids) {
        await soon(
          () => isHeard(connection, id),
          heard => !heard,
        );
      }
    },
    up: async (...ids: readonly string[]) => {
      await Promise.all(ids.map(id => cluster.host(id).start()));
      await settled(connection, cluster.ids);
    },
    /** The values that a host holds itself; none where it does not say. */
    read: async (host: string, bucket: string, key: string): Promise<string[]> => {
      const [result] = await operate(connection, host, [getOp(0, bucket, key, {r: 'one'})]);
      return (result?.[3] ?? []).map(value => Buffer.from(value).toString());
    },
  };
}

function keyOf({topology}: ProcessCluster, bucket: string, owners: readonly string[]): string {
  const wanted = owners.toSorted().join();
  const key = Array.from({length: 10_000}, (_, index) => `k${index}`).find(
    candidate => ownersOfKey(topology, bucket, candidate).toSorted().join() === wanted,
  );
  if (key === undefined) {
    throw new Error(`no key is owned by ${wanted}`);
  }

  return key;
}

function put(
  connection: NatsConnection,
  bucket: string,
  key: string,
  w: string,
): Promise<RouteAnswer> {
  return request(connection, 'put', bucket, key, w);
}

function get(connection: NatsConnection, bucket: string, key: string): Promise<RouteAnswer> {
  return plainRoute(connection)({verb: 'get', bucket, key});
}

function request(
  connection: NatsConnection,
  verb: Verb,
  bucket: string,
  key: string,
  w: string,
): Promise<RouteAnswer> {
  return plainRoute(connection, {'Quorate-W': w})({verb, bucket, key, value: 'v'});
}

const isOk = ({kind}: RouteAnswer) => kind === 'ok';

const isUnavailable = (answer: RouteAnswer) =>
  answer.kind !== 'ok' && answer.text.startsWith('503 ');

/** Asks again until it is so: hosts learn of each other's end and return in their own time. */
async function soon<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const seen = await look();
    if (isSo(seen)) {
      return seen;
    }

    if (giveUp.aborted) {
      throw new Error(`waited in vain, last seen: ${JSON.stringify(seen)}`);
    }

    await sleep(50);
  }
}
