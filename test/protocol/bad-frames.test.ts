/**
 * Frames that no client of ours and no host would send: refused or dropped, counted, and without
 * effect.
 */
import {headers, type NatsConnection} from '@nats-io/transport-node';
import test, {type ExecutionContext} from 'ava';
import {Packr} from 'msgpackr';
import {encodeData, encodeGreeting, type Envelope, FRAME} from '../../src/wire/host-frames.js';
import {ITEM} from '../../src/wire/host-items.js';
import {partitionOf} from '../../src/ring/partition.js';
import {startCluster} from '../helpers/cluster.js';
import {until} from '../helpers/until.js';
import {type Bed, contentsOf, counted, fill, health} from './contents.js';
import {RawClient} from './raw-client.js';

const packr = new Packr({useRecords: false});
const good = [1, 'put', 'kept', 'k0', Buffer.from('bad'), ['', '', '', '', '']];

async function start(t: ExecutionContext): Promise<Bed & {names: string[]}> {
  const cluster = await startCluster(t);
  const bed = {cluster, client: await RawClient.connect(t, cluster.url)};
  return {...bed, names: await fill(bed)};
}

const without = (at: number, value: unknown) => good.with(at, value as string);
const MALFORMED: ReadonlyArray<readonly [what: string, frame: unknown, why: RegExp]> = [
  ['no frame', 'hello', /not MessagePack \[1, kind, \.\.\.\]/],
  ['a map', {1: 'ops'}, /not MessagePack/],
  ['an empty list', [], /not MessagePack/],
  ['another version', [2, 'ops', [good]], /not MessagePack \[1/],
  ['no kind', [1], /neither 'ops' with a list nor 'ask'/],
  ['an unknown kind', [1, 'do', [good]], /neither 'ops' with a list nor 'ask'/],
  ['operations that are no list', [1, 'ops', 'all'], /neither/],
  ['a question that is no text', [1, 'ask', 7], /neither/],
  ['an unknown question', [1, 'ask', 'password', null], /unknown question 'password': ask status/],
  [
    'too many operations',
    [1, 'ops', Array.from({length: 4097}, () => good)],
    /4097 operations.*4096/,
  ],
  ['an operation of five fields', [1, 'ops', [good.slice(1)]], /operation 0 .* wrong shape/],
  ['one bad operation after a good one', [1, 'ops', [good, without(0, 'one')]], /operation 1 /],
  ['an unknown verb', [1, 'ops', [without(1, 'post')]], /wrong shape/],
  ['a bucket that is no text', [1, 'ops', [without(2, null)]], /wrong shape/],
  ['a key that is no text', [1, 'ops', [without(3, 7)]], /wrong shape/],
  ['a value that is text', [1, 'ops', [without(4, 'text')]], /wrong shape/],
  ['four options', [1, 'ops', [without(5, ['', '', '', ''])]], /wrong shape/],
  ['an option that is a number', [1, 'ops', [without(5, [1, '', '', '', ''])]], /wrong shape/],
  ['a fractional number', [1, 'ops', [without(0, 1.5)]], /wrong shape/],
];

test('client frames: malformed ones are refused as a whole, in words', async t => {
  const {client, cluster, names} = await start(t);
  const before = await contentsOf({client, cluster}, names);
  for (const [what, frame, why] of MALFORMED) {
    const reply = await client.request('quorate.c.h1', packr.pack(frame));
    const [version, kind, text] = packr.unpack(reply.payload) as [number, string, string];
    t.deepEqual([version, kind], [1, 'refused'], what);
    t.regex(text, why, what);
  }

  t.deepEqual(await contentsOf({client, cluster}, names), before);
  t.is(cluster.host('h1').running.counters.get('frames_malformed'), MALFORMED.length - 1);
  t.deepEqual(await health({client, cluster}), []);
});

test('client frames: every one cut short, and one nested too deep, is refused', async t => {
  const {client, cluster, names} = await start(t);
  const before = await contentsOf({client, cluster}, names);
  const whole = packr.pack([1, 'ops', [good]]);
  const deep = Buffer.alloc(100_000, 0x91);
  for (const payload of [...Array.from(whole, (_, end) => whole.subarray(0, end)), deep]) {
    const reply = await client.request('quorate.c.h2', payload);
    t.is((packr.unpack(reply.payload) as string[])[1], 'refused');
  }

  t.deepEqual(await contentsOf({client, cluster}, names), before);
  t.deepEqual(await health({client, cluster}), []);
});

test('client frames: bad names and options are refused one by one', async t => {
  const {client, cluster} = await start(t);
  const bad: ReadonlyArray<readonly [op: unknown, code: number]> = [
    [[1, 'put', '', 'k', null, ['', '', '', '', '']], 400],
    [[2, 'put', 'b', '', null, ['', '', '', '', '']], 400],
    [[3, 'put', 'b.c', 'k', null, ['', '', '', '', '']], 400],
    [[4, 'put', 'b', 'a..b', null, ['', '', '', '', '']], 400],
    [[5, 'put', 'b', 'a b', null, ['', '', '', '', '']], 400],
    [[6, 'put', 'b', '\u{D800}', null, ['', '', '', '', '']], 400],
    [[7, 'put', 'b', 'k'.repeat(1025), null, ['', '', '', '', '']], 413],
    [[8, 'put', 'b', 'k', null, ['0', '', '', '', '']], 400],
    [[9, 'put', 'b', 'k', null, ['', '4', '', '', '']], 400],
    [[10, 'put', 'b', 'k', null, ['', '', 'x', '', '']], 400],
    [[11, 'put', 'b', 'k', null, ['', '', '', '-5', '']], 400],
    [[12, 'put', 'b', 'k', null, ['', '', '', '', 'a\nb']], 400],
    [[13, 'put', '__proto__', 'k', Buffer.alloc(300_000), ['', '', '', '', '']], 413],
    [[14, 'get', 'b', 'k', null, ['', '', '', '', '']], 404],
  ];
  const reply = await client.request('quorate.c.h1', packr.pack([1, 'ops', bad.map(([op]) => op)]));
  const [, , refused] = packr.unpack(reply.payload) as [number, string, Array<[number, number]>];
  const codes = new Map(refused.map(([no, code]) => [no, code]));
  for (const [index, [, code]] of bad.slice(0, -1).entries()) {
    t.is(codes.get(index + 1), code, String(index + 1));
  }

  t.deepEqual(await health({client, cluster}), []);
});

/** What hosts send each other, as a client that may listen everywhere hears it. */
function tap(connection: NatsConnection): Array<{subject: string; payload: Uint8Array}> {
  const heard: Array<{subject: string; payload: Uint8Array}> = [];
  connection.subscribe('quorate.h.>', {
    callback: (_, message) => {
      heard.push({subject: message.subject, payload: message.data});
    },
  });
  return heard;
}

const LANES = ['data', 'admin', 'gossip', 'bulk', 'nothing.there'];

test('host frames: what no host said is counted and changes nothing, on every lane', async t => {
  const bed = await start(t);
  const {client, cluster, names} = bed;
  const {topology} = cluster;
  const before = await contentsOf(bed, names);
  const partition = partitionOf('kept.k0', topology.partitions);
  const items = [
    [ITEM.merge, 1, partition, 1, 'kept.k0', Buffer.from('no object')],
    [ITEM.read, 1, partition, 1, 'kept.k0'],
  ] as const;
  const envelope: Envelope = {
    cluster: topology.cluster.id,
    from: 'h2',
    fromIncarnation: 'guessed',
    toIncarnation: 'guessed',
    epoch: 1,
  };
  const secret = Buffer.alloc(32);
  const frames: ReadonlyArray<readonly [counter: string, payload: Uint8Array]> = [
    ['frames_fenced', encodeData(envelope, items)],
    ['frames_fenced', encodeData({...envelope, toIncarnation: '', fromIncarnation: ''}, items)],
    ['frames_foreign', encodeData({...envelope, cluster: 'another'}, items)],
    ['frames_foreign', encodeData({...envelope, from: 'h9'}, items)],
    ['frames_foreign', encodeData({...envelope, from: 'h1'}, items)],
    ['frames_forged', encodeGreeting(FRAME.hello, envelope, 'h1', secret)],
    ['frames_forged', encodeGreeting(FRAME.welcome, envelope, 'h1', secret)],
    ['frames_malformed', packr.pack([1, 'ops', [good]])],
    ['frames_malformed', Buffer.from('noise')],
    ['frames_malformed', Buffer.alloc(0)],
  ];
  const {counters} = cluster.host('h1').running;
  for (const lane of LANES) {
    for (const [counter, payload] of frames) {
      const count = counters.get(counter);
      client.publish(`quorate.h.h1.${lane}`, payload, {reply: '_INBOX.frames'});
      await until(() => counters.get(counter) === count + 1);
    }
  }

  t.deepEqual(await contentsOf(bed, names), before);
  t.deepEqual(await health(bed), []);
});

test("host frames: a client cannot say in the broker's place that nobody hears a peer", async t => {
  const bed = await start(t);
  const {client, cluster} = bed;
  const {running, events} = cluster.host('h1');
  const forged = headers(503, 'No Responders');
  const guesses = [
    'unheard.h2',
    'unheard.h2.guessed',
    'unheard.h2.',
    'unheard',
    'data',
    'unheard.h9.x',
  ];
  for (const guess of guesses) {
    client.connection.publish(`quorate.h.h1.${guess}`, '', {headers: forged});
  }

  await until(() => running.counters.get('frames_forged') >= guesses.length - 1);
  t.deepEqual(
    events.filter(event => event.startsWith('unlinked')),
    [],
  );
  t.deepEqual(await health(bed), []);
});

test('host frames: an old greeting that somebody recorded and repeats changes nothing', async t => {
  const bed = await start(t);
  const {client, cluster, names} = bed;
  const linkEvents = (id: string) =>
    cluster.host(id).events.filter(event => /^(?:un)?linked /.test(event));
  const heard = tap(client.connection);
  await cluster.host('h2').stop();
  await cluster.host('h2').start();
  await cluster.host('h2').stop();
  await cluster.host('h2').start();
  await until(() => linkEvents('h1').at(-1) === 'linked {"peer":"h2"}');
  const before = await contentsOf(bed, names);
  const events = cluster.hosts.map(({id}) => linkEvents(id));
  const old = heard.filter(({subject}) => subject === 'quorate.h.h1.admin');
  t.true(old.length > 1);
  const {counters} = cluster.host('h1').running;
  for (const {subject, payload} of old) {
    const isHello = (packr.unpack(payload) as unknown[])[1] === FRAME.hello;
    if (isHello) {
      client.publish(subject, payload);
    }
  }

  client.publish('quorate.h.h1.admin', 'the last one');
  await until(() => counters.get('frames_malformed') === 1);
  t.deepEqual(await contentsOf(bed, names), before);
  t.deepEqual(await health(bed), []);
  t.deepEqual(
    cluster.hosts.map(({id}) => linkEvents(id)),
    events,
  );
});

test('host frames: those of an earlier life are fenced off', async t => {
  const bed = await start(t);
  const {client, cluster, names} = bed;
  const heard = tap(client.connection);
  await client.put('kept.k0', 'once', {'Quorate-W': 'all'});
  await cluster.host('h2').stop();
  await cluster.host('h2').start();
  await client.put('kept.k0', 'twice', {'Quorate-W': 'all'});
  const before = await contentsOf(bed, names);
  const {counters} = cluster.host('h2').running;
  const count = counters.get('frames_fenced');
  const recorded = heard.filter(({subject}) => subject === 'quorate.h.h2.data').slice(0, 1);
  t.is(recorded.length, 1);
  for (const {subject, payload} of recorded) {
    client.publish(subject, payload);
  }

  await until(() => counters.get('frames_fenced') > count);
  t.deepEqual(await contentsOf(bed, names), before);
  t.deepEqual(await health(bed), []);
  t.is(counted(bed, 'frames_malformed'), 0);
});
