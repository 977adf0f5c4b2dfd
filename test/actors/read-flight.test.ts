import test from 'ava';
import {ReadFlight, SPECULATE_AFTER_MS} from '../../actors/coordinator/read-flight.js';
import type {Request} from '../../actors/coordinator/coordinator.messages.js';
import type {StoredObject} from '../../src/causality/object.js';
import {ITEM} from '../../src/wire/host-items.js';
import {digested, FakeDesk, found, lost, OWNERS, refused, requestOf} from '../helpers/fake-desk.js';
import {objectOf, valuesOf} from '../helpers/held.js';
import {hold} from '../../src/store/held.js';

const old = objectOf('old');
const fresh = objectOf('new', {counter: 2, onto: old});
const other = objectOf('other', {incarnation: 'q'});

/** Starts a read of three owners, h1 being the coordinator itself. */
function start(over: Partial<Request> = {}, prepare: (desk: FakeDesk) => void = () => {}) {
  const desk = new FakeDesk();
  prepare(desk);
  const quorums: Array<StoredObject | null> = [];
  const stale: string[][] = [];
  const flight = new ReadFlight(1, requestOf(over), desk, OWNERS, (done, merged) => {
    quorums.push(merged);
    stale.push([...done.stale]);
  });
  flight.start();
  const own = (object: StoredObject | null) => {
    for (const operation of desk.mailbox.take()) {
      if (operation.kind === 'read') {
        operation.done(object === null ? null : hold('b.k', object));
      }
    }

    desk.turn(flight);
  };
  return {desk, flight, quorums, stale, own, answer: () => desk.answers[0]};
}

test('get: asks its own vnode, and R-1 others for their hash, and is met by R of them', t => {
  const {desk, flight, own, quorums} = start();
  t.is(desk.mailbox.depth, 1);
  t.is(desk.sent.length, 1);
  t.deepEqual(desk.sent[0]?.item, [ITEM.digest, 1, 7, 3, 'b.k']);
  own(old);
  t.deepEqual(quorums, []);
  flight.onReply(digested(desk.asked[0] ?? '', old));
  t.deepEqual(quorums.map(valuesOf), [['old']]);
});

test('digest: one that comes first waits for an object to be compared with', t => {
  const {desk, flight, own, quorums} = start();
  flight.onReply(digested(desk.asked[0] ?? '', old));
  t.deepEqual(quorums, []);
  own(old);
  t.deepEqual(quorums.map(valuesOf), [['old']]);
  t.is(desk.sent.length, 1);
});

test('digest: of another object is no answer, and the object itself is asked for', t => {
  for (const isFirst of [true, false]) {
    const {desk, flight, own, quorums, stale} = start();
    const [peer = ''] = desk.asked;
    if (isFirst) {
      flight.onReply(digested(peer, fresh));
    }

    own(old);
    if (!isFirst) {
      flight.onReply(digested(peer, fresh));
    }

    t.deepEqual(quorums, []);
    t.deepEqual(desk.sent.at(-1), {peer, item: [ITEM.read, 1, 7, 3, 'b.k']});
    flight.onReply(found(peer, fresh));
    t.deepEqual(quorums.map(valuesOf), [['new']]);
    t.deepEqual(stale, [['h1']]);
  }
});

test('digest: that there is no object equals only an absence', t => {
  const absent = start();
  absent.own(null);
  absent.flight.onReply(digested(absent.desk.asked[0] ?? '', null));
  t.deepEqual(absent.quorums, [null]);

  const kept = start();
  kept.own(old);
  kept.flight.onReply(digested(kept.desk.asked[0] ?? '', null));
  t.deepEqual(kept.quorums, []);
  t.is(kept.desk.sent.at(-1)?.item[0], ITEM.read);
});

test('digest: without an own object to compare with, the objects themselves are asked for', t => {
  const {desk, flight, quorums} = start({}, d => {
    d.ownGate.admits = false;
  });
  const [peer = ''] = desk.asked;
  flight.onReply(digested(peer, old));
  desk.turn(flight);
  t.deepEqual(
    desk.sent.slice(1).map(({peer: to, item}) => [to, item[0]]),
    [
      [peer, ITEM.read],
      [peer === 'h2' ? 'h3' : 'h2', ITEM.read],
    ],
  );
  flight.onReply(found('h2', old));
  flight.onReply(found('h3', old));
  t.is(quorums.length, 1);
});

test('digest: a slot that says its hash twice counts once', t => {
  const {desk, flight, own, quorums} = start({r: 3});
  own(old);
  const [peer = ''] = desk.asked;
  flight.onReply(digested(peer, old));
  flight.onReply(digested(peer, old));
  t.deepEqual(quorums, []);
});

test('get: second reads are spread over the other owners', t => {
  const firsts = [1, 2, 3, 4].map(no => {
    const desk = new FakeDesk();
    new ReadFlight(no, requestOf(), desk, OWNERS, () => {}).start();
    return desk.asked[0];
  });
  t.deepEqual(firsts, ['h3', 'h2', 'h3', 'h2']);
});

test('get: second reads of one turn go together, to the owner that gets a frame anyway', t => {
  const firsts = [1, 2, 3, 4].map(no => {
    const desk = new FakeDesk();
    desk.mail.add('h2');
    new ReadFlight(no, requestOf(), desk, OWNERS, () => {}).start();
    return desk.asked[0];
  });
  t.deepEqual(firsts, ['h2', 'h2', 'h2', 'h2']);
});

test('get: owners that are not linked are asked last', t => {
  const {desk} = start({}, d => d.linked.delete('h3'));
  t.deepEqual(desk.asked, ['h2']);
});

