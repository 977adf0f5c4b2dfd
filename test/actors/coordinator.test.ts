import test from 'ava';
import {createActor} from 'xstate';
import {bindCoordinator} from '../../actors/coordinator/coordinator.effects.js';
import type {
  Answer,
  CoordinatorMail,
  Request,
} from '../../actors/coordinator/coordinator.messages.js';
import type {HintOperation} from '../../actors/hints/hints.messages.js';
import {Gate} from '../../actors/partition/gate.js';
import type {VnodeOperation} from '../../actors/vnode/vnode.messages.js';
import type {StoredObject} from '../../src/causality/object.js';
import {Failpoints} from '../../src/failpoints.js';
import {Mailbox} from '../../src/mailbox.js';
import {SimClock} from '../../src/sim/clock.js';
import {hold} from '../../src/store/held.js';
import {type HostItem, ITEM} from '../../src/wire/host-items.js';
import {found, OWNERS, replyFrom, requestOf} from '../helpers/fake-desk.js';
import {heldOf, objectOf} from '../helpers/held.js';

const TICK_MS = 10;

/** The coordinator of h1, whose vnode is a mailbox and whose peers are what the test says. */
function setUp({mailboxMax = 100, standIns = [] as readonly string[]} = {}) {
  const clock = new SimClock();
  const mailbox = new Mailbox<CoordinatorMail>(clock, mailboxMax);
  const vnode = new Mailbox<VnodeOperation>(clock, 100);
  const gate = new Gate(7, 3, OWNERS, vnode);
  gate.admits = true;
  const failpoints = new Failpoints(() => {});
  const linked = new Set(['h2', 'h3']);
  const hints: HintOperation[] = [];
  const sent: Array<{peer: string; item: HostItem}> = [];
  const {machine, desk} = bindCoordinator({
    self: 'h1',
    clock,
    mailbox,
    failpoints,
    gate: partition => (partition === 7 ? gate : undefined),
    owners: (partition, n) => (partition === 7 ? OWNERS.slice(0, n) : ['h7', 'h8']),
    standIns: () => standIns,
    epochOf: () => 3,
    isLinked: peer => linked.has(peer),
    hasMail: () => false,
    isDown: () => false,
    hints: {
      post: operation => {
        hints.push(operation);
        return null;
      },
    },
    send: (peer, item) => linked.has(peer) && sent.push({peer, item}) > 0,
  });
  const errors: unknown[] = [];
  const make = () => {
    const made = createActor(machine, {clock, input: {tickMs: TICK_MS}});
    made.subscribe({error: error => errors.push(error)});
    return made.start();
  };
  const actor = make();
  const answers = new Map<string, Answer[]>();
  const endTurn = () => clock.run(clock.nowMs());
  return {
    clock,
    desk,
    mailbox,
    vnode,
    failpoints,
    linked,
    sent,
    hints,
    errors,
    actor,
    endTurn,
    restart: make,
    state: () => actor.getSnapshot().value,
    ask: (label: string, over: Partial<Request> = {}) => {
      answers.set(label, []);
      const deadlineMs = clock.nowMs() + 1_000;
      const answer = (said: Answer) => answers.get(label)?.push(said);
      return mailbox.post(requestOf({deadlineMs, answer, ...over}));
    },
    codes: (label: string) => answers.get(label)?.map(({code}) => code),
    answer: (label: string) => answers.get(label)?.[0],
    /** The own vnode answers its reads with `object`. */
    ownReads: (object: StoredObject | null) => {
      for (const operation of vnode.take()) {
        if (operation.kind === 'read') {
          operation.done(object === null ? null : hold('b.k', object));
        }
      }

      endTurn();
    },
    drain: () => actor.send({type: 'coordinator.drain'}),
  };
}

test('requests: all of one turn are taken on together, at its end', t => {
  const {ask, endTurn, desk} = setUp();
  ask('a');
  ask('b');
  t.is(desk.inFlight, 0);
  endTurn();
  t.is(desk.inFlight, 2);
});

test('get: is answered by its quorum, with 404 where nothing is shown', t => {
  const {ask, endTurn, ownReads, desk, sent, codes, answer} = setUp();
  for (const [label, object] of [
    ['found', objectOf('x')],
    ['absent', null],
    ['deleted', objectOf('', {tombstone: true})],
  ] as const) {
    ask(label);
    endTurn();
    ownReads(object);
    const asked = sent.at(-1);
    desk.reply({...found(asked?.peer ?? '', object), no: asked?.item[1] ?? 0});
    endTurn();
    t.deepEqual(codes(label), [label === 'found' ? 200 : 404]);
  }

  t.deepEqual(answer('deleted')?.object?.vector, objectOf('').vector);
  t.is(desk.inFlight, 0);
});

