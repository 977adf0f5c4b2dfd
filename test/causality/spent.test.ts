/** Letting go of entries that no sibling needs. */
import {testProp} from '@fast-check/ava';
import test from 'ava';
import {mergeObjects} from '../../src/causality/merge.js';
import {shownSiblings} from '../../src/causality/siblings.js';
import {areSpent, spentEntries, withoutSpent} from '../../src/causality/spent.js';
import {decodeObject, encodeObject} from '../../src/wire/object-codec.js';
import {objectOf} from '../helpers/held.js';
import {run, steps} from './model.js';

testProp(
  'spent: without its spent entries an object shows the same, is whole, and learns them back',
  [steps],
  (t, history) => {
    for (const {object} of run(history)) {
      if (object === undefined) {
        continue;
      }

      const spent = spentEntries(object);
      t.true(areSpent(spent, object));
      const lean = withoutSpent(object, spent);
      t.is(lean.vector.length, object.vector.length - spent.length);
      t.deepEqual(shownSiblings(lean, 'siblings'), shownSiblings(object, 'siblings'));
      t.deepEqual(decodeObject(encodeObject(lean)), lean);
      t.deepEqual(mergeObjects(lean, object), object);
    }
  },
  {numRuns: 1_000},
);

test('spent: what an object carries, or has not seen, is not', t => {
  const one = objectOf('one', {incarnation: 'a', counter: 3});
  const two = objectOf('two', {incarnation: 'b', counter: 1, onto: one});
  t.deepEqual(spentEntries(two), [{incarnation: 'a', counter: 3}]);
  t.true(areSpent([{incarnation: 'a', counter: 2}], two));
  t.false(areSpent([{incarnation: 'a', counter: 4}], two));
  t.false(areSpent([{incarnation: 'b', counter: 1}], two));
  t.false(areSpent([{incarnation: 'c', counter: 1}], two));
});

test('spent: an incarnation that went on keeps its entry', t => {
  const one = objectOf('one', {incarnation: 'a', counter: 3});
  const two = objectOf('two', {incarnation: 'b', counter: 1, onto: one});
  t.deepEqual(withoutSpent(two, [{incarnation: 'a', counter: 2}]), two);
  t.deepEqual(withoutSpent(two, [{incarnation: 'a', counter: 3}]).vector, [
    {incarnation: 'b', counter: 1},
  ]);
});
