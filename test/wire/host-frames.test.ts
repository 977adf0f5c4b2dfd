import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {
  decodeHostFrame,
  encodeData,
  encodeGreeting,
  type Envelope,
  FRAME,
  isGenuineGreeting,
} from '../../src/wire/host-frames.js';
import {type HostItem, isHostItem, ITEM} from '../../src/wire/host-items.js';
import {pack} from '../../src/wire/pack.js';

const anyEnvelope: fc.Arbitrary<Envelope> = fc.record({
  cluster: fc.string(),
  from: fc.string(),
  fromIncarnation: fc.string(),
  toIncarnation: fc.string(),
  epoch: fc.nat(),
});
const count = fc.maxSafeNat();
const bytes = fc.uint8Array({maxLength: 50});
const anyItem: fc.Arbitrary<HostItem> = fc.oneof(
  fc.tuple(fc.constant(ITEM.merge), count, count, count, fc.string(), bytes),
  fc.tuple(fc.constantFrom(ITEM.read, ITEM.digest), count, count, count, fc.string()),
  fc.tuple(fc.constant(ITEM.digested), count, count, count),
  fc.tuple(fc.constant(ITEM.merged), count, count, fc.string()),
  fc.tuple(fc.constant(ITEM.found), count, count, fc.string(), fc.option(bytes)),
);
/** Byte values compare by content, whatever class carries them. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? [...value]
    : Array.isArray(value)
      ? value.map(part => plain(part))
      : value;

const secret = Buffer.from('secret');
const envelope = {cluster: 'c', from: 'h1', fromIncarnation: 'f', toIncarnation: 't', epoch: 1};

testProp(
  'frames: data comes back as it was sent',
  [anyEnvelope, fc.array(anyItem)],
  (t, sender, items) => {
    const frame = decodeHostFrame(encodeData(sender, items));
    t.like(frame, {...sender, kind: FRAME.data});
    t.true(frame?.items.every(isHostItem));
    t.deepEqual(plain(frame?.items), plain(items));
  },
);

testProp(
  'frames: a greeting is genuine for its receiver under its secret, and for nobody else',
  [anyEnvelope, fc.constantFrom(FRAME.hello, FRAME.welcome), fc.string(), fc.string()],
  (t, sender, kind, to, other) => {
    const frame = decodeHostFrame(encodeGreeting(kind, sender, to, secret));
    t.like(frame, {...sender, kind, items: []});
    if (frame !== null) {
      t.true(isGenuineGreeting(frame, to, secret));
      t.is(isGenuineGreeting(frame, other, secret), other === to);
      t.false(isGenuineGreeting(frame, to, Buffer.from('guess')));
    }
  },
);

test('frames: a greeting altered anywhere is not genuine', t => {
  const frame = decodeHostFrame(encodeGreeting(FRAME.hello, envelope, 'h2', secret));
  t.not(frame, null);
  if (frame !== null) {
    const forged = [
      {kind: FRAME.welcome},
      {cluster: 'd'},
      {from: 'h3'},
      {fromIncarnation: 'g'},
      {toIncarnation: 'u'},
      {mac: frame.mac.subarray(1)},
      {mac: new Uint8Array()},
    ];
    t.true(forged.every(change => !isGenuineGreeting({...frame, ...change}, 'h2', secret)));
  }
});

testProp('frames: garbage is no frame, and never an error', [fc.uint8Array()], (t, garbage) => {
  t.is(decodeHostFrame(garbage), null);
});

testProp(
  'frames: well-packed garbage is no frame, and none of its parts an item',
  [fc.array(fc.anything({withTypedArray: true}), {maxLength: 9})],
  (t, parts) => {
    t.is(decodeHostFrame(pack(JSON.parse(JSON.stringify(parts)))), null);
    t.false(isHostItem(parts));
  },
);

test('frames: one part wrong is no frame', t => {
  const good: unknown[] = [1, FRAME.data, 'c', 'h1', 'f', 't', 1, []];
  t.not(decodeHostFrame(pack(good)), null);
  const bad = [2, 9, 3, null, 5, [], 1.5, 'items'];
  for (const [index, part] of bad.entries()) {
    t.is(decodeHostFrame(pack(good.with(index, part))), null, `part ${index}`);
  }

  t.is(decodeHostFrame(pack([...good, 0])), null);
  t.is(decodeHostFrame(pack(good.with(1, FRAME.hello))), null);
  t.is(decodeHostFrame(pack(good.with(7, Buffer.from('mac')))), null);
});

testProp(
  'items: one part missing, added or negative is no item',
  [anyItem, fc.nat()],
  (t, item, at) => {
    t.true(isHostItem(item));
    t.false(isHostItem(item.slice(0, -1)));
    t.false(isHostItem([...item, 0]));
    t.false(isHostItem((item as readonly unknown[]).with(1, -1)));
    const index = at % item.length;
    t.false(isHostItem((item as readonly unknown[]).with(index, {})));
  },
);
