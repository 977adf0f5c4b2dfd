import test from 'ava';
import type {Request} from '../../actors/coordinator/coordinator.messages.js';
import {STAND_IN_AFTER_MS} from '../../actors/coordinator/flight.js';
import {ReadFlight} from '../../actors/coordinator/read-flight.js';
import type {StoredObject} from '../../src/causality/object.js';
import {hold} from '../../src/store/held.js';
import {ITEM} from '../../src/wire/host-items.js';
import {FakeDesk, found, OWNERS, refused, requestOf} from '../helpers/fake-desk.js';
import {objectOf, valuesOf} from '../helpers/held.js';

const old = objectOf('old');
const fresh = objectOf('new', {counter: 2, onto: old});

/** A read in a sloppy bucket of h1, h2 and h3, for which h4 and h5 can stand in. */
function start(over: Partial<Request> = {}, prepare: (desk: FakeDesk) => void = () => {}) {
  const desk = new FakeDesk();
  desk.standInHosts.push('h4', 'h5');
  desk.linked.add('h4').add('h5');
  prepare(desk);
  const quorums: Array<StoredObject | null> = [];
  const ended: ReadFlight[] = [];
  const request = requestOf({isSloppy: true, ...over});
  const flight = new ReadFlight(1, request, desk, OWNERS, (done, merged) => {
    quorums.push(merged);
    ended.push(done);
  });
  flight.start();
  const settle = () => {
    for (let turn = 0; turn < 5; turn += 1) {
      desk.turn(flight);
    }
  };
  settle();
  return {
    desk,
    flight,
    quorums,
    ended,
    own: (object: StoredObject | null) => {
      for (const operation of [...desk.mailbox.take(), ...desk.hintsPosted.splice(0)]) {
        if (operation.kind === 'read' || operation.kind === 'readKept') {
          operation.done(object === null ? null : hold('b.k', object));
        }
      }

      settle();
    },
    askedForKept: () =>
      desk.sent.filter(({item}) => item[0] === ITEM.readKept).map(({peer}) => peer),
    answer: () => desk.answers[0],
  };
}

const othersAway = ({linked}: FakeDesk) => {
  linked.delete('h2');
  linked.delete('h3');
};

test('stand-in: owners that can be reached are asked first, and are enough', t => {
  const {own, flight, desk, askedForKept, ended} = start({}, ({linked}) => linked.delete('h3'));
  own(old);
  flight.onReply(found(desk.asked[0] ?? '', old));
  t.deepEqual(askedForKept(), []);
  t.false(ended[0]?.hasStandIn);
});

test('stand-in: what one keeps counts for an owner that is away, and the outcome is sloppy', t => {
  const {own, flight, askedForKept, quorums, ended} = start({}, othersAway);
  own(old);
  t.deepEqual(askedForKept(), ['h4']);
  flight.onReply(found('h4', fresh));
  t.deepEqual(quorums.map(valuesOf), [['new']]);
  t.true(ended[0]?.hasStandIn);
});

test('stand-in: that one keeps nothing never counts, however many say so', t => {
  const {own, flight, askedForKept, quorums, answer} = start({}, othersAway);
  own(null);
  flight.onReply(found('h4', null));
  t.deepEqual(askedForKept(), ['h4', 'h5']);
  flight.onReply(found('h5', null));
  t.deepEqual(quorums, []);
  t.is(answer()?.code, 503);
  t.is(answer()?.acks, 1);
  t.regex(answer()?.text ?? '', /^only 1 of the 2 owners needed could answer \(h5 keeps nothing/);
});

test('stand-in: one that refuses is followed by the next', t => {
  const {own, flight, quorums} = start({}, othersAway);
  own(old);
  flight.onReply(refused('h4'));
  flight.onReply(found('h5', old));
  t.deepEqual(quorums.map(valuesOf), [['old']]);
});

test('stand-in: while one may have the object, refusals of all owners are not the end', t => {
  const {own, flight, desk, quorums, answer} = start({r: 1}, d => {
    d.ownGate.admits = false;
  });
  flight.onReply(refused('h2'));
  flight.onReply(refused('h3'));
  t.is(answer(), undefined);
  t.is(desk.asked.at(-1), 'h4');
  flight.onReply(found('h4', old));
  own(null);
  t.deepEqual(quorums.map(valuesOf), [['old']]);
});

test('stand-in: a silent owner has one asked after a while', t => {
  const {own, flight, askedForKept} = start({r: 3});
  own(old);
  flight.onReply(found('h2', old));
  flight.onTick(STAND_IN_AFTER_MS - 1);
  t.deepEqual(askedForKept(), []);
  flight.onTick(2 * STAND_IN_AFTER_MS);
  t.deepEqual(askedForKept(), ['h4']);
});

test('stand-in: it is never repaired, and an owner with less than it keeps is', t => {
  const behind = start({}, othersAway);
  behind.own(fresh);
  behind.flight.onReply(found('h4', old));
  t.deepEqual(behind.ended[0]?.stale, []);

  const ahead = start({}, othersAway);
  ahead.own(old);
  ahead.flight.onReply(found('h4', fresh));
  t.deepEqual(ahead.ended[0]?.stale, ['h1']);
  t.deepEqual(ahead.ended[0]?.holders, []);
});

test('strict: no stand-in is asked, and too few owners are a refusal', t => {
  const {answer, askedForKept} = start({isSloppy: false}, othersAway);
  t.is(answer()?.code, 503);
  t.deepEqual(askedForKept(), []);

  const slow = start({isSloppy: false, r: 3});
  slow.flight.onTick(2 * STAND_IN_AFTER_MS);
  slow.flight.onReply(refused('h2'));
  t.is(slow.answer()?.code, 503);
  t.deepEqual(slow.askedForKept(), []);
});

test('no owner there: a stand-in shows what it keeps, and does not know what it lacks', t => {
  const asStandIn = (desk: FakeDesk) => {
    desk.self = 'h4';
    desk.linked.clear();
  };
  const kept = start({r: 1}, asStandIn);
  kept.own(old);
  t.deepEqual(kept.quorums.map(valuesOf), [['old']]);
  t.true(kept.ended[0]?.hasStandIn);

  const absent = start({r: 1}, asStandIn);
  absent.own(null);
  t.deepEqual(absent.quorums, []);
  t.is(absent.answer()?.code, 503);

  const few = start({r: 2}, asStandIn);
  t.is(few.answer()?.code, 503);
  t.regex(few.answer()?.text ?? '', /^0 of the key's owners can be reached, R is 2/);
});