test('put: goes to the own vnode as it was asked, with what the client has seen', t => {
  const {ask, endTurn, vnode} = setUp();
  const vector = [{incarnation: 'p', counter: 4}];
  ask('over', {verb: 'put', value: Buffer.from('x'), id: 'id1'});
  ask('with context', {verb: 'put', context: {vector, hlc: 9}});
  ask('delete', {verb: 'del', context: {vector, hlc: 9}});
  endTurn();
  const intents = vnode
    .take()
    .map(operation => (operation.kind === 'coordinate' ? operation.intent : null));
  t.like(intents[0], {cover: 'everything', coverHlc: 0, id: 'id1', tombstone: false});
  t.like(intents[1], {cover: vector, coverHlc: 9, tombstone: false});
  t.like(intents[2], {cover: vector, coverHlc: 9, tombstone: true});
});

test('delete: without a context it covers what an R-quorum showed, whoever held it', t => {
  const {ask, endTurn, vnode, ownReads, desk, sent} = setUp();
  ask('delete', {verb: 'del'});
  endTurn();
  ownReads(objectOf('mine', {hlc: 5}));
  desk.reply(found(sent[0]?.peer ?? '', objectOf('theirs', {incarnation: 'q', hlc: 8})));
  endTurn();
  // The merge that repairs this host's copy is in the same mailbox.
  const write = vnode.take().find(({kind}) => kind === 'coordinate');
  t.true(write?.kind === 'coordinate');
  if (write?.kind === 'coordinate') {
    t.like(write.intent, {tombstone: true, coverHlc: 8});
    t.deepEqual(write.intent.cover, [
      {incarnation: 'peer', counter: 1},
      {incarnation: 'q', counter: 1},
    ]);
  }

  t.is(desk.inFlight, 1);
});

test('delete: where a quorum holds nothing it writes nothing', t => {
  const {ask, endTurn, vnode, ownReads, desk, sent, codes} = setUp();
  ask('delete', {verb: 'del'});
  endTurn();
  ownReads(null);
  desk.reply(found(sent[0]?.peer ?? '', null));
  endTurn();
  t.deepEqual(codes('delete'), [200]);
  t.is(vnode.depth, 0);
});

test('repair: stale owners get the merge, this host through its own gate; nobody waits', t => {
  const {ask, endTurn, vnode, ownReads, desk, sent} = setUp();
  const fresh = objectOf('new', {counter: 2, onto: objectOf('old')});
  ask('get', {r: 3});
  endTurn();
  ownReads(null);
  desk.reply(found('h2', fresh));
  desk.reply(found('h3', objectOf('old')));
  endTurn();
  t.deepEqual(
    vnode.take().map(({kind}) => kind),
    ['merge'],
  );
  const repairs = sent.filter(({item}) => item[0] === ITEM.merge);
  t.deepEqual(
    repairs.map(({peer, item}) => [peer, item[1]]),
    [['h3', 0]],
  );
});

test('monotonic: a get shows at once what N-R+1 owners hold, and repairs the rest', t => {
  const {ask, endTurn, ownReads, desk, sent, codes} = setUp();
  ask('get', {isMonotonic: true});
  endTurn();
  ownReads(objectOf('x'));
  desk.reply(found(sent[0]?.peer ?? '', objectOf('x')));
  endTurn();
  t.deepEqual(codes('get'), [200]);
});

test('monotonic: what too few owners hold is not shown before more of them do', t => {
  const {ask, endTurn, ownReads, desk, sent, codes, answer} = setUp();
  ask('get', {isMonotonic: true});
  endTurn();
  ownReads(objectOf('new', {counter: 2, onto: objectOf('old')}));
  const peer = sent[0]?.peer ?? '';
  desk.reply(found(peer, objectOf('old')));
  endTurn();
  t.deepEqual(codes('get'), []);
  const written = sent.find(({item}) => item[0] === ITEM.merge);
  t.is(written?.peer, peer);
  desk.reply({...replyFrom(peer), no: written?.item[1] ?? 0});
  endTurn();
  t.deepEqual(codes('get'), [200]);
  t.is(answer('get')?.acks, 2);
});

test('monotonic: the reading of a delete does not wait for it', t => {
  const {ask, endTurn, ownReads, vnode} = setUp();
  ask('delete', {verb: 'del', isMonotonic: true, r: 1});
  endTurn();
  ownReads(objectOf('x'));
  t.is(vnode.take()[0]?.kind, 'coordinate');
});

