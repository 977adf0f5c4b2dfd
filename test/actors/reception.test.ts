import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {Reception} from '../../actors/link/reception.js';
import type {Reply} from '../../actors/coordinator/coordinator.messages.js';
import {Gate} from '../../actors/partition/gate.js';
import type {VnodeOperation} from '../../actors/vnode/vnode.messages.js';
import {Counters} from '../../src/counters.js';
import {Mailbox} from '../../src/mailbox.js';
import {SimClock} from '../../src/sim/clock.js';
import {Subjects} from '../../src/subjects.js';
import {
  decodeHostFrame,
  encodeData,
  encodeGreeting,
  type Envelope,
  FRAME,
} from '../../src/wire/host-frames.js';
import {type HostItem, ITEM} from '../../src/wire/host-items.js';
import {pack} from '../../src/wire/pack.js';
import {heldOf} from '../helpers/held.js';
import {messageOf, RecordingTransport} from '../helpers/recording-transport.js';

const secret = Buffer.from('secret');
const me: Envelope = {cluster: 'c', from: 'h1', fromIncarnation: 'me', toIncarnation: '', epoch: 1};
const peer: Envelope = {
  cluster: 'c',
  from: 'h2',
  fromIncarnation: 'p1',
  toIncarnation: 'me',
  epoch: 1,
};

/** The reception of h1, linked to h2 as `p1`, owner of partition 7 at epoch 3. */
function setUp({linkedTo = 'p1', outboxBytesMax = 1e6} = {}) {
  const transport = new RecordingTransport();
  const counters = new Counters();
  const mailbox = new Mailbox<VnodeOperation>(new SimClock(), 100);
  const gate = new Gate(7, 3, ['h1', 'h2'], mailbox);
  gate.admits = true;
  const told: string[] = [];
  const sent: HostItem[] = [];
  const replies: Reply[] = [];
  const bulk: HostItem[] = [];
  const answers: HostItem[] = [];
  const taken: string[] = [];
  const reception = new Reception({
    transport,
    counters,
    secret,
    subjects: new Subjects('quorate'),
    envelope: () => me,
    isPeer: host => host === 'h2' || host === 'h3',
    incarnationOf: host => (host === 'h2' ? linkedTo : ''),
    welcomed: (host, incarnation) => told.push(`welcomed ${host} ${incarnation}`),
    lost: host => told.push(`lost ${host}`),
    gate: partition => (partition === 7 ? gate : undefined),
    send: (_, item) => {
      const fits = item[0] !== ITEM.found || (item[4]?.length ?? 0) <= outboxBytesMax;
      return fits && sent.push(item) > 0;
    },
    reply: reply => replies.push(reply),
    sendBulk: (_, item) => bulk.push(item) > 0,
    answered: (_, item) => answers.push(item),
    takers: new Map([[ITEM.gossip, (from, item) => void taken.push(`${from} ${item[0]}`)]]),
  });
  const receive = (payload: Uint8Array) =>
    reception.onMessage(messageOf('quorate.h.h1.data', payload));
  return {
    transport,
    counters,
    mailbox,
    gate,
    told,
    sent,
    replies,
    bulk,
    answers,
    taken,
    reception,
    receive,
    inBulk: (items: readonly HostItem[], envelope = peer) =>
      reception.onBulk(messageOf('quorate.b.h1', encodeData(envelope, items))),
    data: (items: readonly HostItem[], envelope = peer) => receive(encodeData(envelope, items)),
    greet: (kind: 1 | 2, envelope: Envelope, to = 'h1', key: Uint8Array = secret) =>
      receive(encodeGreeting(kind, envelope, to, key)),
  };
}

const read: HostItem = [ITEM.read, 5, 7, 3, 'b.k'];

test('hello: is answered by a welcome that echoes the incarnation of the greeter', t => {
  const {greet, transport} = setUp({linkedTo: ''});
  greet(FRAME.hello, {...peer, toIncarnation: ''});
  const last = transport.published.at(-1);
  t.is(last?.subject, 'quorate.h.h2.admin');
  const welcome = decodeHostFrame(last?.payload ?? new Uint8Array());
  t.like(welcome, {kind: FRAME.welcome, from: 'h1', fromIncarnation: 'me', toIncarnation: 'p1'});
});

