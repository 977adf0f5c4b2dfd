/**
 * A stand-in stamps writes for keys whose owners are all away, and forgets them once they were
 * delivered. Whoever reissues a dot, or claims to have seen what it has forgotten, erases
 * acknowledged writes (riak_kv issue 679, and its later fix 1643 for replicated writes).
 */
import test from 'ava';
import {mergeObjects} from '../../src/causality/merge.js';
import type {StoredObject} from '../../src/causality/object.js';
import {counterOf, EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {objectOf, valuesOf} from '../helpers/held.js';
import {startHints} from '../helpers/hints-bed.js';
import {startStore} from '../helpers/store-bed.js';

const blind = {cover: EMPTY_VECTOR};
const shown = (object: StoredObject | undefined) => valuesOf(object).map(String).toSorted();
const owners = ['h1', 'h2', 'h3'];

test('reissued: a write by a stand-in never erases one of its own that it handed off', t => {
  const {standIn, deliver, decided, pass, onDisk} = startHints();
  // A: all owners are away; the stand-in takes the first write.
  standIn('A', 'k', 'first', blind);
  pass();
  // B: they are back, take it over, and the stand-in forgets it.
  let owned = decided[0]?.object as StoredObject;
  owners.forEach(owner => deliver(owner, 'k'));
  pass();
  t.deepEqual(onDisk(), []);
  // C: an owner takes a write that knows of none.
  owned = objectOf('second', {incarnation: 'owner', onto: owned, blind: true});
  // D: they are away again; the stand-in, which holds nothing of the key, takes the third.
  standIn('D', 'k', 'third', blind);
  pass();
  const third = decided[1]?.object as StoredObject;
  // E: its hint is delivered.
  const [{incarnation, counter} = {incarnation: '', counter: 0}] = owned.siblings
    .filter(({value}) => Buffer.from(value).toString() === 'first')
    .flatMap(({dots}) => dots);
  t.true(counterOf(third.vector, incarnation) < counter);
  owned = mergeObjects(owned, third);
  // F: nobody saw another's write, so all three are there.
  t.deepEqual(shown(owned), ['first', 'second', 'third']);
});

test('reissued: nor one of another key, whose hint it keeps still, when one was handed off', t => {
  const {standIn, deliver, decided, pass} = startHints();
  standIn('a', 'a', '1', blind);
  standIn('b', 'b', '1', blind);
  pass();
  owners.forEach(owner => deliver(owner, 'a'));
  standIn('b', 'b', '2', blind);
  standIn('a', 'a', '2', blind);
  pass();
  const [a1, b1, b2, a2] = decided.map(({object}) => object) as [
    StoredObject,
    StoredObject,
    StoredObject,
    StoredObject,
  ];
  t.deepEqual(shown(mergeObjects(a1, a2)), ['1', '2']);
  t.deepEqual(shown(mergeObjects(b1, b2)), ['1', '2']);
});

test('incarnation: stays while all that it stamped is kept', t => {
  const {standIn, keep, deliver, pass, incarnation} = startHints();
  const first = incarnation();
  standIn('a', 'a', '1', blind);
  keep('b', 'b', '1');
  pass();
  deliver('h1', 'a');
  deliver('h1', 'b');
  pass();
  t.is(incarnation(), first);
});

test('incarnation: ends when a hint that it stamped was delivered, at once', t => {
  const {standIn, deliver, pass, incarnation} = startHints();
  const first = incarnation();
  standIn('a', 'a', '1', blind);
  pass();
  owners.forEach(owner => deliver(owner, 'a'));
  t.not(incarnation(), first);
});

test('incarnation: ends with the process, clean or not, though its hints are kept', t => {
  const {standIn, pass, disk, clock, random, incarnation, decided} = startHints();
  const first = incarnation();
  standIn('a', 'a', '1', blind);
  pass();
  disk.crash({loseUnsynced: true});
  const again = startHints({bed: startStore(random, clock, disk)});
  again.standIn('a', 'a', '2', blind);
  again.pass();
  t.not(again.incarnation(), first);
  const merged = again.decided[0]?.object;
  t.deepEqual(shown(merged), ['1', '2']);
  t.deepEqual(valuesOf(decided[0]?.object), ['1']);
});

test('incarnation: ends when a commit fails, for what left with it is kept nowhere here', t => {
  const {standIn, pass, disk, incarnation, decided, lines} = startHints();
  const first = incarnation();
  disk.failNextCommit('FULL', {applied: false});
  standIn('a', 'a', '1', blind);
  pass(1_000);
  t.deepEqual(lines, ['a decided', 'a 503']);
  t.not(incarnation(), first);
  standIn('a', 'a', '2', blind);
  pass();
  const [lost, next] = decided.map(({object}) => object) as [StoredObject, StoredObject];
  t.deepEqual(shown(mergeObjects(lost, next)), ['1', '2']);
});

test('incarnation: ends when a kept object shows a dot of its own that it does not know', t => {
  const {keep, standIn, pass, incarnation, decided} = startHints();
  const first = incarnation();
  keep('keep', 'a', 'x', {incarnation: first, counter: 7});
  pass();
  t.not(incarnation(), first);
  standIn('put', 'b', 'y', blind);
  pass();
  t.is(counterOf(decided[0]?.object.vector ?? [], first), 0);
});

test('incarnation: ends when a writer has seen a dot of its own that it does not know', t => {
  const {standIn, pass, incarnation, lines} = startHints();
  const first = incarnation();
  standIn('put', 'k', 'x', {cover: [{incarnation: first, counter: 7}], coverHlc: 1});
  pass();
  t.deepEqual(lines, ['put decided', 'put done']);
  t.not(incarnation(), first);
});

test('incarnation: ends when the actor crashes', t => {
  const {standIn, pass, incarnation, failpoints, restart} = startHints();
  const first = incarnation();
  failpoints.arm('hints.work', 'crash');
  standIn('put', 'k', 'x', blind);
  pass();
  restart();
  pass();
  t.not(incarnation(), first);
});