test('stand-in: a request for owners that are away is begun in a sloppy bucket only', t => {
  const {ask, endTurn, hints, codes} = setUp({standIns: ['h1', 'h4']});
  const away = {verb: 'put' as const, partition: 8, w: 1, n: 2};
  ask('strict', away);
  ask('sloppy', {...away, isSloppy: true});
  endTurn();
  t.deepEqual(codes('strict'), [429]);
  t.is(hints.length, 1);
  const [operation] = hints;
  t.like(operation, {kind: 'standIn', targets: ['h7', 'h8']});
  if (operation?.kind === 'standIn') {
    operation.decided(heldOf('b.k', 'x'));
    operation.done(null);
  }

  endTurn();
  t.deepEqual(codes('sloppy'), [200]);
});

test('stand-in: a delete without a context covers what is kept, or else is refused', t => {
  const {ask, endTurn, hints, codes, answer} = setUp({standIns: ['h1']});
  const away = {verb: 'del' as const, partition: 8, w: 1, r: 1, n: 2, isSloppy: true};
  ask('nothing', away);
  for (let turn = 0; turn < 4; turn += 1) {
    endTurn();
  }

  const [reading] = hints.splice(0);
  if (reading?.kind === 'readKept') {
    reading.done(null);
  }

  endTurn();
  t.deepEqual(codes('nothing'), [503]);
  t.regex(answer('nothing')?.text ?? '', /h1 keeps nothing of the key.*nothing was applied$/);

  ask('something', away);
  for (let turn = 0; turn < 4; turn += 1) {
    endTurn();
  }

  const [again] = hints.splice(0);
  if (again?.kind === 'readKept') {
    again.done(heldOf('b.k', 'x', {hlc: 4}));
  }

  endTurn();
  const [write] = hints;
  t.like(write, {kind: 'standIn', intent: {tombstone: true, coverHlc: 4}});
});

test('lingering: replies after the answer are heard, and it ticks until the last one', t => {
  const {ask, endTurn, vnode, desk, sent, linked, codes, clock, state} = setUp({standIns: ['h4']});
  linked.add('h4');
  ask('put', {verb: 'put', isSloppy: true, deadlineMs: 5_000});
  endTurn();
  const [operation] = vnode.take();
  if (operation?.kind === 'coordinate') {
    operation.decided(heldOf('b.k', 'x'));
    operation.done(null);
  }

  desk.reply(replyFrom('h2'));
  endTurn();
  t.deepEqual(codes('put'), [200]);
  t.is(desk.lingering, 1);
  clock.run(clock.nowMs() + 3_000);
  t.deepEqual(sent.at(-1)?.item.slice(0, 1), [ITEM.keep]);
  t.is(desk.lingering, 0);
  t.is(state(), 'idle');
  t.deepEqual(codes('put'), [200]);
});

test('drain: writes that are answered and linger are not waited for', t => {
  const {ask, endTurn, vnode, desk, drain, state} = setUp({standIns: ['h4']});
  ask('put', {verb: 'put', isSloppy: true});
  endTurn();
  const [operation] = vnode.take();
  if (operation?.kind === 'coordinate') {
    operation.decided(heldOf('b.k', 'x'));
    operation.done(null);
  }

  desk.reply(replyFrom('h2'));
  endTurn();
  t.is(desk.lingering, 1);
  drain();
  t.is(state(), 'drained');
});

test('deadline: every request is answered, exactly once, by the first tick after it', t => {
  const {ask, clock, codes, desk} = setUp();
  ask('get', {deadlineMs: 100});
  ask('put', {deadlineMs: 105, verb: 'put'});
  ask('delete', {deadlineMs: 100, verb: 'del'});
  clock.run(99);
  t.deepEqual(codes('get'), []);
  clock.run(100 + TICK_MS);
  t.deepEqual([codes('get'), codes('put'), codes('delete')], [[504], [504], [504]]);
  desk.reply(replyFrom('h2'));
  clock.run(1_000);
  t.deepEqual([codes('get'), codes('put'), codes('delete')], [[504], [504], [504]]);
});

test('deadline: a request that waited past it is not begun', t => {
  const {ask, clock, codes, endTurn, vnode} = setUp();
  clock.run(50);
  ask('late', {deadlineMs: 50});
  endTurn();
  t.deepEqual(codes('late'), [429]);
  t.is(vnode.depth, 0);
});

test('request: for a partition of others nothing is begun', t => {
  const {ask, codes, endTurn} = setUp();
  ask('foreign', {partition: 8});
  endTurn();
  t.deepEqual(codes('foreign'), [429]);
});