// It takes itself for linked at our welcome; its own has to be ahead of what it sends from then on.
test('hello: of a peer that we are not linked with is answered with ours first', t => {
  const {greet, transport} = setUp({linkedTo: ''});
  greet(FRAME.hello, {...peer, toIncarnation: ''});
  const kinds = transport.published.map(({payload}) => decodeHostFrame(payload)?.kind);
  t.deepEqual(kinds, [FRAME.hello, FRAME.welcome]);
});

test('hello: of a peer born anew is answered with ours; only its welcome ends the old link', t => {
  const {greet, told, transport} = setUp();
  const kinds = () => transport.published.map(({payload}) => decodeHostFrame(payload)?.kind);
  greet(FRAME.hello, {...peer, toIncarnation: ''});
  t.deepEqual(kinds(), [FRAME.welcome]);
  greet(FRAME.hello, {...peer, fromIncarnation: 'p2', toIncarnation: ''});
  t.deepEqual(kinds(), [FRAME.welcome, FRAME.hello, FRAME.welcome]);
  t.deepEqual(told, []);
});

test('welcome: links when it echoes this incarnation, worthless when replayed to a later', t => {
  const {greet, told, transport} = setUp();
  greet(FRAME.welcome, peer);
  t.deepEqual(told, ['welcomed h2 p1']);
  greet(FRAME.welcome, {...peer, toIncarnation: 'me before'});
  t.is(told.length, 1);
  t.deepEqual(transport.published, []);
});

test('greetings: without the secret, or made for another host, they are forged', t => {
  const {greet, told, counters, transport} = setUp();
  greet(FRAME.welcome, peer, 'h1', Buffer.from('guess'));
  greet(FRAME.welcome, peer, 'h3');
  greet(FRAME.hello, peer, 'h1', Buffer.from('guess'));
  t.is(counters.get('frames_forged'), 3);
  t.deepEqual([told, transport.published], [[], []]);
});

test('fence: frames of another cluster or of an unknown host are dropped and counted', t => {
  const {data, greet, counters, mailbox, told} = setUp();
  data([read], {...peer, cluster: 'other'});
  data([read], {...peer, from: 'h9'});
  greet(FRAME.hello, {...peer, cluster: 'other'});
  t.is(counters.get('frames_foreign'), 3);
  t.deepEqual([mailbox.depth, told], [0, []]);
});

test('fence: only a frame between the incarnations that greeted each other is acted on', t => {
  const {data, counters, mailbox, told} = setUp();
  data([read], {...peer, toIncarnation: 'me before'});
  data([read], {...peer, from: 'h3'});
  t.is(counters.get('frames_fenced'), 2);
  t.deepEqual([mailbox.depth, told], [0, []]);
  data([read]);
  t.is(mailbox.depth, 1);
});

test('fence: a peer that knows us under another incarnation than we hold is greeted anew', t => {
  const {data, counters, mailbox, told} = setUp();
  data([read], {...peer, fromIncarnation: 'p2'});
  t.is(counters.get('frames_fenced'), 1);
  t.is(mailbox.depth, 0);
  t.deepEqual(told, ['lost h2']);
});

test('unheard: the peer that nobody hears is lost', t => {
  const {reception, told} = setUp();
  const message = messageOf('quorate.h.h1.unheard.h2.me', new Uint8Array());
  reception.onMessage({...message, unheard: true});
  t.deepEqual(told, ['lost h2']);
});

test('unheard: about another life, another host, or by somebody who guesses, it is forged', t => {
  const {reception, told, counters} = setUp();
  for (const subject of ['unheard.h2.me before', 'unheard.h9.me', 'unheard.h2', 'data']) {
    const message = messageOf(`quorate.h.h1.${subject}`, new Uint8Array());
    reception.onMessage({...message, unheard: true});
  }

  t.is(counters.get('frames_forged'), 4);
  t.deepEqual(told, []);
});

test('read: is answered with what the vnode holds', t => {
  const {data, mailbox, sent} = setUp();
  const held = heldOf('b.k', 'x');
  data([read, [ITEM.read, 6, 7, 3, 'b.absent']]);
  const [first, second] = mailbox.take();
  t.true(first?.kind === 'read' && second?.kind === 'read');
  if (first?.kind === 'read' && second?.kind === 'read') {
    t.deepEqual([first.name, second.name], ['b.k', 'b.absent']);
    first.done(held);
    second.done(null);
    second.done({code: 429, text: 'busy'});
  }

  t.deepEqual(sent, [
    [ITEM.found, 5, 200, '', held.bytes],
    [ITEM.found, 6, 200, '', null],
    [ITEM.found, 6, 429, 'busy', null],
  ]);
});

