import test from 'ava';
import {SystemRandom} from '../../src/adapters/system-random.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('bytes: as many as asked for, also beyond the pool', t => {
  const random = new SystemRandom();
  for (const count of [0, 1, 16, 256, 257, 8_192, 100_000]) {
    t.is(random.bytes(count).length, count);
  }
});

test('bytes: none of the pool is given out twice', t => {
  const random = new SystemRandom();
  const given = Array.from({length: 5_000}, () => hex(random.bytes(16)));
  t.is(new Set(given).size, given.length);
  t.false(given.includes('0'.repeat(32)));
});

test('bytes: what was given is not changed later', t => {
  const random = new SystemRandom();
  const first = random.bytes(16);
  const before = hex(first);
  for (let n = 0; n < 2_000; n++) {
    random.bytes(16);
  }
  t.is(hex(first), before);
});

test('below: gives every number below the limit and no other', t => {
  const random = new SystemRandom();
  const given = new Set(Array.from({length: 1_000}, () => random.below(7)));
  t.is(given.size, 7);
  t.true([...given].every(number => Number.isInteger(number) && number >= 0 && number < 7));
  t.is(random.below(1), 0);
});

test('below: refuses a limit below which there is nothing', t => {
  const random = new SystemRandom();
  for (const limit of [0, -1, 1.5, Number.NaN, Infinity]) {
    t.throws(() => random.below(limit), {instanceOf: RangeError});
  }
});
