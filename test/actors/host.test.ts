import test from 'ava';
import {startHost} from '../../actors/host/host.effects.js';
import type {TreeNode} from '../../actors/host/tree.js';
import {DEFAULT_HOST_CONFIG} from '../../src/config.js';
import type {Message} from '../../src/ports/transport.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimDisk} from '../../src/sim/disk.js';
import {SimNetwork} from '../../src/sim/network.js';
import {SimRandom} from '../../src/sim/random.js';
import {partitionOf} from '../../src/ring/partition.js';
import {decodeIdentity} from '../../src/store/identity.js';
import {placeOfKey, topologyKey} from '../../src/store/layout.js';
import {openRecord} from '../../src/store/record.js';
import {createTopology} from '../../src/topology/create.js';
import type {Topology} from '../../src/topology/document.js';

const PARTITIONS = 3;
const createFor = (...ids: string[]) =>
  createTopology(
    {hosts: ids.map(id => ({id})), partitions: PARTITIONS, n: ids.length},
    new SimRandom(1),
  ).topology;
const identitiesOn = (disk: SimDisk): string[] =>
  disk.entries().flatMap(({key, value}) => {
    const content = placeOfKey(key)?.kind === 'identity' ? openRecord(key, value) : null;
    const identity = content === null ? null : decodeIdentity(content);
    return identity === null ? [] : [identity.incarnation];
  });

const rotObject = (disk: SimDisk, name: string) =>
  disk.rot(1, key => {
    const place = placeOfKey(key);
    return place?.kind === 'object' && place.name === name;
  });

const alone = createFor('h1');
const pair = createFor('h1', 'h2');

/** Host h1 on a simulated disk and network, with a plain client beside it. */
function start(
  topology: Topology | null = alone,
  {disk, seed = 7, whenReady}: {disk?: SimDisk; seed?: number; whenReady?: () => void} = {},
) {
  const random = new SimRandom(seed);
  const clock = new SimClock();
  const platter = disk ?? new SimDisk(random.stream('crash'));
  const network = new SimNetwork({clock, random: random.stream('network')});
  const events: string[] = [];
  const failures: unknown[] = [];
  const storage = platter.storage(clock, random.stream('disk'));
  const host = startHost(
    {
      clock,
      random,
      storage,
      transport: network.connect('h1'),
      bulk: network.connect('h1.bulk'),
      exit: () => {},
    },
    {id: 'h1', version: '0', topology, ...DEFAULT_HOST_CONFIG},
    {
      onReady: () => {
        events.push('ready');
        whenReady?.();
      },
      onEvent: (kind, {actor}) =>
        events.push(typeof actor === 'string' ? `${kind} ${actor}` : kind),
      onStopped: () => events.push('stopped'),
      onFailed: failure => {
        events.push('failed');
        failures.push(failure);
      },
    },
  );
  const client = network.connect('client');
  const replies = new Map<string, Message>();
  client.subscribe('_INBOX.>', {}, message => replies.set(message.subject, message));
  let asked = 0;
  const pass = (ms = 1_000) => clock.run(clock.nowMs() + ms);
  return {
    host,
    clock,
    disk: platter,
    events,
    failures,
    pass,
    /** Sends a request; the answer, once there is one, is its HTTP-like code. */
    ask: (verb: string, key: string, value = '') => {
      asked += 1;
      const reply = `_INBOX.${asked}`;
      client.publish(`quorate.${verb}.b.${key}`, Buffer.from(value), {reply});
      return () => {
        const message = replies.get(reply);
        const code =
          message?.unheard === true ? 'unheard' : message?.header('Nats-Service-Error-Code');
        return code === '' ? '200' : code;
      };
    },
    state: () => host.tree().state,
    node: (...path: string[]) =>
      path.reduce<TreeNode | undefined>(
        (node, id) => node?.children.find(child => child.id === id),
        host.tree(),
      ),
  };
}

const keyOf = (partition: number) => {
  let no = 0;
  while (partitionOf(`b.k${no}`, PARTITIONS) !== partition) {
    no += 1;
  }

  return `k${no}`;
};

