import test from 'ava';
import {ConfirmFlight, type ReadResult} from '../../actors/coordinator/confirm-flight.js';
import type {Answer, Request} from '../../actors/coordinator/coordinator.messages.js';
import type {MergeOperation} from '../../actors/vnode/vnode.messages.js';
import {ITEM} from '../../src/wire/host-items.js';
import {FakeDesk, lost, OWNERS, refused, replyFrom, requestOf} from '../helpers/fake-desk.js';
import {heldOf} from '../helpers/held.js';

const {bytes, object} = heldOf('b.k', 'x');
const read: Answer = {code: 200, text: '', object, acks: 2, slots: 3, outcome: 'strict'};
const ack = replyFrom;

/** A get of h1, h2 and h3 by h1 that has read, and has to make sure of it. */
function start(
  result: Pick<ReadResult, 'holders' | 'stale'>,
  over: Partial<Request> = {},
  prepare: (desk: FakeDesk) => void = () => {},
) {
  const desk = new FakeDesk();
  prepare(desk);
  const request = requestOf({isMonotonic: true, ...over});
  const flight = new ConfirmFlight(1, request, desk, OWNERS, {...result, bytes, answer: read});
  flight.start();
  desk.turn(flight);
  return {desk, flight, answer: () => desk.answers[0]};
}

test('monotonic: an owner that holds less is written to, and its ack answers the get', t => {
  const {desk, flight, answer} = start({holders: ['h1'], stale: ['h3']});
  t.deepEqual(desk.sent, [{peer: 'h3', item: [ITEM.merge, 1, 7, 3, 'b.k', bytes]}]);
  t.is(answer(), undefined);
  flight.onReply(ack('h3'));
  t.is(answer(), read);
});

test('monotonic: this host writes back to its own vnode through its gate', t => {
  const {desk, flight, answer} = start({holders: ['h2'], stale: ['h1']});
  const [operation] = desk.mailbox.take() as MergeOperation[];
  t.like(operation, {kind: 'merge', name: 'b.k', bytes});
  operation?.done(null);
  desk.turn(flight);
  t.is(answer(), read);
});

test('monotonic: an owner that refuses is followed by one that was not asked', t => {
  const {desk, flight, answer} = start({holders: ['h1'], stale: ['h2']});
  flight.onReply(refused('h2'));
  t.is(desk.asked.at(-1), 'h3');
  flight.onReply(ack('h3'));
  t.is(answer(), read);
});

test('monotonic: a slow owner is followed by one that was not asked', t => {
  const {desk, flight, answer} = start({holders: ['h1'], stale: ['h2']});
  flight.onTick(999);
  t.deepEqual(desk.asked, ['h2', 'h3']);
  flight.onReply(lost('h2'));
  flight.onReply(ack('h3'));
  t.is(answer(), read);
});

test('monotonic: all that hold less are written to, also when fewer would do', t => {
  const {desk} = start({holders: ['h1'], stale: ['h2', 'h3']});
  t.deepEqual(desk.asked, ['h2', 'h3']);
});

test('monotonic: what only a stand-in held is written to N-R+1 owners', t => {
  const {desk, flight, answer} = start({holders: [], stale: ['h1']});
  t.is(desk.mailbox.depth, 1);
  t.deepEqual(desk.asked, ['h2']);
  flight.onReply(ack('h1'));
  t.is(answer(), undefined);
  flight.onReply(ack('h2'));
  t.is(answer(), read);
});

test('monotonic: a lower R wants more of them', t => {
  const {desk, flight, answer} = start({holders: ['h1'], stale: []}, {r: 1});
  t.deepEqual(desk.asked, ['h2', 'h3']);
  flight.onReply(ack('h2'));
  t.is(answer(), undefined);
  flight.onReply(ack('h3'));
  t.is(answer(), read);
});

test('monotonic: without enough owners it was read, but is not shown', t => {
  const {answer} = start({holders: ['h1'], stale: []}, {}, ({linked}) => linked.clear());
  t.is(answer(), undefined);
  const {desk, flight} = start({holders: ['h1'], stale: ['h2']}, {}, ({linked}) => linked.clear());
  desk.turn(flight);
  t.is(desk.answers[0]?.code, 503);
  t.regex(desk.answers[0]?.text ?? '', /^read, but not confirmed on N-R\+1 owners: 1 of 2 hold it/);
  t.is(desk.answers[0]?.object, null);
});

test('monotonic: past the deadline it says that it was read and not confirmed', t => {
  const {flight, answer} = start({holders: ['h1'], stale: ['h2']});
  flight.onTick(1_000);
  t.is(answer()?.code, 504);
  t.regex(answer()?.text ?? '', /^read, but not confirmed on N-R\+1 owners/);
});
