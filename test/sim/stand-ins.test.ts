/** Simulated clusters with hosts away: who is counted, what is claimed, what is there later. */
import test from 'ava';
import {SimClient, type Wish} from '../../src/sim/client.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimCluster} from '../../src/sim/cluster.js';
import {History, type Operation} from '../../src/sim/history.js';
import type {Told} from '../../src/sim/reply.js';
import {SimRandom} from '../../src/sim/random.js';
import {Trace} from '../../src/sim/trace.js';
import {Witness} from '../../src/sim/witness.js';

const BUCKETS = [{bucket: 'strict', policy: {quorum: 'strict'}}] as const;

/** A cluster of one partition; `owners` in order of preference, and `others`. */
function open(hosts: number) {
  const clock = new SimClock();
  const random = new SimRandom(1);
  const history = new History();
  const violations: string[] = [];
  const cluster = new SimCluster({
    clock,
    random,
    trace: new Trace(() => clock.nowMs(), {keep: false}),
    hosts,
    topology: {partitions: 1, n: 3, buckets: BUCKETS},
    isMapped: true,
    witness: one => new Witness(one, history, what => violations.push(what)),
    onBreak: what => violations.push(what),
    onDown: () => {},
  });
  cluster.startAll();
  cluster.runUntil(() => cluster.isWhole, 20_000);
  const owners = cluster.witness.holdings.replicasOf('users.alice');
  const clients = new Map<string, SimClient>();
  /** A client that asks one host, or the broker for plain requests. */
  const clientOf = (via: string): SimClient => {
    const client =
      clients.get(via) ??
      new SimClient({
        id: `c-${via}`,
        clock,
        transport: cluster.network.connect(`c-${via}`),
        subjects: cluster.subjects,
        history,
        timeoutMs: 400,
        hostsOf: () => [via],
      });
    clients.set(via, client);
    return client;
  };
  const ask = (via: string, wish: Partial<Wish> & Pick<Wish, 'verb' | 'name'>): Told | null => {
    let ended: {told: Told | null} | null = null;
    const client = clientOf(via);
    const whole: Wish = {
      client: client.id,
      id: `id ${history.operations.length}`,
      context: '',
      r: '',
      w: '',
      via: via === 'broker' ? 'broker' : 'frame',
      wantsAll: false,
      paddingBytes: 0,
      ...wish,
    };
    client.begin([whole], (_: Operation, told) => {
      ended = {told};
    });
    cluster.runUntil(() => ended !== null, 10_000);
    return (ended as {told: Told | null} | null)?.told ?? null;
  };
  return {
    cluster,
    owners,
    violations,
    ask,
    others: cluster.hosts.map(({id}) => id).filter(id => !owners.includes(id)),
    crash: (...ids: readonly (string | undefined)[]) => {
      for (const id of ids) {
        cluster.host(id ?? '').crash({loseUnsynced: false});
      }

      cluster.run(200);
    },
    return: (...ids: readonly (string | undefined)[]) => {
      for (const id of ids) {
        cluster.host(id ?? '').start();
      }

      cluster.runUntil(() => cluster.isWhole, 20_000);
    },
    holdersOf: (name: string) =>
      cluster.hosts.filter(({id}) => cluster.witness.durable(id, name) !== null).map(({id}) => id),
  };
}

test('one of three hosts down: W=2 succeeds and says 2/3', t => {
  const {ask, crash, owners, violations} = open(3);
  crash(owners[2]);
  for (const name of ['users.alice', 'strict.alice']) {
    t.like(ask(owners[0] ?? '', {verb: 'put', name, w: '2'}), {
      code: 200,
      acks: 2,
      slots: 3,
      outcome: 'strict',
    });
  }

  t.deepEqual(violations, []);
});

