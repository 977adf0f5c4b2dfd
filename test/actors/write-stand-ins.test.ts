import test from 'ava';
import type {Request} from '../../actors/coordinator/coordinator.messages.js';
import {STAND_IN_AFTER_MS} from '../../actors/coordinator/flight.js';
import {WriteFlight} from '../../actors/coordinator/write-flight.js';
import type {StandInOperation} from '../../actors/hints/hints.messages.js';
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

/** A write in a sloppy bucket to h1, h2 and h3, for which h4 and h5 can stand in. */
function start(over: Partial<Request> = {}, prepare: (desk: FakeDesk) => void = () => {}) {
  const desk = new FakeDesk();
  desk.standInHosts.push('h4', 'h5');
  desk.linked.add('h4').add('h5');
  prepare(desk);
  const request = requestOf({verb: 'put', isSloppy: true, ...over});
  const flight = new WriteFlight(1, request, desk, OWNERS, intent);
  flight.start();
  const operation = (desk.mailbox.take()[0] ?? desk.hintsPosted[0]) as
    | CoordinateOperation
    | StandInOperation
    | undefined;
  return {
    desk,
    flight,
    operation,
    decide: () => {
      operation?.decided(held);
      desk.turn(flight);
    },
    own: (rejection: Rejection | null) => {
      operation?.done(rejection);
      desk.turn(flight);
    },
    /** Who was given the object to keep, and for whom. */
    kept: () =>
      desk.sent.flatMap(({peer, item}) =>
        item[0] === ITEM.keep ? [`${peer} for ${item[6].join()}`] : [],
      ),
    answer: () => desk.answers[0],
  };
}

test('stand-in: healthy owners need none, and none is told of the write', t => {
  const {desk, decide, own, flight, kept, answer} = start();
  decide();
  own(null);
  flight.onReply(ack('h2'));
  flight.onReply(ack('h3'));
  flight.onTick(5_000);
  t.deepEqual(kept(), []);
  t.is(answer()?.outcome, 'strict');
  t.is(desk.answers.length, 1);
});

test('stand-in: an owner that is not linked is replaced at once, and the outcome is sloppy', t => {
  const {desk, decide, own, flight, kept, answer} = start({}, ({linked}) => {
    linked.delete('h2');
    linked.delete('h3');
  });
  decide();
  t.deepEqual(kept(), ['h4 for h2', 'h5 for h3']);
  t.deepEqual(desk.sent[0]?.item, [ITEM.keep, 1, 7, 3, 'b.k', held.bytes, ['h2']]);
  own(null);
  t.is(answer(), undefined);
  flight.onReply(ack('h4'));
  t.like(answer(), {code: 200, acks: 2, slots: 3, outcome: 'sloppy', object: held.object});
});

test('stand-in: an owner held for dead is replaced at once, and sent the write all the same', t => {
  const {desk, decide, own, flight, kept, answer} = start({}, ({down}) => {
    down.add('h3');
  });
  decide();
  t.deepEqual(kept(), ['h4 for h3']);
  t.deepEqual(
    desk.sent.filter(({item}) => item[0] === ITEM.merge).map(({peer}) => peer),
    ['h2', 'h3'],
  );
  own(null);
  flight.onReply(ack('h3'));
  t.like(answer(), {code: 200, outcome: 'strict'});
});

test('stand-in: a silent owner is replaced after a while, and not before', t => {
  const {decide, own, flight, kept, answer} = start({w: 3});
  decide();
  own(null);
  flight.onReply(ack('h2'));
  flight.onTick(STAND_IN_AFTER_MS - 1);
  t.deepEqual(kept(), []);
  flight.onTick(STAND_IN_AFTER_MS);
  t.deepEqual(kept(), ['h4 for h3']);
  flight.onReply(ack('h4'));
  t.like(answer(), {code: 200, acks: 3, outcome: 'sloppy'});
});

