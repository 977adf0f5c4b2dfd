/**
 * Hints of whole simulated hosts, handed in by the wire in an owner's name, through crashes, power
 * cuts and lost messages.
 */
import test from 'ava';
import {SimClock} from '../../src/sim/clock.js';
import {SimCluster} from '../../src/sim/cluster.js';
import {History} from '../../src/sim/history.js';
import {SimRandom} from '../../src/sim/random.js';
import {Trace} from '../../src/sim/trace.js';
import {Witness} from '../../src/sim/witness.js';
import {hold} from '../../src/store/held.js';
import {placeOfKey} from '../../src/store/layout.js';
import {ownersOf} from '../../src/topology/lookup.js';
import {decodeHostFrame, encodeData, FRAME, type Envelope} from '../../src/wire/host-frames.js';
import {isHostItem, ITEM} from '../../src/wire/host-items.js';
import {objectOf} from '../helpers/held.js';

/** Four hosts; three own the only partition, and the fourth can stand in for them. */
function open(seed = 1) {
  const clock = new SimClock();
  const random = new SimRandom(seed);
  const broken: string[] = [];
  const history = new History();
  const cluster: SimCluster = new SimCluster({
    clock,
    random,
    trace: new Trace(() => clock.nowMs(), {keep: false}),
    hosts: 4,
    topology: {partitions: 1, n: 3},
    isMapped: true,
    // It judges clients' requests, of which there are none.
    witness: one => new Witness(one, history, () => undefined),
    onBreak: what => broken.push(what),
    onDown: () => {},
  });
  const owners = ownersOf(cluster.topology, 0);
  const [owner = '', away = '', third = ''] = owners;
  const standIn = cluster.hosts.map(({id}) => id).find(id => !owners.includes(id)) ?? '';
  cluster.startAll();
  const spy = spyOn(cluster, owner, standIn);
  cluster.runUntil(() => cluster.isWhole, 5_000);
  const onDisk = () =>
    cluster
      .host(standIn)
      .disk.entries()
      .filter(({key}) => placeOfKey(key)?.kind === 'hint').length;
  return {
    cluster,
    random: random.stream('test'),
    broken,
    away: cluster.host(away),
    standIn: cluster.host(standIn),
    third: cluster.host(third),
    onDisk,
    /** Keys of which `host` has lost what was acknowledged. */
    missingAt: (host: string, names: readonly string[]) =>
      names.filter(name => cluster.witness.holdings.durable(host, name) === null),
    /** Hands in a hint for each name; tells which were acknowledged. */
    keep: (names: readonly string[], targets: readonly string[] = [away], bytes = 20): string[] => {
      const asked = new Map(names.map((name, at) => [spy.keep(name, targets, bytes, at), name]));
      cluster.run(500);
      return [...asked].filter(([no]) => spy.codes.get(no) === 200).map(([, name]) => name);
    },
    codes: spy.codes,
  };
}

/** Speaks to the stand-in in an owner's name, and hears what it answers. */
function spyOn(cluster: SimCluster, owner: string, standIn: string) {
  const {subjects, network} = cluster;
  const connection = network.connect('spy');
  const codes = new Map<number, number>();
  let envelope: Envelope | null = null;
  let lastNo = 1_000_000;
  connection.subscribe(subjects.allOfHost(standIn), {}, ({payload}) => {
    const frame = decodeHostFrame(payload);
    if (frame?.kind === FRAME.welcome && frame.from === owner) {
      const {cluster: id, from, fromIncarnation, toIncarnation, epoch} = frame;
      envelope = {cluster: id, from, fromIncarnation, toIncarnation, epoch};
    }
  });
  connection.subscribe(subjects.allOfHost(owner), {}, ({payload}) => {
    for (const item of decodeHostFrame(payload)?.items ?? []) {
      if (isHostItem(item) && item[0] === ITEM.merged) {
        codes.set(item[1], item[2]);
      }
    }
  });
  return {
    codes,
    keep: (name: string, targets: readonly string[], bytes: number, counter: number): number => {
      lastNo += 1;
      const object = objectOf(new Uint8Array(bytes), {incarnation: 'writer', counter: counter + 1});
      const epoch = cluster.topology.partitionEpochs[0] ?? 0;
      const kept = hold(name, object).bytes;
      if (envelope !== null) {
        const item = [ITEM.keep, lastNo, 0, epoch, name, kept, targets] as const;
        connection.publish(subjects.lane(standIn, 'data'), encodeData(envelope, [item]));
      }

      return lastNo;
    },
  };
}