test('start: store, topology, then everything else; ready once all of it serves', t => {
  const {pass, events, host, ask} = start();
  t.deepEqual(
    host.tree().children.map(({id}) => id),
    ['store'],
  );
  const put = ask('put', 'k', 'x');
  pass();
  t.is(put(), 'unheard');
  t.deepEqual(events, ['ready']);
  t.deepEqual(
    host.tree().children.map(({id}) => id),
    [
      'store',
      'topology',
      'coordinator',
      'repair',
      'purge',
      'hints',
      'delivery.h1',
      'gossip',
      'scrub',
      'partition.0',
      'partition.1',
      'partition.2',
    ],
  );
  t.is(host.tree().state, 'serving');
});

test('start: a host serves without its peers once it has waited long enough for them', t => {
  const {pass, events, state} = start(pair);
  pass(DEFAULT_HOST_CONFIG.joinGraceMs);
  t.deepEqual([events, state()], [[], 'joining.waiting']);
  pass(500);
  t.deepEqual([events, state()], [['ready'], 'serving']);
});

test('serving: puts and gets are answered', t => {
  const {pass, ask} = start();
  pass();
  const put = ask('put', 'k', 'x');
  pass();
  const get = ask('get', 'k');
  const absent = ask('get', 'absent');
  pass();
  t.deepEqual([put(), get(), absent()], ['200', '200', '404']);
});

test('crash: of a vnode is told and restarted, and its siblings never stop serving', t => {
  const {pass, ask, host, events, node} = start();
  pass();
  host.failpoints.arm('vnode.work', 'crash', 1, 1);
  const crashes = ask('put', keyOf(1), 'x');
  pass(20);
  t.is(node('partition.1')?.state, 'backingOff');
  const other = ask('put', keyOf(0), 'x');
  pass(50);
  t.is(other(), '200');
  pass(5_000);
  t.is(crashes(), '504');
  t.is(node('partition.1')?.state, 'running.serving');
  t.like(node('partition.1', 'vnode'), {state: 'serving', restarts: 1});
  t.deepEqual(events, ['ready', 'crash partition.1/vnode']);
  const again = ask('put', keyOf(1), 'x');
  pass();
  t.is(again(), '200');
});

test('crash: of the coordinator is restarted by the host, partitions never stop serving', t => {
  const {pass, ask, host, events, node} = start();
  pass();
  host.failpoints.arm('coordinator.admit', 'crash');
  const crashes = ask('put', 'k', 'x');
  pass(20);
  t.is(node('coordinator')?.state, 'crashed');
  const waits = ask('put', 'k', 'x');
  pass();
  t.deepEqual([crashes(), waits()], ['504', '200']);
  t.deepEqual(events, ['ready', 'crash coordinator']);
  t.like(node('coordinator'), {restarts: 1});
  t.is(node('partition.1')?.restarts, 0);
});

test('crash: a vnode in a crash loop takes its partition down, which the host restarts', t => {
  const {pass, ask, host, events, node, state} = start();
  pass();
  host.failpoints.arm('vnode.work', 'crash', 6, 1);
  for (let no = 0; no < 30; no += 1) {
    ask('put', keyOf(1), 'x');
    pass(500);
  }

  t.is(events.filter(event => event === 'crash partition.1/vnode').length, 6);
  t.is(events.filter(event => event === 'crash partition.1').length, 1);
  t.is(node('partition.1')?.restarts, 1);
  t.is(state(), 'serving');
  const put = ask('put', keyOf(1), 'x');
  pass();
  t.is(put(), '200');
});

test('crash: children that crash in a loop are the failure of the host', t => {
  const {pass, ask, host, events, failures} = start();
  pass();
  host.failpoints.arm('coordinator.admit', 'crash', 1_000);
  for (let no = 0; no < 30 && failures.length === 0; no += 1) {
    ask('put', 'k', 'x');
    pass(2_000);
  }

  t.is(
    events.filter(event => event === 'crash coordinator').length,
    DEFAULT_HOST_CONFIG.restartPolicy.restartsMax,
  );
  t.deepEqual(events.slice(-1), ['failed']);
  t.regex(String(failures[0]), /FailpointHit/);
});

