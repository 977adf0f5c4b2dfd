/** Deleted keys leave all disks, once nobody can bring them back, and never before. */
import test from 'ava';
import {readHint, readObjects} from '../../src/sim/records.js';
import {repairCluster, type RepairClusterOptions} from '../helpers/repair-cluster.js';

const keys = (count: number) => Array.from({length: count}, (_, no) => `users.key${no}`);
/** Several times what marks stand, in a simulated host. */
const LONG_MS = 60_000;

function purgeCluster(options: RepairClusterOptions = {}) {
  const bed = repairCluster({purgeAgeMs: 3_000, ...options});
  const {cluster} = bed;
  const onDisk = (): string[] =>
    cluster.hosts.flatMap(({id, disk}) =>
      readObjects(disk.entries()).map(({name, isMarked}) => `${id} ${name}${isMarked ? '*' : ''}`),
    );
  return {
    ...bed,
    onDisk,
    hints: () =>
      cluster.hosts.flatMap(({disk}) => disk.entries().flatMap(entry => readHint(entry) ?? [])),
    purged: () => bed.counted(/^tombstones_purged$/),
    marked: () => bed.counted(/^tombstones_marked$/),
    isEmpty: (withinMs = LONG_MS) => cluster.runUntil(() => onDisk().length === 0, withinMs),
  };
}

test('purge: deleted keys leave all disks, and all else stays', t => {
  const {at, onDisk, cluster, differences, violations} = purgeCluster();
  keys(30).forEach(name => at('h1', 'put', name));
  keys(20).forEach(name => t.is(at('h2', 'del', name)?.code, 200));
  const isDone = () => onDisk().length === 30;
  t.true(cluster.runUntil(isDone, LONG_MS), onDisk().join(', '));
  t.deepEqual([...new Set(onDisk().map(line => line.slice(3)))].toSorted(), keys(30).slice(20));
  keys(20).forEach(name => t.is(at('h3', 'get', name)?.code, 404));
  keys(30)
    .slice(20)
    .forEach(name => t.is(at('h3', 'get', name)?.code, 200));
  t.deepEqual(differences(), []);
  t.deepEqual(violations, []);
});

test('purge: with one owner down nothing is forgotten, and all is once it is back', t => {
  const {at, cluster, isEmpty, onDisk, purged, differences, violations} = purgeCluster();
  keys(10).forEach(name => at('h1', 'put', name, 'all'));
  cluster.host('h3').crash({loseUnsynced: false});
  keys(10).forEach(name => t.is(at('h1', 'del', name)?.code, 200));
  cluster.run(LONG_MS);
  t.is(purged(), 0);
  t.is(onDisk().length, 30);
  cluster.host('h3').start();
  t.true(isEmpty(), onDisk().join(', '));
  t.deepEqual([...new Set(keys(10).map(name => at('h3', 'get', name, 'one')?.code))], [404]);
  t.deepEqual(differences(), []);
  t.deepEqual(violations, []);
});

test('purge: while a host is down that owns nothing of it, all is kept: it may have hints', t => {
  const {at, cluster, isEmpty, purged, marked, violations} = purgeCluster({
    hosts: 4,
    partitions: 1,
  });
  const owners = cluster.witness.holdings.replicasOf('users.key0');
  const [first = ''] = owners;
  const other = cluster.hosts.find(({id}) => !owners.includes(id))!;
  keys(10).forEach(name => at(first, 'put', name, 'all'));
  other.crash({loseUnsynced: false});
  keys(10).forEach(name => at(first, 'del', name, 'all'));
  cluster.run(LONG_MS);
  t.true(marked() > 0);
  t.is(purged(), 0);
  other.start();
  t.true(isEmpty());
  t.deepEqual(violations, []);
});

test('purge: a hint of before the delete that was found late brings nothing back', t => {
  // Scylla #23712: hints replayed after the tombstones were collected.
  const {at, cluster, isEmpty, hints, purged, violations} = purgeCluster({hosts: 4, partitions: 1});
  const owners = cluster.witness.holdings.replicasOf('users.key0');
  const [first = '', , last = ''] = owners;
  const standIn = cluster.hosts.find(({id}) => !owners.includes(id))!;
  cluster.host(last).crash({loseUnsynced: false});
  cluster.run(6_000);
  keys(5).forEach(name => t.is(at(first, 'put', name, 'all')?.outcome, 'sloppy'));
  t.is(hints().length, 5);
  standIn.crash({loseUnsynced: false});
  cluster.host(last).start();
  cluster.run(6_000);
  keys(5).forEach(name => t.is(at(first, 'del', name, 'all')?.code, 200));
  cluster.run(LONG_MS);
  t.is(purged(), 0);
  standIn.start();
  t.true(isEmpty(2 * LONG_MS));
  t.is(hints().length, 0);
  keys(5).forEach(name => t.is(at(last, 'get', name, 'one')?.code, 404));
  t.deepEqual(violations, []);
});

