/** Incarnations that are gone leave all vectors, once nobody can bring back what they wrote. */
import test from 'ava';
import {readHint} from '../../src/sim/records.js';
import {spentEntries} from '../../src/causality/spent.js';
import {repairCluster, type RepairClusterOptions} from '../helpers/repair-cluster.js';

const keys = (count: number) => Array.from({length: count}, (_, no) => `users.key${no}`);
const HOSTS = ['h1', 'h2', 'h3'];
const LONG_MS = 60_000;

function retireCluster(options: RepairClusterOptions = {}) {
  const bed = repairCluster({purgeAgeMs: 3_000, spentPerCopy: 1, ...options});
  const {cluster, at} = bed;
  const objects = (name: string) =>
    cluster.witness.holdings.replicasOf(name).flatMap(host => {
      const object = cluster.witness.holdings.durable(host, name);
      return object === null ? [] : [object];
    });
  /** Of the object that has most of them. */
  const spent = (name: string) =>
    Math.max(...objects(name).map(object => spentEntries(object).length));
  const restart = (host: string): void => {
    cluster.host(host).crash({loseUnsynced: false});
    cluster.run(100);
    cluster.host(host).start();
    bed.isWhole();
  };
  return {
    ...bed,
    spent,
    restart,
    /** Each host writes each key, and has another incarnation the next time. */
    wearOut: (names: readonly string[], rounds: number): void => {
      for (let round = 0; round < rounds; round += 1) {
        for (const host of HOSTS) {
          names.forEach(name => at(host, 'put', name));
          restart(host);
        }
      }
    },
    hints: () =>
      cluster.hosts.flatMap(({disk}) => disk.entries().flatMap(entry => readHint(entry) ?? [])),
    retired: () => bed.counted(/^incarnations_retired$/),
    areLean: (names: readonly string[], withinMs = LONG_MS) =>
      cluster.runUntil(() => names.every(name => spent(name) <= 3), withinMs),
  };
}

test('retire: entries of incarnations that are gone leave vectors, and values stay', t => {
  const {at, cluster, wearOut, areLean, differences, violations} = retireCluster();
  const names = keys(5);
  wearOut(names, 3);
  t.true(areLean(names));
  t.true(cluster.witness.forgetting.retired > 0);
  cluster.run(LONG_MS / 2);
  t.deepEqual(differences(), []);
  for (const host of HOSTS) {
    names.forEach(name => t.is(at(host, 'get', name, 'all')?.values.length, 1));
  }

  t.deepEqual(violations, []);
});

test('retire: a context does not grow with the number of crashes', t => {
  const {at, wearOut, areLean, violations} = retireCluster();
  const names = keys(1);
  wearOut(names, 2);
  t.true(areLean(names));
  const before = at('h1', 'get', names[0]!)?.context.length ?? 0;
  wearOut(names, 6);
  t.true(areLean(names));
  const after = at('h1', 'get', names[0]!)?.context.length ?? 0;
  t.true(before > 0);
  t.true(after <= 2 * before, `${before} characters, then ${after}`);
  t.deepEqual(violations, []);
});

test('retire: a key that is written all the time is no exception', t => {
  const {at, cluster, wearOut, spent, violations} = retireCluster();
  const [name = ''] = keys(1);
  wearOut([name], 4);
  t.true(spent(name) > 3);
  let isLean = false;
  for (let write = 0; write < 400 && !isLean; write += 1) {
    at(HOSTS[write % 3]!, 'put', name);
    cluster.run(100);
    isLean = spent(name) <= 3;
  }

  t.true(isLean);
  t.deepEqual(violations, []);
});

test('retire: while a host is down nothing is retired, and all is once it is back', t => {
  const {at, cluster, wearOut, retired, spent, areLean, violations} = retireCluster();
  const names = keys(3);
  wearOut(names, 1);
  cluster.host('h3').crash({loseUnsynced: false});
  const before = retired();
  for (let round = 0; round < 3; round += 1) {
    for (const host of ['h1', 'h2']) {
      names.forEach(name => t.is(at(host, 'put', name)?.code, 200));
      cluster.host(host).crash({loseUnsynced: false});
      cluster.run(100);
      cluster.host(host).start();
      cluster.run(3_000);
    }
  }

  cluster.run(LONG_MS);
  t.is(retired(), before);
  t.true(names.every(name => spent(name) > 3));
  cluster.host('h3').start();
  t.true(areLean(names));
  t.deepEqual(violations, []);
});

test('retire: an old value in a hint that was found late does not come back', t => {
  const bed = retireCluster({hosts: 4, partitions: 1});
  const {at, cluster, hints, retired, areLean, violations} = bed;
  const names = keys(3);
  const owners = cluster.witness.holdings.replicasOf(names[0]!);
  const [first = '', second = '', last = ''] = owners;
  const standIn = cluster.hosts.find(({id}) => !owners.includes(id))!;
  const restart = (host: string): void => {
    cluster.host(host).crash({loseUnsynced: false});
    cluster.run(100);
    cluster.host(host).start();
    cluster.run(3_000);
  };
  cluster.host(last).crash({loseUnsynced: false});
  cluster.run(6_000);
  names.forEach(name => t.is(at(first, 'put', name, 'all')?.outcome, 'sloppy'));
  t.is(hints().length, names.length);
  standIn.crash({loseUnsynced: false});
  cluster.host(last).start();
  cluster.run(6_000);
  for (let round = 0; round < 3; round += 1) {
    for (const host of [first, second]) {
      restart(host);
      names.forEach(name => t.is(at(host, 'put', name, 'all')?.code, 200));
    }
  }

  cluster.run(LONG_MS);
  t.is(retired(), 0);
  standIn.start();
  t.true(areLean(names, 2 * LONG_MS));
  t.is(hints().length, 0);
  names.forEach(name => t.is(at(last, 'get', name, 'all')?.values.length, 1));
  t.deepEqual(violations, []);
});

for (const host of HOSTS) {
  test(`retire: a power cut of ${host} amid it only delays it`, t => {
    const bed = retireCluster({partitions: 1});
    const {cluster, wearOut, areLean, isWhole, differences, becomesEqual, violations} = bed;
    const names = keys(3);
    wearOut(names, 2);
    cluster.host(host).running?.failpoints.arm('purge.retire', 'exit', 1);
    t.true(cluster.runUntil(() => cluster.host(host).running === null, LONG_MS));
    cluster.run(LONG_MS / 4);
    cluster.host(host).start();
    t.true(isWhole());
    t.true(areLean(names, 3 * LONG_MS));
    t.true(becomesEqual(), differences().join());
    t.deepEqual(violations, []);
  });
}

test('retire: when all vectors are lean repair is quiet', t => {
  const {cluster, wearOut, areLean, becomesEqual, repairs, retired, violations} = retireCluster();
  const names = keys(5);
  wearOut(names, 2);
  t.true(areLean(names));
  t.true(becomesEqual());
  cluster.run(LONG_MS / 2);
  const before = [repairs(), retired()];
  cluster.run(LONG_MS);
  t.deepEqual([repairs(), retired()], before);
  t.deepEqual(violations, []);
});