test('digest: is answered with the hash of what the vnode holds, or a refusal', t => {
  const {data, mailbox, sent} = setUp();
  const held = heldOf('b.k', 'x');
  data([[ITEM.digest, 5, 7, 3, 'b.k']]);
  const [operation] = mailbox.take();
  if (operation?.kind === 'read') {
    operation.done(held);
    operation.done(null);
    operation.done({code: 429, text: 'busy'});
  }

  t.deepEqual(sent, [
    [ITEM.digested, 5, held.hash.hi, held.hash.lo],
    [ITEM.digested, 5, 0, 0],
    [ITEM.found, 5, 429, 'busy', null],
  ]);
});

test('digested: reaches the coordinator', t => {
  const {data, replies} = setUp();
  data([[ITEM.digested, 5, 3, 4]]);
  t.like(replies[0], {no: 5, slot: 'h2', code: 200, object: null, digest: {hi: 3, lo: 4}});
});

test('read: an object that fits into no message is answered with a refusal', t => {
  const {data, mailbox, sent} = setUp({outboxBytesMax: 10});
  data([read]);
  const [operation] = mailbox.take();
  if (operation?.kind === 'read') {
    operation.done(heldOf('b.k', 'x'));
  }

  t.deepEqual(
    sent.map(item => [item[1], item[2]]),
    [[5, 503]],
  );
});

test('merge: is answered once the vnode is done, unless nobody wants to know', t => {
  const {data, mailbox, sent} = setUp();
  const {bytes} = heldOf('b.k', 'x');
  data([
    [ITEM.merge, 5, 7, 3, 'b.k', bytes],
    [ITEM.merge, 0, 7, 3, 'b.k', bytes],
    [ITEM.merge, 6, 7, 3, 'b.k', bytes],
  ]);
  t.deepEqual(sent, []);
  for (const [index, operation] of mailbox.take().entries()) {
    if (operation.kind === 'merge') {
      t.deepEqual(Buffer.from(operation.bytes), Buffer.from(bytes));
      operation.done(index === 2 ? {code: 503, text: 'no disk'} : null);
    }
  }

  t.deepEqual(sent, [
    [ITEM.merged, 5, 200, ''],
    [ITEM.merged, 6, 503, 'no disk'],
  ]);
});

test('gate: what it turns down is answered: other epochs, foreign or closed partitions', t => {
  const {data, gate, sent, mailbox} = setUp();
  const {bytes} = heldOf('b.k', 'x');
  data([
    [ITEM.read, 1, 7, 2, 'b.k'],
    [ITEM.merge, 2, 8, 3, 'b.k', bytes],
  ]);
  gate.admits = false;
  data([[ITEM.merge, 3, 7, 3, 'b.k', bytes]]);
  t.deepEqual(
    sent.map(item => [item[0], item[1], item[2]]),
    [
      [ITEM.found, 1, 503],
      [ITEM.merged, 2, 503],
      [ITEM.merged, 3, 503],
    ],
  );
  t.regex(String(sent[0]?.[3]), /^stale epoch/);
  t.regex(String(sent[1]?.[3]), /^stale epoch/);
  t.is(mailbox.depth, 0);
});

test('replies: reach the coordinator as the peer said them', t => {
  const {data, replies} = setUp();
  const held = heldOf('b.k', 'x');
  data([
    [ITEM.merged, 1, 503, 'no disk'],
    [ITEM.found, 2, 200, '', held.bytes],
    [ITEM.found, 3, 200, '', null],
  ]);
  t.deepEqual(
    replies.map(({no, slot, code, text, object, lost}) => [
      no,
      slot,
      code,
      text,
      object?.vector,
      lost,
    ]),
    [
      [1, 'h2', 503, 'no disk', undefined, false],
      [2, 'h2', 200, '', held.object.vector, false],
      [3, 'h2', 200, '', undefined, false],
    ],
  );
});

test('replies: one with something that is no object is a refusal, and counted', t => {
  const {data, replies, counters} = setUp();
  data([[ITEM.found, 2, 200, '', Buffer.from('garbage')]]);
  t.like(replies[0], {no: 2, slot: 'h2', code: 503, object: null});
  t.is(counters.get('objects_malformed'), 1);
});

