/** Replicas that differ become equal by themselves: no key is ever read here to make it so. */
import test from 'ava';
import {repairCluster} from '../helpers/repair-cluster.js';

const keys = (count: number, bucket = 'users') =>
  Array.from({length: count}, (_, no) => `${bucket}.key${no}`);
const IDLE_ROUNDS_MS = 20_000;

test('repair: writes that fewer than n owners took reach all, then repair is quiet', t => {
  const {cluster, at, differences, repairs, becomesEqual, isWhole, violations} = repairCluster();
  keys(20).forEach(name => at('h1', 'put', name));
  cluster.host('h3').crash({loseUnsynced: false});
  cluster.run(100);
  keys(40).forEach(name => t.is(at('h1', 'put', name)?.code, 200));
  cluster.host('h3').start();
  t.true(isWhole());
  t.true(differences().length > 0);
  t.true(becomesEqual(), differences().join('; '));
  t.true(repairs() > 0);

  cluster.run(IDLE_ROUNDS_MS);
  const before = repairs();
  cluster.run(IDLE_ROUNDS_MS);
  t.is(repairs(), before);
  t.deepEqual(violations, []);
});

test('repair: a replica whose disk was wiped is proven equal again by itself', t => {
  const {cluster, at, differences, wipe, isWhole, becomesEqual, violations} = repairCluster();
  keys(60).forEach(name => at('h1', 'put', name));
  t.true(becomesEqual());
  wipe('h3');
  cluster.run(500);
  cluster.host('h3').start();
  t.true(isWhole(30_000));
  t.deepEqual(differences(), []);
  t.deepEqual(violations, []);
});

test('repair: a key that was deleted while a replica was away never returns', t => {
  const {cluster, at, differences, isWhole, becomesEqual, violations} = repairCluster();
  keys(10).forEach(name => at('h1', 'put', name, 'all'));
  cluster.host('h3').crash({loseUnsynced: false});
  cluster.run(100);
  keys(10).forEach(name => t.is(at('h1', 'del', name)?.code, 200));
  cluster.host('h3').start();
  t.true(isWhole());
  t.true(becomesEqual(), differences().join('; '));
  for (const name of keys(10)) {
    for (const host of ['h1', 'h2', 'h3']) {
      t.is(at(host, 'get', name, 'one')?.code, 404);
    }
  }

  t.deepEqual(violations, []);
});

test('repair: a key that was deleted is not brought back by a replica that was wiped', t => {
  const {cluster, at, wipe, isWhole, differences} = repairCluster();
  keys(10).forEach(name => at('h1', 'put', name, 'all'));
  wipe('h3');
  cluster.run(100);
  keys(10).forEach(name => at('h1', 'del', name));
  cluster.host('h3').start();
  t.true(isWhole(30_000));
  t.deepEqual(differences(), []);
  t.deepEqual([...new Set(keys(10).map(name => at('h3', 'get', name, 'one')?.code))], [404]);
});

test('repair: two owners wiped one after the other lose nothing that was acknowledged', t => {
  const {cluster, at, wipe, isWhole, differences, violations} = repairCluster();
  keys(40).forEach(name => at('h1', 'put', name));
  for (const host of ['h2', 'h3']) {
    wipe(host);
    cluster.run(300);
    cluster.host(host).start();
    t.true(isWhole(30_000));
  }

  t.deepEqual(differences(), []);
  t.deepEqual([...new Set(keys(40).map(name => at('h2', 'get', name, 'one')?.code))], [200]);
  t.deepEqual(violations, []);
});

test('repair: a bucket of two copies is equal on its two owners, and the third is left out', t => {
  const {cluster, at, repairs, counted, becomesEqual, isWhole, differences} = repairCluster({
    partitions: 1,
  });
  const names = keys(30, 'few');
  const [first = '', second = ''] = cluster.witness.holdings.replicasOf(names[0] ?? '');
  cluster.host(second).crash({loseUnsynced: false});
  cluster.run(100);
  names.forEach(name => at(first, 'put', name, 'one'));
  cluster.host(second).start();
  t.true(isWhole());
  t.true(becomesEqual(), differences().join('; '));
  cluster.run(IDLE_ROUNDS_MS);
  const [before, exchanges] = [repairs(), counted(/^repair_exchanges$/)];
  cluster.run(IDLE_ROUNDS_MS);
  t.is(repairs(), before);
  t.true(counted(/^repair_exchanges$/) > exchanges);
  t.is(counted(/^repair_exchanges_failed$/), 0);
});

test('joining: a wiped owner answers no read while it may have forgotten something', t => {
  const {cluster, at, wipe, stateOf, isWhole, differences} = repairCluster({partitions: 1});
  keys(10).forEach(name => at('h1', 'put', name, 'all'));
  cluster.host('h2').crash({loseUnsynced: false});
  wipe('h3');
  cluster.host('h3').start();
  cluster.run(5_000);
  // It has all that h1 holds, but h2 might hold what h1 does not.
  t.is(stateOf('h3'), 'running.joining');
  t.is(at('h3', 'get', 'users.key0', 'one')?.code, 429);
  t.is(at('h1', 'get', 'users.key0')?.code, 503);
  t.is(at('h1', 'get', 'users.key0', 'one')?.code, 200);
  // Its copies are durable, and so they count.
  t.is(at('h1', 'put', 'users.new')?.code, 200);
  cluster.host('h2').start();
  t.true(isWhole(30_000));
  t.deepEqual(differences(), []);
});

test('joining: a restart in between begins anew, and ends proven', t => {
  const {cluster, at, wipe, stateOf, isWhole, differences} = repairCluster({partitions: 1});
  keys(30).forEach(name => at('h1', 'put', name));
  cluster.host('h2').crash({loseUnsynced: false});
  wipe('h3');
  cluster.host('h3').start();
  cluster.run(3_000);
  cluster.host('h3').crash({loseUnsynced: true});
  cluster.host('h3').start();
  cluster.run(3_000);
  t.is(stateOf('h3'), 'running.joining');
  cluster.host('h2').start();
  t.true(isWhole(30_000));
  t.deepEqual(differences(), []);
});

test('joining: two owners wiped at once take back all that the third one holds', t => {
  const {cluster, at, wipe, isWhole, differences} = repairCluster();
  keys(30).forEach(name => at('h1', 'put', name, 'all'));
  wipe('h2');
  wipe('h3');
  cluster.host('h2').start();
  cluster.host('h3').start();
  t.true(isWhole(30_000));
  t.deepEqual(differences(), []);
  t.deepEqual([...new Set(keys(30).map(name => at('h3', 'get', name, 'one')?.code))], [200]);
});

test('joining: a new cluster serves at once, also while one of its hosts is missing', t => {
  const {cluster, at, stateOf, isWhole, differences} = repairCluster({
    partitions: 1,
    without: ['h3'],
  });
  const serve = () =>
    ['h1', 'h2'].every(host => stateOf(host) === 'running.serving' && cluster.host(host).isReady);
  t.true(cluster.runUntil(serve, 2_000));
  keys(20).forEach(name => t.is(at('h1', 'put', name)?.code, 200));
  cluster.host('h3').start();
  t.true(isWhole(30_000));
  t.deepEqual(differences(), []);
});

test('joining: one owner alone of a new cluster does not take itself for all of it', t => {
  const {cluster, stateOf, isWhole} = repairCluster({partitions: 1, without: ['h2', 'h3']});
  cluster.run(5_000);
  t.is(stateOf('h1'), 'running.joining');
  cluster.host('h2').start();
  cluster.host('h3').start();
  t.true(isWhole());
});
