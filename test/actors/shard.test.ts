import test from 'ava';
import {Shard} from '../../actors/vnode/shard.js';
import type {VnodeOperation} from '../../actors/vnode/vnode.messages.js';
import {HybridClock} from '../../src/causality/hlc.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {FailpointHit, Failpoints} from '../../src/failpoints.js';
import {OBJECT_BYTES_MAX, RETRY_WINDOW_MS} from '../../src/limits.js';
import {nameHash} from '../../src/merkle/object-hash.js';
import {leafOf, MerkleTree} from '../../src/merkle/tree.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';
import type {Identity} from '../../src/store/identity.js';
import {journalKey} from '../../src/store/layout.js';
import {eachChange, loadLeaf, openChanges} from '../../src/store/leaf-records.js';
import {ObjectStore} from '../../src/store/object-store.js';
import {valuesOf} from '../helpers/held.js';
import {Diary} from '../helpers/operations.js';
import {SlowStorage} from '../helpers/slow-storage.js';

const me: Identity = {incarnation: 'me', leasedUpTo: 10_000, isSealed: false};
const bounds = {operationsMax: 10_000, bytesMax: 1e9, cacheBytes: 1e8, readsAtOnce: 3};

/** A shard that stamps as `me`, over a storage whose calls end when the test says so. */
function setUp({identity = me, counter = 0, operationsMax = bounds.operationsMax} = {}) {
  const clock = new SimClock();
  const storage = new SlowStorage();
  const objects = new ObjectStore(
    storage,
    clock,
    {...bounds, operationsMax},
    () => {},
    () => {},
  );
  const failpoints = new Failpoints(() => {});
  const tree = new MerkleTree();
  const diary = new Diary();
  const events: string[] = [];
  const later: VnodeOperation[] = [];
  const shard = new Shard(
    7,
    tree,
    {clock, hybrid: new HybridClock(), objects, failpoints},
    {
      leaseLow: ({leasedUpTo}) => events.push(`lease low ${leasedUpTo}`),
      commitFailed: () => events.push('commit failed'),
      amnesia: () => events.push('amnesia'),
      crashed: cause => events.push(`crashed ${String(cause)}`),
      later: operation => later.push(operation),
    },
  );
  shard.assume(identity, counter);
  return {
    clock,
    storage,
    objects,
    failpoints,
    tree,
    diary,
    events,
    later,
    shard,
    lines: diary.lines,
    endTurn: () => clock.run(clock.nowMs()),
    commit: () => {
      objects.commits.begin();
      objects.succeed();
    },
    /** What the host holds of a key, pending first. */
    values: (name: string) => valuesOf(objects.peek(name)?.object),
    /** Makes keys known to be absent, so that operations on them need no disk. */
    know: (...names: string[]) => {
      names.forEach(name => objects.load(7, name, () => {}));
      clock.run(clock.nowMs());
      storage.endRead(() => null);
    },
  };
}

test('put: the decided object leaves before its own commit, which alone makes it done', t => {
  const {shard, diary, lines, know, commit} = setUp();
  know('k');
  shard.take(diary.put('put', 'k', 'x'));
  t.deepEqual(lines, ['put decided']);
  t.deepEqual(valuesOf(diary.decided[0]?.object), ['x']);
  commit();
  t.deepEqual(lines, ['put decided', 'put done']);
});

test('put: every write of a vnode gets a dot of its own, across keys', t => {
  const {shard, diary, know} = setUp({counter: 40});
  know('a', 'b');
  ['a', 'b', 'a'].forEach(name => shard.take(diary.put(name, name, 'x')));
  const dots = diary.decided.map(({object}) => object.siblings[0]?.dots[0]);
  t.deepEqual(
    dots,
    [41, 42, 43].map(counter => ({incarnation: 'me', counter})),
  );
});