const namesOf = (count: number, prefix = 'k') =>
  Array.from({length: count}, (_, no) => `users.${prefix}${no}`);

test('hints: reach an owner that was down, though the stand-in lost power in between', t => {
  const {cluster, away, standIn, keep, onDisk, missingAt, broken} = open();
  away.crash({loseUnsynced: true});
  const names = keep(namesOf(20));
  t.is(names.length, 20);
  t.is(onDisk(), 20);
  standIn.crash({loseUnsynced: true});
  cluster.run(200);
  standIn.start();
  cluster.run(2_000);
  t.is(onDisk(), 20);
  away.start();
  t.true(cluster.runUntil(() => onDisk() === 0, 10_000));
  t.deepEqual(missingAt(away.id, names), []);
  t.deepEqual(broken, []);
});

test('hints: a stand-in that is stopped in order keeps them, and says so', t => {
  const {cluster, away, standIn, keep, onDisk} = open();
  away.crash({loseUnsynced: true});
  keep(namesOf(5));
  standIn.stop();
  t.true(cluster.runUntil(() => standIn.state === 'down', 5_000));
  t.is(onDisk(), 5);
  standIn.start();
  t.true(cluster.runUntil(() => standIn.isReady, 5_000));
  const hints = standIn.running?.tree().children.find(({id}) => id === 'hints');
  t.is(hints?.state, 'keeping.watching');
});

test('hints: for two owners leave when both have them', t => {
  const {cluster, away, third, keep, onDisk, missingAt} = open();
  away.crash({loseUnsynced: true});
  third.crash({loseUnsynced: true});
  const names = keep(namesOf(10), [away.id, third.id]);
  away.start();
  cluster.run(5_000);
  t.is(onDisk(), 10);
  t.deepEqual(missingAt(away.id, names), []);
  third.start();
  t.true(cluster.runUntil(() => onDisk() === 0, 10_000));
  t.deepEqual(missingAt(third.id, names), []);
});

test('hints: past the bound they are refused, and all that were taken arrive', t => {
  const {cluster, away, keep, onDisk, missingAt, codes} = open();
  away.crash({loseUnsynced: true});
  const names = Array.from({length: 12}, (_, round) =>
    keep(namesOf(10, `r${round}-`), [away.id], 500),
  );
  const taken = names.flat();
  t.true(taken.length > 20 && taken.length < 120, String(taken.length));
  t.true([...codes.values()].includes(503));
  away.start();
  t.true(cluster.runUntil(() => onDisk() === 0, 20_000));
  t.deepEqual(missingAt(away.id, taken), []);
});

for (let seed = 1; seed <= 12; seed += 1) {
  test(`hints: those acknowledged arrive through crashes and lost messages (seed ${seed})`, t => {
    const {cluster, random, away, standIn, keep, onDisk, missingAt, broken} = open(seed);
    const acknowledged: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      cluster.disturb({loss: random.chance(0.5) ? 0.05 : 0, repeat: 0.05});
      const [victim, other] = random.chance(0.5) ? [away, standIn] : [standIn, away];
      if (random.chance(0.6)) {
        victim.crash({loseUnsynced: random.chance(0.5)});
      }

      other.start();
      cluster.run(random.below(300));
      acknowledged.push(...keep(namesOf(8, `r${round}-`)));
      cluster.run(random.below(700));
      victim.start();
    }

    cluster.heal();
    t.true(cluster.runUntil(() => cluster.isWhole && onDisk() === 0, 30_000));
    t.true(acknowledged.length > 0);
    t.deepEqual(missingAt(away.id, acknowledged), []);
    t.deepEqual(broken, []);
  });
}

test('hints: one whose commit failed and took effect is synced before it is acknowledged', t => {
  const {cluster, away, standIn, keep} = open();
  away.crash({loseUnsynced: true});
  const safe = () => cluster.witness.holdings.kept('users.k0').filter(kept => kept !== null).length;
  standIn.disk.failNextCommit('FULL', {applied: true});
  t.deepEqual(keep(namesOf(1)), []);
  t.deepEqual(keep(namesOf(1)), ['users.k0']);
  t.is(safe(), 1);
});
