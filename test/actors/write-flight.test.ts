import test from 'ava';
import {WriteFlight} from '../../actors/coordinator/write-flight.js';
import type {Request} from '../../actors/coordinator/coordinator.messages.js';
import type {CoordinateOperation} from '../../actors/vnode/vnode.messages.js';
import type {Rejection} from '../../src/errors.js';
import {ITEM} from '../../src/wire/host-items.js';
import {FakeDesk, lost, OWNERS, refused, replyFrom, requestOf} from '../helpers/fake-desk.js';
import {heldOf} from '../helpers/held.js';

const intent = {
  cover: 'everything' as const,
  coverHlc: 0,
  id: '',
  tombstone: false,
  deflated: false,
  value: Buffer.from('x'),
};
const held = heldOf('b.k', 'x');
const ack = replyFrom;

/** Starts a write to three owners, h1 being the coordinator itself. */
function start(over: Partial<Request> = {}, prepare: (desk: FakeDesk) => void = () => {}) {
  const desk = new FakeDesk();
  prepare(desk);
  const flight = new WriteFlight(1, requestOf({verb: 'put', ...over}), desk, OWNERS, intent);
  flight.start();
  const operation = desk.mailbox.take()[0] as CoordinateOperation | undefined;
  return {
    desk,
    flight,
    operation,
    decide: () => {
      operation?.decided(held);
      desk.turn(flight);
    },
    /** How the own vnode's commit ended. */
    own: (rejection: Rejection | null) => {
      operation?.done(rejection);
      desk.turn(flight);
    },
    answer: () => desk.answers[0],
  };
}

test('put: the own vnode gets the intent, all others the result, before it is committed', t => {
  const {desk, operation, decide, answer} = start();
  t.is(operation?.intent, intent);
  t.deepEqual(desk.sent, []);
  decide();
  t.deepEqual(
    desk.sent.map(({peer, item}) => [peer, ...item]),
    ['h2', 'h3'].map(peer => [peer, ITEM.merge, 1, 7, 3, 'b.k', held.bytes]),
  );
  t.is(answer(), undefined);
});

test('put: succeeds with W durable copies, its own among them, and shows what was written', t => {
  const {decide, flight, own, answer} = start();
  decide();
  own(null);
  t.is(answer(), undefined);
  flight.onReply(ack('h3'));
  t.like(answer(), {
    code: 200,
    text: '',
    acks: 2,
    slots: 3,
    object: held.object,
    outcome: 'strict',
  });
});

test('put: W other copies are enough while the own commit is still under way', t => {
  const {decide, flight, answer} = start();
  decide();
  flight.onReply(ack('h2'));
  flight.onReply(ack('h2'));
  t.is(answer(), undefined);
  flight.onReply(ack('h3'));
  t.is(answer()?.code, 200);
});

test('put: quorums that need not meet are not called strict', t => {
  const {decide, own, answer} = start({r: 1, w: 1});
  decide();
  own(null);
  t.like(answer(), {code: 200, outcome: 'weak'});
});

test('failure: with too few linked owners nothing is applied, and the text says so', t => {
  const {operation, answer} = start({}, desk => desk.linked.clear());
  t.is(operation, undefined);
  t.is(answer()?.code, 503);
  t.regex(
    answer()?.text ?? '',
    /^1 of the key's owners can be reached, W is 2: nothing was applied/,
  );
});

test('failure: a gate that turns it down applied nothing', t => {
  const {answer} = start({}, desk => {
    desk.ownGate.admits = false;
  });
  t.is(answer()?.code, 503);
  t.regex(answer()?.text ?? '', /nothing was applied$/);
});

test('failure: a vnode that turns it down before it decides applied nothing', t => {
  const {own, desk, answer} = start();
  own({code: 413, text: 'too many siblings'});
  t.like(answer(), {code: 413, text: 'too many siblings; nothing was applied', acks: 0});
  t.deepEqual(desk.sent, []);
});

test('failure: fewer than W copies are said to be fewer when all others have refused', t => {
  const {decide, own, flight, answer} = start();
  decide();
  own(null);
  flight.onReply(refused('h2'));
  t.is(answer(), undefined);
  flight.onReply(refused('h3'));
  t.is(answer()?.code, 503);
  t.regex(
    answer()?.text ?? '',
    /^1 of 2 copies were made \(h3 refused\); the write may still become visible/,
  );
});

test('failure: a failed own commit is one missing copy and no end', t => {
  const {decide, own, flight, answer} = start();
  decide();
  own({code: 503, text: 'no space'});
  flight.onReply(ack('h2'));
  flight.onReply(ack('h3'));
  t.is(answer()?.code, 200);
});

test('failure: with lost owners the outcome is unknown', t => {
  const {decide, own, flight, answer} = start();
  decide();
  own(null);
  flight.onReply(lost('h2'));
  flight.onReply(lost('h3'));
  t.is(answer()?.code, 504);
  t.regex(answer()?.text ?? '', /^1 of 2 copies were made .*others may follow/);
});

test('failure: the outcome is unknown too while a copy that would make W is under way', t => {
  const {decide, flight, answer} = start();
  decide();
  flight.onReply(lost('h2'));
  flight.onReply(refused('h3'));
  t.is(answer()?.code, 504);
});

test('failure: a host that is no owner is not counted, whatever becomes of it', t => {
  const {decide, flight, answer} = start({w: 3});
  decide();
  flight.onReply(lost('h9'));
  flight.onReply(refused('h8'));
  t.is(answer(), undefined);
});

test('failure: an owner that is not linked when the write is decided counts as a refusal', t => {
  const {desk, decide, answer} = start({w: 3});
  desk.linked.delete('h3');
  decide();
  t.is(answer()?.code, 503);
  t.regex(answer()?.text ?? '', /h3 is not reachable/);
});

test('lost: a peer that is lost before the write is decided may be linked again by then', t => {
  const {decide, flight, own, answer} = start({w: 3});
  flight.onReply(lost('h2'));
  decide();
  own(null);
  flight.onReply(ack('h2'));
  flight.onReply(ack('h3'));
  t.is(answer()?.code, 200);
});

test('deadline: the outcome is unknown; the text says how many copies and what to do', t => {
  const {decide, own, flight, answer} = start();
  decide();
  own(null);
  flight.onTick(999);
  t.is(answer(), undefined);
  flight.onTick(1_000);
  t.is(answer()?.code, 504);
  t.regex(answer()?.text ?? '', /^1 of 2 copies were confirmed in time; .*same Nats-Msg-Id/);
});