test('bucket: with a smaller n only its first owners count', t => {
  const {ask, endTurn, sent} = setUp();
  ask('get', {n: 2, r: 2});
  endTurn();
  t.deepEqual(
    sent.map(({peer}) => peer),
    ['h2'],
  );
});

test('lost: whoever waits for a lost peer hears of it in the same turn', t => {
  const {ask, endTurn, desk, linked, codes, vnode} = setUp();
  ask('put', {verb: 'put', w: 3});
  endTurn();
  const [operation] = vnode.take();
  if (operation?.kind === 'coordinate') {
    operation.decided(heldOf('b.k', 'x'));
    operation.done(null);
  }

  linked.delete('h3');
  desk.peerLost('h3');
  endTurn();
  t.deepEqual(codes('put'), [504]);
});

test('lost: a host that owns nothing of the key changes nothing', t => {
  const {ask, endTurn, desk, codes} = setUp();
  ask('get', {r: 3});
  endTurn();
  desk.peerLost('h9');
  endTurn();
  t.deepEqual(codes('get'), []);
});

test('ticks: only while something is in flight', t => {
  const {ask, clock, ownReads, endTurn, state} = setUp();
  t.is(clock.pending, 0);
  ask('get', {r: 1});
  endTurn();
  t.is(clock.pending, 1);
  ownReads(null);
  clock.run(clock.nowMs() + TICK_MS);
  t.is(state(), 'idle');
  t.is(clock.pending, 0);
});

test('drain: an idle coordinator ends at once', t => {
  const {drain, state} = setUp();
  drain();
  t.is(state(), 'drained');
});

test('drain: it finishes what it began and what was still on its way, and then ends', t => {
  const {ask, drain, endTurn, ownReads, codes, state} = setUp();
  ask('begun', {r: 1});
  endTurn();
  drain();
  ask('on its way', {r: 1});
  endTurn();
  t.is(state(), 'draining');
  ownReads(objectOf('x'));
  t.deepEqual([codes('begun'), codes('on its way')], [[200], [200]]);
  t.is(state(), 'drained');
});

test('drain: a request that waited for its turn when the drain began is carried out too', t => {
  const {ask, drain, codes, state, ownReads} = setUp();
  ask('waiting', {r: 1});
  drain();
  t.is(state(), 'draining');
  ownReads(objectOf('x'));
  t.deepEqual(codes('waiting'), [200]);
  t.is(state(), 'drained');
});

test('requests: as many are in flight as the mailbox may hold, the next is turned down', t => {
  const {ask, endTurn, codes, desk} = setUp({mailboxMax: 2});
  ask('first');
  ask('second');
  endTurn();
  ask('third');
  endTurn();
  t.is(desk.inFlight, 2);
  t.deepEqual([codes('first'), codes('second'), codes('third')], [[], [], [429]]);
});

test('drain: what never ends is ended by its deadline', t => {
  const {ask, drain, endTurn, clock, codes, state} = setUp();
  ask('stuck');
  endTurn();
  drain();
  clock.run(2_000);
  t.deepEqual(codes('stuck'), [504]);
  t.is(state(), 'drained');
});

test('crash: every request is answered: the one behind it, those in flight, those that wait', t => {
  const {ask, endTurn, failpoints, errors, codes, restart, ownReads, desk} = setUp();
  ask('in flight', {r: 1});
  endTurn();
  failpoints.arm('coordinator.admit', 'crash');
  ask('crashes');
  ask('waits', {r: 1});
  endTurn();
  t.is(errors.length, 1);
  t.deepEqual(codes('crashes'), [504]);
  t.deepEqual([codes('in flight'), codes('waits')], [[], []]);
  restart();
  t.deepEqual(codes('in flight'), [504]);
  endTurn();
  t.is(desk.inFlight, 1);
  ownReads(null);
  t.deepEqual([codes('in flight'), codes('crashes'), codes('waits')], [[504], [504], [404]]);
});

test('crash: what is asked while it is down waits in the mailbox up to its bound', t => {
  const {ask, endTurn, failpoints, codes, restart, ownReads} = setUp({mailboxMax: 2});
  failpoints.arm('coordinator.admit', 'crash');
  ask('crashes');
  endTurn();
  t.deepEqual(
    ['first', 'second', 'third'].map(label => ask(label, {r: 1})),
    [true, true, false],
  );
  restart();
  endTurn();
  ownReads(null);
  t.deepEqual([codes('first'), codes('second')], [[404], [404]]);
});