test('malformed: a bad item is counted and dropped, its neighbours are acted on', t => {
  const {receive, counters, mailbox} = setUp();
  const {cluster, from, fromIncarnation, toIncarnation, epoch} = peer;
  const items = [['no item'], read, [ITEM.read, -1, 7, 3, 'b.k']];
  receive(pack([1, FRAME.data, cluster, from, fromIncarnation, toIncarnation, epoch, items]));
  t.is(counters.get('items_malformed'), 2);
  t.is(mailbox.depth, 1);
});

testProp(
  'malformed: garbage is counted and dropped, and changes nothing',
  [fc.uint8Array({maxLength: 200})],
  (t, bytes) => {
    const {receive, counters, mailbox, told, sent, replies, transport} = setUp();
    receive(bytes);
    t.is(counters.get('frames_malformed'), 1);
    t.deepEqual([mailbox.depth, told, sent, replies, transport.published], [0, [], [], [], []]);
  },
);

testProp(
  'malformed: a frame with a flipped bit never throws',
  [fc.nat(), fc.nat({max: 7})],
  (t, at, bit) => {
    const {receive} = setUp();
    const frame = Buffer.from(
      encodeData(peer, [read, [ITEM.merge, 1, 7, 3, 'b.k', heldOf('b.k', 'x').bytes]]),
    );
    const index = at % frame.length;
    frame[index] = (frame[index] ?? 0) ^ (1 << bit);
    t.notThrows(() => receive(frame));
  },
);

// Its greeting of our new life, or ours of it, may have been lost, and nobody else would tell it.
test('fence: whoever takes us for our earlier life is greeted, and not listened to', t => {
  const {data, transport, mailbox, told} = setUp();
  data([read], {...peer, toIncarnation: 'me before'});
  const kinds = transport.published.map(({payload}) => decodeHostFrame(payload)?.kind);
  t.deepEqual(kinds, [FRAME.hello]);
  t.deepEqual([mailbox.depth, told], [0, []]);
});

test('goodbye: a peer that stops is lost at once, and only by its own word', t => {
  const {data, told} = setUp();
  data([[ITEM.goodbye, 0]], {...peer, fromIncarnation: 'p0', toIncarnation: 'me before'});
  t.deepEqual(told, []);
  data([[ITEM.goodbye, 0]]);
  t.deepEqual(told, ['lost h2']);
});

test('bulk: a question is answered in bulk, and an answer goes to who asked in bulk', t => {
  const {inBulk, mailbox, bulk, sent, answers, replies} = setUp();
  inBulk([read, [ITEM.merged, 9, 200, '']]);
  const [operation] = mailbox.take();
  t.is(operation?.kind, 'read');
  if (operation?.kind === 'read') {
    operation.done(null);
  }

  t.deepEqual([bulk, sent], [[[ITEM.found, 5, 200, '', null]], []]);
  t.deepEqual([answers, replies], [[[ITEM.merged, 9, 200, '']], []]);
});

test('bulk: what names another life of either host is dropped, and nobody is lost for it', t => {
  const {inBulk, mailbox, counters, told} = setUp();
  inBulk([read], {...peer, fromIncarnation: 'p2'});
  inBulk([read], {...peer, toIncarnation: 'earlier'});
  inBulk([read], {...peer, cluster: 'other'});
  t.deepEqual([mailbox.depth, told], [0, []]);
  t.like(counters.all(), {frames_fenced: 2, frames_foreign: 1});
});

// Where hosts say nothing else to each other, one would wait for the other's earlier life for ever.
test('bulk: what names another life of either host has the two greet each other anew', t => {
  const {inBulk, transport} = setUp();
  inBulk([read], {...peer, fromIncarnation: 'p2'});
  inBulk([read], {...peer, toIncarnation: 'earlier'});
  const greetings = transport.published.map(({payload}) => decodeHostFrame(payload)?.kind);
  t.deepEqual(greetings, [FRAME.hello, FRAME.hello]);
});

test('items: of a kind that an actor takes go to it, and those that none takes are counted', t => {
  const {data, taken, counters} = setUp();
  data([
    [ITEM.gossip, 0, Buffer.of(1)],
    [ITEM.readKept, 1, 7, 3, 'b.k'],
  ]);
  t.deepEqual([taken, counters.all()['items_not_taken']], [[`h2 ${ITEM.gossip}`], 1]);
});