test('put: one on a pending object builds on it', t => {
  const {shard, diary, values, know, commit} = setUp();
  know('k');
  shard.take(diary.put('first', 'k', '1'));
  shard.take(diary.put('sibling', 'k', '2', {cover: EMPTY_VECTOR}));
  t.deepEqual(values('k'), ['1', '2']);
  commit();
  shard.take(diary.put('over', 'k', '3'));
  t.deepEqual(values('k'), ['3']);
});

test('get: what has not been committed is shown only once it is', t => {
  const {shard, diary, lines, know, commit} = setUp();
  know('k');
  shard.take(diary.put('put', 'k', 'x'));
  shard.take(diary.read('get', 'k'));
  t.deepEqual(lines, ['put decided']);
  commit();
  t.deepEqual(lines, ['put decided', 'put done', 'get x']);
});

test('get: one that waits for a commit that fails shows nothing', t => {
  const {shard, diary, lines, objects, know} = setUp();
  know('k');
  shard.take(diary.put('put', 'k', 'x'));
  shard.take(diary.read('get', 'k'));
  objects.commits.begin();
  objects.fail(new StorageFailure('IO', 'refused'));
  t.deepEqual(lines, ['put decided', 'put 503', 'get 503']);
});

test('get: an absent key is an absence, a damaged record an error', t => {
  const {shard, diary, lines, storage, endTurn} = setUp();
  shard.take(diary.read('absent', 'a'));
  endTurn();
  storage.endRead(() => null);
  shard.take(diary.read('damaged', 'b'));
  endTurn();
  storage.endRead(() => Buffer.from('rot'));
  t.deepEqual(lines, ['absent absent', 'damaged 503']);
});

test('put: onto a record that cannot be read nothing is stamped', t => {
  const {shard, diary, lines, storage, endTurn, events} = setUp();
  shard.take(diary.put('put', 'k', 'x'));
  endTurn();
  storage.endRead(() => new StorageFailure('IO', 'refused'));
  t.deepEqual(lines, ['put 503']);
  t.deepEqual(events, []);
});

test('order: operations on one key are decided as they came, though the first must load', t => {
  const {shard, diary, lines, storage, endTurn, values} = setUp();
  shard.take(diary.put('first', 'k', '1'));
  endTurn();
  shard.take(diary.put('second', 'k', '2', {cover: EMPTY_VECTOR}));
  t.deepEqual(lines, []);
  storage.endRead(() => null);
  t.deepEqual(lines, ['first decided', 'second decided']);
  t.deepEqual(values('k'), ['1', '2']);
});

test('tree: the leaf changes with the object, in the same batch', t => {
  const {shard, diary, know, objects, tree} = setUp();
  know('k');
  const leaf = leafOf(nameHash('k'));
  shard.take(diary.put('first', 'k', '1'));
  shard.take(diary.put('second', 'k', '2'));
  t.deepEqual(tree.leafHash(leaf), objects.peek('k')?.hash);
  const key = journalKey(1);
  const record = objects.commits.begin().find(operation => Buffer.from(key).equals(operation.key));
  const changes = openChanges({key, value: record?.value ?? new Uint8Array()});
  const written = new MerkleTree();
  eachChange(changes ?? Buffer.of(), (partition, changed, at) => {
    t.is(partition, 7);
    loadLeaf(written, changed, changes ?? Buffer.of(), at);
  });
  t.deepEqual(written.root(), tree.root());
});

test('retry: of a known write stamps nothing, and is done once what is held is durable', t => {
  const {shard, diary, lines, know, commit, values} = setUp();
  know('k');
  shard.take(diary.put('put', 'k', 'x', {id: 'id1'}));
  shard.take(diary.put('retry', 'k', 'x', {id: 'id1'}));
  t.deepEqual(lines, ['put decided', 'retry decided']);
  t.is(diary.decided[1], diary.decided[0]);
  commit();
  t.deepEqual(lines.slice(2), ['put done', 'retry done']);
  t.deepEqual(values('k'), ['x']);
});

