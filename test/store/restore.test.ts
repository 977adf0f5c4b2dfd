import test from 'ava';
import {Forest} from '../../src/merkle/forest.js';
import type {MerkleTree} from '../../src/merkle/tree.js';
import {nameHash} from '../../src/merkle/object-hash.js';
import {leafOf, MerkleTree as Tree} from '../../src/merkle/tree.js';
import type {StorageFailure, WriteOperation} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimDisk} from '../../src/sim/disk.js';
import {SimRandom} from '../../src/sim/random.js';
import {encodeIdentity, freshIdentity} from '../../src/store/identity.js';
import {identityKey, objectKey, pageKey} from '../../src/store/layout.js';
import {JOURNAL_SLOTS, LeafJournal} from '../../src/store/leaf-journal.js';
import {encodePage} from '../../src/store/leaf-records.js';
import {sealRecord} from '../../src/store/record.js';
import {restoreVnode, type Restored} from '../../src/store/restore.js';
import {heldOf} from '../helpers/held.js';

const random = new SimRandom(1);
const identity = freshIdentity(random, false);
const pageRecord = (partition: number, branch: number, tree: MerkleTree) => {
  const key = pageKey(partition, 3, branch);
  return {key, value: sealRecord(key, encodePage(tree, branch))};
};
const identityRecord = {
  key: identityKey(7),
  value: sealRecord(identityKey(7), encodeIdentity(identity)),
};

/** Restores partition 7 from a disk that holds `operations`. */
function restore(
  operations: readonly WriteOperation[],
  prepare: (disk: SimDisk) => void = () => {},
) {
  const clock = new SimClock();
  const disk = new SimDisk(random.stream('crash'));
  const storage = disk.storage(clock, random.stream('disk'));
  storage.open(() => {});
  clock.run(100);
  storage.commit(operations, {sync: true}, () => {});
  clock.run(200);
  prepare(disk);
  const trees = new Forest();
  const ends: Array<{failure: StorageFailure | null; restored: Restored}> = [];
  const leaves = new LeafJournal(JOURNAL_SLOTS);
  restoreVnode(
    {storage, leaves},
    7,
    trees,
    () => 3,
    (failure, restored) => ends.push({failure, restored}),
  );
  clock.run(1_000);
  return {tree: trees.tree(3), ends};
}

test('restore: a vnode finds who it was and its own leaves, not its neighbours', t => {
  const stored = new Tree();
  stored.update(5, null, {hi: 1, lo: 2});
  stored.update(1_000, null, {hi: 3, lo: 4});
  const other = new Tree();
  other.update(9, null, {hi: 5, lo: 6});
  const {tree, ends} = restore([
    identityRecord,
    pageRecord(7, 0, stored),
    pageRecord(7, 31, stored),
    pageRecord(8, 0, other),
    pageRecord(6, 0, other),
  ]);
  t.deepEqual(ends, [{failure: null, restored: {identity}}]);
  t.deepEqual(tree.root(), stored.root());
});

test('restore: where nothing is stored there is no identity and an empty tree', t => {
  const {tree, ends} = restore([pageRecord(8, 5, new Tree())]);
  t.deepEqual(ends, [{failure: null, restored: {identity: null}}]);
  t.deepEqual(tree.root(), {hi: 0, lo: 0});
});

test('restore: a vnode without an identity weighs its objects anew, whatever the pages say', t => {
  const stale = new Tree();
  stale.update(5, null, {hi: 1, lo: 2});
  const expected = new Tree();
  const objects = Array.from({length: 150}, (_, no) => `users.key${no}`).map(name => {
    const key = objectKey(7, name);
    const held = heldOf(name, 'x');
    expected.update(leafOf(nameHash(name)), null, held.hash);
    return {key, value: sealRecord(key, held.bytes)};
  });
  const foreign = {key: objectKey(8, 'users.other'), value: objects[0]!.value};
  const {tree, ends} = restore([pageRecord(7, 0, stale), ...objects, foreign]);
  t.deepEqual(ends, [{failure: null, restored: {identity: null}}]);
  t.deepEqual(tree.root(), expected.root());
});

test('restore: an identity that cannot be read is none, so that a new one is taken', t => {
  const value = Buffer.from(identityRecord.value);
  value[7] = (value[7] ?? 0) ^ 1;
  const {ends} = restore([{key: identityKey(7), value}]);
  t.deepEqual(ends, [{failure: null, restored: {identity: null}}]);
});

test('restore: a disk that cannot be read is a failure', t => {
  const {ends} = restore([identityRecord], disk => disk.failReads('IO'));
  t.deepEqual(
    ends.map(({failure}) => failure?.code),
    ['IO'],
  );
});

test('restore: a page that does not match its checksum is damage, reported and not thrown', t => {
  const {key, value} = pageRecord(7, 5, new Tree());
  value[20] = (value[20] ?? 0) ^ 1;
  const {ends} = restore([identityRecord, {key, value}]);
  t.deepEqual(
    ends.map(({failure}) => failure?.code),
    ['CORRUPT'],
  );
});
