import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {
  identityKey,
  leafKey,
  leafOfKey,
  leafRange,
  objectKey,
  topologyKey,
} from '../../src/store/layout.js';

const partition = fc.nat({max: 65_000});
const compare = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b);

testProp(
  'layout: the leaves of a partition, and no other keys, lie in its range, and tell their number',
  [partition, partition, fc.nat({max: 1_023}), fc.string()],
  (t, own, other, leaf, name) => {
    const {from, to} = leafRange(own);
    const isInside = (key: Uint8Array) => compare(from, key) <= 0 && compare(key, to) < 0;
    t.true(isInside(leafKey(own, leaf)));
    t.is(leafOfKey(leafKey(own, leaf)), leaf);
    t.is(isInside(leafKey(other, leaf)), own === other);
    t.false([objectKey(own, name), identityKey(own), topologyKey()].some(isInside));
  },
);

testProp(
  'layout: different things have different keys',
  [
    fc.uniqueArray(fc.tuple(partition, fc.string()), {
      maxLength: 20,
      selector: pair => pair.join('/'),
    }),
  ],
  (t, pairs) => {
    const keys = [
      topologyKey(),
      ...pairs.map(([no, name]) => objectKey(no, name)),
      ...new Set(pairs.map(([no]) => no)),
    ].map(key => (typeof key === 'number' ? identityKey(key) : key));
    const spelled = keys.map(key => Buffer.from(key).toString('hex'));
    t.is(new Set(spelled).size, spelled.length);
  },
);

test('layout: a partition lies together, and partitions lie in order', t => {
  const keys = [objectKey(1, 'z'), objectKey(2, 'a'), objectKey(2, 'b'), objectKey(256, 'a')];
  t.deepEqual(keys.toSorted(compare), keys);
});