test('purge: a key that is written again after it was forgotten stays', t => {
  // riak_test kv679_tombstone and kv679_tombstone2: delete, reap, write again with an old context.
  const {at, cluster, isEmpty, differences, violations} = purgeCluster();
  const names = keys(10);
  for (let round = 0; round < 3; round += 1) {
    names.forEach(name => t.is(at('h1', 'put', name)?.code, 200));
    names.forEach(name => t.is(at('h2', 'del', name)?.code, 200));
    t.true(isEmpty());
  }

  names.forEach(name => t.is(at('h3', 'put', name)?.code, 200));
  cluster.run(LONG_MS);
  names.forEach(name => t.is(at('h1', 'get', name)?.code, 200));
  t.deepEqual(differences(), []);
  t.deepEqual(violations, []);
});

for (const step of ['purge.mark', 'purge.remove'] as const) {
  for (const host of ['h1', 'h2', 'h3']) {
    test(`purge: a power cut of ${host} amid ${step} only delays it`, t => {
      const {at, cluster, isEmpty, onDisk, isWhole, differences, violations} = purgeCluster({
        partitions: 1,
      });
      keys(6).forEach(name => at('h1', 'put', name));
      keys(6).forEach(name => at('h1', 'del', name));
      cluster.host(host).running?.failpoints.arm(step, 'exit', 3);
      t.true(cluster.runUntil(() => cluster.host(host).running === null, LONG_MS));
      cluster.run(LONG_MS / 4);
      cluster.host(host).start();
      t.true(isWhole());
      t.true(isEmpty(3 * LONG_MS), onDisk().join(', '));
      keys(6).forEach(name => t.is(at('h2', 'get', name)?.code, 404));
      t.deepEqual(differences(), []);
      t.deepEqual(violations, []);
    });
  }
}

test('purge: an owner that was wiped amid it brings nothing back, and all ends forgotten', t => {
  const {at, cluster, isEmpty, onDisk, marked, wipe, isWhole, violations} = purgeCluster();
  keys(10).forEach(name => at('h1', 'put', name, 'all'));
  keys(10).forEach(name => at('h1', 'del', name, 'all'));
  t.true(cluster.runUntil(() => marked() > 0, LONG_MS));
  wipe('h1');
  cluster.run(1_000);
  cluster.host('h1').start();
  t.true(isWhole(30_000));
  t.true(isEmpty(3 * LONG_MS), onDisk().join(', '));
  t.deepEqual([...new Set(keys(10).map(name => at('h1', 'get', name, 'one')?.code))], [404]);
  t.deepEqual(violations, []);
});

test('purge: when all is forgotten repair is quiet, and so is the purge', t => {
  const {at, cluster, isEmpty, repairs, marked, counted} = purgeCluster();
  keys(10).forEach(name => at('h1', 'put', name));
  keys(10).forEach(name => at('h1', 'del', name));
  t.true(isEmpty());
  cluster.run(LONG_MS / 2);
  const before = [repairs(), marked(), counted(/^repair_exchanges_failed$/)];
  cluster.run(LONG_MS);
  t.deepEqual([repairs(), marked(), counted(/^repair_exchanges_failed$/)], before);
});

test('purge: two marked tombstones that differ, after a power cut, are made equal, and go', t => {
  const bed = purgeCluster({hosts: 4, partitions: 1, durability: 'none', purgeAgeMs: 10_000});
  const {at, cluster, isEmpty, marked, onDisk, isWhole} = bed;
  const [name = ''] = keys(1);
  const owners = cluster.witness.holdings.replicasOf(name);
  const [first = '', , last = ''] = owners;
  const other = cluster.hosts.find(({id}) => !owners.includes(id))!;
  const isMarked = (times: number) => cluster.runUntil(() => marked() >= times, LONG_MS);
  at(first, 'put', name, 'all');
  t.is(at(first, 'del', name, 'all')?.code, 200);
  t.true(isMarked(1));
  cluster.hosts.forEach(({disk}) => disk.sync());
  // Without it no host is asked what it keeps, and so none syncs.
  other.crash({loseUnsynced: false});
  at(first, 'put', name, 'all');
  t.is(at(first, 'del', name, 'all')?.code, 200);
  t.true(isMarked(2));
  cluster.host(last).crash({loseUnsynced: false});
  cluster.host(last).disk.loseUnsynced();
  cluster.host(last).start();
  other.start();
  t.true(isWhole());
  t.true(isEmpty(3 * LONG_MS), onDisk().join(', '));
});

test('purge: a power cut afterwards brings nothing back, however seldom disks are synced', t => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const bed = purgeCluster({seed, durability: 'none', partitions: 1});
    const {at, cluster, isEmpty, onDisk, isWhole, becomesEqual} = bed;
    keys(5).forEach(name => at('h1', 'put', name, 'all'));
    // What is synced from here on is what the purge has synced.
    cluster.hosts.forEach(({disk}) => disk.sync());
    keys(5).forEach(name => t.is(at('h2', 'del', name, 'all')?.code, 200));
    t.true(isEmpty(), onDisk().join(', '));
    cluster.host('h3').crash({loseUnsynced: true});
    cluster.host('h3').start();
    t.true(isWhole());
    t.true(becomesEqual());
    t.deepEqual([...new Set(keys(5).map(name => at('h1', 'get', name, 'all')?.code))], [404]);
  }
});