test('retry: one of a write that was superseded within the window brings nothing back', t => {
  const {shard, diary, know, values, clock} = setUp();
  know('k');
  shard.take(diary.put('put', 'k', 'old', {id: 'id1'}));
  shard.take(diary.put('over', 'k', 'new'));
  clock.run(RETRY_WINDOW_MS - 1_000);
  shard.take(diary.put('again', 'k', 'newer', {id: 'id2'}));
  shard.take(diary.put('retry', 'k', 'old', {id: 'id1'}));
  t.deepEqual(values('k'), ['newer']);
});

test('retry: ids are forgotten once the window is over', t => {
  const {shard, diary, know, objects, clock} = setUp();
  know('k');
  shard.take(diary.put('put', 'k', 'old', {id: 'id1'}));
  clock.run(RETRY_WINDOW_MS + 1_000);
  shard.take(diary.put('over', 'k', 'new'));
  t.is(objects.peek('k')?.object.retired.length, 0);
});

test('lww: a write also covers what it has not seen', t => {
  const {shard, diary, know, values} = setUp();
  know('k');
  shard.take(diary.put('first', 'k', '1', {conflicts: 'lww'}));
  shard.take(diary.put('second', 'k', '2', {conflicts: 'lww', cover: EMPTY_VECTOR}));
  t.deepEqual(values('k'), ['2']);
});

test('put: one sibling more than the bucket allows is refused, and changes nothing', t => {
  const {shard, diary, lines, know, values} = setUp();
  know('k');
  const blind = {cover: EMPTY_VECTOR, maxSiblings: 2};
  ['1', '2', '3'].forEach(value => shard.take(diary.put(value, 'k', value, blind)));
  t.deepEqual(lines, ['1 decided', '2 decided', '3 413']);
  t.deepEqual(values('k'), ['1', '2']);
  shard.take(diary.put('over', 'k', 'all', {maxSiblings: 2}));
  t.deepEqual(values('k'), ['all']);
});

test('put: an object over its size is refused, and changes nothing', t => {
  const {shard, diary, lines, know, values} = setUp();
  know('k');
  const half = 'x'.repeat(OBJECT_BYTES_MAX / 2);
  shard.take(diary.put('first', 'k', half));
  shard.take(diary.put('second', 'k', half, {cover: EMPTY_VECTOR}));
  t.deepEqual(lines, ['first decided', 'second 413']);
  t.is(values('k').length, 1);
});

test('merge: done only when what it brought is durable, with the dots it came with', t => {
  const {shard, diary, lines, know, commit, objects} = setUp();
  know('k');
  shard.take(diary.merge('merge', 'k', 'x', {incarnation: 'peer', counter: 9}));
  t.deepEqual(lines, []);
  t.deepEqual(objects.peek('k')?.object.vector, [{incarnation: 'peer', counter: 9}]);
  commit();
  t.deepEqual(lines, ['merge done']);
});

test('merge: what brings nothing new is not written again', t => {
  const {shard, diary, lines, know, commit, objects} = setUp();
  know('k');
  shard.take(diary.merge('first', 'k', 'x'));
  shard.take(diary.merge('same', 'k', 'x'));
  t.deepEqual(lines, []);
  commit();
  shard.take(diary.merge('again', 'k', 'x'));
  t.deepEqual(lines, ['first done', 'same done', 'again done']);
  t.false(objects.commits.hasGathered);
});

test('merge: concurrent writes end as siblings', t => {
  const {shard, diary, know, values} = setUp();
  know('k');
  shard.take(diary.put('mine', 'k', 'mine'));
  shard.take(diary.merge('theirs', 'k', 'theirs'));
  t.deepEqual(values('k'), ['mine', 'theirs']);
});

test('merge: bytes that are no object are refused, and change nothing', t => {
  const {shard, diary, lines, know, objects} = setUp();
  know('k');
  shard.take(diary.mergeBytes('merge', 'k', Buffer.from('garbage')));
  t.deepEqual(lines, ['merge 400']);
  t.is(objects.peek('k'), null);
});