test('stand-in: a slot counts once, whether its owner or its stand-in is first', t => {
  const {decide, flight, answer} = start({w: 3});
  decide();
  flight.onTick(STAND_IN_AFTER_MS);
  flight.onReply(ack('h4'));
  flight.onReply(ack('h1'));
  t.is(answer(), undefined);
  flight.onReply(ack('h2'));
  t.is(answer(), undefined);
  flight.onReply(ack('h3'));
  t.like(answer(), {code: 200, acks: 3, outcome: 'sloppy'});
});

test('stand-in: one that was not counted leaves the outcome strict', t => {
  const {decide, own, flight, answer} = start({w: 3});
  decide();
  own(null);
  flight.onReply(ack('h2'));
  flight.onTick(STAND_IN_AFTER_MS);
  flight.onReply(ack('h3'));
  t.like(answer(), {code: 200, acks: 3, outcome: 'strict'});
});

test('stand-in: a host never serves two slots', t => {
  const {decide, own, flight, kept, answer} = start({w: 3}, ({linked}) => {
    linked.delete('h2');
    linked.delete('h3');
    linked.delete('h5');
  });
  t.is(answer()?.code, 503);
  decide();
  own(null);
  flight.onReply(ack('h4'));
  flight.onReply(ack('h4'));
  t.deepEqual(kept(), []);
});

test('stand-in: the only one counts for one owner, and keeps the hints of all', t => {
  const {desk, decide, own, flight, kept, answer} = start({w: 2}, ({linked}) => {
    linked.delete('h2');
    linked.delete('h3');
    linked.delete('h5');
  });
  decide();
  t.deepEqual(kept(), ['h4 for h2', 'h4 for h3']);
  t.deepEqual(
    desk.sent.map(({item}) => item[1]),
    [1, 0],
  );
  own(null);
  flight.onReply(ack('h4'));
  t.like(answer(), {code: 200, acks: 2, outcome: 'sloppy'});
});

test('stand-in: with the last one that refuses fewer than W copies were made', t => {
  const {decide, own, flight, kept, answer} = start({}, ({linked}) => {
    linked.delete('h3');
    linked.delete('h2');
    linked.delete('h5');
  });
  decide();
  own(null);
  t.deepEqual(kept(), ['h4 for h2', 'h4 for h3']);
  flight.onReply(refused('h4'));
  t.is(answer()?.code, 503);
  t.regex(answer()?.text ?? '', /^1 of 2 copies were made \(h4 refused\); the write may/);
});

test('stand-in: one that was lost may have kept it, so the outcome is unknown', t => {
  const {decide, own, flight, kept, answer} = start({}, ({linked}) => {
    linked.delete('h5');
  });
  decide();
  own(null);
  flight.onReply(refused('h2'));
  t.deepEqual(kept(), ['h4 for h2']);
  flight.onReply(lost('h4'));
  t.is(answer(), undefined);
  flight.onReply(refused('h3'));
  t.is(answer()?.code, 504);
});

test('stand-in: an object that is too large for an owner is given to nobody else', t => {
  const {decide, flight, kept} = start({w: 3});
  decide();
  flight.onReply(replyFrom('h2', {code: 413, text: 'too large'}));
  t.deepEqual(kept(), []);
});

test('stand-in: hints for owners that are away are kept also when W is met without them', t => {
  const {decide, own, flight, kept, answer} = start({}, ({linked}) => {
    linked.delete('h3');
  });
  decide();
  own(null);
  flight.onReply(ack('h2'));
  t.like(answer(), {code: 200, acks: 2, outcome: 'strict'});
  t.deepEqual(kept(), ['h4 for h3']);
});