test('store: its loss is the failure of the host, told once and never thrown', t => {
  const {pass, ask, host, clock, events, failures} = start();
  pass();
  host.failpoints.arm('commit.before', 'crash');
  ask('put', 'k', 'x');
  t.notThrows(() => pass());
  t.deepEqual(events, ['ready', 'failed']);
  t.regex(String(failures[0]), /FailpointHit/);
  pass(60_000);
  t.is(clock.pending, 0, 'nothing of it ticks on, so that its process can end');
});

test('root: an error of the host itself reaches its observer, not the process', t => {
  const whenReady = () => {
    throw new Error('broken');
  };
  const {pass, events, failures} = start(alone, {whenReady});
  t.notThrows(() => pass());
  t.deepEqual(events, ['ready', 'failed']);
  t.regex(String(failures[0]), /broken/);
});

test('store: a disk that lost synced commits is salvaged before anything is served', t => {
  const first = start();
  first.pass();
  first.disk.loseSynced(1);
  const {pass, events, host, ask} = start(null, {disk: first.disk});
  pass();
  t.deepEqual(events, ['salvaging', 'salvaged', 'ready']);
  t.is(host.counters.get('store_salvages'), 1);
  const put = ask('put', 'k', 'x');
  pass();
  t.is(put(), '200');
});

test('store: a host whose copy rots never says not found, and its next start salvages', t => {
  const first = start();
  first.pass();
  const written = ['a', 'b', 'c'].map(key => first.ask('put', key, 'x'));
  first.pass();
  t.deepEqual(
    written.map(code => code()),
    ['200', '200', '200'],
  );
  const incarnations = identitiesOn(first.disk);
  first.disk.crash({loseUnsynced: false});
  rotObject(first.disk, 'b.b');

  const second = start(null, {disk: first.disk});
  second.pass();
  const got = second.ask('get', 'b');
  second.pass();
  t.not(got(), '404');
  t.deepEqual(second.events, ['ready', 'failed']);

  second.disk.crash({loseUnsynced: false});
  const third = start(null, {disk: first.disk, seed: 8});
  third.pass();
  t.deepEqual(third.events, ['salvaging', 'salvaged', 'ready']);
  t.is(third.host.counters.get('store_damaged_places'), 1);
  const kept = ['a', 'c'].map(key => third.ask('get', key));
  third.pass();
  t.deepEqual(
    kept.map(code => code()),
    ['200', '200'],
  );
  t.is(incarnations.filter(one => identitiesOn(first.disk).includes(one)).length, 0);
});

test('topology: one that was lost with a damaged store is asked for, in a sentence', t => {
  const first = start();
  first.pass();
  first.disk.crash({loseUnsynced: false});
  first.disk.rot(1, key => key[0] === topologyKey()[0]);
  const without = start(null, {disk: first.disk});
  without.pass();
  without.disk.crash({loseUnsynced: false});
  const again = start(null, {disk: first.disk});
  again.pass();
  t.is(again.events.at(-1), 'failed');
  t.regex(String(again.failures[0]), /damaged: give it the cluster.json .*--topology/);
  again.disk.crash({loseUnsynced: false});
  const given = start(alone, {disk: first.disk});
  given.pass();
  t.is(given.events.at(-1), 'ready');
});

test('topology: without one, or with that of another cluster, the host fails and says why', t => {
  const none = start(null);
  none.pass();
  t.deepEqual(none.events, ['failed']);
  t.regex(String(none.failures[0]), /--topology/);

  const first = start();
  first.pass();
  first.disk.crash({loseUnsynced: false});
  const {cluster} = alone;
  const other = start({...alone, cluster: {...cluster, id: 'other'}}, {disk: first.disk});
  other.pass();
  t.deepEqual(other.events, ['failed']);
  t.regex(String(other.failures[0]), /belongs to cluster/);
});

test('stop: finishes what it began, then closes partitions and store, which is clean', t => {
  const {pass, ask, host, events, disk, clock} = start();
  pass();
  const begun = ask('put', 'k', 'x');
  while (host.tree().children.find(({id}) => id === 'coordinator')?.state !== 'busy') {
    clock.run(clock.nowMs() + 0.1);
  }

  host.stop();
  pass();
  t.is(begun(), '200');
  t.deepEqual(events, ['ready', 'stopped']);
  const late = ask('put', 'k', 'x');
  pass();
  t.is(late(), 'unheard');
  const reports: unknown[] = [];
  const next = new SimClock();
  disk.storage(next, new SimRandom(1)).open((_, report) => reports.push(report));
  next.run(1_000);
  t.like(reports[0], {clean: true, suspect: null});
});

