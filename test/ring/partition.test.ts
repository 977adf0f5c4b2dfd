import test from 'ava';
import * as fc from 'fast-check';
import {encodeKey} from '../../src/keys.js';
import {fnv1a32, isPrime, partitionOf} from '../../src/ring/partition.js';

for (const [name, partition] of [
  ['users.alice', 21],
  ['users.bob', 50],
  ['users.user123', 0],
  ['users.é', 27],
] as const) {
  test(`partition: ${name} is in ${partition} of 64, as a broker computes it`, t => {
    t.is(partitionOf(name, 64), partition);
  });
}

test('fnv: the published vectors', t => {
  t.is(fnv1a32(Buffer.from('')), 0x811c9dc5);
  t.is(fnv1a32(Buffer.from('a')), 0xe40c292c);
  t.is(fnv1a32(Buffer.from('foobar')), 0xbf9cf968);
});

test('partition: the quick path for ASCII equals the hash of the bytes without dots', t => {
  fc.assert(
    fc.property(
      fc.string({unit: 'grapheme', minLength: 1}),
      fc.constantFrom(1, 67, 1021, 16381),
      (key, partitions) => {
        const name = `users.${encodeKey(key)}`;
        const partition = partitionOf(name, partitions);
        t.is(partition, fnv1a32(Buffer.from(name.split('.').join(''))) % partitions);
      },
    ),
  );
});

test('partition: keys with a repeated id reach all of 67 partitions', t => {
  const reached = new Set<number>();
  for (let id = 0; id < 2000; id++) {
    reached.add(partitionOf(`carts.${id}.${id}`, 67));
  }

  t.is(reached.size, 67);
});

test('isPrime: knows the primes below 100 and the two defaults', t => {
  const primes = Array.from({length: 100}, (_, value) => value).filter(isPrime);
  t.deepEqual(
    primes,
    [
      2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89,
      97,
    ],
  );
  t.true(isPrime(1021) && isPrime(16381));
  t.false(isPrime(67.5) || isPrime(Number.NaN) || isPrime(-7));
});
