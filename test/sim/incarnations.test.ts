/** When a vnode may go on under its old incarnation, seen on the disk of one simulated host. */
import test from 'ava';
import type {StorageFailureCode} from '../../src/ports/storage.js';
import {SimClient} from '../../src/sim/client.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimCluster} from '../../src/sim/cluster.js';
import {History} from '../../src/sim/history.js';
import {SimRandom} from '../../src/sim/random.js';
import {Trace} from '../../src/sim/trace.js';
import {Witness} from '../../src/sim/witness.js';

const NAME = 'users.alice';

/** One host with one partition, that has taken one put. */
function open() {
  const clock = new SimClock();
  const random = new SimRandom(1);
  const trace = new Trace(() => clock.nowMs(), {keep: false});
  const history = new History();
  const violations: string[] = [];
  const cluster = new SimCluster({
    clock,
    random,
    trace,
    hosts: 1,
    topology: {partitions: 1, n: 1},
    isMapped: true,
    witness: one => new Witness(one, history, what => violations.push(what)),
    onBreak: what => violations.push(what),
    onDown: () => {},
  });
  const host = cluster.host('h1');
  const start = () => {
    host.start();
    return cluster.runUntil(() => cluster.isWhole, 5_000);
  };
  const stop = () => {
    host.stop();
    return cluster.runUntil(() => host.state === 'down', 5_000);
  };
  const client = new SimClient({
    id: 'c1',
    clock,
    transport: cluster.network.connect('c1'),
    subjects: cluster.subjects,
    history,
    timeoutMs: 400,
    hostsOf: () => ['h1'],
  });
  const put = () => {
    const wish = {
      client: 'c1',
      verb: 'put',
      name: NAME,
      id: '',
      context: '',
      r: '',
      w: '',
    } as const;
    client.begin([{...wish, via: 'frame', wantsAll: false, paddingBytes: 0}], () => {});
    cluster.run(300);
  };
  /** Who stamped the key's latest write. */
  const incarnation = () => cluster.witness.durable('h1', NAME)?.siblings[0]?.dots[0]?.incarnation;
  start();
  put();
  return {cluster, host, start, stop, put, incarnation, violations, first: incarnation()};
}

test('incarnation: kept when the host stopped in order', t => {
  const {start, stop, put, incarnation, first, violations} = open();
  t.true(stop());
  t.true(start());
  put();
  t.truthy(first);
  t.is(incarnation(), first);
  t.deepEqual(violations, []);
});

test('incarnation: new after a crash', t => {
  const {host, start, put, incarnation, first} = open();
  host.crash({loseUnsynced: false});
  t.true(start());
  put();
  t.not(incarnation(), first);
});

for (const code of ['FULL', 'IO'] satisfies StorageFailureCode[]) {
  // The commit ends only when the host is closing, and the store closes well all the same.
  test(`incarnation: new when a commit failed while the host stopped in order (${code})`, t => {
    const {cluster, host, start, stop, put, incarnation, first, violations} = open();
    host.disk.hold();
    host.disk.failNextCommit(code, {applied: false});
    put();
    host.stop();
    cluster.run(5_000);
    host.disk.release();
    t.true(stop());
    t.true(start());
    put();
    t.truthy(incarnation());
    t.not(incarnation(), first);
    t.deepEqual(violations, []);
  });
}

test('incarnation: new when the vnode had crashed and the host stopped before it was back', t => {
  const {host, start, stop, put, incarnation, first, violations} = open();
  host.running?.failpoints.arm('put.sent', 'crash');
  put();
  host.running?.failpoints.arm('vnode.work', 'crash');
  put();
  t.true(stop());
  t.true(start());
  put();
  t.not(incarnation(), first);
  t.deepEqual(violations, []);
});