test('lingering: an owner that refuses after the answer still gets a stand-in', t => {
  const {desk, decide, own, flight, kept} = start();
  decide();
  own(null);
  flight.onReply(ack('h2'));
  t.is(desk.answers.length, 1);
  t.true(desk.lingering.has(flight));
  flight.onReply(lost('h3'));
  t.deepEqual(kept(), ['h4 for h3']);
  flight.onReply(ack('h4'));
  t.false(desk.lingering.has(flight));
  t.is(desk.answers.length, 1);
});

test('lingering: an owner that stays silent gets a stand-in in the end', t => {
  const {desk, decide, own, flight, kept} = start();
  decide();
  own(null);
  flight.onReply(ack('h2'));
  flight.onTick(STAND_IN_AFTER_MS);
  t.deepEqual(kept(), []);
  flight.onTick(5_000);
  t.deepEqual(kept(), ['h4 for h3']);
  t.false(desk.lingering.has(flight));
  t.is(desk.answers.length, 1);
});

test('lingering: without hosts that could stand in a write ends with its answer', t => {
  const {desk, decide, own, flight} = start({}, ({standInHosts}) => standInHosts.splice(0));
  decide();
  own(null);
  flight.onReply(ack('h2'));
  t.is(desk.answers.length, 1);
  t.is(desk.lingering.size, 0);
});

test('strict: stand-ins are never used, and too few owners are a refusal', t => {
  const away = ({linked}: FakeDesk) => {
    linked.delete('h2');
    linked.delete('h3');
  };
  const none = start({isSloppy: false}, away);
  t.is(none.answer()?.code, 503);
  t.regex(none.answer()?.text ?? '', /^1 of the key's owners can be reached, W is 2: nothing was/);

  const one = start({isSloppy: false, w: 1}, away);
  one.decide();
  one.own(null);
  one.flight.onTick(STAND_IN_AFTER_MS);
  t.like(one.answer(), {code: 200, acks: 1, outcome: 'weak'});
  t.deepEqual(one.kept(), []);
});

test('refusal: too few owners and stand-ins together apply nothing', t => {
  const {answer, operation} = start({w: 3}, ({linked}) => {
    linked.clear();
    linked.add('h4');
  });
  t.is(operation, undefined);
  t.is(answer()?.code, 503);
  t.regex(answer()?.text ?? '', /nothing was applied/);
});

test('no owner there: a stand-in stamps the write for all of them, and counts for one', t => {
  const {desk, operation, decide, own, flight, kept, answer} = start({}, asStandIn);
  t.like(operation, {
    kind: 'standIn',
    partition: 7,
    epoch: 3,
    name: 'b.k',
    targets: OWNERS,
    intent,
  });
  decide();
  t.deepEqual(kept(), ['h5 for h2']);
  t.is(desk.mailbox.depth, 0);
  own(null);
  t.is(answer(), undefined);
  flight.onReply(ack('h5'));
  t.like(answer(), {code: 200, acks: 2, slots: 3, outcome: 'sloppy'});
});

test('no owner there: what the stand-in itself cannot keep was applied nowhere', t => {
  const {own, answer} = start({}, asStandIn);
  own({code: 429, text: 'too many hints'});
  t.like(answer(), {code: 429, text: 'too many hints; nothing was applied', acks: 0});
});

test('no owner there: one that is back by then takes its copy, and counts once with it', t => {
  const {desk, decide, own, flight, kept, answer} = start({w: 2}, asStandIn);
  desk.linked.add('h1');
  decide();
  t.deepEqual(
    desk.sent.filter(({item}) => item[0] === ITEM.merge).map(({peer}) => peer),
    ['h1'],
  );
  flight.onReply(ack('h1'));
  own(null);
  t.is(answer(), undefined);
  t.deepEqual(kept(), ['h5 for h2']);
  flight.onReply(ack('h5'));
  t.like(answer(), {code: 200, acks: 2, outcome: 'sloppy'});
});

/** The coordinator is h4, and all owners are away. */
function asStandIn(desk: FakeDesk): void {
  desk.self = 'h4';
  desk.linked.clear();
  desk.linked.add('h5');
}