test('merge: a later write is stamped later than what was merged, whatever the wall says', t => {
  const {shard, diary, know, clock} = setUp();
  know('k', 'l');
  const ahead = (clock.wallMs() + 5_000) * 2_048;
  shard.take(diary.merge('theirs', 'k', 'theirs', {hlc: ahead}));
  shard.take(diary.put('mine', 'l', 'mine'));
  t.true((diary.decided[0]?.object.siblings[0]?.hlc ?? 0) > ahead);
});

test('full: writes are shed while commits cannot keep up, reads of durable objects go on', t => {
  const {shard, diary, lines, know, commit} = setUp({operationsMax: 1});
  know('a', 'b');
  shard.take(diary.put('a', 'a', '1'));
  shard.take(diary.put('b', 'b', '1'));
  shard.take(diary.merge('merge', 'b', 'x'));
  shard.take(diary.read('waits', 'a'));
  shard.take(diary.read('reads', 'b'));
  t.deepEqual(lines, ['a decided', 'b 429', 'merge 429', 'waits 429', 'reads absent']);
  commit();
  shard.take(diary.read('later', 'a'));
  t.deepEqual(lines.slice(5), ['a done', 'later 1']);
});

test("full: clients' writes are shed before those that another host has taken on", t => {
  const {shard, diary, lines, know} = setUp({operationsMax: 4});
  know('a', 'b', 'c', 'd', 'e');
  shard.take(diary.put('a', 'a', '1'));
  shard.take(diary.put('b', 'b', '1'));
  shard.take(diary.put('c', 'c', '1'));
  shard.take(diary.merge('d', 'd', 'x'));
  shard.take(diary.merge('e', 'e', 'x'));
  shard.take(diary.merge('b again', 'b', 'x'));
  t.deepEqual(lines, ['a decided', 'b decided', 'c 429', 'b again 429']);
});

test('full: operations are shed while too many wait for the disk', t => {
  const {shard, diary, lines} = setUp();
  for (let no = 0; no < 8_192; no += 1) {
    shard.take(diary.read('waits', 'k'));
  }

  shard.take(diary.read('shed', 'l'));
  t.deepEqual(lines, ['shed 429']);
});

test('lease: a higher one is asked for before its end, once', t => {
  const {shard, diary, know, events} = setUp({counter: 7_998});
  know('k');
  shard.take(diary.put('1', 'k', '1'));
  t.deepEqual(events, []);
  shard.take(diary.put('2', 'k', '2'));
  shard.take(diary.put('3', 'k', '3'));
  t.deepEqual(events, ['lease low 10000']);
});

test('lease: no dot above it is stamped; writes wait until a higher one is durable', t => {
  const {shard, diary, lines, know, later} = setUp({counter: 9_999});
  know('k');
  shard.take(diary.put('last', 'k', '1'));
  shard.take(diary.put('waits', 'k', '2'));
  shard.take(diary.read('reads', 'absent'));
  t.deepEqual(lines, ['last decided']);
  t.deepEqual(later, []);
  shard.renew({...me, leasedUpTo: 20_000});
  t.is(later.length, 1);
  later.forEach(operation => shard.take(operation));
  t.deepEqual(diary.decided.at(-1)?.object.vector, [{incarnation: 'me', counter: 10_001}]);
});

test('lease: past a bound writes that would wait for it are shed', t => {
  const {shard, diary, lines, know} = setUp({counter: 10_000});
  know('k');
  for (let no = 0; no <= 4_096; no += 1) {
    shard.take(diary.put('put', 'k', 'x'));
  }

  t.deepEqual(lines, ['put 429']);
});

