import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {nameHash} from '../../src/merkle/object-hash.js';
import {leafOf} from '../../src/merkle/tree.js';
import {
  branchOfKey,
  identityKey,
  journalKey,
  journalRange,
  leafRange,
  nameOfObjectKey,
  objectKey,
  pageKey,
  pageRange,
  topologyKey,
} from '../../src/store/layout.js';

const partition = fc.nat({max: 65_000});
const compare = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b);
const isIn =
  ({from, to}: {from: Uint8Array; to: Uint8Array}) =>
  (key: Uint8Array) =>
    compare(from, key) <= 0 && compare(key, to) < 0;

testProp(
  'layout: the pages of a partition, and no other keys, lie in its range, and tell their branch',
  [partition, partition, fc.nat({max: 31}), fc.string()],
  (t, own, other, branch, name) => {
    const inPages = isIn(pageRange(own));
    t.true(inPages(pageKey(own, branch)));
    t.is(branchOfKey(pageKey(own, branch)), branch);
    t.is(inPages(pageKey(other, branch)), own === other);
    const others = [objectKey(own, name), identityKey(own), topologyKey()];
    t.false([...others, journalKey(own)].some(inPages));
    t.true(isIn(journalRange())(journalKey(own)));
    t.false([...others, pageKey(own, branch)].some(isIn(journalRange())));
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
  const keys = [objectKey(1, 'z'), objectKey(2, 'a'), objectKey(256, 'a')];
  t.deepEqual(keys.toSorted(compare), keys);
});

testProp(
  'layout: the objects of a leaf lie together, and nothing else lies between them',
  [partition, fc.string({minLength: 1, maxLength: 20}), fc.nat({max: 1_023})],
  (t, own, name, leaf) => {
    const key = objectKey(own, name);
    t.is(isIn(leafRange(own, leaf))(key), leaf === leafOf(nameHash(name)));
    t.is(nameOfObjectKey(key), Buffer.from(name).toString());
  },
);
