import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {ByteCache} from '../../src/store/byte-cache.js';

const BYTES_MAX = 8_192;
const bytesOf = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const copied = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : [...new Uint8Array(bytes)];

test('cache: what was set is found, and the last of several under one name', t => {
  const cache = new ByteCache(BYTES_MAX);
  t.is(cache.get('a'), undefined);
  for (const length of [10, 64, 20, 0, 100]) {
    cache.set('a', bytesOf(length, length));
    t.deepEqual(copied(cache.get('a')), [...bytesOf(length, length)]);
  }

  cache.clear();
  t.is(cache.get('a'), undefined);
  t.is(cache.bytes, 0);
});

test('cache: what it was given and what it answers may change without harm', t => {
  const cache = new ByteCache(BYTES_MAX);
  const given = bytesOf(4, 1);
  cache.set('a', given);
  given.fill(2);
  cache.get('a')?.fill(3);
  t.deepEqual(copied(cache.get('a')), [1, 1, 1, 1]);
});

test('cache: what is used stays, what is not used leaves', t => {
  const cache = new ByteCache(BYTES_MAX);
  cache.set('used', bytesOf(100, 7));
  cache.set('unused', bytesOf(100, 8));
  for (let i = 0; i < 1_000; i += 1) {
    cache.set(`k${i}`, bytesOf(100, 1));
    t.deepEqual(copied(cache.get('used')), [...bytesOf(100, 7)]);
  }

  t.is(cache.get('unused'), undefined);
});

test('cache: what would push out many others is not kept, nor what it would replace', t => {
  const cache = new ByteCache(BYTES_MAX);
  cache.set('a', bytesOf(10, 1));
  cache.set('b', bytesOf(10, 2));
  cache.set('a', bytesOf(BYTES_MAX / 2, 3));
  t.is(cache.get('a'), undefined);
  t.deepEqual(copied(cache.get('b')), [...bytesOf(10, 2)]);
});

test('cache: one without room keeps nothing and is no error', t => {
  const cache = new ByteCache(0);
  cache.set('a', bytesOf(10, 1));
  cache.set('b', bytesOf(0, 1));
  t.is(cache.get('a'), undefined);
});

const step = fc.record({
  name: fc.constantFrom(...Array.from({length: 40}, (_, i) => `name${i}`)),
  length: fc.oneof(fc.nat({max: 130}), fc.nat({max: 600})),
  isRead: fc.boolean(),
});

testProp(
  'cache: in any order of calls it answers the last bytes or nothing, and stays within its bounds',
  [fc.array(step, {maxLength: 300})],
  (t, steps) => {
    const cache = new ByteCache(BYTES_MAX);
    const model = new Map<string, number[]>();
    for (const [index, {name, length, isRead}] of steps.entries()) {
      if (isRead) {
        const found = copied(cache.get(name));
        t.true(found === undefined || String(found) === String(model.get(name)));
      } else {
        const bytes = bytesOf(length, index % 256);
        cache.set(name, bytes);
        model.set(name, [...bytes]);
      }

      t.true(cache.bytes <= BYTES_MAX);
    }

    t.pass();
  },
);