for (const kind of ['merge', 'cover'] as const) {
  test(`amnesia: a ${kind} that shows an unknown own dot ends the incarnation at once`, t => {
    const {shard, diary, know, events, later, lines} = setUp({counter: 5});
    know('k', 'l');
    const dot = {incarnation: 'me', counter: 6};
    shard.take(
      kind === 'merge'
        ? diary.merge('shown', 'k', 'x', dot)
        : diary.put('shown', 'k', 'x', {cover: [dot]}),
    );
    shard.take(diary.put('next', 'l', 'x'));
    t.deepEqual(events, ['amnesia']);
    t.deepEqual(lines, []);
    shard.rest();
    t.is(later.length, kind === 'merge' ? 1 : 2);
  });
}

test('amnesia: dots that it has stamped are no news, nor those of earlier incarnations', t => {
  const {shard, diary, know, events} = setUp({counter: 5});
  know('k', 'l');
  shard.take(diary.merge('mine', 'k', 'x', {incarnation: 'me', counter: 5}));
  shard.take(diary.merge('earlier', 'l', 'x', {incarnation: 'me before', counter: 900}));
  t.deepEqual(events, []);
});

test('lease: one of an incarnation that was given up meanwhile is not stamped under', t => {
  const {shard, diary, know, lines} = setUp({counter: 9_000});
  know('k');
  shard.rest();
  shard.renew({...me, leasedUpTo: 20_000});
  shard.take(diary.put('put', 'k', 'x'));
  t.deepEqual(lines, []);
  shard.assume({incarnation: 'new', leasedUpTo: 10_000, isSealed: false}, 0);
  shard.take(diary.put('new', 'k', 'x'));
  t.deepEqual(diary.decided.at(-1)?.object.vector, [{incarnation: 'new', counter: 1}]);
});

test('commit: a failed one is told to the vnode, and to whoever asked', t => {
  const {shard, diary, lines, know, events, objects} = setUp();
  know('k');
  shard.take(diary.put('put', 'k', 'x'));
  objects.commits.begin();
  objects.fail(new StorageFailure('FULL', 'no space'));
  t.deepEqual(lines, ['put decided', 'put 503']);
  t.deepEqual(events, ['commit failed']);
});

test('retired: a shard whose vnode has ended decides nothing and sends work back', t => {
  const {shard, diary, lines, storage, endTurn, later, events} = setUp();
  const put = diary.put('put', 'k', 'x');
  const get = diary.read('get', 'k');
  shard.take(put);
  shard.take(get);
  endTurn();
  shard.retire();
  storage.endRead(() => null);
  t.deepEqual(lines, []);
  t.deepEqual(events, []);
  t.deepEqual(later, [put, get]);
});

test('retired: its failed commits are answered, and no business of the next vnode', t => {
  const {shard, diary, lines, know, events, objects} = setUp();
  know('k');
  shard.take(diary.put('put', 'k', 'x'));
  shard.retire();
  objects.commits.begin();
  objects.fail(new StorageFailure('IO', 'refused'));
  t.deepEqual(lines, ['put decided', 'put 503']);
  t.deepEqual(events, []);
});

test('crash: one that happens while the disk answers breaks the vnode and not the host', t => {
  const {shard, diary, lines, storage, endTurn, failpoints, events} = setUp();
  shard.take(diary.put('put', 'k', 'x'));
  shard.take(diary.put('other', 'l', 'x'));
  endTurn();
  failpoints.arm('put.decided', 'crash');
  t.notThrows(() => storage.endRead(() => null));
  t.is(events.length, 1);
  t.regex(events[0] ?? '', /^crashed FailpointHit/);
  t.deepEqual(lines, ['other decided']);
});

test('crash: before or after a decided object leaves, nothing of it is pending here', t => {
  for (const point of ['put.decided', 'put.sent'] as const) {
    const {shard, diary, lines, know, failpoints, objects} = setUp();
    know('k');
    failpoints.arm(point, 'crash');
    t.throws(() => shard.take(diary.put('put', 'k', 'x')), {instanceOf: FailpointHit});
    t.deepEqual(lines, point === 'put.decided' ? [] : ['put decided']);
    t.is(objects.commits.pending('k'), undefined);
  }
});
