import {testProp} from '@fast-check/ava';
import test from 'ava';
import * as fc from 'fast-check';
import {
  counterOf,
  covers,
  dominates,
  EMPTY_VECTOR,
  includeDot,
  mergeVectors,
  vectorsEqual,
} from '../../src/causality/version-vector.js';
import type {VersionVector} from '../../src/causality/version-vector.js';

/** Long enough to take the search as well as the scan. */
const vectors: fc.Arbitrary<VersionVector> = fc
  .dictionary(fc.stringMatching(/^[a-z]$/), fc.integer({min: 1, max: 9}), {maxKeys: 20})
  .map(counters =>
    Object.entries(counters)
      .map(([incarnation, counter]) => ({incarnation, counter}))
      .toSorted((a, b) => (a.incarnation < b.incarnation ? -1 : 1)),
  );

const alphabet = 'abcdefghijklmnopqrstuvwxyz'.split('');

testProp(
  'vector: a merge is the greater counter of each incarnation',
  [vectors, vectors],
  (t, a, b) => {
    const expected = alphabet
      .map(incarnation => ({
        incarnation,
        counter: Math.max(counterOf(a, incarnation), counterOf(b, incarnation)),
      }))
      .filter(({counter}) => counter > 0);
    t.deepEqual(mergeVectors(a, b), expected);
  },
);

testProp('vector: a counter is found however long the vector is', [vectors], (t, vector) => {
  for (const incarnation of alphabet) {
    const entry = vector.find(e => e.incarnation === incarnation);
    t.is(counterOf(vector, incarnation), entry?.counter ?? 0);
  }
});

testProp(
  'vector: a merge dominates both and is no copy of one that does',
  [vectors, vectors],
  (t, a, b) => {
    const merged = mergeVectors(a, b);
    t.true(dominates(merged, a) && dominates(merged, b));
    t.is(dominates(a, b), merged === a);
    t.is(mergeVectors(merged, a), merged);
    t.is(mergeVectors(b, merged) === b, vectorsEqual(b, merged));
  },
);

test('vector: covers every dot up to the counter seen, and none of a stranger', t => {
  const vector = includeDot(EMPTY_VECTOR, {incarnation: 'a', counter: 7});
  t.true(covers(vector, {incarnation: 'a', counter: 7}));
  t.true(covers(vector, {incarnation: 'a', counter: 1}));
  t.false(covers(vector, {incarnation: 'a', counter: 8}));
  t.false(covers(vector, {incarnation: 'b', counter: 1}));
});

test('vector: including a dot that is covered changes nothing', t => {
  const vector = [{incarnation: 'b', counter: 7}];
  t.is(includeDot(vector, {incarnation: 'b', counter: 6}), vector);
  t.deepEqual(includeDot(vector, {incarnation: 'a', counter: 1}), [
    {incarnation: 'a', counter: 1},
    {incarnation: 'b', counter: 7},
  ]);
});
