import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {Outbox} from '../../actors/link/outbox.js';
import {SimClock} from '../../src/sim/clock.js';
import {encodeData} from '../../src/wire/host-frames.js';
import {type HostItem, ITEM} from '../../src/wire/host-items.js';

const bounds = {bytesMax: 100_000, messageBytesMax: 1_000, payloadBytesMax: 20_000};
const envelope = {cluster: 'c', from: 'h1', fromIncarnation: 'f', toIncarnation: 't', epoch: 1};

const setUp = (over: Partial<typeof bounds> = {}) => {
  const clock = new SimClock();
  const sent: Array<readonly HostItem[]> = [];
  const {payloadBytesMax, ...others} = {...bounds, ...over};
  const outbox = new Outbox(clock, {...others, payloadBytesMax: () => payloadBytesMax}, items =>
    sent.push(items),
  );
  return {outbox, sent, endTurn: () => clock.run(clock.nowMs())};
};

const merge = (no: number, bytes: number): HostItem => [
  ITEM.merge,
  no,
  7,
  1,
  'b.k',
  new Uint8Array(bytes),
];
const numbers = (messages: ReadonlyArray<readonly HostItem[]>) =>
  messages.map(items => items.map(([, no]) => no));

test('outbox: closed, it takes nothing', t => {
  const {outbox, sent, endTurn} = setUp();
  t.false(outbox.post(merge(1, 1)));
  endTurn();
  t.deepEqual(sent, []);
});

test('outbox: all of one turn leaves as one message, at the end of the turn', t => {
  const {outbox, sent, endTurn} = setUp();
  outbox.open();
  t.true(outbox.post(merge(1, 10)));
  t.true(outbox.post(merge(2, 10)));
  t.is(outbox.depth, 2);
  t.deepEqual(sent, []);
  endTurn();
  t.true(outbox.post(merge(3, 10)));
  endTurn();
  t.deepEqual(numbers(sent), [[1, 2], [3]]);
  t.is(outbox.depth, 0);
});

test('outbox: what waits when it closes never leaves, not even when it is opened again', t => {
  const {outbox, sent, endTurn} = setUp();
  outbox.open();
  outbox.post(merge(1, 10));
  outbox.close();
  outbox.open();
  outbox.post(merge(2, 10));
  endTurn();
  t.deepEqual(numbers(sent), [[2]]);
});

test('outbox: past its bytes it takes nothing more until they have left', t => {
  const {outbox, endTurn} = setUp({bytesMax: 1_000});
  outbox.open();
  t.true(outbox.post(merge(1, 900)));
  t.false(outbox.post(merge(2, 900)));
  endTurn();
  t.true(outbox.post(merge(3, 900)));
});

test('outbox: an item that no message could carry is not taken', t => {
  const {outbox} = setUp({payloadBytesMax: 5_000});
  outbox.open();
  t.true(outbox.post(merge(1, 3_000)));
  t.false(outbox.post(merge(2, 5_000)));
});

const anyItem: fc.Arbitrary<HostItem> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat({max: 3_000})).map(([no, bytes]) => merge(no, bytes)),
  fc
    .tuple(fc.nat(), fc.string({maxLength: 50}))
    .map(([no, text]): HostItem => [ITEM.merged, no, 503, text]),
  fc.nat().map((no): HostItem => [ITEM.read, no, 7, 1, 'b.k']),
  fc
    .tuple(fc.nat(), fc.option(fc.uint8Array({maxLength: 2_000})))
    .map(([no, bytes]): HostItem => [ITEM.found, no, 200, '', bytes]),
);

testProp(
  'outbox: splitting keeps items and order, and sizes unless one item alone is larger',
  [fc.array(anyItem, {minLength: 1, maxLength: 40})],
  (t, items) => {
    const {outbox, sent, endTurn} = setUp({messageBytesMax: 1_500});
    outbox.open();
    t.true(items.every(item => outbox.post(item)));
    endTurn();
    t.deepEqual(sent.flat(), items);
    for (const [index, message] of sent.entries()) {
      const size = encodeData(envelope, message).length;
      t.true(message.length === 1 || size <= 1_500 + 100);
      const next = sent[index + 1]?.[0];
      // The frame's own bytes are counted generously, so a message may be closed a little early.
      t.true(
        next === undefined ||
          encodeData(envelope, [...message, next]).length > 1_500 - 50 * (message.length + 2),
      );
    }
  },
);
