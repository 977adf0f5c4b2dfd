import {testProp} from '@fast-check/ava';
import test from 'ava';
import {idsOf} from '../../src/causality/id-list.js';
import * as fc from 'fast-check';
import {mergeObjects, sameWrites} from '../../src/causality/merge.js';
import type {Sibling, StoredObject} from '../../src/causality/object.js';
import {pruneRetired} from '../../src/causality/retired.js';
import {visibleSiblings} from '../../src/causality/siblings.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {applyWrite, findRetry} from '../../src/causality/write.js';
import type {WriteIntent} from '../../src/causality/write.js';
import {join, objectOf, run, steps} from './model.js';

const numRuns = 3000;

function write(
  object: StoredObject | undefined,
  [incarnation, counter]: readonly [string, number],
  options: {cover?: WriteIntent['cover']; id?: string; hlc?: number} = {},
): StoredObject {
  const {cover = 'everything', id = '', hlc = counter} = options;
  const value = new TextEncoder().encode(`${incarnation}${counter}`);
  const intent = {cover, coverHlc: 0, id, tombstone: false, deflated: false, value};
  return applyWrite(object, intent, {dot: {incarnation, counter}, hlc});
}

const spell = ({dots}: Sibling) => dots.map(d => `${d.incarnation}${d.counter}`).join('+');
const present = ({siblings}: StoredObject) => siblings.map(spell);
const visible = (object: StoredObject) => visibleSiblings(object).map(spell);

testProp(
  'merge: replicas hold exactly what was seen and not superseded, after any interleaving',
  [steps],
  (t, history) => {
    for (const {object, oracle} of run(history)) {
      t.deepEqual(object, objectOf(oracle));
    }
  },
  {numRuns},
);

testProp(
  'merge: is commutative and idempotent, and equals the union of what both know',
  [steps],
  (t, history) => {
    const held = run(history).slice(-12);
    for (const a of held) {
      t.is(mergeObjects(a.object, a.object), a.object);
      for (const b of held) {
        const merged = mergeObjects(a.object, b.object);
        t.deepEqual(merged, mergeObjects(b.object, a.object));
        t.deepEqual(merged, objectOf(join(a.oracle, b.oracle)));
        t.is(mergeObjects(merged, a.object), merged);
        // Neither call has to allocate: one of the two already is the answer.
        const again = mergeObjects(b.object, merged);
        t.true(again === merged || again === b.object);
        t.deepEqual(again, merged);
      }
    }
  },
  {numRuns: numRuns / 5},
);

testProp(
  'merge: is associative',
  [steps, fc.infiniteStream(fc.nat())],
  (t, history, picks) => {
    const held = run(history);
    for (let i = 0; i < 50; i += 1) {
      const [a, b, c] = [...picks.take(3)].map(pick => held[pick % held.length]!.object);
      t.deepEqual(mergeObjects(a!, mergeObjects(b!, c!)), mergeObjects(mergeObjects(a!, b!), c!));
    }
  },
  {numRuns: numRuns / 5},
);

testProp(
  'merge: a key that was written always has a sibling, and one that is visible',
  [steps],
  (t, history) => {
    for (const a of run(history).slice(-8)) {
      for (const b of run(history).slice(-8)) {
        t.true(visibleSiblings(mergeObjects(a.object, b.object)).length > 0);
      }
    }
  },
  {numRuns: numRuns / 5},
);

testProp(
  'merge: pruning retired ids anywhere changes neither vectors nor dots',
  [steps, fc.nat({max: 60})],
  (t, history, olderThanHlc) => {
    const held = run(history).slice(-10);
    for (const a of held) {
      for (const b of held) {
        const merged = mergeObjects(pruneRetired(a.object, olderThanHlc), b.object);
        t.true(sameWrites(merged, mergeObjects(a.object, b.object)));
      }
    }
  },
  {numRuns: numRuns / 5},
);

test('merge: returns the object that already knows everything', t => {
  const older = write(undefined, ['a', 1], {id: 'p'});
  const newer = write(older, ['b', 2], {id: 'q'});
  t.is(mergeObjects(older, newer), newer);
  t.is(mergeObjects(newer, older), newer);
  t.is(mergeObjects(newer, newer), newer);
  const copy = structuredClone(newer);
  t.is(mergeObjects(newer, copy), newer);
  t.is(mergeObjects(copy, newer), copy);
});

test('merge: writes that did not see each other become siblings', t => {
  const merged = mergeObjects(write(undefined, ['b', 1]), write(undefined, ['a', 7]));
  t.deepEqual(present(merged), ['a7', 'b1']);
  t.deepEqual(merged.vector, [
    {incarnation: 'a', counter: 7},
    {incarnation: 'b', counter: 1},
  ]);
});

test('merge: one request stamped by two owners is one sibling with the earlier stamp', t => {
  const first = write(undefined, ['b', 1], {id: 'p', hlc: 10});
  const second = write(undefined, ['a', 1], {id: 'p', hlc: 20});
  const merged = mergeObjects(second, first);
  t.deepEqual(present(merged), ['a1+b1']);
  t.is(merged.siblings[0]!.hlc, 10);
  t.is(findRetry(merged, 'p'), 'present');
});

test('merge: a retry of a superseded write stays hidden beside what superseded it', t => {
  const first = write(undefined, ['a', 1], {id: 'p'});
  const second = write(first, ['a', 2]);
  const retried = write(undefined, ['b', 1], {id: 'p', hlc: 3});
  const merged = mergeObjects(retried, second);
  t.deepEqual(visible(merged), ['a2']);
  t.is(findRetry(merged, 'p'), 'superseded');
});

// The context names the dot of the first try and not its id, so that the third owner cannot know
// the retry for one.
test('merge: writes that supersede each other through a retry do not both vanish', t => {
  const first = write(undefined, ['a', 1], {id: 'p', hlc: 10});
  const second = write(undefined, ['c', 1], {cover: first.vector, hlc: 11});
  const retried = write(second, ['b', 1], {id: 'p', hlc: 30});
  const merged = mergeObjects(first, retried);
  t.deepEqual(present(merged), ['b1']);
  t.deepEqual(visible(merged), ['b1']);
  t.deepEqual(merged, mergeObjects(retried, mergeObjects(first, second)));
});

test('merge: replicas that differ only in retired ids hold the same writes', t => {
  const object = write(write(undefined, ['a', 1], {id: 'p'}), ['a', 2]);
  const pruned = pruneRetired(object, 100);
  t.deepEqual(idsOf(pruned.retired), []);
  t.true(sameWrites(object, pruned));
  t.false(sameWrites(object, write(object, ['a', 3])));
  t.false(sameWrites(object, write(object, ['a', 3], {cover: EMPTY_VECTOR})));
});

// No replica that keeps its promises comes to this; a broken one must not leave two that never
// agree.
test('merge: is commutative even where two histories contradict each other', t => {
  const object = write(write(undefined, ['a', 1]), ['b', 1], {
    cover: EMPTY_VECTOR,
    id: 'p',
    hlc: 5,
  });
  const [first, second] = object.siblings;
  const onlyFirst = {...object, siblings: [first!]};
  const onlySecond = {...object, siblings: [second!]};
  const earlier = {...object, siblings: [first!, {...second!, hlc: 4}]};
  for (const [a, b] of [
    [object, onlyFirst],
    [object, onlySecond],
    [onlyFirst, onlySecond],
    [object, earlier],
  ] as const) {
    t.deepEqual(mergeObjects(a, b), mergeObjects(b, a));
  }
});
