import test from 'ava';
import {countIds, idsOf} from '../../src/causality/id-list.js';
import {mergeObjects} from '../../src/causality/merge.js';
import type {Sibling, StoredObject} from '../../src/causality/object.js';
import {pruneBeside, pruneRetired, retire, RETIRED_IDS_MAX} from '../../src/causality/retired.js';
import {
  liveSiblings,
  newestSibling,
  resolveLww,
  shownSiblings,
  visibleSiblings,
} from '../../src/causality/siblings.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {applyWrite, findRetry, highestHlc} from '../../src/causality/write.js';
import type {WriteIntent} from '../../src/causality/write.js';

const blind: WriteIntent = {
  cover: 'everything',
  coverHlc: 0,
  id: '',
  tombstone: false,
  deflated: false,
  value: new Uint8Array([1]),
};

/** A write by vnode `incarnation`, with the counter as its stamp unless told. */
const write = (
  object: StoredObject | undefined,
  incarnation: string,
  counter: number,
  options: Partial<WriteIntent> & {hlc?: number} = {},
) => {
  const {hlc = counter, ...intent} = options;
  return applyWrite(object, {...blind, ...intent}, {dot: {incarnation, counter}, hlc});
};

const names = (siblings: readonly Sibling[]) =>
  siblings.map(({dots}) => dots.map(d => `${d.incarnation}${d.counter}`).join('+'));

test('write: without a context it covers what its coordinator holds', t => {
  const siblings = write(write(undefined, 'a', 1), 'b', 1, {cover: EMPTY_VECTOR});
  t.deepEqual(names(write(siblings, 'a', 2).siblings), ['a2']);
});

test('write: that claims to have seen nothing becomes a sibling', t => {
  const object = write(write(undefined, 'b', 1), 'a', 9, {cover: EMPTY_VECTOR});
  t.deepEqual(names(object.siblings), ['a9', 'b1']);
});

test('write: supersedes exactly what its context covers, held here or not', t => {
  const ours = write(undefined, 'a', 1);
  const theirs = write(undefined, 'b', 1);
  const {vector} = theirs;
  const object = write(ours, 'a', 2, {cover: vector});
  t.deepEqual(names(object.siblings), ['a1', 'a2']);
  t.deepEqual(names(mergeObjects(object, theirs).siblings), ['a1', 'a2']);
});

test('write: whose context covers one try of a write supersedes the write', t => {
  const first = write(undefined, 'a', 1, {id: 'p'});
  const both = mergeObjects(first, write(undefined, 'b', 1, {id: 'p'}));
  t.deepEqual(names(write(both, 'c', 1, {cover: first.vector}).siblings), ['c1']);
});

test('write: retires the ids of what it supersedes', t => {
  const first = write(undefined, 'a', 1, {id: 'p'});
  t.is(findRetry(undefined, 'p'), undefined);
  t.is(findRetry(first, 'q'), undefined);
  t.is(findRetry(first, ''), undefined);
  t.is(findRetry(first, 'p'), 'present');
  t.is(findRetry(write(first, 'a', 2), 'p'), 'superseded');
});

test('write: a known id is never applied again', t => {
  const first = write(undefined, 'a', 1, {id: 'p'});
  t.throws(() => write(first, 'a', 2, {id: 'p'}), {message: /already known/});
  t.throws(() => write(write(first, 'a', 2), 'a', 3, {id: 'p'}), {message: /already known/});
});

test('write: a dot that was already seen is never stamped', t => {
  const object = write(undefined, 'a', 5);
  t.throws(() => write(object, 'a', 5), {message: /seen before/});
  const cover = [{incarnation: 'b', counter: 3}];
  t.throws(() => write(object, 'b', 2, {cover}), {message: /seen before/});
});

test('write: a tombstone holds no value', t => {
  t.throws(() => write(undefined, 'a', 1, {tombstone: true}), {message: /no value/});
});

test('write: the highest stamp is that of siblings, retired ids and context', t => {
  t.is(highestHlc(undefined, 0), 0);
  const object = write(write(undefined, 'a', 1, {hlc: 30, id: 'p'}), 'a', 2, {hlc: 20});
  t.is(highestHlc(object, 0), 30);
  t.is(highestHlc(pruneRetired(object, 100), 0), 20);
  t.is(highestHlc(object, 40), 40);
});

test('siblings: a tombstone beside a value is not counted', t => {
  const tombstone = write(undefined, 'a', 1, {tombstone: true, value: new Uint8Array()});
  t.deepEqual(liveSiblings(tombstone), []);
  const object = write(tombstone, 'b', 1, {cover: EMPTY_VECTOR});
  t.deepEqual(names(visibleSiblings(object)), ['a1', 'b1']);
  t.deepEqual(names(liveSiblings(object)), ['b1']);
});