test('stop: after a stop incarnations are continued, after a kill they are not', t => {
  const startOn = (disk: SimDisk, seed: number) => {
    const run = start(alone, {disk, seed});
    run.pass();
    return run;
  };
  const identities = (disk: SimDisk) => {
    const clock = new SimClock();
    const storage = disk.copy().storage(clock, new SimRandom(1));
    const found: string[] = [];
    storage.open(() => {});
    clock.run(1_000);
    storage.scan({from: Buffer.from('i'), to: Buffer.from('j'), limit: 10}, (_, entries) =>
      found.push(...entries.map(({value}) => Buffer.from(value).toString('latin1').slice(8, 30))),
    );
    clock.run(2_000);
    return found;
  };

  const first = start();
  first.pass();
  first.host.stop();
  first.pass();
  const atFirst = identities(first.disk);
  t.is(atFirst.length, PARTITIONS);
  const second = startOn(first.disk, 8);
  t.deepEqual(identities(second.disk), atFirst);
  second.disk.crash({loseUnsynced: true});
  const third = startOn(second.disk, 9);
  t.true(identities(third.disk).every(incarnation => !atFirst.includes(incarnation)));
});

for (const [when, until] of [
  ['before its store is open', 'opening'],
  ['while it learns its topology', 'learning'],
  ['while it joins', 'joining.waiting'],
] as const) {
  test(`stop: ${when} the host stops all the same, and its store is closed`, t => {
    const {host, pass, events, state} = start(pair);
    while (state() !== until) {
      pass(0.01);
    }

    host.stop();
    pass(20_000);
    t.is(events.at(-1), 'stopped');
    t.false(events.includes('failed'));
  });
}

test('stop: asked for a second time while it drains, the host stops as if asked once', t => {
  const {host, pass, events, ask, state} = start();
  pass();
  ask('put', 'k', 'x');
  pass(0.5);
  host.stop();
  t.is(state(), 'draining');
  host.stop();
  pass(20_000);
  t.deepEqual(events, ['ready', 'stopped']);
});

test('stop: while the coordinator waits for its restart the host stops all the same', t => {
  const {host, pass, events, ask} = start();
  pass();
  host.failpoints.arm('coordinator.admit', 'crash');
  ask('put', 'k', 'x');
  pass(20);
  host.stop();
  pass(20_000);
  t.deepEqual(events, ['ready', 'crash coordinator', 'stopped']);
});

test('stop: what cannot end in time does not keep the host from stopping', t => {
  const {host, pass, events, ask, disk, clock} = start();
  pass();
  disk.hold();
  ask('put', 'k', 'x');
  pass(20);
  host.stop();
  pass(DEFAULT_HOST_CONFIG.drainMs + 100);
  t.is(host.tree().state, 'closing');
  disk.release();
  clock.run(clock.nowMs() + 1_000);
  t.deepEqual(events, ['ready', 'stopped']);
});

test('store: damage that a read meets is an error to its client, and the end of the host', t => {
  const {pass, disk, events, failures, ask} = start();
  pass();
  disk.failReads('CORRUPT');
  const got = ask('get', 'k');
  pass();
  t.not(got(), '404');
  t.deepEqual(events, ['ready', 'failed']);
  t.regex(String(failures[0]), /StorageFailure/);
});

test('scrub: rot that nobody reads is met all the same', t => {
  const {pass, disk, events, ask} = start();
  pass();
  ask('put', 'k', 'x');
  pass();
  rotObject(disk, 'b.k');
  pass(2 * 3_600_000);
  t.deepEqual(events, ['ready', 'failed']);
});

test('scrub: while nothing is damaged it shows how far it is, and the host goes on', t => {
  const {pass, events, host, ask} = start();
  pass();
  ask('put', 'k', 'x');
  pass(2 * 3_600_000);
  t.deepEqual(events, ['ready']);
  t.is(host.tree().children.find(({id}) => id === 'scrub')?.state, 'resting');
});
