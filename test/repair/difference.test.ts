import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {
  foundTwice,
  keyOfName,
  nameOfKey,
  type LeafDifference,
} from '../../src/repair/difference.js';

const objects = (...keys: readonly string[]) =>
  new Map(keys.map((key, lo) => [key, {hi: 1, lo}] as const));
const at = (theirs: LeafDifference['theirs'], ours: LeafDifference['ours'], leaf = 5) => ({
  copies: 3,
  leaf,
  theirs,
  ours,
});
const keysOf = (set: LeafDifference['theirs']) => (set === 'all' ? 'all' : [...set.keys()]);
const twice = (first: LeafDifference, second: LeafDifference) =>
  foundTwice([first], [second]).map(({theirs, ours}) => [keysOf(theirs), keysOf(ours)]);

test('difference: a write that was on its way at the first look is left alone at the second', t => {
  t.deepEqual(twice(at(objects('a', 'b'), objects('b')), at(objects('b'), objects('b'))), [
    [['b'], ['b']],
  ]);
  t.deepEqual(twice(at(objects('a'), objects()), at(objects('b'), objects('b'))), []);
  t.deepEqual(foundTwice([at('all', objects(), 5)], [at('all', objects(), 6)]), []);
});

test('difference: of a leaf that was empty on one side stays what still differs', t => {
  t.deepEqual(twice(at('all', objects()), at(objects('a'), objects('b'))), [[['a'], ['b']]]);
  t.deepEqual(twice(at(objects('a'), objects()), at('all', objects())), [[['a'], []]]);
  t.deepEqual(twice(at('all', objects()), at('all', objects())), [['all', []]]);
});

testProp(
  'difference: a key is its name hash',
  [fc.nat({max: 2 ** 32 - 1}), fc.nat({max: 2 ** 32 - 1})],
  (t, hi, lo) => {
    t.deepEqual(nameOfKey(keyOfName({hi, lo})), {hi, lo});
  },
);