test('siblings: a deleted key does not come back by the retry of what was deleted', t => {
  const put = write(undefined, 'a', 1, {id: 'p'});
  const deleted = write(put, 'a', 2, {tombstone: true, value: new Uint8Array()});
  const retried = write(undefined, 'b', 9, {id: 'p'});
  t.deepEqual(liveSiblings(mergeObjects(deleted, retried)), []);
});

test('siblings: the newest has the greatest stamp, then the greatest dot', t => {
  t.is(newestSibling([]), undefined);
  const a = write(undefined, 'a', 1, {hlc: 5});
  const b = write(undefined, 'b', 1, {hlc: 5});
  const c = write(undefined, 'c', 1, {hlc: 4});
  const all = mergeObjects(c, mergeObjects(b, a));
  t.deepEqual(newestSibling(all.siblings)?.dots, b.siblings[0]!.dots);
});

test('siblings: a last-writer-wins bucket shows the newest, also when that deletes', t => {
  const value = write(undefined, 'a', 1, {hlc: 5});
  const tombstone = write(undefined, 'b', 1, {hlc: 6, tombstone: true, value: new Uint8Array()});
  t.true(resolveLww(mergeObjects(value, tombstone))?.tombstone);
  t.false(resolveLww(value)?.tombstone);
});

test('siblings: a reader is shown values newest first, and one where the last writer wins', t => {
  const a = write(undefined, 'a', 1, {hlc: 5});
  const b = write(undefined, 'b', 1, {hlc: 7});
  const tombstone = write(undefined, 'c', 1, {hlc: 6, tombstone: true, value: new Uint8Array()});
  const object = mergeObjects(a, mergeObjects(b, tombstone));
  t.deepEqual(names(shownSiblings(object, 'siblings')), ['b1', 'a1']);
  t.deepEqual(names(shownSiblings(object, 'lww')), ['b1']);
  t.deepEqual(names(shownSiblings(mergeObjects(a, tombstone), 'siblings')), ['a1']);
  t.deepEqual(shownSiblings(mergeObjects(a, tombstone), 'lww'), []);
});

test('retired: pruning forgets old ids, except of a sibling that is still there', t => {
  const first = write(undefined, 'a', 1, {id: 'p', hlc: 10});
  const object = write(write(first, 'a', 2, {id: 'q', hlc: 20}), 'a', 3, {hlc: 30});
  t.deepEqual(idsOf(pruneRetired(object, 20).retired), [{id: 'q', hlc: 20}]);
  t.is(pruneRetired(object, 10), object);

  const echoed = mergeObjects(object, write(undefined, 'b', 1, {id: 'p', hlc: 40}));
  t.deepEqual(names(visibleSiblings(pruneRetired(echoed, 1000))), ['a3']);
});

test('retired: a list that grew far too long keeps the newest', t => {
  const first = write(undefined, 'a', 1, {id: 'p'});
  const ids = Array.from({length: 2 * RETIRED_IDS_MAX}, (_, i) => ({id: `id${i}`, hlc: i + 1}));
  const object = {...first, retired: retire(first.retired, ids)};
  const kept = idsOf(pruneRetired(object, 0).retired).map(({hlc}) => hlc);
  t.is(kept.length, RETIRED_IDS_MAX);
  t.is(Math.min(...kept), RETIRED_IDS_MAX + 1);
});

test('retired: beside the next state of a key its replica forgets what that had to forget', t => {
  let before = write(undefined, 'a', 1, {id: 'id1'});
  for (let counter = 2; counter <= RETIRED_IDS_MAX + 1; counter += 1) {
    before = write(before, 'a', counter, {id: `id${counter}`});
  }

  const next = pruneRetired(write(before, 'a', RETIRED_IDS_MAX + 2, {id: 'last'}), 0);
  t.is(countIds(next.retired), RETIRED_IDS_MAX);
  t.is(mergeObjects(pruneBeside(before, next, 0), next), next);
  t.not(mergeObjects(before, next), next);
  const older = write(undefined, 'a', 1, {id: 'id1'});
  t.is(pruneBeside(before, older, 0), before);
});

test('retired: however fast a key is written, its list is bounded and keeps the newest', t => {
  let object = write(undefined, 'a', 1, {id: 'first'});
  for (let counter = 2; counter < RETIRED_IDS_MAX + 50; counter += 1) {
    object = pruneRetired(write(object, 'a', counter, {id: `id${counter}`}), 0);
  }

  t.is(countIds(object.retired), RETIRED_IDS_MAX);
  t.is(findRetry(object, 'first'), undefined);
  t.is(findRetry(object, `id${RETIRED_IDS_MAX}`), 'superseded');
});