test('get: merges what its quorum holds', t => {
  const {desk, flight, own, quorums} = start();
  own(old);
  flight.onReply(found(desk.asked[0] ?? '', other));
  t.deepEqual(quorums.map(valuesOf), [['old', 'other']]);
});

test('get: R absences are an absence', t => {
  const {desk, flight, own, quorums} = start();
  own(null);
  flight.onReply(found(desk.asked[0] ?? '', null));
  t.deepEqual(quorums, [null]);
});

test('get: a slot that answers twice counts once', t => {
  const {desk, flight, quorums} = start();
  const [peer = ''] = desk.asked;
  flight.onReply(found(peer, old));
  flight.onReply(found(peer, old));
  t.deepEqual(quorums, []);
});

test('get: a refusal is no answer, and another owner is asked at once', t => {
  const {desk, flight, own, quorums} = start();
  const [first = ''] = desk.asked;
  flight.onReply(refused(first));
  t.deepEqual(desk.asked.toSorted(), ['h2', 'h3']);
  own(old);
  flight.onReply(found(desk.asked[1] ?? '', old));
  t.is(quorums.length, 1);
});

test('get: with too few linked owners it fails at once, and says how many there are', t => {
  const {desk, answer} = start({}, d => d.linked.clear());
  t.is(answer()?.code, 503);
  t.regex(answer()?.text ?? '', /^1 of the key's owners can be reached, R is 2/);
  t.deepEqual([desk.mailbox.depth, desk.asked], [0, []]);
});

test('get: is impossible as soon as too many refuse', t => {
  const {flight, own, answer} = start({r: 3});
  own(old);
  flight.onReply(refused('h2'));
  t.is(answer()?.code, 503);
  t.is(answer()?.acks, 1);
  t.regex(answer()?.text ?? '', /^only 1 of the 3 owners needed could answer \(h2 refused\)/);
});

test('get: a peer that is lost before it was asked is not held against it', t => {
  const {desk, flight, own, quorums, answer} = start();
  const [asked = ''] = desk.asked;
  const unasked = asked === 'h2' ? 'h3' : 'h2';
  flight.onReply(lost(unasked));
  flight.onReply(refused(asked));
  t.is(desk.asked.at(-1), unasked);
  own(old);
  flight.onReply(found(unasked, old));
  t.is(quorums.length, 1);
  t.is(answer(), undefined);
});

test('get: a host that is no owner is not counted, whatever becomes of it', t => {
  const {flight, answer} = start({r: 3});
  flight.onReply(lost('h9'));
  flight.onReply(refused('h8'));
  t.is(answer(), undefined);
});

test('speculation: hashes that wait for a slow own vnode are given up for objects', t => {
  const {desk, flight, quorums} = start();
  const [peer = ''] = desk.asked;
  flight.onReply(digested(peer, old));
  flight.onTick(SPECULATE_AFTER_MS);
  t.deepEqual(
    desk.sent.slice(1).map(({item}) => item[0]),
    [ITEM.read, ITEM.read],
  );
  flight.onReply(found('h2', old));
  flight.onReply(found('h3', old));
  t.deepEqual(quorums.map(valuesOf), [['old']]);
});

test('speculation: a slow quorum asks one more owner, and one more after that', t => {
  const {desk, flight} = start({r: 1});
  flight.onTick(SPECULATE_AFTER_MS - 1);
  t.is(desk.sent.length, 0);
  flight.onTick(SPECULATE_AFTER_MS);
  t.is(desk.sent.length, 1);
  flight.onTick(SPECULATE_AFTER_MS + 1);
  t.is(desk.sent.length, 1);
  flight.onTick(2 * SPECULATE_AFTER_MS);
  t.is(desk.sent.length, 2);
  flight.onTick(3 * SPECULATE_AFTER_MS);
  t.is(desk.sent.length, 2);
});

test('deadline: says how many answered in time', t => {
  const {flight, own, answer} = start();
  own(old);
  flight.onTick(999);
  t.is(answer(), undefined);
  flight.onTick(1_000);
  t.is(answer()?.code, 504);
  t.regex(answer()?.text ?? '', /^1 of 2 owners answered in time/);
});

test('delete: one that fails while it reads says that nothing was applied', t => {
  const verb = 'del' as const;
  t.regex(start({verb}, d => d.linked.clear()).answer()?.text ?? '', /nothing was applied$/);
  const late = start({verb});
  late.flight.onTick(1_000);
  t.regex(late.answer()?.text ?? '', /nothing was applied$/);
});

test('repair: only owners that hold less are named as stale', t => {
  const {desk, flight, own, stale} = start();
  own(fresh);
  flight.onReply(found(desk.asked[0] ?? '', old));
  t.deepEqual(stale, [[desk.asked[0] ?? '']]);
});

test('repair: an owner without the key holds less; of concurrent writes both owners do', t => {
  const absent = start();
  absent.own(null);
  absent.flight.onReply(found(absent.desk.asked[0] ?? '', old));
  t.deepEqual(absent.stale, [['h1']]);

  const concurrent = start();
  concurrent.own(old);
  concurrent.flight.onReply(found(concurrent.desk.asked[0] ?? '', other));
  t.is(concurrent.stale[0]?.length, 2);
});

test('repair: where all agree nobody is stale', t => {
  const {desk, flight, own, stale} = start();
  own(fresh);
  flight.onReply(found(desk.asked[0] ?? '', fresh));
  t.deepEqual(stale, [[]]);
});

test('gate: an own vnode that is closed is a refusal', t => {
  const {desk, flight, quorums} = start({}, d => {
    d.ownGate.admits = false;
  });
  desk.turn(flight);
  t.deepEqual(desk.asked.toSorted(), ['h2', 'h3']);
  flight.onReply(found('h2', old));
  flight.onReply(found('h3', old));
  t.is(quorums.length, 1);
});