test('two of three hosts down: strict and sloppy refuse W=2 and accept W=1', t => {
  const {ask, crash, owners, violations} = open(3);
  crash(owners[1], owners[2]);
  // The first requests tell the host that the others are gone.
  ask(owners[0] ?? '', {verb: 'get', name: 'users.nobody', r: '3'});
  for (const name of ['users.alice', 'strict.alice']) {
    const refused = ask(owners[0] ?? '', {verb: 'put', name, w: '2'});
    t.is(refused?.code, 503);
    t.regex(refused?.text ?? '', /^1 of the key's owners can be reached, W is 2: nothing was/);
    t.like(ask(owners[0] ?? '', {verb: 'put', name, w: '1'}), {code: 200, acks: 1, slots: 3});
  }

  t.deepEqual(violations, []);
});

test('two of four hosts down: a sloppy bucket takes W=2 and says so, a strict one is 503', t => {
  const {ask, crash, owners, others, violations, cluster, holdersOf, return: comeBack} = open(4);
  crash(owners[1], owners[2]);
  t.like(ask(owners[0] ?? '', {verb: 'put', name: 'users.alice', w: '2'}), {
    code: 200,
    acks: 2,
    slots: 3,
    outcome: 'sloppy',
  });
  t.like(ask(owners[0] ?? '', {verb: 'get', name: 'users.alice', r: '2'}), {
    code: 200,
    acks: 2,
    outcome: 'sloppy',
  });
  const strict = ask(owners[0] ?? '', {verb: 'put', name: 'strict.alice', w: '2'});
  t.is(strict?.code, 503);
  t.deepEqual(holdersOf('users.alice'), [owners[0]]);
  t.is(others.length, 1);

  comeBack(owners[1], owners[2]);
  t.true(cluster.runUntil(() => holdersOf('users.alice').length === 3, 20_000));
  t.deepEqual(violations, []);
});

test('two of four hosts down: a key that stand-ins do not know is not called absent', t => {
  const {ask, crash, owners, violations} = open(4);
  t.is(ask(owners[0] ?? '', {verb: 'put', name: 'users.bob'})?.code, 200);
  crash(owners[0], owners[1]);
  t.is(ask(owners[2] ?? '', {verb: 'get', name: 'users.nobody'})?.code, 503);
  t.is(ask(owners[2] ?? '', {verb: 'get', name: 'users.nobody', r: '1'})?.code, 404);
  t.deepEqual(violations, []);
});

test('all three owners of a key down: the fourth host takes a plain put, and hands it over', t => {
  const {ask, crash, owners, violations, cluster, holdersOf, return: comeBack} = open(4);
  crash(...owners);
  let told: Told | null = null;
  const isTaken = () => {
    told = ask('broker', {verb: 'put', name: 'users.alice', w: '1'});
    return told?.code === 200;
  };
  t.true(cluster.runUntil(isTaken, 30_000));
  t.like(told, {acks: 1, slots: 3, outcome: 'sloppy'});
  t.like(ask('broker', {verb: 'get', name: 'users.alice', r: '1'}), {code: 200, outcome: 'sloppy'});
  t.is(ask('broker', {verb: 'get', name: 'users.nobody', r: '1'})?.code, 503);
  t.is(ask('broker', {verb: 'put', name: 'strict.alice', w: '1'})?.code, 503);
  t.deepEqual(holdersOf('users.alice'), []);

  comeBack(...owners);
  t.true(cluster.runUntil(() => holdersOf('users.alice').length === 3, 20_000));
  t.like(ask('broker', {verb: 'get', name: 'users.alice', r: '3'}), {code: 200, outcome: 'strict'});
  t.deepEqual(violations, []);
});

test('strict: reads by quorums that overlap never go back after a partial write', t => {
  for (const reader of [0, 1, 2]) {
    const {ask, crash, owners, holdersOf, return: comeBack} = open(3);
    const [first = '', second, third] = owners;
    crash(second, third);
    t.like(ask(first, {verb: 'put', name: 'strict.alice', w: '1'}), {code: 200, acks: 1});
    t.deepEqual(holdersOf('strict.alice'), [first]);
    comeBack(second, third);
    const seen = ask(owners[reader] ?? '', {verb: 'get', name: 'strict.alice', r: '2'});
    t.true(seen?.code === 200 || seen?.code === 404);
    if (seen?.code === 200) {
      // So many hold it that no later quorum misses it, whoever is lost now.
      t.true(holdersOf('strict.alice').length >= 2);
      crash(first);
      t.is(ask(second ?? '', {verb: 'get', name: 'strict.alice', r: '2'})?.code, 200);
    }
  }
});
