import test from 'ava';
import {createActor} from 'xstate';
import {bindLink} from '../../actors/link/link.effects.js';
import {linkMachine} from '../../actors/link/link.machine.js';
import type {LinkEvent} from '../../actors/link/link.messages.js';
import {SimClock} from '../../src/sim/clock.js';
import {Subjects} from '../../src/subjects.js';
import {decodeHostFrame, FRAME, isGenuineGreeting} from '../../src/wire/host-frames.js';
import {ITEM} from '../../src/wire/host-items.js';
import {RecordingTransport} from '../helpers/recording-transport.js';

const input = {peer: 'h2', greetEveryMs: 250};
const secret = Buffer.from('secret');
const envelope = {cluster: 'c', from: 'h1', fromIncarnation: 'me', toIncarnation: '', epoch: 4};
const welcomed = (incarnation: string): LinkEvent => ({type: 'link.welcomed', incarnation});
const lost: LinkEvent = {type: 'link.lost'};
const stop: LinkEvent = {type: 'link.stop'};

/**
 * Runs the machine alone: xstate's pure transitions never return from a state that re-enters itself
 * by a delay.
 */
function run(events: readonly LinkEvent[]) {
  const effects: string[] = [];
  const machine = linkMachine.provide({
    actions: {
      greet: () => effects.push('greet'),
      connect: (_, {incarnation}) => effects.push(`connect ${incarnation}`),
      disconnect: () => effects.push('disconnect'),
    },
  });
  const actor = createActor(machine, {clock: new SimClock(), input}).start();
  events.forEach(event => actor.send(event));
  return {effects, state: actor.getSnapshot().value};
}

test('greeting: begins at once and ends with a welcome', t => {
  t.deepEqual(run([]), {effects: ['greet'], state: 'greeting'});
  t.deepEqual(run([welcomed('p1')]), {effects: ['greet', 'connect p1'], state: 'linked'});
});

test('linked: a second welcome of the same incarnation changes nothing', t => {
  t.deepEqual(run([welcomed('p1'), welcomed('p1')]).effects, ['greet', 'connect p1']);
});

test('linked: a welcome by a new incarnation ends the old link before the new one begins', t => {
  const {effects} = run([welcomed('p1'), welcomed('p2')]);
  t.deepEqual(effects.slice(2), ['disconnect', 'connect p2']);
});

test('linked: a lost peer is greeted again at once', t => {
  t.deepEqual(run([welcomed('p1'), lost]).effects.slice(2), ['disconnect', 'greet']);
  t.deepEqual(run([lost]).effects, ['greet']);
});

test('stop: ends the link in every state', t => {
  t.deepEqual(run([stop]), {effects: ['greet'], state: 'stopped'});
  const linked = run([welcomed('p1'), stop]);
  t.deepEqual([linked.state, linked.effects.at(-1)], ['stopped', 'disconnect']);
});

function start() {
  const clock = new SimClock();
  const transport = new RecordingTransport();
  const linked: boolean[] = [];
  const link = bindLink(
    {
      transport,
      bulk: new RecordingTransport(),
      clock,
      subjects: new Subjects('quorate'),
      envelope: () => envelope,
      secret,
      onLinked: (_, now) => linked.push(now),
    },
    'h2',
  );
  const actor = createActor(link.machine, {clock, input});
  actor.start();
  const hellos = () =>
    transport.published.filter(({payload}) => decodeHostFrame(payload)?.kind === FRAME.hello);
  return {clock, transport, linked, link, actor, hellos, endTurn: () => clock.run(clock.nowMs())};
}

test('greeting: a genuine hello leaves every interval until it is welcomed, none after', t => {
  const {clock, actor, hellos} = start();
  t.is(hellos().length, 1);
  clock.run(249);
  t.is(hellos().length, 1);
  clock.run(1_000);
  t.is(hellos().length, 5);
  t.true(hellos().every(({subject}) => subject === 'quorate.h.h2.admin'));
  const hello = decodeHostFrame(hellos()[0]?.payload ?? new Uint8Array());
  t.true(hello !== null && isGenuineGreeting(hello, 'h2', secret));
  actor.send(welcomed('p1'));
  clock.run(5_000);
  t.is(hellos().length, 5);
});

test('items: leave only while linked, for the incarnation that welcomed us', t => {
  const {transport, actor, link, endTurn} = start();
  t.false(link.outbox.post([ITEM.read, 1, 7, 1, 'b.k']));
  actor.send(welcomed('p1'));
  t.is(link.incarnation(), 'p1');
  t.true(link.outbox.post([ITEM.read, 2, 7, 1, 'b.k']));
  endTurn();
  const sent = transport.published.at(-1);
  t.is(sent?.subject, 'quorate.h.h2.data');
  t.is(sent?.reply, 'quorate.h.h1.unheard.h2.me');
  const frame = decodeHostFrame(sent?.payload ?? new Uint8Array());
  t.like(frame, {kind: FRAME.data, fromIncarnation: 'me', toIncarnation: 'p1', epoch: 4});
  t.is(frame?.items.length, 1);
});

test('items: those that wait for a lost peer never reach its next incarnation', t => {
  const {transport, actor, link, endTurn} = start();
  actor.send(welcomed('p1'));
  link.outbox.post([ITEM.read, 1, 7, 1, 'b.k']);
  actor.send(welcomed('p2'));
  endTurn();
  t.false(transport.published.some(({subject}) => subject.endsWith('.data')));
  link.outbox.post([ITEM.read, 2, 7, 1, 'b.k']);
  endTurn();
  const frame = decodeHostFrame(transport.published.at(-1)?.payload ?? new Uint8Array());
  t.is(frame?.toIncarnation, 'p2');
});

test('linked: whoever waits hears of a loss at once', t => {
  const {actor, link, linked} = start();
  actor.send(welcomed('p1'));
  t.true(link.outbox.isOpen);
  actor.send(lost);
  t.false(link.outbox.isOpen);
  t.is(link.incarnation(), '');
  t.deepEqual(linked, [true, false]);
});

test('items: one too large for the broker is turned down, and the link lives on', t => {
  const {actor, link, endTurn, transport} = start();
  actor.send(welcomed('p1'));
  t.false(
    link.outbox.post([ITEM.merge, 1, 7, 1, 'b.k', new Uint8Array(transport.maxPayloadBytes)]),
  );
  t.true(link.outbox.post([ITEM.merge, 2, 7, 1, 'b.k', new Uint8Array(768 * 1024)]));
  t.notThrows(endTurn);
});

test('leave: goodbye goes to the peer behind all that was posted before', t => {
  const {transport, actor, link, endTurn} = start();
  actor.send({type: 'link.leave'});
  endTurn();
  t.false(transport.published.some(({subject}) => subject.endsWith('.data')));
  actor.send(welcomed('p1'));
  link.outbox.post([ITEM.read, 1, 7, 1, 'b.k']);
  actor.send({type: 'link.leave'});
  endTurn();
  const frame = decodeHostFrame(transport.published.at(-1)?.payload ?? new Uint8Array());
  t.deepEqual(frame?.items, [
    [ITEM.read, 1, 7, 1, 'b.k'],
    [ITEM.goodbye, 0],
  ]);
});
