import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {SimRandom} from '../../src/sim/random.js';
import {deflate, inflate} from '../../src/wire/compression.js';

const anyValue = fc.oneof(
  fc.uint8Array({maxLength: 2_000}),
  fc
    .tuple(fc.nat({max: 255}), fc.nat({max: 5_000}))
    .map(([byte, length]) => new Uint8Array(length).fill(byte)),
);

testProp(
  'compression: every value comes back, and never takes more bytes than it had',
  [anyValue],
  (t, value) => {
    const packed = deflate(value);
    t.true(packed.value.length <= value.length);
    t.deepEqual(new Uint8Array(inflate(packed, 10_000)), value);
  },
);

test('compression: short values and those that do not shrink are kept as they are', t => {
  const short = new Uint8Array(127);
  t.is(deflate(short).value, short);
  const dense = new SimRandom(1).bytes(300);
  t.false(deflate(dense).deflated);
  t.true(deflate(new Uint8Array(1_000)).deflated);
});

test('compression: what would unfold to more than is allowed is refused', t => {
  const bomb = deflate(new Uint8Array(1_000_000));
  t.throws(() => inflate(bomb, 999_999), {code: 'ERR_BUFFER_TOO_LARGE'});
  t.is(inflate(bomb, 1_000_000).length, 1_000_000);
});

test('compression: what is no deflate stream is an error', t => {
  t.throws(() => inflate({value: Buffer.from('not deflated'), deflated: true}, 1_000));
});
